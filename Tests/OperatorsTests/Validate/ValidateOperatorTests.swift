import Events
import Operators
import StreamCore
import Testing

@Suite("validate")
struct ValidateOperatorTests {
    private static let schema = """
        {
          "type": "object", "required": ["id", "type"],
          "properties": {
            "id": {"type": "string", "pattern": "^[0-9]+$"}, "type": {"enum": ["a", "b"]},
            "n": {"type": "integer", "minimum": 0}
          },
          "additionalProperties": false
        }
        """
    private static let files = ["event.json": schema]

    private func rig(_ settings: Setting = ["schema": "event.json"]) throws -> OperatorRig {
        try OperatorRig(ValidateOperator.spec, settings, files: Self.files)
    }

    @Test("a valid event goes on with its bytes as they came")
    func valid() throws {
        let json = #"{ "type":"a","id":"\u0031", "n":1.0 }"#
        #expect(try rig().values(json) == ["out \(json)"])
    }

    @Test("an invalid event goes to .rejected with the violation and the schema's version")
    func rejected() throws {
        let json = #"{"id":"x1","type":"c","extra":1}"#
        let record = try rig().run(json, key: "k")[0]
        #expect(record.topic == "rejected")
        #expect(record.value == json)
        #expect(record.key == "k")
        #expect(record.headers["millrace.operator"] == "tested")
        let first =
            "pattern_mismatch: /id: the string does not match the pattern '^[0-9]+$' (schema "
            + "/properties/id/pattern)"
        #expect(record.failure.hasPrefix("\(first); checked with 'event.json', version "))
        let version = record.failure.suffix(16)
        #expect(version.allSatisfy { $0.isHexDigit })

        let all = try rig(["schema": "event.json", "errors": "all"]).run(json)[0].failure
        #expect(
            all.hasPrefix(
                "\(first); /type: the value is none of 'a', 'b' (schema /properties/type/enum); "
                    + "/extra: the property is not allowed (schema /additionalProperties); "))
    }

    @Test("different mistakes have different errors")
    func errors() throws {
        let rig = try rig()
        let cases = [
            (#"{"type":"a"}"#, "missing_property"), (#"{"id":1,"type":"a"}"#, "wrong_type"),
            (#"{"id":"1","type":"c"}"#, "wrong_value"),
            (#"{"id":"1","type":"a","x":0}"#, "extra_property"),
            (#"{"id":"1","type":"a","n":-1}"#, "out_of_range"),
        ]
        for (json, error) in cases {
            #expect(try rig.run(json)[0].headers["millrace.error"] == error)
        }
    }

    @Test("with 'tag' an invalid event goes on with its violations in a field")
    func tagged() throws {
        let rig = try rig([
            "schema": "event.json", "on_violation": "tag", "errors": "all",
            "violations_field": "meta.problems",
        ])
        #expect(
            try rig.values(#"{"id":"1","type":"c","n":-1}"#) == [
                #"out {"id":"1","type":"c","n":-1,"meta":{"problems":["#
                    + #"{"error":"wrong_value","path":"/type","schema_path":"/properties/type/enum","#
                    + #""message":"the value is none of 'a', 'b'"},"#
                    + #"{"error":"out_of_range","path":"/n","schema_path":"/properties/n/minimum","#
                    + #""message":"the number is less than 0"}]}}"#
            ])
        #expect(try rig.values(#"{"id":"1","type":"a"}"#) == [#"out {"id":"1","type":"a"}"#])
    }

    @Test("the lineage names the schema and the version of its text")
    func lineage() throws {
        let rig = try rig(["schema": "event.json", "lineage": "meta.schema"])
        let values = try rig.values(#"{"id":"1","type":"a"}"#)
        let start = #"out {"id":"1","type":"a","meta":{"schema":{"schema":"event.json","version":""#
        #expect(values.count == 1 && values[0].hasPrefix(start))
        let version = values[0].dropFirst(start.count).prefix { $0 != "\"" }
        #expect(version.count == 16 && version.allSatisfy { $0.isHexDigit })
    }

    @Test("an event is checked with what operators before it set and removed")
    func overlay() throws {
        let map = Topology.Node(
            name: "mapped", spec: MapOperator.spec,
            definition: try makeDefinition(
                MapOperator.spec,
                ["set": ["n": -1], "remove": "extra", "convert": ["id": "string"]]),
            inputs: [])
        let validate = Topology.Node(
            name: "valid", spec: ValidateOperator.spec,
            definition: try makeDefinition(
                ValidateOperator.spec, ["schema": "event.json"], files: Self.files),
            inputs: [])
        let rig = try OperatorRig([map, validate])
        let json = #"{"id":7,"type":"a","extra":1}"#
        let record = try rig.run(json)[0]
        #expect(record.topic == "rejected")
        #expect(record.value == json)
        #expect(record.failure.hasPrefix("out_of_range: /n: the number is less than 0 "))
    }

    @Test("'on_error' decides what happens to an invalid event")
    func errorPolicies() throws {
        let drop = try OperatorRig(
            ValidateOperator.spec, ["schema": "event.json"], files: Self.files, errorPolicy: .drop)
        #expect(try drop.run("{}").isEmpty)
        #expect(drop.driver.metrics.first { $0.name == "tested" }?.dropped == 1)
        let fail = try OperatorRig(
            ValidateOperator.spec, ["schema": "event.json"], files: Self.files, errorPolicy: .fail)
        #expect(throws: TaskError.self) { try fail.run("{}") }
    }

    @Test("'$ref' leads to the files in 'references', by their paths and by their addresses")
    func references() throws {
        let files = [
            "schemas/event.json": """
            {"properties":{"a":{"$ref":"parts/address.json#/$defs/city"},
            "b":{"$ref":"https://example.com/currency"}}}
            """,
            "schemas/parts/address.json": #"{"$defs":{"city":{"type":"string"}}}"#,
            "currency.json": #"{"$id":"https://example.com/currency","pattern":"^[A-Z]{3}$"}"#,
        ]
        let settings: Setting = [
            "schema": "schemas/event.json",
            "references": ["schemas/parts/address.json", "currency.json"],
        ]
        let rig = try OperatorRig(ValidateOperator.spec, settings, files: files)
        #expect(try rig.run(#"{"a":"Bremen","b":"EUR"}"#)[0].topic == "out")
        #expect(
            try rig.run(#"{"a":1,"b":"EUR"}"#)[0].failure.hasPrefix(
                "wrong_type: /a: expected string, found integer (schema "
                    + "parts/address.json#/$defs/city/type)"))
        #expect(
            try rig.run(#"{"b":"euro"}"#)[0].failure.hasPrefix(
                "pattern_mismatch: /b: the string does not match the pattern '^[A-Z]{3}$' (schema "
                    + "https://example.com/currency#/pattern)"))
        #expect(
            OperatorsTests.problems(
                of: ValidateOperator.spec, ["schema": "schemas/event.json"], files: files) == [
                    "the schema 'schemas/event.json' can't be used: "
                        + "'parts/address.json#/$defs/city' leads nowhere: there is no schema "
                        + "'parts/address.json' at /properties/a/$ref; add its file to the schemas "
                        + "that may be referred to",
                    "the schema 'schemas/event.json' can't be used: "
                        + "'https://example.com/currency' leads nowhere: there is no schema "
                        + "'https://example.com/currency' at /properties/b/$ref; add its file to "
                        + "the schemas that may be referred to",
                ])
    }

    @Test("'format' is a remark until 'formats: assert', and unknown keywords until 'ignore'")
    func choices() throws {
        let files = ["s.json": #"{"properties":{"a":{"format":"date","x-owner":"shop"}}}"#]
        func topic(_ settings: Setting) throws -> String {
            try OperatorRig(ValidateOperator.spec, settings, files: files)
                .run(#"{"a":"2024-02-30"}"#)[0].topic
        }
        #expect(
            OperatorsTests.problems(of: ValidateOperator.spec, ["schema": "s.json"], files: files)
                == [
                    "the schema 's.json' can't be used: 'x-owner' is not a keyword of JSON Schema "
                        + "2020-12 at /properties/a/x-owner; for a remark use '$comment'"
                ])
        #expect(try topic(["schema": "s.json", "unknown_keywords": "ignore"]) == "out")
        #expect(
            try topic(["schema": "s.json", "unknown_keywords": "ignore", "formats": "assert"])
                == "rejected")
    }

    @Test("a schema that can't be used is reported with the place in it")
    func schemaProblems() {
        func problems(_ schema: String) -> [String] {
            OperatorsTests.problems(
                of: ValidateOperator.spec, ["schema": "s.json"], files: ["s.json": schema])
        }
        #expect(
            problems(#"{"properties":{"a":{"oneOff":[]},"b":{"type":"strin"}}}"#) == [
                "the schema 's.json' can't be used: 'oneOff' is not a keyword of JSON Schema "
                    + "2020-12 at /properties/a/oneOff; for a remark use '$comment'",
                "the schema 's.json' can't be used: there is no type 'strin' at "
                    + "/properties/b/type; known are null, boolean, integer, number, string, "
                    + "array, object",
            ])
        #expect(
            problems("{\n  \"type\": }") == [
                "the schema 's.json' can't be used: the file is not JSON: not JSON at line 2, "
                    + "column 11"
            ])
        #expect(
            OperatorsTests.problems(of: ValidateOperator.spec, ["schema": "none.json"]) == [
                "the schema 'none.json' can't be read: no such file"
            ])
        #expect(
            OperatorsTests.problems(
                of: ValidateOperator.spec,
                ["schema": "event.json", "violations_field": "v", "errors": "some"],
                files: Self.files) == [
                    "'errors' can't be 'some'; known here: all, first",
                    "'violations_field' is only for 'on_violation: tag'; remove it: a rejected "
                        + "event has the reason in its headers",
                ])
    }
}
