internal import Events
internal import Foundation
internal import StreamCore
internal import StreamEngine

/// A member of a ``FakeCluster``'s group.
final class FakeConsumer: Consumer {
    private let cluster: FakeCluster
    private let process: FakeProcess?
    private let group: String
    let clientID: String

    // Only touched with the cluster locked. The group writes those that are not private.
    private(set) var topics: [String] = []
    private(set) var assigned: [TopicPartition] = []
    var offered: [TopicPartition]?
    var mustGiveBack = false
    var generation = -1
    /// Whether the group went on without this member, which finds out by its next `wait`.
    var isExpelled = false
    private(set) var lastSeen: Int64 = 0
    private var knowsOfExpulsion = false
    private var positions: [TopicPartition: Int64] = [:]
    private var reportedEnds: Set<TopicPartition> = []
    private var isClosed = false

    init(cluster: FakeCluster, process: FakeProcess?, settings: ConsumerSettings) {
        self.cluster = cluster
        self.process = process
        group = settings.group
        clientID = settings.clientID
    }

    private func perform<Result>(
        _ operation: FakeCluster.Operation, _ body: () throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        try cluster.perform(operation, of: process, body)
    }

    func subscribe(to topics: [String]) throws(ClusterError) {
        try perform(.wait) {
            self.topics = topics
            join()
        }
    }

    // MARK: Rebalance

    private func join() {
        lastSeen = cluster.now
        cluster.groups[group, default: FakeGroup()].join(self)
        cluster.offer(group)
    }

    func assign(_ positions: [TopicPartition: StartPosition], incremental: Bool)
        throws(ClusterError)
    {
        try perform(.assign) {
            offered = nil
            assigned = positions.keys.sorted()
            self.positions = [:]
            for (partition, position) in positions { move(partition, to: position) }
        }
    }

    func rewind(_ positions: [TopicPartition: StartPosition]) throws(ClusterError) {
        try perform(.rewind) {
            for (partition, position) in positions where assigned.contains(partition) {
                if case .offset = position { move(partition, to: position) }
            }
        }
    }

    private func move(_ partition: TopicPartition, to position: StartPosition) {
        if case .offset(let offset) = position {
            positions[partition] = offset
        } else {
            positions[partition] = 0
        }
        reportedEnds.remove(partition)
    }

    func unassign(_ partitions: [TopicPartition], incremental: Bool) throws(ClusterError) {
        try perform(.unassign) {
            assigned = []
            positions = [:]
            reportedEnds = []
            mustGiveBack = false
            if isExpelled {
                isExpelled = false
                knowsOfExpulsion = false
                join()
            }
            cluster.offer(group)
        }
    }

    // MARK: Reading

    func wait(timeout: Duration) throws(ClusterError) -> ConsumerEvent {
        try perform(.wait) {
            lastSeen = cluster.now
            let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
            while true {
                if let event = nextEvent() { return event }
                guard cluster.clock == nil, cluster.condition.wait(until: deadline) else {
                    return nextEvent() ?? .nothing
                }
            }
        }
    }

    /// A rebalance is reported until it is answered.
    private func nextEvent() -> ConsumerEvent? {
        if isExpelled {
            offered = nil
            knowsOfExpulsion = true
            return .revoked(assigned, isLost: true, incremental: false)
        }
        if mustGiveBack { return .revoked(assigned, isLost: false, incremental: false) }
        if let offered {
            // From here on they are this member's, also while it prepares to take them over.
            assigned = offered
            return .assigned(offered, incremental: false)
        }
        let isReading = assigned.contains { positions[$0] != nil && hasNews($0) }
        return isReading ? .recordsReady : nil
    }

    private func log(of partition: TopicPartition) -> FakePartition {
        cluster.logs[partition.topic]![Int(partition.partition)]
    }

    private func hasNews(_ partition: TopicPartition) -> Bool {
        positions[partition]! < Int64(log(of: partition).lastStableOffset)
            || !reportedEnds.contains(partition)
    }

    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus {
        try perform(.fetch) { () throws(ClusterError) in
            batch.removeAll()
            guard let start = positions[partition] else { throw .illegalGeneration }
            let log = log(of: partition)
            let position = log.read(from: Int(start), into: batch, recordLimit: recordLimit)
            positions[partition] = Int64(position)
            let isAtEnd = position >= log.lastStableOffset
            if isAtEnd { reportedEnds.insert(partition) } else { reportedEnds.remove(partition) }
            return FetchStatus(
                recordCount: batch.count, position: Int64(position), isAtEnd: isAtEnd)
        }
    }

    // MARK: Offsets

    func committed(_ partitions: [TopicPartition]) throws(ClusterError)
        -> [TopicPartition: CommittedOffset]
    {
        try perform(.committed) { () throws(ClusterError) in
            for partition in partitions
            where cluster.transactions.holdsOffset(of: partition, group: group) {
                throw .unstableOffsets
            }
            let all = cluster.groups[group]?.committed ?? [:]
            return all.filter { partitions.contains($0.key) }
        }
    }

    func groupMetadata() throws(ClusterError) -> any GroupMetadata {
        try perform(.groupMetadata) { () throws(ClusterError) in
            guard generation >= 0, !knowsOfExpulsion else { throw .illegalGeneration }
            return FakeGroupMetadata(group: group, member: self, generation: generation)
        }
    }

    func commit(_ offsets: [TopicPartition: CommittedOffset]) throws(ClusterError) {
        try perform(.commit) { () throws(ClusterError) in
            // A member that still holds its partitions may commit while the others give back.
            guard cluster.groups[group]!.accepts(self, generation: generation),
                offsets.keys.allSatisfy(assigned.contains)
            else { throw .illegalGeneration }
            cluster.groups[group]!.committed.merge(offsets) { _, new in new }
            cluster.condition.broadcast()
        }
    }

    func offsetRange(_ partition: TopicPartition) throws(ClusterError) -> Range<Int64> {
        try perform(.offsetRange) {
            0..<Int64(
                cluster.logs[partition.topic]?[Int(partition.partition)].lastStableOffset ?? 0)
        }
    }

    func close() {
        cluster.condition.lock()
        defer { cluster.condition.unlock() }
        // The group hears nothing of a crash.
        guard !isClosed, process?.hasCrashed != true else { return }
        isClosed = true
        assigned = []
        cluster.groups[group]?.leave(self)
        cluster.offer(group)
    }
}
