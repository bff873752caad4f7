internal import StreamCore

/// A topology as a picture, sub-topology by sub-topology.
struct TopologyDrawing {
    private struct Box {
        let id: String
        let label: String
        let isTopic: Bool
    }

    private struct Edge {
        let from: String
        let to: String
        let label: String
    }

    private struct Part {
        let title: String
        var boxes: [Box] = []
        var edges: [Edge] = []
        var lines: [String] = []
    }

    private var parts: [Part] = []
    private var topics: [String: Box] = [:]

    init(_ plan: TopologyPlan) {
        for subtopology in plan.subtopologies { add(subtopology, of: plan) }
    }

    private mutating func add(_ subtopology: TopologyPlan.Subtopology, of plan: TopologyPlan) {
        var part = Part(title: "sub-topology \(subtopology.index)")
        for (index, node) in subtopology.nodes.enumerated() {
            let id = "n\(subtopology.index)_\(index)"
            let inputs = node.inputs.map { input in
                (node: input.node, label: Self.label(of: input, in: subtopology))
            }
            switch node.kind {
            case .source(let source, let indices):
                let names = indices.map { plan.topics[$0] }
                part.boxes.append(Box(id: id, label: "source \(node.name)", isTopic: false))
                for name in names {
                    part.edges.append(Edge(from: topic(name), to: id, label: ""))
                }
                part.lines.append(
                    "source \(node.name) <- \(names.joined(separator: ", "))"
                        + (source.timestamp.map { "  (event time: \($0))" } ?? ""))
            case .repartitionSource(let repartition, _):
                let name = plan.topics[repartition.topic]
                part.boxes.append(Box(id: id, label: "source \(node.name)", isTopic: false))
                part.edges.append(Edge(from: topic(name), to: id, label: ""))
                part.lines.append("source \(node.name) <- \(name)")
            case .control(let control, let receipts):
                let (name, answers) = (plan.topics[control], plan.topics[receipts])
                part.boxes.append(Box(id: id, label: "commands", isTopic: false))
                part.edges.append(Edge(from: topic(name), to: id, label: ""))
                part.edges.append(Edge(from: id, to: topic(answers), label: ""))
                part.lines.append("commands <- \(name), receipts -> \(answers)")
            case .operator(let planned):
                part.boxes.append(
                    Box(id: id, label: "\(node.name): \(planned.spec.name)", isTopic: false))
                let stores = planned.definition.stores.map(\.name)
                part.lines.append(
                    "\(node.name): \(planned.spec.name) <- "
                        + Self.names(inputs, in: subtopology)
                        + (stores.isEmpty ? "" : "  [stores: \(stores.joined(separator: ", "))]"))
            case .sink, .repartitionSink:
                let target = topic(node.name)
                for input in inputs {
                    part.edges.append(
                        Edge(
                            from: "n\(subtopology.index)_\(input.node)", to: target,
                            label: input.label))
                }
                part.lines.append("topic \(node.name) <- " + Self.names(inputs, in: subtopology))
                continue
            }
            for input in inputs {
                part.edges.append(
                    Edge(from: "n\(subtopology.index)_\(input.node)", to: id, label: input.label))
            }
        }
        parts.append(part)
    }

    private mutating func topic(_ name: String) -> String {
        if let known = topics[name] { return known.id }
        let box = Box(id: "t\(topics.count)", label: name, isTopic: true)
        topics[name] = box
        return box.id
    }

    /// The name of the side output that an input reads; empty for the main one. Behind the last
    /// comes what an operator tells its own tasks.
    private static func label(
        of input: PlannedNode.Input, in subtopology: TopologyPlan.Subtopology
    ) -> String {
        guard input.output > 0, case .operator(let node) = subtopology.nodes[input.node].kind
        else { return "" }
        let outputs = node.spec.sideOutputs
        return input.output <= outputs.count ? outputs[input.output - 1].name : "feedback"
    }

    private static func names(
        _ inputs: [(node: Int, label: String)], in subtopology: TopologyPlan.Subtopology
    ) -> String {
        inputs.map { input in
            let name = subtopology.nodes[input.node].name
            return input.label.isEmpty ? name : "\(name).\(input.label)"
        }.joined(separator: ", ")
    }

    // MARK: Formats

    var text: String {
        parts.map { part in
            ([part.title] + part.lines.map { "  " + $0 }).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    var mermaid: String {
        var lines = ["flowchart LR"]
        for box in topics.values.sorted(by: { $0.id < $1.id }) {
            lines.append("  \(box.id)[(\"\(box.label)\")]")
        }
        for (index, part) in parts.enumerated() {
            lines.append("  subgraph s\(index)[\"\(part.title)\"]")
            lines += part.boxes.map { "    \($0.id)[\"\($0.label)\"]" }
            lines.append("  end")
        }
        for edge in parts.flatMap(\.edges) {
            let arrow = edge.label.isEmpty ? "-->" : "-- \(edge.label) -->"
            lines.append("  \(edge.from) \(arrow) \(edge.to)")
        }
        return lines.joined(separator: "\n")
    }

    var dot: String {
        var lines = ["digraph topology {", "  rankdir=LR;"]
        for box in topics.values.sorted(by: { $0.id < $1.id }) {
            lines.append("  \(box.id) [shape=cylinder, label=\"\(box.label)\"];")
        }
        for (index, part) in parts.enumerated() {
            lines.append("  subgraph cluster_\(index) {")
            lines.append("    label=\"\(part.title)\";")
            lines += part.boxes.map { "    \($0.id) [shape=box, label=\"\($0.label)\"];" }
            lines.append("  }")
        }
        for edge in parts.flatMap(\.edges) {
            let label = edge.label.isEmpty ? "" : " [label=\"\(edge.label)\"]"
            lines.append("  \(edge.from) -> \(edge.to)\(label);")
        }
        lines.append("}")
        return lines.joined(separator: "\n")
    }
}
