import Events
import Operators
import StreamCore
import Testing

@Suite("parse, by where it stands")
struct ParsePlacementTests {
    private func node(
        _ name: String, _ settings: Setting, from input: StreamReference
    ) throws -> Topology.Node {
        Topology.Node(
            name: name, spec: ParseOperator.spec,
            definition: try makeDefinition(ParseOperator.spec, settings), inputs: [input])
    }

    private func driver(
        topics: [String], _ nodes: [Topology.Node], sinks: [(String, StreamReference)]
    ) throws -> TopologyDriver {
        let topology = Topology(
            application: "placement",
            sources: [
                Topology.Source(name: "raw", topics: topics, timestamp: try FieldPath("t"))
            ], operators: nodes,
            sinks: sinks.map { Topology.Sink(topic: $0.0, inputs: [$0.1]) })
        return try TopologyDriver(plan: try TopologyPlan(topology))
    }

    @Test("behind another operator it reads what comes, here what was no JSON object")
    func fallback() throws {
        let driver = try driver(
            topics: ["in"],
            [
                try node("parsed", [:], from: StreamReference("raw")),
                try node("lines", ["format": "ndjson"], from: StreamReference("parsed.failed")),
            ],
            sinks: [
                ("one", StreamReference("parsed")), ("many", StreamReference("lines")),
                ("dead", StreamReference("lines.failed")),
            ])
        try driver.pipe(topic: "in", key: "k", value: "{\"t\":1}\n{\"t\":2}\n{\n")
        try driver.pipe(topic: "in", key: "k", value: "{\"t\":3}")
        try driver.pipe(topic: "in", key: "k", value: nil)
        let records = driver.takeOutputs()
        #expect(
            records.map { "\($0.topic) \($0.value ?? "nothing") \($0.key ?? "")" }.sorted()
                == [
                    "dead nothing k", "dead { k", "many {\"t\":1} k", "many {\"t\":2} k",
                    "one {\"t\":3} k",
                ].sorted())
        let dead = records.filter { $0.topic == "dead" }
        #expect(dead.allSatisfy { $0.headers["millrace.operator"] == "lines" })
    }

    @Test("CSV behind another operator is read into rows")
    func rowsBehindAnOperator() throws {
        let driver = try driver(
            topics: ["in"],
            [
                try node("parsed", [:], from: StreamReference("raw")),
                try node("rows", ["format": "csv"], from: StreamReference("parsed.failed")),
            ],
            sinks: [
                ("one", StreamReference("parsed")), ("many", StreamReference("rows")),
                ("dead", StreamReference("rows.failed")),
            ])
        try driver.pipe(topic: "in", key: nil, value: "a,b\n1,2\n3,4\n5\n")
        #expect(
            driver.takeOutputs().map { "\($0.topic) \($0.value ?? "")" }.sorted() == [
                "dead 5\n", "many {\"a\":\"1\",\"b\":\"2\"}", "many {\"a\":\"3\",\"b\":\"4\"}",
            ])
    }

    @Test("records of several topics keep their failures on the way to the operator")
    func severalTopics() throws {
        let driver = try driver(
            topics: ["a", "b"],
            [try node("parsed", ["format": "ndjson"], from: StreamReference("raw"))],
            sinks: [("out", StreamReference("parsed")), ("dead", StreamReference("parsed.failed"))])
        for topic in ["a", "b"] {
            try driver.pipe(
                topic: topic, key: topic, value: "{\"t\":5}\n{\"t\":\"never\"}\n{",
                timestamp: .init(milliseconds: 9))
        }
        let records = driver.takeOutputs()
        #expect(records.filter { $0.topic == "out" }.map(\.value) == ["{\"t\":5}", "{\"t\":5}"])
        let dead = records.filter { $0.topic == "dead" }
        #expect(
            dead.map { $0.headers["millrace.error"] } == [
                "timestamp", "truncated", "timestamp", "truncated",
            ])
        #expect(dead.map(\.value) == ["{\"t\":\"never\"}", "{", "{\"t\":\"never\"}", "{"])
        #expect(dead[1].failure.hasPrefix("truncated: line 3, which starts at byte 22"))
    }
}
