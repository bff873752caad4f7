internal import Events
internal import Foundation
internal import StreamCore
internal import StreamEngine

/// A member of a ``FakeCluster``'s group.
final class FakeConsumer: Consumer {
    private let cluster: FakeCluster
    private let group: String

    // Only touched with the cluster locked.
    private var topics: [String] = []
    private var assigned: [TopicPartition] = []
    private var offered: [TopicPartition]?
    private var mustGiveBack = false
    private var hasReportedRevocation = false
    private var positions: [TopicPartition: Int64] = [:]
    private var reportedEnds: Set<TopicPartition> = []
    private var generation = -1
    private var isClosed = false

    init(cluster: FakeCluster, group: String) {
        self.cluster = cluster
        self.group = group
    }

    func subscribe(to topics: [String]) throws(ClusterError) {
        try cluster.locked {
            self.topics = topics
            cluster.groups[group, default: FakeGroup()].members.append(self)
            rebalance()
        }
    }

    // MARK: Rebalance

    /// Begins a new generation: whoever has partitions gives them back first.
    private func rebalance() {
        cluster.groups[group]!.generation += 1
        for member in cluster.groups[group]!.members {
            member.offered = nil
            if !member.assigned.isEmpty { member.mustGiveBack = true }
        }
        offerWhenReady()
    }

    /// Once everybody has given back what he had, each member is offered his range.
    private func offerWhenReady() {
        guard let state = cluster.groups[group],
            state.members.allSatisfy({ $0.assigned.isEmpty })
        else { return }
        for (index, member) in state.members.enumerated() {
            member.offered = member.topics.sorted().flatMap { topic in
                range(of: topic, member: index, of: state.members.count)
            }
            member.generation = state.generation
        }
        cluster.condition.broadcast()
    }

    private func range(of topic: String, member: Int, of count: Int) -> [TopicPartition] {
        let partitions = cluster.logs[topic]?.count ?? 0
        let (share, rest) = partitions.quotientAndRemainder(dividingBy: count)
        let start = member * share + min(member, rest)
        return (start..<start + share + (member < rest ? 1 : 0)).map {
            TopicPartition(topic: topic, partition: Int32($0))
        }
    }

    func assign(_ positions: [TopicPartition: StartPosition], incremental: Bool)
        throws(ClusterError)
    {
        try cluster.locked {
            for (partition, position) in positions {
                if case .offset(let offset) = position {
                    self.positions[partition] = offset
                } else {
                    self.positions[partition] = 0
                }
            }
            assigned = positions.keys.sorted()
        }
    }

    func unassign(_ partitions: [TopicPartition], incremental: Bool) throws(ClusterError) {
        try cluster.locked {
            assigned = []
            positions = [:]
            reportedEnds = []
            mustGiveBack = false
            hasReportedRevocation = false
            offerWhenReady()
        }
    }

    // MARK: Reading

    func wait(timeout: Duration) throws(ClusterError) -> ConsumerEvent {
        try cluster.locked {
            let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
            while true {
                if let event = nextEvent() { return event }
                guard cluster.condition.wait(until: deadline) else {
                    return nextEvent() ?? .nothing
                }
            }
        }
    }

    private func nextEvent() -> ConsumerEvent? {
        if mustGiveBack, !hasReportedRevocation {
            hasReportedRevocation = true
            return .revoked(assigned, isLost: false, incremental: false)
        }
        if let offered {
            self.offered = nil
            // From here on they are this member's, also while it prepares to take them over.
            assigned = offered
            return .assigned(offered, incremental: false)
        }
        let isReading = assigned.contains { positions[$0] != nil && hasNews($0) }
        return isReading ? .recordsReady : nil
    }

    private func hasNews(_ partition: TopicPartition) -> Bool {
        let end = cluster.logs[partition.topic]![Int(partition.partition)].count
        return positions[partition]! < Int64(end) || !reportedEnds.contains(partition)
    }

    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus {
        try cluster.locked { () throws(ClusterError) in
            try cluster.check(.fetch)
            let log = cluster.logs[partition.topic]![Int(partition.partition)]
            let start = Int(positions[partition]!)
            let end = min(log.count, start + recordLimit)
            batch.removeAll()
            for offset in start..<max(start, end) {
                Self.append(log[offset], offset: Int64(offset), to: batch)
            }
            positions[partition] = Int64(max(start, end))
            let isAtEnd = end >= log.count
            if isAtEnd { reportedEnds.insert(partition) } else { reportedEnds.remove(partition) }
            return FetchStatus(
                recordCount: max(0, end - start), position: Int64(max(start, end)),
                isAtEnd: isAtEnd)
        }
    }

    private static func append(
        _ record: FakeCluster.Record, offset: Int64, to batch: RecordBatch
    ) {
        let output = OutputBatch()
        unsafe record.headers.withUnsafeBytes { headers in
            unsafe (record.key ?? []).withUnsafeBytes { key in
                unsafe (record.value ?? []).withUnsafeBytes { value in
                    unsafe output.append(
                        key: record.key == nil ? nil : key,
                        value: record.value == nil ? nil : value, headers: headers, topic: 0,
                        timestamp: record.timestamp)
                }
            }
        }
        batch.append(output, record: 0, offset: offset)
    }

    // MARK: Offsets

    func committed(_ partitions: [TopicPartition]) throws(ClusterError)
        -> [TopicPartition: CommittedOffset]
    {
        try cluster.locked { () throws(ClusterError) in
            try cluster.check(.committed)
            let all = cluster.groups[group]?.committed ?? [:]
            return all.filter { partitions.contains($0.key) }
        }
    }

    func commit(_ offsets: [TopicPartition: CommittedOffset]) throws(ClusterError) {
        try cluster.locked { () throws(ClusterError) in
            try cluster.check(.commit)
            // A member that still holds its partitions may commit while the others give back.
            guard offsets.keys.allSatisfy(assigned.contains) else {
                throw ClusterError(
                    kind: .fenced, code: "ILLEGAL_GENERATION",
                    reason: "the partitions are not this member's")
            }
            cluster.groups[group]!.committed.merge(offsets) { _, new in new }
            cluster.condition.broadcast()
        }
    }

    func offsetRange(_ partition: TopicPartition) throws(ClusterError) -> Range<Int64> {
        try cluster.locked {
            0..<Int64(cluster.logs[partition.topic]?[Int(partition.partition)].count ?? 0)
        }
    }

    func close() {
        cluster.condition.lock()
        defer { cluster.condition.unlock() }
        guard !isClosed else { return }
        isClosed = true
        assigned = []
        cluster.groups[group]?.members.removeAll { $0 === self }
        if cluster.groups[group] != nil { rebalance() }
    }
}
