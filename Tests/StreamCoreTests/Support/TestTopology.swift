import Events
import StreamCore

/// Writes topologies of test operators in few words.
struct TestTopology {
    var sources: [Topology.Source] = []
    var operators: [Topology.Node] = []
    var sinks: [Topology.Sink] = []

    mutating func source(
        _ name: String, topics: [String], timestamp: String? = "t", key: String? = nil,
        watermark: WatermarkSettings = WatermarkSettings(), broadcast: Topology.Broadcast? = nil,
        line: Int = 0
    ) {
        sources.append(
            Topology.Source(
                name: name, topics: topics, timestamp: timestamp.map { FieldPath(name: $0) },
                key: key.map { FieldPath(name: $0) }, watermark: watermark, broadcast: broadcast,
                location: Self.location(line)))
    }

    /// An operator of any definition.
    mutating func add(
        _ name: String, from inputs: String..., line: Int = 0, outputs: [OperatorSpec.Output] = [],
        policy: ErrorPolicy = .deadLetter, definition: any OperatorDefinition
    ) {
        add(
            name, inputs: inputs, line: line, outputs: outputs, policy: policy, definition)
    }

    mutating func parse(
        _ name: String, from source: String, line: Int = 0, policy: ErrorPolicy = .drop
    ) {
        add(
            name, from: source, line: line,
            outputs: [OperatorSpec.Output("failed", "What does not parse.", isForFailures: true)],
            policy: policy, definition: LineParsing())
    }

    /// An operator that passes everything on.
    mutating func pass(_ name: String, from inputs: String..., line: Int = 0) {
        add(name, inputs: inputs, line: line, TestDefinition { Sieve(divisor: .max) })
    }

    mutating func number(_ name: String, from inputs: String...) {
        add(name, inputs: inputs, line: 0, Numbering.definition(name))
    }

    mutating func pause(
        _ name: String, from inputs: String..., by pause: Int64, key: StateKey? = nil
    ) {
        add(
            name, inputs: inputs, line: 0, outputs: PauseCounter.outputs,
            PauseCounter.definition(name, pause: pause, key: key))
    }

    /// Notes in each event what a table says of its key.
    mutating func lookUp(
        _ name: String, from inputs: String..., with table: String?, key: StateKey? = nil,
        isBroadcast: Bool = false, line: Int = 0
    ) {
        let input = OperatorSpec.Input(
            "table", "The table to look in.", required: true, broadcast: isBroadcast)
        add(
            name, inputs: inputs, line: line, namedInputs: [input], with: [table],
            Lookup.definition(name, key: key))
    }

    private mutating func add(
        _ name: String, inputs: [String], line: Int, outputs: [OperatorSpec.Output] = [],
        policy: ErrorPolicy = .deadLetter, namedInputs: [OperatorSpec.Input] = [],
        with named: [String?] = [], _ definition: any OperatorDefinition
    ) {
        let spec = OperatorSpec(
            name: "test", summary: "For tests.", fields: [], sideOutputs: outputs,
            namedInputs: namedInputs, example: "", make: { _ in nil })
        operators.append(
            Topology.Node(
                name: name, spec: spec, definition: definition,
                inputs: inputs.map { StreamReference($0, at: Self.location(line)) },
                namedInputs: named.map {
                    $0.map { StreamReference($0, at: Self.location(line)) }
                },
                errorPolicy: policy, location: Self.location(line)))
    }

    mutating func sink(_ topic: String, from inputs: String..., key: String? = nil, line: Int = 0) {
        sinks.append(
            Topology.Sink(
                topic: topic,
                inputs: inputs.map { StreamReference($0, at: Self.location(line)) },
                key: key.map { FieldPath(name: $0) }, location: Self.location(line)))
    }

    var topology: Topology {
        Topology(application: "shop", sources: sources, operators: operators, sinks: sinks)
    }

    func plan() throws -> TopologyPlan { try TopologyPlan(topology) }

    /// What is wrong with it, as texts.
    var problems: [String] {
        do {
            _ = try TopologyPlan(topology)
            return []
        } catch {
            return error.sorted.map(\.description)
        }
    }

    static func location(_ line: Int) -> SourceLocation {
        line == 0 ? .none : SourceLocation(file: "shop.yaml", line: line, column: 3)
    }
}
