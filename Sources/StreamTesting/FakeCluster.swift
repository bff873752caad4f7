internal import Foundation
public import StreamCore
public import StreamEngine

/// A cluster in memory behind the engine's protocols: partitions, groups with generations and
/// range assignment, committed offsets, and faults on demand.
///
/// It behaves as a broker does where the engine can see it: a rebalance waits until every member
/// has given back what it had, a member of an old generation may not commit, and a producer that
/// has no room takes fewer records.
public final class FakeCluster: Cluster, @unchecked Sendable {
    /// What can be made to fail.
    public enum Operation: Hashable, Sendable {
        case describe, configuration, send, flush, commit, committed, fetch
    }

    /// A record as it lies in a partition.
    public struct Record: Sendable, Equatable {
        public var key: [UInt8]?
        public var value: [UInt8]?
        public var headers: [UInt8]
        public var timestamp: Int64

        public init(
            key: [UInt8]?, value: [UInt8]?, headers: [UInt8] = [], timestamp: Int64 = -1
        ) {
            self.key = key
            self.value = value
            self.headers = headers
            self.timestamp = timestamp
        }
    }

    // Everything below is only touched with `condition` locked.
    let condition = NSCondition()
    var logs: [String: [[Record]]] = [:]
    var groups: [String: FakeGroup] = [:]
    private var faults: [Operation: [ClusterError]] = [:]
    private var deletedBefore: [TopicPartition: Int64] = [:]
    private var capacity = Int.max
    private var configurations: [String: [String: String]] = [:]
    private var calls: [Operation: Int] = [:]

    public init() {}

    func locked<Result>(_ body: () throws(ClusterError) -> Result) throws(ClusterError) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body()
    }

    // MARK: Set-up and inspection

    /// Lets the next call of `operation` fail; calls add up.
    public func failNext(_ operation: Operation, with error: ClusterError) {
        condition.lock()
        faults[operation, default: []].append(error)
        condition.unlock()
    }

    /// Takes back all faults that were asked for.
    public func repair() {
        condition.lock()
        faults = [:]
        condition.unlock()
    }

    /// How often an operation was asked for.
    public func callCount(_ operation: Operation) -> Int {
        condition.lock()
        defer { condition.unlock() }
        return calls[operation, default: 0]
    }

    /// How many records a producer takes at once.
    public func setProducerCapacity(_ capacity: Int) {
        condition.lock()
        self.capacity = capacity
        condition.unlock()
    }

    var producerCapacity: Int { capacity }

    /// Appends a record to a partition, as a producer elsewhere would.
    public func append(_ record: Record, to topic: String, partition: Int32) {
        condition.lock()
        logs[topic]![Int(partition)].append(record)
        condition.broadcast()
        condition.unlock()
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

    /// Everything that lies on a topic, partition by partition.
    public func records(of topic: String) -> [[Record]] {
        condition.lock()
        defer { condition.unlock() }
        return logs[topic] ?? []
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

    /// The offset before which a partition's records were deleted.
    public func deletedOffset(_ partition: TopicPartition) -> Int64 {
        condition.lock()
        defer { condition.unlock() }
        return deletedBefore[partition] ?? 0
    }

    /// Counts a call and throws a fault that was asked for. Call with the lock held.
    func check(_ operation: Operation) throws(ClusterError) {
        calls[operation, default: 0] += 1
        guard var waiting = faults[operation], !waiting.isEmpty else { return }
        let error = waiting.removeFirst()
        faults[operation] = waiting
        throw error
    }

    // MARK: Cluster

    public func makeConsumer(_ settings: ConsumerSettings) throws(ClusterError) -> any Consumer {
        FakeConsumer(cluster: self, group: settings.group)
    }

    public func makeProducer(_ settings: ProducerSettings) throws(ClusterError) -> any Producer {
        FakeProducer(cluster: self)
    }

    public func describeTopics(_ names: [String]) throws(ClusterError) -> [String: Int32] {
        try locked { () throws(ClusterError) in
            try check(.describe)
            var found: [String: Int32] = [:]
            for name in names {
                if let log = logs[name] { found[name] = Int32(log.count) }
            }
            return found
        }
    }

    public func topicConfiguration(of topic: String) throws(ClusterError) -> [String: String]? {
        try locked { () throws(ClusterError) in
            try check(.configuration)
            return configurations[topic]
        }
    }

    public func createTopics(_ topics: [TopicSpec]) throws(ClusterError) {
        condition.lock()
        defer { condition.unlock() }
        for topic in topics where logs[topic.name] == nil {
            logs[topic.name] = Array(repeating: [], count: Int(topic.partitions ?? 4))
        }
    }

    public func deleteRecords(before offsets: [TopicPartition: Int64]) throws(ClusterError) {
        condition.lock()
        defer { condition.unlock() }
        deletedBefore.merge(offsets) { max($0, $1) }
    }

    /// The partition that a key goes to: any stable spread will do.
    func partition(of key: [UInt8]?, count: Int) -> Int {
        guard let key else { return 0 }
        let hash = key.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return Int(hash % UInt32(count))
    }
}

/// A consumer group: members in generations, and what they committed.
struct FakeGroup {
    var committed: [TopicPartition: CommittedOffset] = [:]
    var generation = 0
    /// In the order in which they joined.
    var members: [FakeConsumer] = []
}
