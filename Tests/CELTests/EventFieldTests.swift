import CEL
import Events
import Testing

@Suite("Expressions over events")
struct EventFieldTests {
    @Test(
        "fields are what the event says, in the type that is declared",
        arguments: [
            ("event.event_id", Value.string("e-1")), ("event.amount", .double(120)),
            ("event.quantity", .integer(3)), ("event.note", .null),
            ("event.page.title", .string(#"Blue "running" shoes"#)),
            ("event.page['url']", .string("https://shop.example/p/1")),
            ("event.tags[1]", .string("vip")), ("event.items[0].price", .double(20)),
            ("event.`key.with.dots`", .integer(7)), ("event['key.with.dots']", .integer(7)),
            ("event.visit", .duration(.seconds(90))),
            ("event.occurred_at.getMilliseconds()", .integer(123)),
            ("event.extra.a.b[1]", .double(2.5)), ("event.extra.a.b[0]", .integer(1)),
            ("event.consent.email", .boolean(true)), ("size(event.items)", .integer(2)),
            ("event.tags", .list([.string("new"), .string("vip")])),
            (
                "event.extra.a",
                .map([
                    .init(
                        key: .string("b"),
                        value: .list([
                            .integer(1), .double(2.5), .string("x"),
                        ]))
                ])
            ),
        ])
    func fields(text: String, expected: Value) throws {
        #expect(try EventRig().value(text) == expected)
    }

    @Test(
        "loops, maps and comparisons go over lists and objects of the event",
        arguments: [
            "event.items.exists(i, i.price * 2.0 > 150.0)", "event.items.all(i, i.quantity > 0)",
            "event.items.map(i, i.price) == [20, 79.5]", "'vip' in event.tags",
            "!('old' in event.tags)", "'email' in event.consent", "'amount' in event",
            "event.consent == {'sms': false, 'email': true}",
            "event.tags + ['x'] == ['new', 'vip', 'x']",
            "event.consent.filter(k, event.consent[k]) == ['email']",
            "event.items[1] == {'sku': 'B-2', 'price': 79.5, 'quantity': 1}",
            "event.consent.exists(name, granted, name == 'email' && granted)",
            "event.extra.a.b.exists(x, x == 'x')", "type(event) == map", "type(event.tags) == list",
            "event.items.filter(i, i.price > 50.0)[0].sku == 'B-2'",
            "math.greatest(event.items.map(i, i.price)) == 79.5",
            "event.page.url.startsWith('https://') && event.page.url.endsWith('/1')",
        ])
    func containers(text: String) throws {
        #expect(try EventRig().value(text) == .boolean(true))
    }

    @Test("a field that is not there is an error, which && and || absorb")
    func missingFields() throws {
        let rig = EventRig()
        #expect(try rig.failure("event.sequence == 1") == .noSuchField)
        #expect(try rig.failure("event.extra.x.y == 1") == .noSuchField)
        #expect(try rig.failure("event.tags[2] == 'x'") == .noSuchField)
        #expect(try rig.value("event.sequence == 1 || event.channel == 'web'") == .boolean(true))
        #expect(try rig.value("event.sequence == 1 && event.channel == 'pos'") == .boolean(false))
    }

    @Test("names may be empty, chains longer than a path, and indices beyond every list")
    func extremes() throws {
        let deep = (0..<70).reduce("1") { json, _ in "{\"a\":\(json)}" }
        let rig = EventRig(#"{"":{"":5},"list":[1,2],"deep":\#(deep)}"#, type: .dynamic)
        #expect(try rig.value("event['']['']") == .integer(5))
        #expect(try rig.failure("event['']['x']") == .noSuchField)
        #expect(try rig.value("event.deep" + String(repeating: ".a", count: 70)) == .integer(1))
        #expect(try rig.failure("event.deep" + String(repeating: ".a", count: 71)) != nil)
        #expect(
            try rig.value("has(event.deep" + String(repeating: ".a", count: 70) + ")")
                == .boolean(true))
        for index in ["2", "1000001", "9223372036854775807", "-1", "18446744073709551615u", "0.5"] {
            #expect(try rig.failure("event.list[\(index)]") != nil)
            #expect(try rig.value("event.list[?\(index)].orValue(0)") == .integer(0))
        }
        #expect(try rig.value("event.list[1.0] + event.list[0u]") == .integer(3))
    }

    @Test("an error says what is missing, and where")
    func errorText() throws {
        let rig = EventRig()
        let expression = try rig.compile("1 == 1 &&\n  event.extra.score > 1")
        let error = #expect(throws: EvaluationError.self) {
            try rig.evaluation.boolean(of: expression)
        }
        #expect(error?.description == "2:15: there is no such field or key: 'score'")
    }

    @Test("an error of types says what they are")
    func typeErrors() throws {
        let rig = EventRig()
        let texts = [
            "event.extra.a * 2 == 1": "1:15: '*' can't be applied to map and int",
            "event.extra.a.b.startsWith('x')":
                "1:17: 'startsWith' can't be applied to list and string",
            "!event.extra.a.b[2]": "1:1: '!' can't be applied to string",
            "event.quantity / 0 == 1": "1:16: this is a division by zero",
        ]
        for (text, message) in texts {
            let expression = try rig.compile(text)
            let error = #expect(throws: EvaluationError.self) {
                try rig.evaluation.boolean(of: expression)
            }
            #expect(error?.description == message)
        }
    }

    @Test("has() asks whether all of the way to a field is there")
    func presence() throws {
        let rig = EventRig()
        #expect(try rig.value("has(event.page.url)") == .boolean(true))
        #expect(try rig.value("has(event.note)") == .boolean(true))
        #expect(try rig.value("has(event.sequence)") == .boolean(false))
        #expect(try rig.value("has(event.extra.x.y)") == .boolean(false))
    }

    @Test("optional look-ups give a value or none")
    func optionals() throws {
        let rig = EventRig()
        #expect(try rig.value("event.?sequence.orValue(-1)") == .integer(-1))
        #expect(try rig.value("event.?quantity.orValue(-1)") == .integer(3))
        #expect(try rig.value("event.?extra.a.b[0].orValue(0)") == .integer(1))
        #expect(try rig.value("event.extra.?x.y") == .optional(nil))
        #expect(try rig.value("event.?amount") == .optional(.double(120)))
        #expect(try rig.value("event.tags[?5].orValue('none')") == .string("none"))
        #expect(try rig.value("event.?note.hasValue()") == .boolean(true))
    }

    @Test("fields that operators set and removed are seen")
    func overlay() throws {
        var rig = EventRig()
        rig.arena.set(try FieldPath("channel"), of: &rig.record, toString: "pos")
        rig.arena.set(try FieldPath("extra.x.y"), of: &rig.record, to: Int64(5))
        rig.arena.remove(try FieldPath("page.url"), of: &rig.record)
        rig.evaluation.bind(rig.event, to: rig.record, in: rig.arena)
        #expect(try rig.value("event.channel == 'pos' && event.extra.x.y == 5") == .boolean(true))
        #expect(try rig.value("has(event.page.url)") == .boolean(false))
        #expect(try rig.value("event.extra.x.y in [4, 5] && size(event) == 14") == .boolean(true))
    }

    @Test("a variable that is a plain value works as an event does")
    func plainValue() throws {
        let rig = EventRig()
        let page = Value.map([.init(key: .string("url"), value: .string("u"))])
        rig.evaluation.bind(
            rig.event,
            to: .map([
                .init(key: .string("page"), value: page),
                .init(key: .string("amount"), value: .integer(4)),
            ]))
        #expect(
            try rig.value("event.page.url == 'u' && event.amount / 8.0 == 0.5") == .boolean(true))
        #expect(try rig.value("event.?page.?title.orValue('none')") == .string("none"))
        #expect(try rig.value("has(event.page.title)") == .boolean(false))
        #expect(try rig.failure("event.channel == 'x'") == .noSuchField)
    }

    @Test("without a schema, arithmetic of a whole number and a double gives a double")
    func numbersWithoutSchema() throws {
        let rig = EventRig(type: .dynamic)
        #expect(try rig.value("event.amount * 0.5") == .double(60))
        #expect(try rig.value("event.amount + 1") == .integer(121))
        #expect(
            try rig.value("event.items.map(i, i.price * 2.0)")
                == .list([
                    .double(40), .double(159),
                ]))
    }

    @Test("an event of another shape than its schema is an error, never a trap")
    func wrongShape() throws {
        let rig = EventRig(#"{"amount":"many","page":[1],"tags":{"a":1},"occurred_at":"noon"}"#)
        #expect(try rig.failure("event.amount > 1.0") == .noSuchOverload)
        #expect(try rig.failure("event.page.url == 'x'") == .noSuchField)
        #expect(try rig.failure("event.tags[0] == 'x'") == .noSuchField)
        #expect(try rig.failure("event.occurred_at > timestamp(0)") == .invalidConversion)
    }

    @Test("an event that can't be parsed has no fields")
    func unparseable() throws {
        let rig = EventRig("{\"amount\":")
        #expect(try rig.failure("event.amount > 1.0") == .noSuchField)
        #expect(try rig.value("has(event.amount)") == .boolean(false))
    }

    // MARK: Results

    @Test(
        "results become fields of the event",
        arguments: [
            ("event.amount * 2.0", "240.0"), ("event.quantity + 1", "4"),
            ("event.page.title", #""Blue \"running\" shoes""#), ("null", "null"),
            ("event.amount > 1.0", "true"),
            ("event.items[0]", #"{"sku":"A-1","price":20,"quantity":2}"#),
            ("event.items.map(i, i.sku)", #"["A-1","B-2"]"#),
            ("{'a': [1, 2u, 3.5], 'b': {}}", #"{"a":[1,2,3.5],"b":{}}"#),
            ("18446744073709551615u", "18446744073709551615"),
            ("timestamp('2024-01-02T03:04:05.5Z')", #""2024-01-02T03:04:05.5Z""#),
            ("duration('90m')", #""5400s""#), ("b'hello'", #""aGVsbG8=""#),
            ("{1: 2, true: 3}", #"{"1":2,"true":3}"#), ("event.?amount", "120.0"),
            ("0.0 / 0.0", "null"),
        ])
    func results(text: String, json: String) throws {
        var rig = EventRig()
        let path = try FieldPath("result")
        let expression = try rig.compile(text)
        try rig.evaluation.set(path, of: &rig.record, in: rig.arena, to: expression)
        let value = rig.arena.value(of: rig.record, at: path)
        #expect(unsafe String(decoding: rig.arena.bytes(value.raw), as: UTF8.self) == json)
        var buffer = ByteBuffer()
        rig.evaluation.bind(rig.event, to: rig.record, in: rig.arena)
        try rig.evaluation.appendJSON(of: expression, to: &buffer)
        #expect(buffer.string == json)
    }

    @Test("an empty optional removes the field")
    func emptyResult() throws {
        var rig = EventRig()
        let path = try FieldPath("channel")
        let expression = try rig.compile("event.?sequence")
        try rig.evaluation.set(path, of: &rig.record, in: rig.arena, to: expression)
        #expect(rig.arena.value(of: rig.record, at: path).isMissing)
    }
}
