internal import Events

/// A topology that was checked and cut into sub-topologies: what a task runs.
///
/// The cut is made in front of a stateful operator whose input is not partitioned by the key of
/// its state: there the events go through an internal repartition topic, as in Kafka Streams.
///
/// - Throws: `Diagnostics`, with everything that is wrong at once.
public struct TopologyPlan: Sendable {
    /// A topic that carries events from one sub-topology to another, keyed anew.
    public struct Repartition: Sendable, Hashable {
        /// Index into ``TopologyPlan/topics``.
        public let topic: Int
        public let operatorName: String
        /// Which of the operator's inputs it feeds: 0 is `from`, `i + 1` is named input `i`; behind
        /// those comes the feedback.
        public let input: Int
        public let key: StateKey
        /// Whether the operator's own tasks write it.
        public let isFeedback: Bool
        /// The sub-topologies that write it.
        public internal(set) var producers: [Int]
        public internal(set) var consumer: Int
    }

    /// A part of the topology that one task runs as a whole.
    public struct Subtopology: Sendable {
        public let index: Int
        /// In an order in which every node stands behind those that it reads.
        public let nodes: [PlannedNode]
        /// Topics that are read, as indices into ``TopologyPlan/topics``, without repeats.
        public let sourceTopics: [Int]
        /// Topics of which every task reads all partitions, as indices into
        /// ``TopologyPlan/topics``, without repeats.
        public let broadcastTopics: [Int]

        public var stores: [StoreSpec] {
            nodes.flatMap { node -> [StoreSpec] in
                guard case .operator(let node) = node.kind else { return [] }
                return node.definition.stores
            }
        }
    }

    public let topology: Topology
    /// The topic table: every topic that is read or written, by the index that records carry.
    public let topics: [String]
    public let subtopologies: [Subtopology]
    public let repartitions: [Repartition]

    public init(_ topology: Topology) throws(Diagnostics) {
        let diagnostics = TopologyValidation(topology).diagnostics()
        guard diagnostics.isEmpty else { throw diagnostics }
        self = TopologyCut(topology).plan()
    }

    package init(
        topology: Topology, topics: [String], subtopologies: [Subtopology],
        repartitions: [Repartition]
    ) {
        self.topology = topology
        self.topics = topics
        self.subtopologies = subtopologies
        self.repartitions = repartitions
    }

    /// The topics that the application reads and did not make itself.
    public var externalSourceTopics: [String] { topology.sources.flatMap(\.topics) }

    /// The topics of which every task reads all partitions.
    public var broadcastTopics: [String] {
        let control = controlTopics.map { [$0.control] } ?? []
        return topology.sources.filter { $0.broadcast != nil }.flatMap(\.topics) + control
    }

    /// The topics of commands to the tasks and of what came of them, if they obey any.
    public var controlTopics: (control: String, receipts: String)? {
        guard topology.hasControl, subtopologies.contains(where: { !$0.stores.isEmpty }) else {
            return nil
        }
        return (
            TopologyCut.controlTopic(of: topology.application),
            TopologyCut.receiptTopic(of: topology.application)
        )
    }

    public var sinkTopics: [String] { topology.sinks.map(\.topic) }

    /// Whether a topic is one of the plan's own.
    public func isInternal(topic: Int) -> Bool { repartitions.contains { $0.topic == topic } }
}

/// A node of a sub-topology, with its inputs resolved.
public struct PlannedNode: Sendable {
    public enum Kind: Sendable {
        /// Records of topics; `topics` are indices into the plan's topic table.
        case source(Topology.Source, topics: [Int])
        /// Events that another sub-topology wrote into a repartition topic.
        case repartitionSource(TopologyPlan.Repartition, watermark: WatermarkSettings)
        case `operator`(Topology.Node)
        case sink(Topology.Sink, topic: Int)
        /// Commands to the task; what came of them goes to the topic `receipts`.
        case control(topic: Int, receipts: Int)
        case repartitionSink(TopologyPlan.Repartition)
    }

    /// An output of an earlier node of the same sub-topology.
    public struct Input: Sendable, Hashable {
        public let node: Int
        public let output: Int
        /// As which of its inputs the reader takes it: 0 is `from`, `i + 1` is named input `i`.
        public let input: Int
        /// Whether every task has the same events here.
        public let isBroadcast: Bool

        init(node: Int, output: Int, input: Int = 0, isBroadcast: Bool = false) {
            self.node = node
            self.output = output
            self.input = input
            self.isBroadcast = isBroadcast
        }
    }

    public let name: String
    public let kind: Kind
    public let inputs: [Input]
}
