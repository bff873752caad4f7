import Events
import Operators
import StreamCore

/// One record of a join's input.
struct JoinRecord {
    var isOther: Bool
    var key: String?
    var time: Int64
    /// `nil` is a tombstone.
    var value: String?
}

/// An operator that reads `in` and, as its named input, `side`; every output of it is written to a
/// topic of its name, and the main one to `out`.
struct JoinRig {
    let driver: TopologyDriver

    static func plan(
        _ spec: OperatorSpec, _ settings: Setting, input: String,
        broadcast: Topology.Broadcast? = nil
    ) throws -> TopologyPlan {
        let sources = [
            Topology.Source(name: "raw", topics: ["in"]),
            Topology.Source(name: "raw_side", topics: ["side"], broadcast: broadcast),
        ]
        let parse = try makeDefinition(ParseOperator.spec, ["tombstones": "pass"])
        func parsed(_ name: String, _ source: String) -> Topology.Node {
            Topology.Node(
                name: name, spec: ParseOperator.spec, definition: parse,
                inputs: [StreamReference(node: source)], errorPolicy: .fail)
        }
        let tested = Topology.Node(
            name: "tested", spec: spec, definition: try makeDefinition(spec, settings),
            inputs: [StreamReference(node: "parsed")],
            namedInputs: spec.namedInputs.map {
                $0.name == input ? StreamReference(node: "parsed_side") : nil
            })
        let outputs = [nil] + spec.sideOutputs.map(\.name)
        let sinks = outputs.map {
            Topology.Sink(
                topic: $0 ?? "out", inputs: [StreamReference(node: "tested", output: $0)])
        }
        return try TopologyPlan(
            Topology(
                application: "rig", sources: sources,
                operators: [parsed("parsed", "raw"), parsed("parsed_side", "raw_side"), tested],
                sinks: sinks))
    }

    init(
        _ plan: TopologyPlan, storage: any StateStorage = InMemoryStateStorage(),
        runLimit: Int = 512
    ) throws {
        driver = try TopologyDriver(
            plan: plan, storage: storage, options: StreamTask.Options(runLimit: runLimit))
    }

    func send(_ record: JoinRecord) throws {
        try driver.pipe(
            topic: record.isOther ? "side" : "in", key: record.key, value: record.value,
            timestamp: Timestamp(milliseconds: record.time))
    }

    /// What comes of one record: each value behind the name of its output.
    func values(_ record: JoinRecord) throws -> [String] {
        try send(record)
        return take()
    }

    func take() -> [String] {
        driver.takeOutputs().map { "\($0.topic) \($0.value ?? "nothing")" }
    }
}
