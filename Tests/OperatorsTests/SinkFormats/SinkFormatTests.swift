import Events
import Operators
import StreamCore
import Testing

@Suite("The formats of sinks")
struct SinkFormatTests {
    private static let schema =
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#

    /// A topology of `parse` and one sink with a format, and a sink for its dead letters.
    private func driver(
        _ settings: Setting, table: SchemaTable = SchemaTable([258: schema]),
        policy: SinkErrorPolicy = .fail
    ) throws -> TopologyDriver {
        var configuration = makeConfiguration(
            settings, files: ["s": Self.schema], registries: ["main": table])
        let format = SinkFormatSettings.make(&configuration, topic: "out")
        guard configuration.diagnostics.isEmpty else { throw configuration.diagnostics }
        let parsed = Topology.Node(
            name: "parsed", spec: ParseOperator.spec,
            definition: try makeDefinition(ParseOperator.spec, [:]),
            inputs: [StreamReference(node: "source")])
        let topology = Topology(
            application: "rig", sources: [Topology.Source(name: "source", topics: ["in"])],
            operators: [parsed],
            sinks: [
                Topology.Sink(
                    topic: "out", inputs: [StreamReference(node: "parsed")], format: format,
                    errorPolicy: policy),
                Topology.Sink(
                    topic: "dead", inputs: [StreamReference(node: "parsed", output: "failed")]),
            ])
        return try TopologyDriver(plan: try TopologyPlan(topology))
    }

    private func written(_ driver: TopologyDriver, _ json: String) throws -> [UInt8]? {
        try driver.pipe(topic: "in", key: "k", value: json)
        defer { _ = driver.takeOutputs() }
        guard driver.output.count > 0 else { return nil }
        return unsafe driver.output.value(of: 0).map { unsafe Array($0) }
    }

    @Test("Avro is written behind the id of its schema, or bare")
    func avro() throws {
        let framed = try driver(["format": "avro", "schema": "s"])
        #expect(try written(framed, #"{"a":3}"#) == [0, 0, 0, 1, 2, 6])
        let bare = try driver(["format": "avro", "schema": "s", "framing": "none"])
        #expect(try written(bare, #"{"a":-1}"#) == [1])
    }

    @Test("framed JSON and CSV are written as they are read")
    func others() throws {
        let table = SchemaTable([1: Self.schema], kind: .json)
        let json = try driver(["framing": "confluent", "schema": "s"], table: table)
        #expect(try written(json, #"{"a":3}"#) == [0, 0, 0, 0, 1] + Array(#"{"a":3}"#.utf8))
        let csv = try driver(["format": "csv", "columns": ["a", "b.c", "d", "e"]])
        let row = try written(csv, #"{"e":"","a":"x,\"y\"","b":{"c":1.50},"d":null}"#)
        #expect(row == Array(#""x,""y""",1.50,,"""#.utf8))
    }

    @Test("a line of NDJSON is one line, however the event was laid out, and reads as the event")
    func lines() throws {
        let driver = try driver(["format": "ndjson"])
        let pretty = "{\r\n  \"a\": \"x\\ny\",\n  \"b\": [1,\n 2]\n}"
        let line = try #require(try written(driver, pretty))
        #expect(line == Array("{    \"a\": \"x\\ny\",   \"b\": [1,  2] }\n".utf8))
        #expect(try written(driver, #"{"a":1}"#) == Array("{\"a\":1}\n".utf8))
    }

    @Test("a line of NDJSON and a CSV row name no schema", arguments: ["ndjson", "csv"])
    func unframed(format: String) throws {
        let report = #expect(throws: Diagnostics.self) {
            try driver(["format": .string(format), "columns": ["a"], "framing": "confluent"])
        }
        #expect(report?.all.contains { $0.message.hasSuffix("names no schema") } == true)
    }

    @Test("key, headers and timestamp stay with the value in another format")
    func keysAndHeaders() throws {
        let driver = try driver(["format": "avro", "schema": "s"])
        try driver.pipe(
            topic: "in", key: "k", value: #"{"a":1}"#, headers: [("h", "v")],
            timestamp: Timestamp(milliseconds: 7))
        let record = driver.takeOutputs()[0]
        #expect(record.key == "k" && record.headers == ["h": "v"])
        #expect(record.timestamp == Timestamp(milliseconds: 7))
    }

    @Test("an event that does not fit stops the task, is dropped, or goes to the dead letters")
    func policies() throws {
        let settings: Setting = ["format": "avro", "schema": "s"]
        let error = #expect(throws: TaskError.self) {
            try driver(settings).pipe(topic: "in", key: nil, value: #"{"a":"x"}"#)
        }
        #expect(error?.description.contains("a: a whole number of 32 bits is wanted") == true)

        let dropping = try driver(settings, policy: .drop)
        #expect(try written(dropping, #"{"b":1}"#) == nil)

        let keeping = try driver(settings, policy: .deadLetter(topic: "dead"))
        try keeping.pipe(topic: "in", key: "k", value: #"{ "b": 1 }"#)
        let record = keeping.takeOutputs()[0]
        #expect(record.topic == "dead" && record.value == #"{ "b": 1 }"#)
        #expect(record.failure.hasPrefix("not_encodable: it is no value of the sink's schema"))
        #expect(record.headers["millrace.operator"] == "out")
    }

    @Test("a registry that gives no answer stops the task, whatever the policy")
    func outage() throws {
        let table = SchemaTable([258: Self.schema])
        table.setAway(true)
        let driver = try driver(
            ["format": "avro", "schema": "s"], table: table, policy: .deadLetter(topic: "dead"))
        let error = #expect(throws: TaskError.self) {
            try driver.pipe(topic: "in", key: nil, value: #"{"a":1}"#)
        }
        #expect(
            error?.reason
                == .unavailable(reason: "the schema of 'out-value': the registry is away"))
        #expect(driver.takeOutputs().isEmpty)
    }

    @Test("settings that do not go together are told")
    func problems() {
        let cases: [(Setting, String)] = [
            (["format": "avro"], "'schema' is missing"),
            (["format": "csv"], "'columns' needs a field"),
            (["schema": "s"], "'schema' has no meaning for 'format: json' with 'framing: none'"),
            (["format": "avro", "schema": "s", "columns": ["a"]], "'columns' has no meaning"),
            (["format": "avro", "schema": "x"], "can't be read"),
        ]
        for (settings, message) in cases {
            let error = #expect(throws: Diagnostics.self) { try driver(settings) }
            #expect(error?.description.contains(message) == true, "\(error as Any)")
        }
    }
}
