internal import Events

/// Cuts a checked topology into sub-topologies.
///
/// Follows how each stream is partitioned from the sources down; where a stateful operator needs
/// another partitioning, its inputs go through a repartition topic. What is still connected
/// afterwards is one sub-topology.
struct TopologyCut {
    /// By what the records of a stream are spread over the partitions.
    private enum Partitioning: Hashable {
        /// By the key that the records have.
        case recordKey
        /// By a field, whose value is also the records' key.
        case field(FieldPath)
        /// By something that is no longer their key.
        case unknown
    }

    private let topology: Topology
    private let order: [Topology.Node]
    private var topics: [String]
    private var partitioning: [String: Partitioning] = [:]
    private var repartitions: [TopologyPlan.Repartition] = []
    /// Operators that read from a repartition topic, by name.
    private var cuts: [String: Int] = [:]

    init(_ topology: Topology) {
        self.topology = topology
        order = Self.sorted(topology)
        topics = topology.sources.flatMap(\.topics) + topology.sinks.map(\.topic)
        findCuts()
    }

    /// The operators, each behind those that it reads; among equals in the order of the file.
    private static func sorted(_ topology: Topology) -> [Topology.Node] {
        var ready = Set(topology.sources.map(\.name))
        var rest = topology.operators
        var order: [Topology.Node] = []
        while let next = rest.firstIndex(where: { $0.inputs.allSatisfy { ready.contains($0.node) } }
        ) {
            let node = rest.remove(at: next)
            ready.insert(node.name)
            order.append(node)
        }
        precondition(rest.isEmpty, "a checked topology has no cycles")
        return order
    }

    private mutating func findCuts() {
        for source in topology.sources {
            partitioning[source.name] = source.key.map { .field($0) } ?? .recordKey
        }
        for node in order {
            let inputs = Set(node.inputs.map { partitioning[$0.node] ?? .unknown })
            var current = inputs.count == 1 ? inputs.first! : .unknown
            if let key = node.definition.stateKey, !Self.satisfies(current, key) {
                cut(before: node, key: key)
                current = Self.partitioning(by: key)
            }
            if let changed = node.definition.changedKey, current != .field(changed) {
                current = .unknown
            }
            partitioning[node.name] = current
        }
    }

    private static func satisfies(_ partitioning: Partitioning, _ key: StateKey) -> Bool {
        switch (partitioning, key) {
        case (.recordKey, .recordKey), (.field, .recordKey): true
        case (.field(let path), .field(let wanted)): path == wanted
        default: false
        }
    }

    private static func partitioning(by key: StateKey) -> Partitioning {
        switch key {
        case .recordKey: .recordKey
        case .field(let path): .field(path)
        }
    }

    static func repartitionTopic(application: String, before operatorName: String) -> String {
        "\(application)-\(operatorName)-repartition"
    }

    private mutating func cut(before node: Topology.Node, key: StateKey) {
        cuts[node.name] = repartitions.count
        repartitions.append(
            TopologyPlan.Repartition(
                topic: topics.count, operatorName: node.name, key: key, producers: [], consumer: 0))
        topics.append(Self.repartitionTopic(application: topology.application, before: node.name))
    }

    // MARK: Assembly

    func plan() -> TopologyPlan {
        var groups = Groups()
        for source in topology.sources { groups.add(source.name) }
        for node in order {
            groups.add(node.name)
            if cuts[node.name] == nil {
                for input in node.inputs { groups.join(node.name, input.node) }
            }
        }
        // What writes one repartition topic, and what writes one sink, need not be together:
        // several sub-topologies may write the same topic.
        let roots = feedersFirst(groups)
        var finished = repartitions
        var parts: [TopologyPlan.Subtopology] = []
        for (index, root) in roots.enumerated() {
            let members = Set(groups.members(of: root))
            for cut in finished.indices {
                let consumer = finished[cut].operatorName
                if members.contains(consumer) { finished[cut].consumer = index }
                let inputs = order.first { $0.name == consumer }?.inputs ?? []
                if inputs.contains(where: { members.contains($0.node) }) {
                    finished[cut].producers.append(index)
                }
            }
        }
        for (index, root) in roots.enumerated() {
            let members = Set(groups.members(of: root))
            parts.append(subtopology(index: index, members: members, repartitions: finished))
        }
        return TopologyPlan(
            topology: topology, topics: topics, subtopologies: parts, repartitions: finished)
    }

    /// The groups, each behind those that feed it; among those that feed each other, in the order
    /// of the file.
    private func feedersFirst(_ groups: Groups) -> [String] {
        var feeders: [String: Set<String>] = [:]
        for node in order where cuts[node.name] != nil {
            feeders[groups.root(node.name), default: []].formUnion(
                node.inputs.map { groups.root($0.node) })
        }
        var rest = groups.rootsInOrder()
        var ordered: [String] = []
        while !rest.isEmpty {
            let next = rest.firstIndex { root in
                !rest.contains { $0 != root && feeders[root]?.contains($0) == true }
            }
            ordered.append(rest.remove(at: next ?? 0))
        }
        return ordered
    }

    private func subtopology(
        index: Int, members: Set<String>, repartitions: [TopologyPlan.Repartition]
    ) -> TopologyPlan.Subtopology {
        var assembly = Assembly()
        for source in topology.sources where members.contains(source.name) {
            let indices = source.topics.map { topics.firstIndex(of: $0)! }
            assembly.add(source.name, .source(source, topics: indices), topics: indices)
        }
        for node in order where members.contains(node.name) {
            if let cut = cuts[node.name] {
                let repartition = repartitions[cut]
                let source = "\(node.name)-repartition"
                assembly.add(
                    source,
                    .repartitionSource(repartition, watermark: watermark(before: node)),
                    topics: [repartition.topic])
                assembly.add(
                    node.name, .operator(node),
                    inputs: [PlannedNode.Input(node: assembly.indices[source]!, output: 0)])
            } else {
                assembly.add(
                    node.name, .operator(node), inputs: assembly.resolve(node.inputs, self))
            }
        }
        for (cut, repartition) in repartitions.enumerated() {
            guard let node = order.first(where: { cuts[$0.name] == cut }) else { continue }
            let inputs = assembly.resolve(node.inputs.filter { members.contains($0.node) }, self)
            if !inputs.isEmpty {
                assembly.add(
                    topics[repartition.topic], .repartitionSink(repartition), inputs: inputs)
            }
        }
        for sink in topology.sinks {
            let inputs = assembly.resolve(sink.inputs.filter { members.contains($0.node) }, self)
            if !inputs.isEmpty {
                assembly.add(
                    sink.topic, .sink(sink, topic: topics.firstIndex(of: sink.topic)!),
                    inputs: inputs)
            }
        }
        return TopologyPlan.Subtopology(
            index: index, nodes: assembly.nodes, sourceTopics: assembly.topics)
    }

    fileprivate func outputIndex(_ reference: StreamReference) -> Int {
        guard let node = order.first(where: { $0.name == reference.node }) else { return 0 }
        return node.spec.outputIndex(reference.output)!
    }

    /// A repartition topic moves the clock as the most patient of the sources before it does.
    private func watermark(before node: Topology.Node) -> WatermarkSettings {
        let sources = self.sources(before: node)
        guard var settings = sources.first?.watermark else { return WatermarkSettings() }
        for other in sources.dropFirst().map(\.watermark) {
            settings.outOfOrderness = max(settings.outOfOrderness, other.outOfOrderness)
            settings.idleAfter = max(settings.idleAfter, other.idleAfter)
            if other.whenIdle == .hold { settings.whenIdle = .hold }
        }
        return settings
    }

    private func sources(before node: Topology.Node) -> [Topology.Source] {
        var names: Set<String> = []
        var open = node.inputs.map(\.node)
        while let name = open.popLast() {
            guard names.insert(name).inserted else { continue }
            open += order.first { $0.name == name }?.inputs.map(\.node) ?? []
        }
        return topology.sources.filter { names.contains($0.name) }
    }
}

/// The nodes of one sub-topology while they are put together.
private struct Assembly {
    var nodes: [PlannedNode] = []
    var indices: [String: Int] = [:]
    var topics: [Int] = []

    mutating func add(
        _ name: String, _ kind: PlannedNode.Kind, topics: [Int] = [],
        inputs: [PlannedNode.Input] = []
    ) {
        switch kind {
        // Nothing reads a sink, and its topic may have the name of an operator.
        case .sink, .repartitionSink: break
        case .source, .repartitionSource, .operator: indices[name] = nodes.count
        }
        nodes.append(PlannedNode(name: name, kind: kind, inputs: inputs))
        for topic in topics where !self.topics.contains(topic) { self.topics.append(topic) }
    }

    func resolve(_ inputs: [StreamReference], _ cut: TopologyCut) -> [PlannedNode.Input] {
        inputs.map {
            PlannedNode.Input(node: indices[$0.node]!, output: cut.outputIndex($0))
        }
    }
}

/// Which names are connected.
private struct Groups {
    private var parent: [String: String] = [:]
    private var order: [String] = []

    mutating func add(_ name: String) {
        parent[name] = name
        order.append(name)
    }

    func root(_ name: String) -> String {
        var name = name
        while let up = parent[name], up != name { name = up }
        return name
    }

    mutating func join(_ a: String, _ b: String) {
        let (a, b) = (root(a), root(b))
        if a != b { parent[a] = b }
    }

    func rootsInOrder() -> [String] {
        var seen: Set<String> = []
        return order.map(root).filter { seen.insert($0).inserted }
    }

    func members(of root: String) -> [String] { order.filter { self.root($0) == root } }
}
