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

    /// An input of an operator: 0 is `from`, `i + 1` is named input `i`.
    private struct Place: Hashable {
        let node: String
        let input: Int
    }

    private let topology: Topology
    private let order: [Topology.Node]
    private let broadcast: BroadcastPart
    private var topics: [String]
    private var partitioning: [String: Partitioning] = [:]
    private var repartitions: [TopologyPlan.Repartition] = []
    /// Inputs that come from a repartition topic.
    private var cuts: [Place: Int] = [:]

    init(_ topology: Topology) {
        self.topology = topology
        order = Self.sorted(topology)
        broadcast = BroadcastPart(topology, order)
        topics = topology.sources.flatMap(\.topics) + topology.sinks.map(\.topic)
        if topology.hasControl {
            let name = topology.application
            topics += [Self.controlTopic(of: name), Self.receiptTopic(of: name)]
        }
        findCuts()
    }

    /// The operators, each behind those that it reads; among equals in the order of the file.
    static func sorted(_ topology: Topology) -> [Topology.Node] {
        var ready = Set(topology.sources.map(\.name))
        var rest = topology.operators
        var order: [Topology.Node] = []
        while let next = rest.firstIndex(where: {
            $0.allInputs.allSatisfy { ready.contains($0.node) }
        }) {
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
        for node in order where !broadcast.contains(node.name) {
            let inputs = Set(node.inputs.map { partitioning[$0.node] ?? .unknown })
            var current = inputs.count == 1 ? inputs.first! : .unknown
            if let key = node.definition.stateKey, !Self.satisfies(current, key) {
                cut(before: node, input: 0, key: key)
                current = Self.partitioning(by: key)
            }
            for (index, input) in node.namedInputs.enumerated() {
                guard let input, !broadcast.contains(input.node),
                    let key = node.definition.stateKey(ofInput: index),
                    !Self.satisfies(partitioning[input.node] ?? .unknown, key)
                else { continue }
                cut(before: node, input: index + 1, key: key)
            }
            if node.definition.hasFeedback {
                cut(before: node, input: Self.feedbackInput(of: node), key: .recordKey)
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
        case .derived: .unknown
        }
    }

    /// The topic in front of one input of an operator.
    static func repartitionTopic(
        application: String, before node: Topology.Node, input: Int
    ) -> String {
        "\(application)-\(repartitionName(before: node, input: input))"
    }

    private static func repartitionName(before node: Topology.Node, input: Int) -> String {
        if input == feedbackInput(of: node) { return "\(node.name)-feedback" }
        if input == 0 { return "\(node.name)-repartition" }
        return "\(node.name)-\(node.spec.namedInputs[input - 1].name)-repartition"
    }

    private mutating func cut(before node: Topology.Node, input: Int, key: StateKey) {
        cuts[Place(node: node.name, input: input)] = repartitions.count
        repartitions.append(
            TopologyPlan.Repartition(
                topic: topics.count, operatorName: node.name, input: input, key: key,
                isFeedback: input == Self.feedbackInput(of: node), producers: [], consumer: 0))
        topics.append(
            Self.repartitionTopic(application: topology.application, before: node, input: input))
    }

    /// Behind the named inputs.
    private static func feedbackInput(of node: Topology.Node) -> Int {
        node.spec.namedInputs.count + 1
    }

    /// What one input of an operator reads.
    private static func references(of node: Topology.Node, input: Int) -> [StreamReference] {
        if input == feedbackInput(of: node) { return [StreamReference(node: node.name)] }
        return input == 0 ? node.inputs : [node.namedInputs[input - 1]].compactMap { $0 }
    }

    /// What an operator reads and no repartition topic stands in front of, broadcasts left out.
    private func uncutInputs(of node: Topology.Node) -> [StreamReference] {
        (0...node.namedInputs.count).flatMap { input in
            cuts[Place(node: node.name, input: input)] == nil
                ? Self.references(of: node, input: input) : []
        }.filter { !broadcast.contains($0.node) }
    }

    private func node(of repartition: TopologyPlan.Repartition) -> Topology.Node {
        node(named: repartition.operatorName)
    }

    private func node(named name: String) -> Topology.Node { order.first { $0.name == name }! }

    private func producers(of repartition: TopologyPlan.Repartition) -> [StreamReference] {
        Self.references(of: node(of: repartition), input: repartition.input)
    }

    static func controlTopic(of application: String) -> String { "\(application)-control" }

    static func receiptTopic(of application: String) -> String { "\(application)-receipts" }

    // MARK: Assembly

    func plan() -> TopologyPlan {
        var groups = Groups()
        for source in topology.sources where source.broadcast == nil { groups.add(source.name) }
        for node in order where !broadcast.contains(node.name) {
            groups.add(node.name)
            for input in uncutInputs(of: node) { groups.join(node.name, input.node) }
        }
        // What writes one repartition topic, and what writes one sink, need not be together:
        // several sub-topologies may write the same topic.
        let roots = feedersFirst(groups)
        var finished = repartitions
        var parts: [TopologyPlan.Subtopology] = []
        for (index, root) in roots.enumerated() {
            let members = Set(groups.members(of: root))
            for cut in finished.indices {
                if members.contains(finished[cut].operatorName) { finished[cut].consumer = index }
                let inputs = producers(of: finished[cut])
                if inputs.contains(where: { members.contains($0.node) }) {
                    finished[cut].producers.append(index)
                }
            }
        }
        // Each sub-topology has the broadcast streams that it reads for itself, but only the first
        // writes what comes of them.
        var written: Set<String> = []
        for (index, root) in roots.enumerated() {
            let own = Set(groups.members(of: root))
            let read = broadcast.part(readBy: order.filter { own.contains($0.name) })
            parts.append(
                subtopology(
                    index: index, members: own.union(read),
                    writing: own.union(read)
                        .subtracting(written), repartitions: finished))
            written.formUnion(read)
        }
        return TopologyPlan(
            topology: topology, topics: topics, subtopologies: parts, repartitions: finished)
    }

    /// The groups, each behind those that feed it; among those that feed each other, in the order
    /// of the file.
    private func feedersFirst(_ groups: Groups) -> [String] {
        var feeders: [String: Set<String>] = [:]
        for repartition in repartitions {
            feeders[groups.root(repartition.operatorName), default: []].formUnion(
                producers(of: repartition).map { groups.root($0.node) })
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
        index: Int, members: Set<String>, writing: Set<String>,
        repartitions: [TopologyPlan.Repartition]
    ) -> TopologyPlan.Subtopology {
        var assembly = Assembly()
        for source in topology.sources where members.contains(source.name) {
            let indices = source.topics.map { topics.firstIndex(of: $0)! }
            assembly.add(
                source.name, .source(source, topics: indices), topics: indices,
                isBroadcast: source.broadcast != nil)
        }
        for node in order where members.contains(node.name) {
            var inputs: [PlannedNode.Input] = []
            // Without feedback nothing is cut there.
            for input in 0...Self.feedbackInput(of: node)
            where input <= node.namedInputs.count || node.definition.hasFeedback {
                inputs += self.inputs(
                    of: node, input: input, repartitions: repartitions, in: &assembly)
            }
            assembly.add(node.name, .operator(node), inputs: inputs)
        }
        for repartition in repartitions {
            let producers = producers(of: repartition).filter { members.contains($0.node) }
            let inputs =
                repartition.isFeedback
                ? producers.map { assembly.feedback(of: node(named: $0.node)) }
                : assembly.resolve(producers, self)
            if !inputs.isEmpty {
                assembly.add(
                    topics[repartition.topic], .repartitionSink(repartition), inputs: inputs)
            }
        }
        for sink in topology.sinks {
            let inputs = assembly.resolve(sink.inputs.filter { writing.contains($0.node) }, self)
            if !inputs.isEmpty {
                assembly.add(
                    sink.topic, .sink(sink, topic: topics.firstIndex(of: sink.topic)!),
                    inputs: inputs)
            }
        }
        addControl(to: &assembly)
        return TopologyPlan.Subtopology(
            index: index, nodes: assembly.nodes, sourceTopics: assembly.topics,
            broadcastTopics: assembly.broadcastTopics)
    }

    /// Who keeps state obeys commands.
    private func addControl(to assembly: inout Assembly) {
        let keepsState = assembly.nodes.contains { node in
            guard case .operator(let node) = node.kind else { return false }
            return !node.definition.stores.isEmpty
        }
        let (name, receipts) = (
            Self.controlTopic(of: topology.application), Self.receiptTopic(of: topology.application)
        )
        guard topology.hasControl, keepsState, let control = topics.firstIndex(of: name),
            let receipts = topics.firstIndex(of: receipts)
        else { return }
        assembly.add(
            name, .control(topic: control, receipts: receipts), topics: [control],
            isBroadcast: true)
    }

    /// One input of an operator, with the repartition topic in front of it if there is one.
    private func inputs(
        of node: Topology.Node, input: Int, repartitions: [TopologyPlan.Repartition],
        in assembly: inout Assembly
    ) -> [PlannedNode.Input] {
        guard let cut = cuts[Place(node: node.name, input: input)] else {
            return assembly.resolve(
                Self.references(of: node, input: input), as: input, self)
        }
        let source = Self.repartitionName(before: node, input: input)
        let inputs = Self.references(of: node, input: input)
        assembly.add(
            source,
            .repartitionSource(
                repartitions[cut],
                watermark: repartitions[cut].isFeedback
                    ? WatermarkSettings() : watermark(before: inputs)),
            topics: [repartitions[cut].topic])
        return [PlannedNode.Input(node: assembly.indices[source]!, output: 0, input: input)]
    }

    fileprivate func isBroadcast(_ name: String) -> Bool { broadcast.contains(name) }

    fileprivate func outputIndex(_ reference: StreamReference) -> Int {
        guard let node = order.first(where: { $0.name == reference.node }) else { return 0 }
        return node.spec.outputIndex(reference.output)!
    }

    /// A repartition topic moves the clock as the most patient of the sources before it does.
    private func watermark(before inputs: [StreamReference]) -> WatermarkSettings {
        let sources = self.sources(before: inputs)
        guard var settings = sources.first?.watermark else { return WatermarkSettings() }
        for other in sources.dropFirst().map(\.watermark) {
            settings.outOfOrderness = max(settings.outOfOrderness, other.outOfOrderness)
            settings.idleAfter = max(settings.idleAfter, other.idleAfter)
            if other.whenIdle == .hold { settings.whenIdle = .hold }
        }
        return settings
    }

    private func sources(before inputs: [StreamReference]) -> [Topology.Source] {
        var names: Set<String> = []
        var open = inputs.map(\.node)
        while let name = open.popLast() {
            guard names.insert(name).inserted else { continue }
            open += order.first { $0.name == name }?.allInputs.map(\.node) ?? []
        }
        return topology.sources.filter { names.contains($0.name) && $0.broadcast == nil }
    }
}

/// The nodes of one sub-topology while they are put together.
private struct Assembly {
    var nodes: [PlannedNode] = []
    var indices: [String: Int] = [:]
    var topics: [Int] = []
    var broadcastTopics: [Int] = []

    mutating func add(
        _ name: String, _ kind: PlannedNode.Kind, topics: [Int] = [], isBroadcast: Bool = false,
        inputs: [PlannedNode.Input] = []
    ) {
        switch kind {
        // Nothing reads a sink, and its topic may have the name of an operator.
        case .sink, .repartitionSink: break
        case .source, .repartitionSource, .operator, .control: indices[name] = nodes.count
        }
        nodes.append(PlannedNode(name: name, kind: kind, inputs: inputs))
        // A source names no topic twice, and no other reads it; a repartition topic is read once.
        if isBroadcast { broadcastTopics += topics } else { self.topics += topics }
    }

    /// The output behind the last of an operator's spec.
    func feedback(of node: Topology.Node) -> PlannedNode.Input {
        PlannedNode.Input(node: indices[node.name]!, output: node.spec.sideOutputs.count + 1)
    }

    func resolve(
        _ inputs: [StreamReference], as input: Int = 0, _ cut: TopologyCut
    ) -> [PlannedNode.Input] {
        inputs.map {
            PlannedNode.Input(
                node: indices[$0.node]!, output: cut.outputIndex($0), input: input,
                isBroadcast: cut.isBroadcast($0.node))
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
