internal import StreamCore

/// What changelog topics must be like.
struct ChangelogSetup {
    /// How long a deletion can be read after it was compacted away: how long a state file may lie
    /// unused and still be brought forward from where it was.
    static let deletionRetention = Duration.seconds(7 * 86_400)

    /// What a changelog topic is made with.
    static let configuration = [
        "cleanup.policy": "compact",
        "delete.retention.ms": "\(Int64(deletionRetention / .milliseconds(1)))",
    ]

    let layout: ChangelogLayout
    let plan: TopologyPlan

    /// A partition for every task; without the topics for whose tasks `counts`, the partitions of
    /// the source topics, internal ones included, does not say enough.
    func partitionCounts(_ counts: [String: Int32]) -> [String: Int32] {
        var wanted: [String: Int32] = [:]
        var largest: Int32? = 0
        for subtopology in plan.subtopologies {
            let topics = layout.storeTopics[subtopology.index]
            guard !topics.isEmpty else { continue }
            let sizes = subtopology.sourceTopics.map { counts[plan.topics[$0]] }
            guard !sizes.contains(nil) else {
                largest = nil
                continue
            }
            let tasks = sizes.compactMap { $0 }.max() ?? 1
            for topic in topics { wanted[layout.topics[topic]] = tasks }
            largest = largest.map { max($0, tasks) }
        }
        wanted[layout.topics[layout.checkpointTopic]] = largest
        return wanted
    }
}

/// What is wrong with a changelog topic that is there: one that deletes, or has another number of
/// partitions than there are tasks, would lose state at the next restore.
public enum ChangelogTopicFault: Sendable, Equatable {
    case partitions(found: Int32, wanted: Int32)
    case cleanupPolicy(String)

    /// `nil` when nothing is wrong. A cluster that can't tell the configuration can't be asked.
    init?(partitions: Int32, wanted: Int32, configuration: [String: String]?) {
        guard partitions == wanted else {
            self = .partitions(found: partitions, wanted: wanted)
            return
        }
        guard let configuration else { return nil }
        let policy = configuration["cleanup.policy", default: "delete"]
        let policies = policy.split(separator: ",").map { $0.filter { $0 != " " } }
        let deletes = ["retention.ms", "retention.bytes"].contains { name in
            configuration[name].flatMap { Int64($0) }.map { $0 >= 0 } ?? false
        }
        guard !policies.contains("compact") || policies.contains("delete") && deletes else {
            return nil
        }
        self = .cleanupPolicy(policy)
    }
}
