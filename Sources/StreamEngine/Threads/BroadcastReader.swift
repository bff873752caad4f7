internal import Events
internal import Logging
internal import StreamCore

/// Reads the topics of which every task reads all partitions, once for all tasks of a thread.
///
/// Each task is at a place of its own. What was fetched is kept, up to a limit, until all of them
/// have it; a task that is further behind makes the reading begin again where it is.
final class BroadcastReader {
    private struct Chunk {
        /// The offset of the next record before and behind it: control records and what compaction
        /// left out lie between.
        let range: Range<Int64>
        let records: RecordBatch
    }

    private struct Partition {
        var chunks: [Chunk] = []
        /// The offset at which the reader goes on.
        var end: Int64
        /// Whether nothing more than that was there when it was last looked.
        var isAtEnd = false

        /// The first offset that is kept.
        var begin: Int64 { chunks.first?.range.lowerBound ?? end }
    }

    /// How many records of a partition are kept for tasks that are behind.
    private static let keptRecords = 16_384

    private let reader: any PartitionReader
    private let recordLimit: Int
    private let log: Logger
    private var partitions: [TopicPartition: Partition] = [:]
    private let fetched = RecordBatch()

    init(reader: any PartitionReader, recordLimit: Int, log: Logger) {
        self.reader = reader
        self.recordLimit = recordLimit
        self.log = log
    }

    func close() { reader.close() }

    /// Lets the reader take what has come, once per round: a client library moves records on when it
    /// is asked whether there are any.
    func poll() throws(ClusterError) { try reader.wait(timeout: .zero) }

    /// Replaces the content of `batch` with the next records of a partition from `position` on, as
    /// far as they have come, without waiting.
    func fetch(
        _ partition: TopicPartition, from position: Int64, into batch: RecordBatch
    ) throws(ClusterError) -> FetchStatus {
        batch.removeAll()
        // More may have come since that was fetched.
        if let found = give(partition, from: position, to: batch) {
            return FetchStatus(
                recordCount: found.recordCount, position: found.position, isAtEnd: false)
        }
        // One that is ahead waits: the reading is on its way for another, and never jumps forward.
        if partitions[partition].map({ $0.begin > position }) ?? true {
            try begin(partition, at: position)
        }
        try advance(partition)
        if let found = give(partition, from: position, to: batch) { return found }
        let state = partitions[partition]
        return FetchStatus(
            recordCount: 0, position: position,
            isAtEnd: state?.isAtEnd == true && state?.end == position)
    }

    /// What is kept from `position` on; `nil` when that must be read first.
    private func give(
        _ partition: TopicPartition, from position: Int64, to batch: RecordBatch
    ) -> FetchStatus? {
        guard let state = partitions[partition] else { return nil }
        guard let index = state.chunks.firstIndex(where: { $0.range.contains(position) }) else {
            return nil
        }
        let chunk = state.chunks[index]
        batch.append(contentsOf: chunk.records, from: position)
        return FetchStatus(
            recordCount: batch.count, position: chunk.range.upperBound,
            isAtEnd: state.isAtEnd && index == state.chunks.count - 1)
    }

    private func begin(_ partition: TopicPartition, at position: Int64) throws(ClusterError) {
        try reader.start([partition: position])
        partitions[partition] = Partition(end: position)
    }

    /// Fetches what has come behind what is kept.
    private func advance(_ partition: TopicPartition) throws(ClusterError) {
        guard let begin = partitions[partition]?.end else { return }
        let status: FetchStatus
        do {
            status = try reader.fetch(
                partition, into: fetched, recordLimit: recordLimit, byteLimit: 4 << 20)
        } catch  where error.code == "_AUTO_OFFSET_RESET" {
            let first = try reader.writtenRange(partition).lowerBound
            // Behind what there is: the topic is another one than it was.
            guard first > begin else { throw error }
            log.notice(
                "a broadcast topic does not hold the offset any more",
                metadata: ["partition": "\(partition)", "offset": "\(begin)", "from": "\(first)"])
            try reader.start([partition: first])
            partitions[partition]?.chunks = [
                Chunk(range: begin..<first, records: RecordBatch())
            ]
            partitions[partition]?.end = first
            return
        }
        partitions[partition]?.isAtEnd = status.isAtEnd
        guard status.position > begin else { return }
        // What was fetched may be memory of the client library, which is its own again at the next call.
        let records = RecordBatch()
        records.append(contentsOf: fetched)
        fetched.removeAll()
        partitions[partition]?.chunks.append(
            Chunk(range: begin..<status.position, records: records))
        partitions[partition]?.end = status.position
        forget(partition)
    }

    private func forget(_ partition: TopicPartition) {
        guard var state = partitions[partition] else { return }
        var count = state.chunks.reduce(0) { $0 + $1.records.count }
        while state.chunks.count > 1, count > Self.keptRecords {
            count -= state.chunks.removeFirst().records.count
        }
        partitions[partition] = state
    }
}
