internal import Events

// MARK: - Named inputs and broadcast streams

extension TopologyValidation {
    func checkNamedInputs(_ found: inout Diagnostics) {
        for node in topology.operators {
            for (index, input) in node.spec.namedInputs.enumerated() {
                guard index < node.namedInputs.count, let reference = node.namedInputs[index] else {
                    if input.isRequired { reportMissing(input, of: node, &found) }
                    continue
                }
                check(reference, usedBy: node.name, &found)
                if isSource(reference.node), reference.output == nil {
                    found.append(
                        Diagnostic(
                            "'\(node.name)' reads the source '\(reference.node)' itself, whose "
                                + "records are not parsed",
                            at: reference.location, remedy: "put a 'parse' operator between them"))
                }
            }
        }
    }

    private func reportMissing(
        _ input: OperatorSpec.Input, of node: Topology.Node, _ found: inout Diagnostics
    ) {
        found.append(
            Diagnostic(
                "'\(node.name)' needs the input '\(input.name)'", at: node.location,
                remedy: "add 'with: { \(input.name): STREAM }': \(input.summary)"))
    }

    /// - Precondition: all else is right, so that the operators have an order.
    func checkBroadcasts(_ found: inout Diagnostics) {
        let broadcast = BroadcastPart(topology, TopologyCut.sorted(topology))
        for node in topology.operators {
            if broadcast.contains(node.name) {
                checkIsPlain(node, &found)
            } else {
                checkIsNotFed(node, broadcast, &found)
            }
            checkComesToAll(node, broadcast, &found)
        }
        let readers = topology.operators.filter { !broadcast.contains($0.name) }
        let read = broadcast.part(readBy: readers)
        for source in topology.sources where source.broadcast != nil && !read.contains(source.name)
        {
            found.append(
                Diagnostic(
                    "no operator reads the broadcast source '\(source.name)' as a named input",
                    at: source.location,
                    remedy: "read it, parsed, under 'with' of an operator, or take 'broadcast' out")
            )
        }
    }

    /// What every task does for itself must not be counted or kept.
    private func checkIsPlain(_ node: Topology.Node, _ found: inout Diagnostics) {
        if !node.definition.stores.isEmpty || node.namedInputs.contains(where: { $0 != nil }) {
            found.append(
                Diagnostic(
                    "'\(node.name)' keeps state of a broadcast stream, which every task has whole",
                    at: node.location,
                    remedy: "read the topic by a source without 'broadcast'"))
        }
    }

    private func checkIsNotFed(
        _ node: Topology.Node, _ broadcast: BroadcastPart, _ found: inout Diagnostics
    ) {
        for input in node.inputs where broadcast.contains(input.node) {
            found.append(
                Diagnostic(
                    "'\(node.name)' reads the broadcast stream '\(input)' among others, so every "
                        + "task would take each of its events",
                    at: input.location,
                    remedy: "read it under 'with', or without 'broadcast'"))
        }
    }

    private func checkComesToAll(
        _ node: Topology.Node, _ broadcast: BroadcastPart, _ found: inout Diagnostics
    ) {
        for (input, reference) in zip(node.spec.namedInputs, node.namedInputs) {
            guard let reference, input.isBroadcast, !broadcast.contains(reference.node) else {
                continue
            }
            found.append(
                Diagnostic(
                    "the input '\(input.name)' of '\(node.name)' must come to every task, but "
                        + "'\(reference)' is spread over them",
                    at: reference.location,
                    remedy: "write 'broadcast: in_order' or 'broadcast: first' at its source"))
        }
    }
}
