internal import Events
internal import Foundation
internal import StreamCore
internal import StreamEngine

/// A reader of single partitions of a ``FakeCluster``.
final class FakeReader: PartitionReader {
    private let cluster: FakeCluster
    private let process: FakeProcess?
    private let lent = RecordBatch()
    // Only touched with the cluster locked.
    private var positions: [TopicPartition: Int64] = [:]

    init(cluster: FakeCluster, process: FakeProcess?) {
        self.cluster = cluster
        self.process = process
    }

    private func perform<Result>(
        _ operation: FakeCluster.Operation, _ body: () throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        try cluster.perform(operation, of: process, body)
    }

    func start(_ positions: [TopicPartition: Int64]) throws(ClusterError) {
        try perform(.startReading) { () throws(ClusterError) in
            for partition in positions.keys where cluster.partition(partition) == nil {
                throw .unknownTopic(partition.topic)
            }
            self.positions.merge(positions) { _, new in new }
        }
    }

    func stop(_ partitions: [TopicPartition]) throws(ClusterError) {
        try perform(.stopReading) {
            for partition in partitions { positions[partition] = nil }
        }
    }

    func wait(timeout: Duration) throws(ClusterError) {
        try perform(.waitForReading) {
            let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
            while cluster.clock == nil, !hasNews, cluster.condition.wait(until: deadline) {}
        }
    }

    private var hasNews: Bool {
        positions.contains { partition, position in
            position < Int64(cluster.partition(partition)?.lastStableOffset ?? 0)
        }
    }

    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus {
        try perform(.read) { () throws(ClusterError) in
            batch.removeAll()
            guard let position = positions[partition], let log = cluster.partition(partition)
            else { throw .unknownTopic(partition.topic) }
            guard position <= Int64(log.endOffset) else {
                throw ClusterError(
                    kind: .fatal, code: "_AUTO_OFFSET_RESET",
                    reason: "offset \(position) is not there", subject: "\(partition)")
            }
            // As a client library does, it lends its memory until the next call.
            lent.removeAll()
            let end = log.read(from: Int(position), into: lent, recordLimit: recordLimit)
            unsafe batch.borrow(bytes: lent.bytes)
            for slot in lent.slots { batch.append(slot) }
            positions[partition] = Int64(end)
            return FetchStatus(
                recordCount: batch.count, position: Int64(end),
                isAtEnd: end >= log.lastStableOffset)
        }
    }

    func writtenRange(_ partition: TopicPartition) throws(ClusterError) -> Range<Int64> {
        try perform(.writtenRange) { () throws(ClusterError) in
            guard let log = cluster.partition(partition) else {
                throw .unknownTopic(partition.topic)
            }
            return 0..<Int64(log.endOffset)
        }
    }

    func close() {}
}
