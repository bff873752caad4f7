import Events
import Operators
import StreamCore
import Synchronization
import Testing
import TopologyFiles

/// Operators for tests: every kind of setting, and nothing that depends on the real ones.
enum FakeOperators {
    static let parse = OperatorSpec(
        name: "parse", summary: "Reads events out of records.",
        fields: [
            FieldSpec(
                "format", .choice(["json", "ndjson", "csv"]), required: true, "The format."),
            FieldSpec("maximum_size", .size, default: "8MiB", "The largest record."),
        ],
        sideOutputs: [.init("failed", "What can't be parsed.", isForFailures: true)],
        example: "parse: { format: json }", make: { _ in FakeDefinition() })

    static let validate = OperatorSpec(
        name: "validate", summary: "Checks events against a schema.",
        fields: [FieldSpec("schema", .file, required: true, "The schema.")],
        sideOutputs: [.init("rejected", "What does not conform.", isForFailures: true)],
        example: "validate: { schema: schemas/event.json }",
        make: { configuration in
            guard let name = configuration.string("schema") else { return nil }
            do {
                _ = try configuration.readFile(name)
            } catch {
                configuration.report("\(error)", at: configuration.value["schema"]?.location)
                return nil
            }
            return FakeDefinition()
        })

    static let window = OperatorSpec(
        name: "window", summary: "Groups events.",
        fields: [
            FieldSpec("key", .fieldPath, required: true, "By what."),
            FieldSpec("gap", .duration(allowsZero: false), required: true, "The silence."),
            FieldSpec("grace", .duration(allowsZero: true), default: "0", "The patience."),
            FieldSpec(
                "gap_by_channel", .map(key: "channel", .duration(allowsZero: false)), "Others."),
            FieldSpec("most", .integer(1...1000), default: "100", "The most events."),
            FieldSpec("least", .integer(0...Int64.max), "The fewest events."),
            FieldSpec("share", .number(0...1), "A share."),
            FieldSpec("eager", .boolean, default: "false", "At once."),
            FieldSpec("tags", .oneOrMore(.string), "Labels."),
            FieldSpec(
                "rules",
                .list(
                    .object([
                        FieldSpec("name", .string, required: true, "The name."),
                        FieldSpec("when", .condition, "The condition."),
                    ])),
                "Rules."),
            FieldSpec("extra", .json, "Anything."),
        ],
        sideOutputs: [.init("closed", "What is over."), .init("late", "What came late.")],
        example: "window: { key: user_id, gap: 30m }",
        make: { configuration in
            let gap = configuration.duration("gap", default: .zero)
            if let grace = configuration.optionalDuration("grace"), grace > gap {
                configuration.report(
                    "'grace' is longer than 'gap'", at: configuration.value["grace"]?.location,
                    remedy: "make it \(DurationText.format(gap)) at most")
            }
            let timers = StoreSpec(name: "\(configuration.name).timers", kind: .timers)
            return FakeDefinition(stores: [timers])
        })

    static let registry = OperatorRegistry([parse, validate, window])
}

/// Passes every event on that is JSON, refuses the others, and counts: when stream time moves
/// without an event, what was counted comes out at the first side output.
struct FakeDefinition: DecodingOperatorDefinition {
    /// What only an operator with timers is told is that time moves.
    var stores: [StoreSpec] = []

    func makeOperator() -> any Operator { CountingOperator() }
    func makeDecoder(timestamp: FieldPath?) -> any RecordDecoder { PlainDecoder() }
}

private final class CountingOperator: Operator {
    private var count = 0
    private var last = Timestamp.distantPast

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        for event in events {
            if context.arena.parse(event, limits: ParseLimits()) == nil {
                count += 1
                last = max(last, event.streamTime)
                context.emit(event)
            } else {
                try context.refuse(event, to: 1, error: "parse") { "it is no JSON" }
            }
        }
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        guard count > 0, streamTime > last else { return }
        var json = #"{"count":\#(count)}"#
        json.withUTF8 { json in
            let event = unsafe context.arena.addEvent(
                json: UnsafeRawBufferPointer(json), key: nil, timestamp: streamTime)
            context.emit(event, to: 1)
        }
        count = 0
    }
}

private final class PlainDecoder: RecordDecoder {
    func decode(recordCount: Int, in arena: EventArena, into events: inout [Event]) {
        for index in 0..<recordCount { events.append(arena.addEvent(record: index)) }
    }
}

/// Loads topology texts with the fake operators.
struct Loading {
    var operators = FakeOperators.registry
    var environment: [String: String] = [:]
    var path = "shop.yaml"

    func load(_ text: String) throws(Diagnostics) -> TopologyFile {
        try TopologyLoader(operators: operators, environment: environment)
            .load(Array(text.utf8), from: path)
    }

    /// What is wrong with a text, a line each.
    func complaints(_ text: String) -> [String] {
        do {
            _ = try load(text)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    /// The value of the setting `extra` of an operator, as the loader read it.
    func value(_ yaml: String) throws -> ConfigurationValue {
        let found = Mutex<ConfigurationValue?>(nil)
        let probe = OperatorSpec(
            name: "probe", summary: "", fields: [FieldSpec("extra", .json, "")], example: "",
            make: { configuration in
                found.withLock { $0 = configuration.value["extra"] }
                return FakeDefinition()
            })
        let loading = Loading(
            operators: OperatorRegistry([FakeOperators.parse, probe]), environment: environment)
        let indented = yaml.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\n        ")
        _ = try loading.load(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators:
              parsed: { parse: { format: json }, from: raw, on_error: drop }
              probed:
                from: parsed
                probe:
                  extra: \(indented)
            sinks: { out: { from: probed } }
            """)
        return try #require(found.withLock { $0 })
    }

    /// A YAML map as JSON, whatever it says.
    func json(_ yaml: String) throws -> String {
        func json(_ value: ConfigurationValue) -> String {
            switch value.content {
            case .null: "null"
            case .boolean, .integer, .number: value.text.lowercased()
            case .string(let text): quoted(text)
            case .list(let values): "[" + values.map(json).joined(separator: ",") + "]"
            case .map(let entries):
                "{"
                    + entries.map { "\(quoted($0.key)):\(json($0.value))" }
                    .joined(separator: ",") + "}"
            }
        }
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return json(try value("\n" + yaml))
    }
}
