import CEL
import Events

/// An event with a declared type, and expressions over it.
struct EventRig {
    /// What a schema would say of the sample event.
    static let eventType: ValueType = .record(
        RecordType(
            name: "event",
            fields: [
                "event_id": .string, "event_type": .string, "channel": .string,
                "amount": .double, "quantity": .integer, "sequence": .integer,
                "note": .nullable(.string), "occurred_at": .timestamp, "visit": .duration,
                "page": .record(
                    RecordType(name: "event.page", fields: ["url": .string, "title": .string])),
                "consent": .map(.string, .boolean), "tags": .list(.string),
                "items": .list(
                    .record(
                        RecordType(
                            name: "event.items[]",
                            fields: ["sku": .string, "price": .double, "quantity": .integer]))),
                "extra": .record(RecordType(name: "event.extra", fields: [:], isOpen: true)),
                "key.with.dots": .integer,
            ]))

    static let sample = #"""
        {"event_id":"e-1","event_type":"purchase","channel":"web","amount":120,"quantity":3,
        "note":null,"occurred_at":"2024-03-13T10:21:14.123Z","visit":"90s",
        "page":{"url":"https://shop.example/p/1","title":"Blue \"running\" shoes"},
        "consent":{"email":true,"sms":false},"tags":["new","vip"],
        "items":[{"sku":"A-1","price":20,"quantity":2},{"sku":"B-2","price":79.5,"quantity":1}],
        "extra":{"a":{"b":[1,2.5,"x"]}},"key.with.dots":7}
        """#

    let arena = EventArena()
    let declarations: Declarations
    let event: Variable
    let threshold: Variable
    let evaluation: Evaluation
    var record: Event

    init(
        _ json: String = sample, type: ValueType = eventType,
        costLimit: Int = Evaluation.standardCostLimit
    ) {
        var declarations = Declarations()
        event = declarations.declare("event", type)
        threshold = declarations.declare("threshold", .dynamic)
        self.declarations = declarations
        evaluation = Evaluation(declarations, costLimit: costLimit)
        let bytes = Array(json.utf8)
        let arena = arena
        record = unsafe bytes.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        evaluation.bind(event, to: record, in: arena)
    }

    func compile(_ text: String) throws -> Expression {
        try Expression.compile(text, declarations)
    }

    func value(_ text: String) throws -> Value {
        try evaluation.value(of: compile(text))
    }

    /// What is said about an expression that can't be used.
    func problems(_ text: String) -> [String] {
        do {
            _ = try Expression.compile(text, declarations)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    /// Why an expression has no value.
    func failure(_ text: String) throws -> FailureReason? {
        let expression = try compile(text)
        do {
            _ = try evaluation.value(of: expression)
            return nil
        } catch {
            return error.reason
        }
    }
}
