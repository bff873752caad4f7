internal import StreamCore

/// Makes the changelog topics that are not there, and looks at those that are: one that deletes, or
/// has another number of partitions than there are tasks, would lose state at the next restore.
struct ChangelogSetup {
    /// How long a deletion can be read after it was compacted away: how long a state file may lie
    /// unused and still be brought forward from where it was.
    static let deletionRetention = Duration.seconds(7 * 86_400)

    let application: Application

    /// `counts`: the partitions of the source topics, internal ones included.
    func run(_ counts: [String: Int32]) throws(EngineError) {
        guard let layout = application.changelog else { return }
        let wanted = partitionCounts(layout, counts)
        let found: [String: Int32]
        do {
            found = try application.cluster.describeTopics(wanted.keys.sorted())
        } catch {
            throw .cluster(error, doing: "looking at the changelog topics")
        }
        for (topic, partitions) in found.sorted(by: { $0.key < $1.key }) {
            try check(topic, partitions, wanted: wanted[topic]!)
        }
        let missing = wanted.filter { found[$0.key] == nil }.sorted { $0.key < $1.key }
        guard !missing.isEmpty else { return }
        do {
            try application.cluster.createTopics(
                missing.map {
                    TopicSpec(
                        name: $0.key, partitions: $0.value,
                        configuration: [
                            "cleanup.policy": "compact",
                            "delete.retention.ms":
                                "\(Int64(Self.deletionRetention / .milliseconds(1)))",
                        ])
                })
        } catch {
            throw .cluster(error, doing: "creating changelog topics")
        }
    }

    /// A partition for every task.
    private func partitionCounts(
        _ layout: ChangelogLayout, _ counts: [String: Int32]
    ) -> [String: Int32] {
        let plan = application.plan
        var wanted: [String: Int32] = [:]
        for subtopology in plan.subtopologies {
            let topics = layout.storeTopics[subtopology.index]
            guard !topics.isEmpty else { continue }
            let tasks = subtopology.sourceTopics.compactMap { counts[plan.topics[$0]] }.max() ?? 1
            for topic in topics { wanted[layout.topics[topic]] = tasks }
            let checkpoints = layout.topics[layout.checkpointTopic]
            wanted[checkpoints] = max(tasks, wanted[checkpoints] ?? 0)
        }
        return wanted
    }

    private func check(
        _ topic: String, _ partitions: Int32, wanted: Int32
    ) throws(EngineError) {
        guard partitions == wanted else {
            throw .changelogTopic(
                topic, .partitions(found: partitions, wanted: wanted))
        }
        let configuration: [String: String]?
        do {
            configuration = try application.cluster.topicConfiguration(of: topic)
        } catch {
            throw .cluster(error, doing: "looking at the changelog topics")
        }
        // A cluster that can't tell of one can't be asked.
        guard let configuration else { return }
        let policy = configuration["cleanup.policy", default: "delete"]
        let policies = policy.split(separator: ",").map { $0.filter { $0 != " " } }
        guard policies.contains("compact") else {
            throw .changelogTopic(topic, .cleanupPolicy(policy))
        }
        let deletes = ["retention.ms", "retention.bytes"].contains { name in
            configuration[name].flatMap { Int64($0) }.map { $0 >= 0 } ?? false
        }
        guard !policies.contains("delete") || !deletes else {
            throw .changelogTopic(topic, .cleanupPolicy(policy))
        }
    }
}

/// What is wrong with a changelog topic that is there.
public enum ChangelogTopicFault: Sendable, Equatable {
    case partitions(found: Int32, wanted: Int32)
    case cleanupPolicy(String)
}
