import Events
import Operators
import StreamCore
import Testing

/// Which schema an event is checked with.
@Suite("validate: schemas by event")
struct SchemaChoiceTests {
    private static let files = [
        "purchase.json": #"{"required":["total"]}"#,
        "view.json": #"{"required":["page"]}"#,
        "any.json": #"{"type":"object"}"#,
    ]
    private static let table: Setting = ["purchase": "purchase.json", "view": "view.json"]

    private func rig(
        _ settings: Setting, registries: [String: any SchemaSource] = [:]
    ) throws -> OperatorRig {
        try OperatorRig(
            ValidateOperator.spec, settings, files: Self.files, registries: registries)
    }

    @Test("a field of the event chooses its schema")
    func byField() throws {
        let rig = try rig(["schema_field": "meta.type", "schemas": Self.table])
        #expect(try rig.run(#"{"meta":{"type":"view"},"page":1}"#)[0].topic == "out")
        #expect(try rig.run(#"{"meta":{"type":"purchase"},"total":1}"#)[0].topic == "out")
        let wrong = try rig.run(#"{"meta":{"type":"purchase"},"page":1}"#)[0]
        #expect(wrong.headers["millrace.error"] == "missing_property")
        #expect(wrong.failure.contains("checked with 'purchase.json', version "))
    }

    @Test("an event that no schema is for is refused with what was meant, or passed on")
    func unknown() throws {
        let settings: [(String, Setting)] = [
            ("schema_field", "type"), ("schemas", Self.table),
        ]
        let refusing = try rig(.map(settings))
        let cases = [
            (
                #"{"type":"purchsae"}"#,
                "no schema is for the 'type' of the event; did it mean 'purchase'?"
            ),
            (
                #"{"type":"something else"}"#,
                "no schema is for the 'type' of the event; there are schemas for purchase, view"
            ),
            (#"{"a":1}"#, "there is no field 'type', which chooses the schema"),
            (#"{"type":1}"#, "the field 'type', which chooses the schema, is no string"),
        ]
        for (json, reason) in cases {
            #expect(try refusing.run(json)[0].failure == "unknown_schema: \(reason)")
        }
        let passing = try rig(.map(settings + [("unknown_schema", "pass")]))
        for (json, _) in cases { #expect(try passing.values(json) == ["out \(json)"]) }
    }

    @Test("a self-describing event is checked in its data, by the URI of its schema")
    func selfDescribing() throws {
        let rig = try rig([
            "schema_field": "schema", "part": "data", "lineage": "meta.by",
            "schemas": [
                "iglu:com.shop/purchase/jsonschema/1-0-*": "any.json",
                "iglu:com.shop/purchase/jsonschema/1-0-1": "purchase.json",
                "iglu:com.shop/purchase/jsonschema/*": "view.json",
            ],
        ])
        func used(_ version: String, _ data: String) throws -> String {
            let uri = "iglu:com.shop/purchase/jsonschema/\(version)"
            return try rig.run(#"{"schema":"\#(uri)","data":\#(data)}"#)[0].value ?? ""
        }
        let both = #"{"total":1,"page":2}"#
        // The whole URI before a beginning of it, and the longer beginning before the shorter.
        #expect(try used("1-0-1", both).contains(#"{"schema":"purchase.json""#))
        #expect(try used("1-0-2", both).contains(#"{"schema":"any.json""#))
        #expect(try used("2-0-0", both).contains(#"{"schema":"view.json""#))
        let uri = "iglu:com.shop/purchase/jsonschema/1-0-1"
        let wrong = try rig.run(#"{"schema":"\#(uri)","data":{},"total":1}"#)[0]
        #expect(
            wrong.failure.hasPrefix(
                "missing_property: in 'data': the event: the required property 'total' is missing"))
        let missing = try rig.run(#"{"schema":"\#(uri)"}"#)[0]
        #expect(missing.headers["millrace.error"] == "no_value")
    }

    @Test("each schema has its own outcome")
    func outcomes() throws {
        let rig = try rig([
            "schema_field": "type", "schemas": Self.table, "on_violation": "tag",
            "outcomes": ["purchase": "reject"],
        ])
        #expect(try rig.run(#"{"type":"purchase"}"#)[0].topic == "rejected")
        #expect(try rig.run(#"{"type":"view"}"#)[0].value?.contains("violations") == true)
    }

    @Test("the id in front of a record leads to its schema in a registry")
    func byFrame() throws {
        let table = SchemaTable([7: #"{"required":["total"]}"#, 8: "{"], kind: .json)
        let parse = Topology.Node(
            name: "parsed", spec: ParseOperator.spec,
            definition: try makeDefinition(ParseOperator.spec, ["framing": "confluent"]),
            inputs: [])
        let validate = Topology.Node(
            name: "valid", spec: ValidateOperator.spec,
            definition: try makeDefinition(
                ValidateOperator.spec, ["registry": "main", "lineage": "by"],
                registries: ["main": table]), inputs: [])
        let rig = try OperatorRig([parse, validate])
        func run(_ id: UInt8, _ json: String) throws -> DriverRecord {
            try rig.run(bytes: [0, 0, 0, 0, id] + Array(json.utf8))[0]
        }
        let good = try run(7, #"{"total":1}"#)
        #expect(good.topic == "out")
        #expect(good.value?.contains(#""by":{"schema":"7","version":""#) == true)
        let wrong = try run(7, "{}")
        #expect(wrong.failure.contains("checked with schema 7, version "))
        #expect(try run(8, "{}").headers["millrace.error"] == "unusable_schema")
        #expect(try run(9, "{}").headers["millrace.error"] == "unknown_schema")
        #expect(table.questions == 3)
        table.setAway(true)
        #expect(try run(7, #"{"total":1}"#).topic == "out")
        // Not the record's fault: the task stops, and the record is read again.
        #expect(throws: TaskError.self) { try run(10, "{}") }
    }

    @Test("a schema of another kind says so")
    func otherKind() throws {
        let table = SchemaTable([7: #""string""#])
        let rig = try rig(["registry": "main"], registries: ["main": table])
        let framed = try rig.run(bytes: [0, 0, 0, 0, 7] + Array("{}".utf8))[0]
        #expect(framed.topic != "out")
    }

    @Test("a schema's file that changed is used from the next run on")
    func reload() throws {
        func definition(_ text: String) throws -> any OperatorDefinition {
            try makeDefinition(
                ValidateOperator.spec, ["schema": "s.json", "references": ["r.json"]],
                files: ["s.json": text, "r.json": #"{"$id":"https://r"}"#])
        }
        let first = try definition(#"{"required":["a"]}"#)
        #expect(first.reloadedFiles == ["r.json", "s.json"])
        let rig = try OperatorRig([
            Topology.Node(
                name: "tested", spec: ValidateOperator.spec, definition: first, inputs: [])
        ])
        #expect(try rig.run(#"{"b":1}"#)[0].topic == "rejected")
        rig.driver.adopt(["tested": try definition(#"{"required":["b"]}"#)])
        #expect(try rig.run(#"{"b":1}"#)[0].topic == "out")
    }

    @Test("settings that contradict each other are refused with what to do")
    func contradictions() {
        func problems(_ settings: Setting) -> [String] {
            OperatorsTests.problems(of: ValidateOperator.spec, settings, files: Self.files)
        }
        #expect(
            problems([:]) == [
                "'schema' is missing: name a JSON Schema file; write one of 'schema', 'schemas' "
                    + "with 'schema_field', and 'registry'"
            ])
        #expect(
            problems(["schema": "any.json", "schemas": Self.table, "schema_field": "type"]) == [
                "only one of 'schema', 'schemas' can say which schema an event has; write one of "
                    + "'schema', 'schemas' with 'schema_field', and 'registry'"
            ])
        #expect(
            problems(["schemas": Self.table]) == [
                "'schema_field' is missing: it says which field chooses between 'schemas'; add "
                    + "it, for example 'schema_field: event_type'"
            ])
        #expect(
            problems(["schemas": [:], "schema_field": "type"]) == [
                "'schemas' is empty; write a value of 'schema_field' and its schema file"
            ])
        #expect(
            problems([
                "schemas": Self.table, "schema_field": "type", "outcomes": ["purchsae": "tag"],
            ]).contains(
                "'outcomes' has 'purchsae', which 'schemas' has not; did you mean 'purchase'?"))
        #expect(
            problems([
                "schema": "any.json", "schema_field": "type", "unknown_schema": "pass",
                "coercions_field": "c",
            ]) == [
                "'coercions_field' is only for 'on_violation: coerce'; remove it",
                "'schema_field' is only for 'schemas'; remove it",
                "'unknown_schema' is only for 'schemas' and 'registry'; remove it",
            ])
        #expect(problems(["registry": "main"]).count == 1)
    }
}
