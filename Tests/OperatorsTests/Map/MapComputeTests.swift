import Operators
import StreamCore
import Testing

@Suite("map's compute")
struct MapComputeTests {
    private func mapped(_ settings: Setting, _ json: String) throws -> [String] {
        try OperatorRig(MapOperator.spec, settings).values(json)
    }

    @Test("fields get what expressions give, of every kind, also where objects are missing")
    func kinds() throws {
        let settings: Setting = [
            "compute": [
                "order.net": "event.total / 2.0", "big": "event.total > 10",
                "name": "event.first + ' ' + event.last", "n": "size(event.items)", "none": "null",
                "at": "timestamp(event.at) + duration('1h')", "list": "event.items.map(i, i * 2)",
                "map": "{'a': event.items[0]}", "copy": "event.items", "bytes": "b'hi'",
            ]
        ]
        let json =
            #"{"total":21,"first":"A\"","last":"B","items":[1,2],"at":"2024-03-01T10:00:00Z"}"#
        #expect(
            try mapped(settings, json) == [
                #"out {"total":21,"first":"A\"","last":"B","items":[1,2],"#
                    + #""at":"2024-03-01T11:00:00Z","order":{"net":10.5},"big":true,"#
                    + #""name":"A\" B","n":2,"none":null,"list":[2,4],"map":{"a":1},"#
                    + #""copy":[1,2],"bytes":"aGk="}"#
            ])
    }

    @Test("each sees what came before: the other steps, and the expressions in front of it")
    func order() throws {
        let settings: Setting = [
            "compute": ["b": "event.a + 1", "c": "event.b + event.s", "a": "dyn(event).c * 10"],
            "rename": ["old": "a"], "set": ["s": 5], "key": "a",
        ]
        let record = try OperatorRig(MapOperator.spec, settings).run(#"{"old":1}"#)[0]
        #expect(record.value == #"{"s":5,"b":2,"c":7,"a":70}"#)
        #expect(record.key == "70")
    }

    @Test("an optional without a value removes the field, or sets nothing")
    func optionals() throws {
        let settings: Setting = [
            "compute": ["a": "event.?b", "c": "event.?d", "e": "event.?f.optMap(x, x + 1)"]
        ]
        #expect(try mapped(settings, #"{"a":1,"f":1}"#) == [#"out {"f":1,"e":2}"#])
        #expect(try mapped(settings, #"{"b":{"x":0}}"#) == [#"out {"b":{"x":0},"a":{"x":0}}"#])
    }

    @Test("an event for which one has no value fails as it came, with field, place and reason")
    func failures() throws {
        let settings: Setting = [
            "set": ["s": 1], "compute": ["b": "event.a * 2", "c": "1 / event.a"],
        ]
        let missing = try OperatorRig(MapOperator.spec, settings).run("{}")[0]
        #expect(missing.topic == "failed")
        #expect(missing.value == "{}")
        #expect(
            missing.failure
                == "expression: the field 'b' can't be computed: 1:7: there is no such field or "
                + "key: 'a'; ask has(...) first, or write .? for a field that may be missing")
        let zero = try OperatorRig(MapOperator.spec, settings).run(#"{"a":0}"#)[0]
        #expect(zero.value == #"{"a":0}"#)
        #expect(
            zero.failure
                == "expression: the field 'c' can't be computed: 1:3: this is a division by zero")
        let below = try OperatorRig(MapOperator.spec, ["compute": ["a.b": "1"]])
            .run(#"{"a":[]}"#)[0]
        #expect(below.failure.hasPrefix("field_not_settable: the field 'a.b' can't be set"))
    }

    @Test("expressions that can't be right are refused, all of them")
    func problems() {
        let settings: Setting = ["compute": ["a": "evnt.x", "b": "1 +", "c": ["x": 1], "d": "2"]]
        #expect(
            OperatorsTests.problems(of: MapOperator.spec, settings).map { $0.prefix(36) } == [
                "nothing is called 'evnt' here (at 1:", "a value is needed here, not the end ",
                "an expression is needed here, not a ",
            ])
    }
}
