internal import Foundation
public import StreamCore
public import StreamEngine

/// What a test puts into a cluster and looks at, beside what the engine does.
extension FakeCluster {
    /// Appends a record to a partition, as a producer elsewhere would.
    public func append(_ record: Record, to topic: String, partition: Int32) {
        condition.lock()
        logs[topic]![Int(partition)].append(record, transaction: nil)
        condition.broadcast()
        condition.unlock()
    }

    /// Leaves of each key of a topic its last committed record only.
    public func compact(_ topic: String) {
        condition.lock()
        for partition in (logs[topic] ?? []).indices { logs[topic]![partition].compact() }
        condition.unlock()
    }

    /// The topics whose records a broker compacts.
    public var compactedTopics: [String] {
        condition.lock()
        defer { condition.unlock() }
        return configurations.filter { $0.value["cleanup.policy"] == "compact" }.keys.sorted()
    }

    /// Gives a topic a configuration; before that the cluster can't tell what it is.
    public func setConfiguration(_ configuration: [String: String], of topic: String) {
        condition.lock()
        configurations[topic] = configuration
        condition.unlock()
    }

    public func removeTopic(_ name: String) {
        condition.lock()
        logs[name] = nil
        condition.unlock()
    }

    /// Everything that a reader of committed records finds on a topic, partition by partition.
    public func records(of topic: String) -> [[Record]] {
        condition.lock()
        defer { condition.unlock() }
        return (logs[topic] ?? []).map(\.committedRecords)
    }

    /// Everything that was written to a topic, also in transactions that are open or were aborted.
    public func writtenRecords(of topic: String) -> [[Record]] {
        condition.lock()
        defer { condition.unlock() }
        return (logs[topic] ?? []).map(\.allRecords)
    }

    /// The offset behind each partition of a topic.
    public func endOffsets(of topic: String) -> [Int64] {
        condition.lock()
        defer { condition.unlock() }
        return (logs[topic] ?? []).map { Int64($0.endOffset) }
    }

    /// Whether a transaction is open, or its markers are not written yet.
    public var hasOpenTransactions: Bool {
        condition.lock()
        defer { condition.unlock() }
        return transactions.producers.values.contains { $0.open != nil || $0.ending != nil }
    }

    /// Waits until `isDone` holds of what lies on the cluster; returns whether it came to that.
    public func wait(
        atMost limit: Duration = .seconds(30), until isDone: (FakeCluster) -> Bool
    ) -> Bool {
        let deadline = ContinuousClock.now + limit
        while !isDone(self) {
            guard ContinuousClock.now < deadline else { return false }
            condition.lock()
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.01))
            condition.unlock()
        }
        return true
    }

    public func committedOffsets(group: String) -> [TopicPartition: CommittedOffset] {
        condition.lock()
        defer { condition.unlock() }
        return groups[group]?.committed ?? [:]
    }

    public func setCommittedOffsets(
        _ offsets: [TopicPartition: CommittedOffset], group: String
    ) {
        condition.lock()
        groups[group, default: FakeGroup()].committed = offsets
        condition.unlock()
    }

    /// Lets a group's members give back and take over, as when somebody joins.
    public func rebalance(group: String) {
        condition.lock()
        groups[group]?.beginRebalance()
        offer(group)
        condition.unlock()
    }

    /// The partition that a key goes to: any stable spread will do.
    public static func partition(of key: [UInt8]?, count: Int) -> Int {
        guard let key else { return 0 }
        let hash = key.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return Int(hash % UInt32(count))
    }
}

/// A process on its way to a ``FakeCluster``: it can crash, and all its clients with it.
///
/// After a crash every call fails and changes nothing; the cluster finds out by time-outs only.
public final class FakeProcess: Cluster, @unchecked Sendable {
    public let name: String
    private let cluster: FakeCluster
    // Set by the test's thread, or by a fault inside of a call; a process with threads of its own
    // has its calls locked by the cluster.
    private(set) public var hasCrashed = false

    public init(_ name: String, of cluster: FakeCluster) {
        self.name = name
        self.cluster = cluster
    }

    /// Ends the process as kill -9 would.
    public func crash() { hasCrashed = true }

    public func makeConsumer(_ settings: ConsumerSettings) throws(ClusterError) -> any Consumer {
        try cluster.makeConsumer(settings, process: self)
    }

    public func makeProducer(_ settings: ProducerSettings) throws(ClusterError) -> any Producer {
        try cluster.makeProducer(settings, process: self)
    }

    public func makeReader(
        _ settings: ReaderSettings
    ) throws(ClusterError) -> any PartitionReader {
        try cluster.makeReader(process: self)
    }

    public func groupMembers(of group: String) throws(ClusterError) -> [GroupMember] {
        try cluster.groupMembers(of: group, process: self)
    }

    public func describeTopics(_ names: [String]) throws(ClusterError) -> [String: Int32] {
        try cluster.describeTopics(names, process: self)
    }

    public func topicConfiguration(of topic: String) throws(ClusterError) -> [String: String]? {
        try cluster.topicConfiguration(of: topic, process: self)
    }

    public func createTopics(_ topics: [TopicSpec]) throws(ClusterError) {
        try cluster.createTopics(topics)
    }

    public func deleteRecords(before offsets: [TopicPartition: Int64]) throws(ClusterError) {
        try cluster.deleteRecords(before: offsets)
    }
}
