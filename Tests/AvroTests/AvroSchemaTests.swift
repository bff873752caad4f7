import Avro
import Testing

@Suite("Avro schemas")
struct AvroSchemaTests {
    @Test(
        "what is wrong with a schema is told with its place",
        arguments: [
            ("{", "it is no JSON"), (#""nothing""#, "there is no type 'nothing'"),
            ("1", "a type is a name, an object or an array, not a number"),
            (#"{"type":"record","name":"R"}"#, "the record 'R' has no 'fields'"),
            (
                #"{"type":"record","name":"n.R","fields":[{"name":"a","type":"X"}]}"#,
                "n.R.a: there is no type 'n.X'"
            ),
            (#"["int","int"]"#, "a union has int twice"),
            (#"{"type":"enum","name":"E","symbols":["a","a"]}"#, "are not names, each once"),
            (
                #"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}"#,
                "R.a: the default is no value of its type"
            ),
        ])
    func problems(text: String, reason: String) {
        let problem = #expect(throws: AvroSchemaProblem.self) {
            try AvroSchema(Array(text.utf8))
        }
        #expect(problem?.description.contains(reason) == true, "\(problem as Any)")
    }

    @Test("types of other schemas are known by name")
    func references() throws {
        let rig = try AvroRig(
            #"{"type":"record","name":"a.R","fields":[{"name":"x","type":"a.E"}]}"#,
            references: [("e", #"{"type":"enum","name":"a.E","symbols":["K"]}"#)])
        #expect(try rig.json([0]) == #"{"x":"K"}"#)
    }

    @Test("a chain of names, and defaults of defaults, do not bring the process down")
    func hostileSchemas() throws {
        var fields = #"{"name":"f0","type":{"type":"record","name":"R0","fields":[]}}"#
        for index in 1..<3000 {
            fields +=
                #",{"name":"f\#(index)","type":{"type":"record","name":"R\#(index)","#
                + #""fields":[{"name":"n","type":"R\#(index - 1)"}]}}"#
        }
        let chain = try AvroRig(#"{"type":"record","name":"T","fields":[\#(fields)]}"#)
        #expect(throws: (any Error).self) { try chain.json([1]) }

        var nested = #"{"name":"f0","type":{"type":"record","name":"R0","fields":[]}}"#
        for index in 1..<60 {
            let inner = #"{"name":"a","type":"R\#(index - 1)","default":{}}"#
            nested +=
                #",{"name":"f\#(index)","type":{"type":"record","name":"R\#(index)","fields":"#
                + #"[\#(inner),\#(inner.replacing("\"a\"", with: "\"b\""))]}}"#
        }
        #expect(throws: AvroSchemaProblem.self) {
            try AvroRig(#"{"type":"record","name":"T","fields":[\#(nested)]}"#)
        }
    }
}

@Suite("Reading Avro with another schema")
struct SchemaResolutionTests {
    private let writer = try! AvroRig(
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},"#
            + #"{"name":"b","type":"string"},{"name":"c","type":["null","int"]}]}"#)
    private let data: [UInt8] = [6, 2, 0x78, 2, 8]

    @Test("fields are passed over, renamed, widened and filled in")
    func fields() throws {
        let reader = try AvroRig(
            #"{"type":"record","name":"R","fields":[{"name":"long","aliases":["a"],"type":"double"},"#
                + #"{"name":"c","type":["null","long"]},"#
                + #"{"name":"d","type":{"type":"array","items":"int"},"default":[1,2]}]}"#)
        #expect(try writer.json(data, reader: reader) == #"{"long":3.0,"c":4,"d":[1,2]}"#)
    }

    @Test("what can't be read is told when the plan is made, or when it comes")
    func mismatches() throws {
        let missing = try AvroRig(
            #"{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}"#)
        let problem = #expect(throws: AvroSchemaProblem.self) {
            try writer.json(data, reader: missing)
        }
        #expect(problem?.message == "the field 'x' was not written and has no default")
        let narrow = try AvroRig(
            #"{"type":"record","name":"R","fields":[{"name":"c","type":"int"}]}"#)
        #expect(try writer.json(data, reader: narrow) == #"{"c":4}"#)
        let failure = #expect(throws: AvroFailure.self) {
            try writer.json([6, 2, 0x78, 0], reader: narrow)
        }
        #expect(failure?.code == .unreadable && failure?.path == ["c"])
    }

    @Test("a step that failed inside a circle is not taken for null")
    func failedCircles() throws {
        let writer = try AvroRig(
            #"{"type":"record","name":"T","fields":[{"name":"r","type":["null","#
                + #"{"type":"record","name":"R","fields":[{"name":"q","type":"#
                + #"{"type":"record","name":"Q","fields":[{"name":"r","type":["null","R"]}]}}]}]},"#
                + #"{"name":"q","type":"Q"}]}"#)
        let reader = try AvroRig(
            #"{"type":"record","name":"T","fields":[{"name":"r","type":["null","#
                + #"{"type":"record","name":"R","fields":[{"name":"q","type":"#
                + #"{"type":"record","name":"Q","fields":[{"name":"r","type":["null","R"]}]}},"#
                + #"{"name":"x","type":"int"}]}]},{"name":"q","type":"Q"}]}"#)
        #expect(try writer.json([0, 0], reader: reader) == #"{"r":null,"q":{"r":null}}"#)
        #expect(throws: AvroFailure.self) { try writer.json([0, 2, 0], reader: reader) }
    }
}
