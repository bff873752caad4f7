import Events
import Operators
import StreamCore
import Testing

@Suite("parse, records that name their schema")
struct AvroParseTests {
    private static let schema =
        #"{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},"#
        + #"{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},"#
        + #"{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}"#
    /// The order "a" of 19.90 at 1970-01-01T00:00:05Z, behind the id 258.
    private static let order: [UInt8] = [0, 0, 0, 1, 2, 2, 0x61, 4, 7, 0xC6, 0x90, 0x4E]
    private static let text = #"{"id":"a","total":19.90,"at":"1970-01-01T00:00:05.000Z"}"#

    private func rig(
        _ table: SchemaTable, _ settings: Setting = ["format": "avro"],
        files: [String: String] = [:], timestamp: String? = nil
    ) throws -> OperatorRig {
        try OperatorRig(
            ParseOperator.spec, settings, files: files, registries: ["main": table],
            timestamp: timestamp)
    }

    @Test("an Avro value becomes an event; its schema is asked for once")
    func decodes() throws {
        let table = SchemaTable([258: Self.schema])
        let rig = try rig(table, timestamp: "at")
        for _ in 0..<3 {
            let records = try rig.run(bytes: Self.order)
            #expect(records.map(\.value) == [Self.text])
            #expect(records.map(\.timestamp) == [Timestamp(milliseconds: 5_000)])
        }
        #expect(table.questions == 1)
    }

    @Test("the schema's id can be told in the event")
    func lineage() throws {
        let rig = try rig(
            SchemaTable([258: Self.schema]), ["format": "avro", "lineage": "meta.read_by"])
        let wanted = Self.text.dropLast() + #","meta":{"read_by":{"schema_id":258}}}"#
        #expect(try rig.run(bytes: Self.order).map(\.value) == [String(wanted)])
    }

    @Test("a later schema reads what an earlier one wrote")
    func evolution() throws {
        let later =
            #"{"type":"record","name":"Order","fields":[{"name":"order","aliases":["id"],"type":"#
            + #""string"},{"name":"channel","type":"string","default":"web"}]}"#
        let rig = try rig(
            SchemaTable([258: Self.schema]), ["format": "avro", "schema": "order.avsc"],
            files: ["order.avsc": later])
        #expect(
            try rig.run(bytes: Self.order).map(\.value) == [#"{"order":"a","channel":"web"}"#])
    }

    @Test("what can't be read goes to .failed with its bytes, the byte and the reason")
    func failures() throws {
        let rig = try rig(SchemaTable([258: Self.schema, 3: #"{"type":"map","values":"int"}"#]))
        let cases: [([UInt8], String)] = [
            ([0, 0, 1], "not_framed: the value ends at byte 3"),
            ([1, 0, 0, 1, 2, 0], "not_framed: the value names no schema: byte 0 is 1"),
            ([0, 0, 0, 0, 9, 0], "unknown_schema: the schema registry has no schema 9"),
            (
                Self.order.dropLast(),
                "truncated: no value of schema 258: at: the bytes end inside a number at byte 11"
            ),
            (Self.order + [0], "trailing_content: no value of schema 258: 1 bytes are left"),
            (
                [0, 0, 0, 0, 3, 4, 2, 0x6B, 2, 2, 0x6B, 2, 0],
                "duplicate_key: as JSON it is no event"
            ),
        ]
        for (bytes, expected) in cases {
            try rig.driver.pipe(topic: "in", key: nil, value: bytes)
            let output = rig.driver.output
            #expect(unsafe output.value(of: 0).map { unsafe Array($0) } == bytes)
            let failure = rig.driver.takeOutputs()[0].failure
            #expect(failure.hasPrefix(expected), "\(failure)")
        }
    }

    @Test("what a later operator refuses is what came, not the JSON that it was read as")
    func laterFailures() throws {
        let parsed = Topology.Node(
            name: "parsed", spec: ParseOperator.spec,
            definition: try makeDefinition(
                ParseOperator.spec, ["format": "avro"],
                registries: ["main": SchemaTable([258: Self.schema])]), inputs: [])
        let valid = Topology.Node(
            name: "valid", spec: ValidateOperator.spec,
            definition: try makeDefinition(
                ValidateOperator.spec, ["schema": "s"], files: ["s": #"{"required":["x"]}"#]),
            inputs: [])
        let rig = try OperatorRig([parsed, valid])
        try rig.driver.pipe(topic: "in", key: nil, value: Self.order)
        #expect(unsafe rig.driver.output.value(of: 0).map { unsafe Array($0) } == Self.order)
        #expect(rig.driver.takeOutputs().map(\.topic) == ["rejected"])
    }

    @Test("a registry that gives no answer stops the task, and no record is refused")
    func outage() throws {
        let table = SchemaTable([258: Self.schema])
        table.setAway(true)
        let rig = try rig(table)
        let error = #expect(throws: TaskError.self) { try rig.run(bytes: Self.order) }
        #expect(
            error?.description
                == "operator 'tested' (task 0_0): schema 258: the registry is away")
        #expect(rig.driver.takeOutputs().isEmpty)
    }

    @Test("a schema that is known is read while the registry is away")
    func outageOfKnown() throws {
        let table = SchemaTable([258: Self.schema])
        let rig = try rig(table)
        _ = try rig.run(bytes: Self.order)
        table.setAway(true)
        #expect(try rig.run(bytes: Self.order).map(\.value) == [Self.text])
    }

    @Test("framed JSON is read behind its frame, and positions count the frame")
    func framedJSON() throws {
        let rig = try rig(
            SchemaTable(), ["format": "json", "framing": "confluent", "lineage": "by"])
        let good: [UInt8] = [0, 0, 0, 0, 7] + Array(#"{"a":1}"#.utf8)
        #expect(try rig.run(bytes: good).map(\.value) == [#"{"a":1,"by":{"schema_id":7}}"#])
        let bad: [UInt8] = [0, 0, 0, 0, 7] + Array(#"{"a":01}"#.utf8)
        let failure = try rig.run(bytes: bad)[0].failure
        #expect(failure.hasPrefix("invalid_number: not a JSON number at byte 10"), "\(failure)")
    }

    @Test("bare Avro is read with the schema of a file")
    func bare() throws {
        let rig = try rig(
            SchemaTable(), ["format": "avro", "framing": "none", "schema": "o", "lineage": "by"],
            files: ["o": Self.schema])
        let value = try #require(try rig.run(bytes: Array(Self.order.dropFirst(5)))[0].value)
        #expect(value.hasPrefix(Self.text.dropLast() + #","by":{"schema":"o","version":""#))
    }

    @Test("behind another operator it reads what that one passes on")
    func behindAnother() throws {
        let table = SchemaTable([258: Self.schema])
        let definition = try makeDefinition(
            ParseOperator.spec, ["format": "avro"], registries: ["main": table])
        let first = Topology.Node(
            name: "first", spec: ParseOperator.spec,
            definition: try makeDefinition(
                ParseOperator.spec, ["format": "json", "framing": "confluent"]), inputs: [])
        let second = Topology.Node(
            name: "second", spec: ParseOperator.spec, definition: definition, inputs: [])
        let rig = try OperatorRig([first, second])
        // What is parsed already goes on as it is.
        let good: [UInt8] = [0, 0, 0, 0, 7] + Array(#"{"a":1}"#.utf8)
        #expect(try rig.run(bytes: good).map(\.topic) == ["out"])
    }

    @Test("settings that do not go together are told")
    func settings() {
        func told(_ settings: Setting) -> String {
            problems(of: ParseOperator.spec, settings, files: ["s": Self.schema]).joined()
        }
        #expect(told(["format": "avro"]).contains("there is no schema registry"))
        #expect(told(["format": "avro", "framing": "none"]).contains("'schema' is missing"))
        #expect(told(["schema": "s"]).contains("'schema' is only for 'format: avro'"))
        #expect(
            told(["format": "csv", "framing": "confluent"]).contains("names no schema"))
        #expect(told(["lineage": "by"]).contains("the records have none"))
        #expect(
            problems(
                of: ParseOperator.spec, ["format": "avro", "registry": "mian"],
                registries: ["main": SchemaTable()]
            ) == ["there is no schema registry 'mian'; did you mean 'main'?"])
    }
}
