public import Events
package import Logging
public import StreamCore

/// Everything that the threads of an application share and nothing changes.
public struct Application: Sendable {
    public let plan: TopologyPlan
    public let settings: EngineSettings
    public let cluster: any Cluster
    public let storage: any StateStorage
    /// Milliseconds since 1970. The only clock that the engine looks at for events; a parameter,
    /// so that tests turn it.
    public let wallClock: @Sendable () -> Timestamp
    /// The time that threads go by.
    let clock: EngineClock
    /// The part of transactional ids and client ids that tells this process from others of the
    /// application.
    let instance: String
    /// Partitions of the source topics, internal ones included; known once the engine has looked.
    var partitionCounts: [String: Int32] = [:]
    let committedOffsets = CommittedOffsets()
    let claims = TaskClaims()
    /// New definitions of operators whose files have changed since the start.
    public let reloads = DefinitionReloads()
    /// Where state is logged; `nil` when it is not, or there is none.
    let changelog: ChangelogLayout?
    /// The topics that records are written to, by the index that they carry.
    let topics: [String]

    public init(
        plan: TopologyPlan, settings: EngineSettings, cluster: any Cluster,
        storage: any StateStorage, wallClock: @escaping @Sendable () -> Timestamp,
        clock: EngineClock = .system
    ) {
        self.plan = plan
        self.settings = settings
        self.cluster = cluster
        self.storage = storage
        self.wallClock = wallClock
        self.clock = clock
        instance =
            settings.instance ?? String(UInt64.random(in: 0...UInt64.max), radix: 36)
        changelog = settings.changelog == .kafka ? ChangelogLayout(plan) : nil
        topics = changelog?.topics ?? plan.topics
    }

    /// Looks at the topics, and makes those that are the application's own.
    package mutating func setUpTopics() throws(EngineError) {
        partitionCounts = try TopicSetup(application: self).run()
    }

    /// What a start would do about the topics. Asks the cluster and touches nothing.
    public func topicPlan() throws(EngineError) -> TopicPlan {
        try TopicSetup(application: self).plan()
    }

    /// Looks at the state that is here, and changes it where that is confirmed.
    package func setUpState(_ log: Logger) throws(EngineError) {
        try StateSetup(application: self).run(log)
    }

    /// What a start would do about the state files that are here; if wanted, also what a task that has
    /// none would find in the changelogs. Touches nothing.
    public func statePlan(includingChangelogs: Bool = false) throws(EngineError) -> StatePlan {
        var plan = try StateSetup(application: self).plan()
        if includingChangelogs, let changelog {
            try ChangelogCensus(application: self, layout: changelog).add(to: &plan)
        }
        plan.addMissing(application: self)
        return plan
    }

    /// Names a thread's clients in logs and on the broker.
    func clientID(ofThread index: Int) -> String {
        "\(plan.topology.application)-\(instance)-\(index)"
    }

    /// Reads partitions outside of the group for one thread.
    func makeReader(named name: String) throws(ClusterError) -> any PartitionReader {
        let group = plan.topology.application
        return try cluster.makeReader(
            ReaderSettings(group: group, clientID: "\(group)-\(instance)-\(name)"))
    }

    /// Reads the broadcast topics for one thread; `nil` when there are none.
    func makeBroadcastReader(
        ofThread index: Int, log: Logger
    ) throws(ClusterError) -> BroadcastReader? {
        guard !plan.broadcastTopics.isEmpty else { return nil }
        return BroadcastReader(
            reader: try makeReader(named: "broadcast-\(index)"), recordLimit: settings.runLimit,
            log: log)
    }

    /// A producer for a thread; under `exactly_once` the only one with its transactional id, which
    /// a process that keeps its name over restarts has again after a crash.
    func makeProducer(ofThread index: Int) throws(ClusterError) -> any Producer {
        let isTransactional = settings.guarantee == .exactlyOnce
        return try cluster.makeProducer(
            ProducerSettings(
                clientID: clientID(ofThread: index),
                transactionalID: isTransactional
                    ? "\(plan.topology.application)-\(instance)-\(index)" : nil))
    }

    /// Whether any task keeps state.
    public var hasState: Bool { plan.subtopologies.contains { !$0.stores.isEmpty } }

    /// Every topic that a thread subscribes to.
    var subscribedTopics: [String] {
        plan.subtopologies.flatMap { $0.sourceTopics.map { plan.topics[$0] } }
    }

    var isCopartitioned: Bool { plan.subtopologies.contains { $0.sourceTopics.count > 1 } }

    var totalPartitionCount: Int {
        subscribedTopics.reduce(0) { $0 + Int(partitionCounts[$1] ?? 0) }
    }

    /// The tasks that read some partitions, and which of these each reads.
    func tasks(of partitions: [TopicPartition]) -> [TaskIdentifier: [TopicPartition]] {
        var found: [TaskIdentifier: [TopicPartition]] = [:]
        for partition in partitions {
            guard
                let subtopology = plan.subtopologies.first(where: {
                    $0.sourceTopics.contains { plan.topics[$0] == partition.topic }
                })
            else { continue }
            let identifier = TaskIdentifier(
                subtopology: subtopology.index, partition: partition.partition)
            found[identifier, default: []].append(partition)
        }
        return found
    }

    /// Every task that keeps state, with its source partitions.
    var statefulTasks: [(task: TaskIdentifier, sources: [TopicPartition])] {
        plan.subtopologies.filter { !$0.stores.isEmpty }.flatMap { subtopology in
            let topics = subtopology.sourceTopics.map { plan.topics[$0] }
            let count = topics.compactMap { partitionCounts[$0] }.max() ?? 0
            return (0..<count).map { partition in
                (
                    TaskIdentifier(subtopology: subtopology.index, partition: partition),
                    topics.map { TopicPartition(topic: $0, partition: partition) }
                )
            }
        }
    }

    /// The source partitions whose records can still come to a sub-topology through repartition
    /// topics.
    func sourcePartitions(upstreamOf subtopology: Int) -> [TopicPartition] {
        var upstream: Set<Int> = []
        var open = [subtopology]
        while let next = open.popLast() {
            for repartition in plan.repartitions where repartition.consumer == next {
                for producer in repartition.producers where upstream.insert(producer).inserted {
                    open.append(producer)
                }
            }
        }
        let topics = upstream.sorted().flatMap { plan.subtopologies[$0].sourceTopics }
        return Set(topics).sorted().flatMap { topic in
            (0..<(partitionCounts[plan.topics[topic]] ?? 0)).map {
                TopicPartition(topic: plan.topics[topic], partition: $0)
            }
        }
    }
}
