internal import Events

/// Everything that can be wrong with a graph, found at once.
struct TopologyValidation {
    let topology: Topology
    private let operators: [String: Topology.Node]
    private let sources: [String: Topology.Source]

    init(_ topology: Topology) {
        self.topology = topology
        operators = Dictionary(topology.operators.map { ($0.name, $0) }) { first, _ in first }
        sources = Dictionary(topology.sources.map { ($0.name, $0) }) { first, _ in first }
    }

    func diagnostics() -> Diagnostics {
        var found = Diagnostics()
        checkNames(&found)
        checkTopics(&found)
        checkReferences(&found)
        checkCycles(&found)
        checkNamedInputs(&found)
        checkSources(&found)
        checkReaders(&found)
        checkStores(&found)
        if found.isEmpty { checkBroadcasts(&found) }
        return found
    }

    private func checkNames(_ found: inout Diagnostics) {
        if topology.sources.isEmpty {
            found.append(
                Diagnostic(
                    "the topology has no source", at: firstLocation,
                    remedy: "name the topics to read under 'sources'"))
        }
        if topology.sinks.isEmpty {
            found.append(
                Diagnostic(
                    "the topology has no sink", at: firstLocation,
                    remedy: "name the topics to write under 'sinks'"))
        }
        var seen: [String: SourceLocation] = [:]
        let names =
            topology.sources.map { ($0.name, $0.location) }
            + topology.operators.map { ($0.name, $0.location) }
        for (name, location) in names {
            if let first = seen[name] {
                found.append(
                    Diagnostic(
                        "'\(name)' is defined twice", at: location,
                        remedy: "the first one is at \(first); give one of them another name"))
            } else {
                seen[name] = location
            }
        }
    }

    private var firstLocation: SourceLocation {
        topology.operators.first?.location ?? topology.sources.first?.location
            ?? topology.sinks.first?.location ?? .none
    }

    private func checkTopics(_ found: inout Diagnostics) {
        var readBy: [String: String] = [:]
        for source in topology.sources {
            for topic in source.topics {
                if let other = readBy[topic], other != source.name {
                    found.append(
                        Diagnostic(
                            "topic '\(topic)' is read by both '\(other)' and '\(source.name)'",
                            at: source.location,
                            remedy: "read it once and let both paths start from that source"))
                } else if readBy[topic] != nil {
                    found.append(
                        Diagnostic(
                            "source '\(source.name)' names the topic '\(topic)' twice",
                            at: source.location, remedy: "name it once"))
                }
                readBy[topic] = source.name
                checkIsNotInternal(topic, at: source.location, &found)
            }
        }
        var written: Set<String> = []
        for sink in topology.sinks {
            if let source = readBy[sink.topic] {
                found.append(
                    Diagnostic(
                        "topic '\(sink.topic)' is written here and read by source '\(source)'",
                        at: sink.location,
                        remedy: "records would go in a circle; write to another topic"))
            }
            if !written.insert(sink.topic).inserted {
                found.append(
                    Diagnostic(
                        "topic '\(sink.topic)' has two sinks", at: sink.location,
                        remedy: "write one sink with 'from: [a, b]'"))
            }
            checkIsNotInternal(sink.topic, at: sink.location, &found)
        }
    }

    /// The topics that a cut makes must hold nothing but what the cut writes.
    private func checkIsNotInternal(
        _ topic: String, at location: SourceLocation, _ found: inout Diagnostics
    ) {
        let own = [
            TopologyCut.controlTopic(of: topology.application),
            TopologyCut.receiptTopic(of: topology.application),
        ]
        if topology.hasControl, own.contains(topic) {
            found.append(
                Diagnostic(
                    "topic '\(topic)' has the name that is kept for commands and their receipts",
                    at: location, remedy: "give the topic another name"))
        }
        let node = topology.operators.first { node in
            (0...node.namedInputs.count).contains { input in
                TopologyCut.repartitionTopic(
                    application: topology.application, before: node, input: input) == topic
            }
        }
        guard let node else { return }
        found.append(
            Diagnostic(
                "topic '\(topic)' has the name that is kept for the records that go to "
                    + "'\(node.name)'",
                at: location, remedy: "give the topic or the operator another name"))
    }

    private func checkReferences(_ found: inout Diagnostics) {
        for node in topology.operators {
            if node.inputs.isEmpty {
                found.append(
                    Diagnostic(
                        "'\(node.name)' reads nothing", at: node.location,
                        remedy: "add 'from: NAME'"))
            }
            for input in node.inputs { check(input, usedBy: node.name, &found) }
            checkRepeats(node.inputs, readBy: "'\(node.name)'", &found)
            for input in node.inputs where sources[input.node] != nil {
                checkReads(source: input, by: node, &found)
            }
        }
        for sink in topology.sinks {
            if sink.inputs.isEmpty {
                found.append(
                    Diagnostic(
                        "sink '\(sink.topic)' reads nothing", at: sink.location,
                        remedy: "add 'from: NAME'"))
            }
            checkRepeats(sink.inputs, readBy: "sink '\(sink.topic)'", &found)
            for input in sink.inputs {
                check(input, usedBy: sink.topic, &found)
                if sources[input.node] != nil, input.output == nil {
                    found.append(
                        Diagnostic(
                            "sink '\(sink.topic)' reads the source '\(input.node)' itself",
                            at: input.location,
                            remedy: "read the 'parse' operator behind it"))
                }
            }
        }
    }

    /// What is read twice would be processed twice.
    private func checkRepeats(
        _ inputs: [StreamReference], readBy reader: String, _ found: inout Diagnostics
    ) {
        var seen: Set<StreamReference> = []
        for input in inputs where !seen.insert(input).inserted {
            found.append(
                Diagnostic(
                    "\(reader) reads '\(input)' twice", at: input.location,
                    remedy: "name it once"))
        }
    }

    private func checkReads(
        source: StreamReference, by node: Topology.Node, _ found: inout Diagnostics
    ) {
        if !(node.definition is any DecodingOperatorDefinition) {
            found.append(
                Diagnostic(
                    "'\(node.name)' reads the source '\(source.node)' itself, whose records are "
                        + "not parsed",
                    at: source.location, remedy: "put a 'parse' operator between them"))
        }
        if node.inputs.count > 1 {
            found.append(
                Diagnostic(
                    "'\(node.name)' parses a source and reads something else too",
                    at: node.location, remedy: "give each source a 'parse' operator of its own"))
        }
    }

    func check(
        _ input: StreamReference, usedBy user: String, _ found: inout Diagnostics
    ) {
        if let node = operators[input.node] {
            if node.spec.outputIndex(input.output) == nil, let output = input.output {
                found.append(
                    Diagnostic(
                        "'\(user)' reads '\(input)', but \(node.spec.name) has no output '\(output)'",
                        at: input.location,
                        remedy: NearestName.remedy(
                            for: output, known: node.spec.sideOutputs.map(\.name))))
            }
        } else if sources[input.node] != nil {
            if let output = input.output {
                found.append(
                    Diagnostic(
                        "'\(user)' reads '\(input)', but a source has no output '\(output)'",
                        at: input.location, remedy: "read '\(input.node)'"))
            }
        } else {
            let known = Array(operators.keys) + Array(sources.keys)
            found.append(
                Diagnostic(
                    "'\(user)' reads from '\(input.node)', which is not defined",
                    at: input.location, remedy: NearestName.remedy(for: input.node, known: known)))
        }
    }

    func isSource(_ name: String) -> Bool { sources[name] != nil }

    private func checkCycles(_ found: inout Diagnostics) {
        var done: Set<String> = []
        for node in topology.operators where !done.contains(node.name) {
            guard let cycle = cycle(from: node.name, done: &done) else { continue }
            done.formUnion(cycle)
            found.append(
                Diagnostic(
                    "operators form a cycle: \(cycle.joined(separator: " -> "))",
                    at: operators[cycle[0]]?.location ?? node.location,
                    remedy: "take one of them out of the circle"))
        }
    }

    /// Depth first along the inputs, with a stack of our own: a file may be deep.
    private func cycle(from start: String, done: inout Set<String>) -> [String]? {
        var path: [(name: String, next: Int)] = [(start, 0)]
        var onPath: Set<String> = [start]
        while let (name, next) = path.last {
            let inputs = operators[name]?.allInputs ?? []
            guard next < inputs.count else {
                done.insert(name)
                onPath.remove(name)
                path.removeLast()
                continue
            }
            path[path.count - 1].next += 1
            let input = inputs[next].node
            if onPath.contains(input) {
                let circle = path.map(\.name).drop { $0 != input }
                return [input] + circle.reversed()
            }
            if operators[input] != nil, !done.contains(input) {
                path.append((input, 0))
                onPath.insert(input)
            }
        }
        return nil
    }

    private func checkSources(_ found: inout Diagnostics) {
        for source in topology.sources {
            let readers = topology.operators.filter { node in
                node.inputs.contains { $0.node == source.name }
            }
            if source.topics.isEmpty {
                found.append(
                    Diagnostic(
                        "source '\(source.name)' has no topics", at: source.location,
                        remedy: "add 'topics: [NAME]'"))
            }
            if readers.isEmpty {
                found.append(
                    Diagnostic(
                        "nothing reads the source '\(source.name)'", at: source.location,
                        remedy: "add a 'parse' operator with 'from: \(source.name)'"))
            } else if readers.count > 1 {
                found.append(
                    Diagnostic(
                        "source '\(source.name)' is parsed by "
                            + readers.map { "'\($0.name)'" }.joined(separator: " and "),
                        at: readers[1].location,
                        remedy: "parse it once and read that operator twice"))
            }
        }
    }

    /// Work that nobody reads is a mistake; records that nobody reads are lost.
    private func checkReaders(_ found: inout Diagnostics) {
        var read: Set<StreamReference> = []
        for node in topology.operators { read.formUnion(node.allInputs) }
        for sink in topology.sinks { read.formUnion(sink.inputs) }
        for node in topology.operators {
            let outputs = node.spec.sideOutputs
            let isRead =
                read.contains(StreamReference(node: node.name))
                || outputs.contains { output in
                    read.contains(StreamReference(node: node.name, output: output.name))
                }
            if !isRead {
                found.append(
                    Diagnostic(
                        "nothing reads the operator '\(node.name)'", at: node.location,
                        remedy: "read it in a sink, or take it out"))
                continue
            }
            guard node.errorPolicy == .deadLetter, node.definition.mayRefuse else { continue }
            for output in outputs where output.isForFailures {
                let reference = StreamReference(node: node.name, output: output.name)
                if !read.contains(reference) {
                    found.append(
                        Diagnostic(
                            "records that '\(node.name)' can't take would be lost: nothing reads "
                                + "'\(reference)'",
                            at: node.location,
                            remedy: "add it to a dead-letter sink, or say 'on_error: drop'"))
                }
            }
        }
    }

    private func checkStores(_ found: inout Diagnostics) {
        var writers: [String: String] = [:]
        for node in topology.operators {
            for store in node.definition.stores {
                if let other = writers[store.name] {
                    found.append(
                        Diagnostic(
                            "store '\(store.name)' is written by both '\(other)' and '\(node.name)'",
                            at: node.location, remedy: "give one of them another name"))
                }
                writers[store.name] = node.name
            }
        }
    }
}
