internal import StreamCore

/// Which topics an application's state is logged to.
///
/// ```
/// shop-sessions.open-changelog    per store, a partition per task: the last value of each key
/// shop-checkpoints                a partition per task: how far the logged state had come
/// ```
///
/// All of them are compacted. A record of a changelog says of which commit it is (``ChangeTag``); the
/// task's record in `checkpoints` says which commits count (``CheckpointRecord``).
struct ChangelogLayout: Sendable {
    /// The topic table of the application: the plan's topics, then those of the changelogs.
    let topics: [String]
    /// By sub-topology, by store: the index of its changelog in `topics`.
    let storeTopics: [[Int]]
    /// The index of the topic for checkpoints in `topics`.
    let checkpointTopic: Int
    /// The topics of which every task reads all partitions.
    let broadcastTopics: Set<String>
    private let taskNames: [String]
    private let application: String
    /// By sub-topology: the topics that it reads, in the order in which tags carry their offsets.
    private let sourceTopics: [[String]]

    /// `nil` when no sub-topology keeps state.
    init?(_ plan: TopologyPlan) {
        application = plan.topology.application
        let application = application
        var topics = plan.topics
        storeTopics = plan.subtopologies.map { subtopology in
            subtopology.stores.map { store in
                topics.append(Self.name(ofChangelog: store.name, application: application))
                return topics.count - 1
            }
        }
        guard topics.count > plan.topics.count else { return nil }
        checkpointTopic = topics.count
        self.topics = topics + ["\(application)-checkpoints"]
        broadcastTopics = Set(plan.broadcastTopics)
        sourceTopics = plan.subtopologies.map { $0.sourceTopics.map { plan.topics[$0] }.sorted() }
        // An operator keeps its name when a topology is edited; the number of a sub-topology does
        // not stay.
        taskNames = plan.subtopologies.map { $0.stores.map(\.name).min() ?? "" }
    }

    /// The changelog of a store, also of one that the topology does not have any more.
    func name(ofChangelog store: String) -> String {
        Self.name(ofChangelog: store, application: application)
    }

    private static func name(ofChangelog store: String, application: String) -> String {
        "\(application)-\(store)-changelog"
    }

    func changelogs(of task: TaskIdentifier) -> [TopicPartition] {
        storeTopics[task.subtopology].map {
            TopicPartition(topic: topics[$0], partition: task.partition)
        }
    }

    func checkpoints(of task: TaskIdentifier) -> TopicPartition {
        TopicPartition(topic: topics[checkpointTopic], partition: task.partition)
    }

    /// The tag of what a commit of a task writes.
    func tag(_ checkpoint: TaskCheckpoint, of task: TaskIdentifier) -> ChangeTag {
        ChangeTag(
            sequence: checkpoint.sequence,
            offsets: sourceTopics[task.subtopology].map {
                checkpoint.offsets[TopicPartition(topic: $0, partition: task.partition)] ?? -1
            })
    }

    /// The key of the task's record among the checkpoints of its partition.
    func checkpointKey(of task: TaskIdentifier) -> String { taskNames[task.subtopology] }

    /// The key of the record that says where the content of a store begins in its changelog.
    func beginKey(of task: TaskIdentifier, store: StoreSpec) -> String {
        taskNames[task.subtopology] + Self.beginMark + store.name
    }

    /// In the key of such a record, between the task and the store.
    static let beginMark = "/begin/"
}
