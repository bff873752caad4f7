import Events
import Operators
import StreamCore
import Testing

/// `on_violation: coerce`.
@Suite("validate: coercion")
struct CoercionTests {
    private static let schema = """
        {
          "properties": {
            "i": {"type": "integer"}, "n": {"type": ["number", "null"], "minimum": 0},
            "b": {"type": "boolean"}, "s": {"type": "string", "minLength": 1},
            "items": {"items": {"properties": {"price": {"type": "number"}, "0": {"type": "string"}}}}
          }
        }
        """

    private func rig(_ more: [(String, Setting)] = []) throws -> OperatorRig {
        try OperatorRig(
            ValidateOperator.spec,
            .map([("schema", "s.json"), ("on_violation", "coerce")] + more),
            files: ["s.json": Self.schema])
    }

    @Test(
        "values of another type are converted where nothing is lost, and that is told",
        arguments: [
            (#""i":"12""#, #""i":12"#, "/i", "string", "integer"),
            (#""i":"-0""#, #""i":-0"#, "/i", "string", "integer"),
            (#""i":"12.0""#, #""i":12.0"#, "/i", "string", "integer"),
            (#""n":"1.50e2""#, #""n":1.50e2"#, "/n", "string", "number"),
            (#""n":"""#, #""n":null"#, "/n", "string", "null"),
            (#""b":"true""#, #""b":true"#, "/b", "string", "boolean"),
            (#""s":1.50"#, #""s":"1.50""#, "/s", "number", "string"),
            (#""s":false"#, #""s":"false""#, "/s", "boolean", "string"),
            (
                #""items":[{},{"price":"2"}]"#, #""items":[{},{"price":2}]"#, "/items/1/price",
                "string", "number"
            ),
            (#""items":[{"0":7}]"#, #""items":[{"0":"7"}]"#, "/items/0/0", "number", "string"),
        ])
    func converted(
        _ member: String, _ result: String, path: String, from: String, to: String
    ) throws {
        let told = #"[{"path":"\#(path)","from":"\#(from)","to":"\#(to)"}]"#
        #expect(
            try rig().values("{\(member)}") == [#"out {\#(result),"coercions":\#(told)}"#])
    }

    @Test(
        "what can't be converted, or is invalid then, is rejected as it came",
        arguments: [
            (#"{"i":"12.5"}"#, "wrong_type"), (#"{"i":" 12"}"#, "wrong_type"),
            (#"{"i":"12 "}"#, "wrong_type"), (#"{"i":"0x1F"}"#, "wrong_type"),
            (#"{"i":"1,5"}"#, "wrong_type"), (#"{"i":"١"}"#, "wrong_type"),
            (#"{"i":""}"#, "wrong_type"), (#"{"b":"True"}"#, "wrong_type"),
            (#"{"b":1}"#, "wrong_type"), (#"{"s":null}"#, "wrong_type"),
            (#"{"s":{}}"#, "wrong_type"), (#"{"i":true}"#, "wrong_type"),
            (#"{"n":"-1"}"#, "wrong_type"), (#"{"n":-1}"#, "out_of_range"),
            (#"{"n":"123456789012345678901234567890"}"#, "wrong_type"),
            (#"{"i":"1","s":""}"#, "wrong_type"), (#"{"n":"null"}"#, "wrong_type"),
        ])
    func refused(_ json: String, error: String) throws {
        let record = try rig().run(json)[0]
        #expect(record.topic == "rejected")
        #expect(record.value == json)
        #expect(record.headers["millrace.error"] == error)
    }

    @Test("a valid event is left as it came")
    func valid() throws {
        let json = #"{ "i":1,"s":"x" }"#
        #expect(try rig().values(json) == ["out \(json)"])
    }

    @Test("with 'part' only that is converted, at its place in the event")
    func part() throws {
        let rig = try rig([("part", "data"), ("coercions_field", "meta.changed")])
        #expect(
            try rig.values(#"{"i":"1","data":{"i":"2"}}"#) == [
                #"out {"i":"1","data":{"i":2},"meta":{"changed":"#
                    + #"[{"path":"/i","from":"string","to":"integer"}]}}"#
            ])
    }

    @Test("what is converted is valid, whatever the event")
    func property() throws {
        let rig = try rig()
        let strict = try OperatorRig(
            ValidateOperator.spec, ["schema": "s.json"], files: ["s.json": Self.schema])
        var random = SeededGenerator(seed: 7)
        let values = [
            "1", "\"1\"", "\"x\"", "true", "\"true\"", "null", "\"\"", "1.5", "\"1.5\"", "-3",
            "\"-3\"", "{}", "[1]",
        ]
        for _ in 0..<500 {
            let members = ["i", "n", "b", "s"].compactMap { name in
                Bool.random(using: &random)
                    ? "\"\(name)\":\(values.randomElement(using: &random) ?? "1")" : nil
            }
            let json = "{\(members.joined(separator: ","))}"
            let record = try rig.run(json)[0]
            let value = record.value ?? ""
            if record.topic == "out" {
                #expect(try strict.run(value)[0].topic == "out", "\(json) became \(value)")
            } else {
                #expect(value == json)
            }
        }
    }
}
