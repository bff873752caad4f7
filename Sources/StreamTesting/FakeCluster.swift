internal import Events
internal import Foundation
public import StreamCore
public import StreamEngine

/// A cluster in memory behind the engine's protocols: partitions, groups with generations and
/// range assignment, transactions, and faults on demand.
///
/// It behaves as a broker does where the engine can see it: a rebalance waits until every member
/// has given back what it had, a member of an old generation may not commit, a producer that has no
/// room takes fewer records, control records take offsets, nobody reads past an open transaction,
/// and of two producers with one transactional id the earlier is fenced.
///
/// ```swift
/// let clock = ManualClock()
/// let cluster = FakeCluster(clock: clock)     // sessions and transactions time out as it turns
/// cluster.failNext(.commitTransaction, with: timedOut, afterPerforming: true)
/// ```
///
/// With a clock nothing ever waits: a call that has nothing to say returns at once, and one that
/// would wait for a time lets it pass. Without one, calls wait, and nothing times out.
public final class FakeCluster: Cluster, @unchecked Sendable {
    /// A record as it lies in a partition.
    public struct Record: Sendable, Hashable {
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

        /// Appends itself as a record that was read.
        func append(to batch: RecordBatch, offset: Int64) {
            unsafe batch.append(
                key: key?.span.bytes, value: value?.span.bytes, headers: headers.span.bytes,
                offset: offset, timestamp: timestamp)
        }
    }

    let clock: ManualClock?
    let sessionTimeout: Duration
    let transactionTimeout: Duration

    // Everything below is only touched with `condition` locked.
    let condition = NSCondition()
    var logs: [String: [FakePartition]] = [:]
    var groups: [String: FakeGroup] = [:]
    var transactions = FakeTransactions()
    private var plannedFaults: [Operation: [Fault]] = [:]
    private var faultSource: ((Operation, String) -> Fault?)?
    private var markerDelay: () -> Duration = { .zero }
    private var deletedBefore: [TopicPartition: Int64] = [:]
    private var capacity = Int.max
    var configurations: [String: [String: String]] = [:]
    private var calls: [Operation: Int] = [:]

    public init(
        clock: ManualClock? = nil, sessionTimeout: Duration = .seconds(45),
        transactionTimeout: Duration = .seconds(10)
    ) {
        self.clock = clock
        self.sessionTimeout = sessionTimeout
        self.transactionTimeout = transactionTimeout
    }

    func locked<Result>(_ body: () throws(ClusterError) -> Result) throws(ClusterError) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body()
    }

    // MARK: Faults

    /// Lets the next call of `operation` fail; calls add up.
    public func failNext(
        _ operation: Operation, with error: ClusterError, afterPerforming: Bool = false
    ) {
        condition.lock()
        plannedFaults[operation, default: []].append(
            afterPerforming ? .performThenFail(error) : .refuse(error))
        condition.unlock()
    }

    /// Asks `source` at every call, with the name of the process that makes it, what goes wrong.
    public func setFaults(_ source: ((_ operation: Operation, _ process: String) -> Fault?)?) {
        condition.lock()
        faultSource = source
        condition.unlock()
    }

    /// Asks `delay` for every transaction how long after its end the markers are written.
    public func setMarkerDelay(_ delay: @escaping () -> Duration) {
        condition.lock()
        markerDelay = delay
        condition.unlock()
    }

    /// Takes back all faults that were asked for.
    public func repair() {
        condition.lock()
        plannedFaults = [:]
        faultSource = nil
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

    /// Carries out a call of a client, with what goes wrong with it.
    func perform<Result>(
        _ operation: Operation, of process: FakeProcess?,
        _ body: () throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        try locked { () throws(ClusterError) in
            calls[operation, default: 0] += 1
            if process?.hasCrashed == true { throw .dead }
            let fault = takeFault(operation, process?.name ?? "")
            passTime()
            // The fault may have been that the process died.
            if process?.hasCrashed == true {
                if case .performThenFail = fault { _ = try body() }
                throw .dead
            }
            switch fault {
            case nil: return try body()
            case .refuse(let error): throw error
            case .performThenFail(let error):
                _ = try body()
                throw error
            case .performTwice:
                _ = try body()
                return try body()
            }
        }
    }

    private func takeFault(_ operation: Operation, _ process: String) -> Fault? {
        guard var waiting = plannedFaults[operation], !waiting.isEmpty else {
            return faultSource?(operation, process)
        }
        defer { plannedFaults[operation] = waiting }
        return waiting.removeFirst()
    }

    // MARK: Time

    var now: Int64 { clock?.now.milliseconds ?? 0 }

    var nextMarkerDelay: Int64 { clock == nil ? 0 : Int64(markerDelay() / .milliseconds(1)) }

    /// Lets happen what is due: transactions and sessions time out, markers are written.
    func passTime() {
        if clock != nil {
            transactions.expire(at: now) { self.nextMarkerDelay }
            for group in groups.keys.sorted() {
                groups[group]!.expel(silentSince: now - Int64(sessionTimeout / .milliseconds(1)))
                offer(group)
            }
        }
        writeMarkers()
    }

    /// Writes the control records that are due, and lets the offsets of what is committed count.
    func writeMarkers() {
        for marker in transactions.takeDue(at: now) {
            if let partition = marker.partition {
                logs[partition.topic]?[Int(partition.partition)]
                    .end(marker.transaction.number, isCommit: marker.isCommit)
            } else if marker.isCommit {
                for (group, offsets) in marker.transaction.offsets {
                    groups[group, default: FakeGroup()].committed.merge(offsets) { _, new in new }
                }
            }
        }
        condition.broadcast()
    }

    func offer(_ group: String) {
        groups[group]?.offerWhenReady { logs[$0]?.count ?? 0 }
        condition.broadcast()
    }

    // MARK: Cluster

    public func makeConsumer(_ settings: ConsumerSettings) throws(ClusterError) -> any Consumer {
        try makeConsumer(settings, process: nil)
    }

    public func makeProducer(_ settings: ProducerSettings) throws(ClusterError) -> any Producer {
        try makeProducer(settings, process: nil)
    }

    public func makeReader(
        _ settings: ReaderSettings
    ) throws(ClusterError) -> any PartitionReader {
        try makeReader(process: nil)
    }

    func makeReader(process: FakeProcess?) throws(ClusterError) -> any PartitionReader {
        try perform(.makeReader, of: process) { FakeReader(cluster: self, process: process) }
    }

    public func groupMembers(of group: String) throws(ClusterError) -> [GroupMember] {
        try groupMembers(of: group, process: nil)
    }

    func groupMembers(
        of group: String, process: FakeProcess?
    ) throws(ClusterError) -> [GroupMember] {
        try perform(.groupMembers, of: process) {
            guard let group = groups[group], !group.isRebalancing else { return [] }
            return group.members.map {
                GroupMember(clientID: $0.clientID, partitions: Set($0.assigned))
            }
        }
    }

    func partition(_ partition: TopicPartition) -> FakePartition? {
        guard let log = logs[partition.topic], log.indices.contains(Int(partition.partition))
        else { return nil }
        return log[Int(partition.partition)]
    }

    func makeConsumer(
        _ settings: ConsumerSettings, process: FakeProcess?
    ) throws(ClusterError) -> any Consumer {
        try perform(.makeConsumer, of: process) {
            FakeConsumer(cluster: self, process: process, settings: settings)
        }
    }

    func makeProducer(
        _ settings: ProducerSettings, process: FakeProcess?
    ) throws(ClusterError) -> any Producer {
        try perform(.makeProducer, of: process) {
            FakeProducer(cluster: self, process: process, transactionalID: settings.transactionalID)
        }
    }

    public func describeTopics(_ names: [String]) throws(ClusterError) -> [String: Int32] {
        try describeTopics(names, process: nil)
    }

    func describeTopics(
        _ names: [String], process: FakeProcess?
    ) throws(ClusterError) -> [String: Int32] {
        try perform(.describe, of: process) {
            var found: [String: Int32] = [:]
            for name in names {
                if let log = logs[name] { found[name] = Int32(log.count) }
            }
            return found
        }
    }

    public func topicConfiguration(of topic: String) throws(ClusterError) -> [String: String]? {
        try topicConfiguration(of: topic, process: nil)
    }

    func topicConfiguration(
        of topic: String, process: FakeProcess?
    ) throws(ClusterError) -> [String: String]? {
        try perform(.configuration, of: process) { configurations[topic] }
    }

    public func createTopics(_ topics: [TopicSpec]) throws(ClusterError) {
        condition.lock()
        defer { condition.unlock() }
        for topic in topics where logs[topic.name] == nil {
            logs[topic.name] = Array(
                repeating: FakePartition(), count: Int(topic.partitions ?? 4))
            if !topic.configuration.isEmpty { configurations[topic.name] = topic.configuration }
        }
    }

    public func deleteRecords(before offsets: [TopicPartition: Int64]) throws(ClusterError) {
        condition.lock()
        defer { condition.unlock() }
        deletedBefore.merge(offsets) { max($0, $1) }
    }

    /// The offset before which a partition's records were deleted.
    public func deletedOffset(_ partition: TopicPartition) -> Int64 {
        condition.lock()
        defer { condition.unlock() }
        return deletedBefore[partition] ?? 0
    }
}
