import Events
import Operators
import StreamCore

/// One operator in a topology of its own, every output of it written to a topic of its name; the
/// main output is `out`.
struct OperatorRig {
    let driver: TopologyDriver

    /// `timestamp`: the field that holds the event time.
    init(
        _ spec: OperatorSpec, _ settings: Setting, files: [String: String] = [:],
        registries: [String: any SchemaSource] = [:], timestamp: String? = nil,
        errorPolicy: ErrorPolicy = .deadLetter
    ) throws {
        let tested = Topology.Node(
            name: "tested", spec: spec,
            definition: try makeDefinition(
                spec, settings, files: files, registries: registries), inputs: [],
            errorPolicy: errorPolicy)
        try self.init([tested], timestamp: timestamp)
    }

    /// `chain`: operators, each reading the main output of the one before; the outputs
    ///   of the last are written, and side outputs of the others to `NAME.OUTPUT`.
    init(_ chain: [Topology.Node], timestamp: String? = nil) throws {
        var nodes = chain
        if !(nodes[0].definition is any DecodingOperatorDefinition) {
            nodes.insert(
                Topology.Node(
                    name: "parsed", spec: ParseOperator.spec,
                    definition: try makeDefinition(ParseOperator.spec, [:]), inputs: []),
                at: 0)
        }
        var sinks: [Topology.Sink] = []
        for index in nodes.indices {
            nodes[index].inputs = [
                StreamReference(node: index == 0 ? "source" : nodes[index - 1].name)
            ]
            let isLast = index == nodes.count - 1
            for output in nodes[index].spec.sideOutputs {
                let name = nodes[index].name
                sinks.append(
                    Topology.Sink(
                        topic: isLast ? output.name : "\(name).\(output.name)",
                        inputs: [StreamReference(node: name, output: output.name)]))
            }
            if isLast {
                let input = StreamReference(node: nodes[index].name)
                sinks.append(Topology.Sink(topic: "out", inputs: [input]))
            }
        }
        let source = Topology.Source(
            name: "source", topics: ["in"], timestamp: try timestamp.map { try FieldPath($0) },
            watermark: WatermarkSettings(aheadLimit: .seconds(1_000_000_000_000)))
        let topology = Topology(
            application: "rig", sources: [source], operators: nodes, sinks: sinks)
        driver = try TopologyDriver(
            plan: try TopologyPlan(topology), now: Timestamp(milliseconds: 2_000_000_000_000))
    }

    /// Sends one record through and returns what came out of it.
    func run(
        _ value: String?, key: String? = nil, timestamp: Int64 = 1_700_000_000_000
    ) throws -> [DriverRecord] {
        try run(bytes: value.map { Array($0.utf8) }, key: key, timestamp: timestamp)
    }

    func run(
        bytes: [UInt8]?, key: String? = nil, timestamp: Int64 = 1_700_000_000_000
    ) throws -> [DriverRecord] {
        try driver.pipe(
            topic: "in", key: key.map { Array($0.utf8) }, value: bytes,
            timestamp: Timestamp(milliseconds: timestamp))
        return driver.takeOutputs()
    }

    /// The values that came out, each behind the name of its output: `out {"a":1}`.
    func values(_ value: String?, key: String? = nil) throws -> [String] {
        try run(value, key: key).map { "\($0.topic) \($0.value ?? "nothing")" }
    }
}

extension DriverRecord {
    /// Why a record was refused: the code and the sentence.
    var failure: String {
        "\(headers["millrace.error"] ?? "no error"): \(headers["millrace.reason"] ?? "")"
    }
}
