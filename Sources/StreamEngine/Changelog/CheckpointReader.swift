internal import Events
internal import StreamCore

/// Reads partitions of the checkpoints topic, each once for all tasks that ask for it.
///
/// The tasks of one partition number have their records in one partition, whatever sub-topology they
/// are of, and a reader reads a partition once. Of each key the last record is kept, which is all that
/// counts: a task that comes later is told of that.
final class CheckpointReader {
    private struct Reading {
        var userCount = 1
        var records = CheckpointRecords()
    }

    private let reader: any PartitionReader
    private var readings: [TopicPartition: Reading] = [:]
    private let batch = RecordBatch()

    init(_ reader: any PartitionReader) { self.reader = reader }

    /// Begins to read a partition for a task, from its first record on, unless it is read already.
    func begin(_ partition: TopicPartition, at start: Int64) throws(ClusterError) {
        guard readings[partition] == nil else {
            readings[partition]!.userCount += 1
            return
        }
        try reader.start([partition: start])
        readings[partition] = Reading()
    }

    /// A task needs the partition no longer. It is let go of when none does.
    func end(_ partition: TopicPartition) throws(ClusterError) {
        guard let reading = readings[partition] else { return }
        if reading.userCount > 1 {
            readings[partition]!.userCount -= 1
        } else {
            try reader.stop([partition])
            readings[partition] = nil
        }
    }

    /// Takes what has come; says how far the partition is read.
    func advance(
        _ partition: TopicPartition, recordLimit: Int
    ) throws(ClusterError) -> FetchStatus {
        let status = try reader.fetch(
            partition, into: batch, recordLimit: recordLimit, byteLimit: 8 << 20)
        readings[partition]?.records.add(batch)
        return status
    }

    func records(of partition: TopicPartition) -> CheckpointRecords {
        readings[partition]?.records ?? CheckpointRecords()
    }
}

/// The last record of each key of a partition of the checkpoints topic.
struct CheckpointRecords {
    struct Entry {
        let offset: Int64
        let key: [UInt8]
        let value: [UInt8]
    }

    private var last: [[UInt8]: Entry] = [:]
    /// Behind the last record.
    private(set) var end: Int64 = 0

    mutating func add(_ batch: RecordBatch) {
        for slot in batch.slots where slot.keyCount >= 0 && slot.valueCount >= 0 {
            let key = unsafe Array(
                batch.bytes[Int(slot.keyStart)..<Int(slot.keyStart) + Int(slot.keyCount)])
            let value = unsafe batch.bytes[
                Int(slot.valueStart)..<Int(slot.valueStart) + Int(slot.valueCount)]
            last[key] = unsafe Entry(offset: slot.offset, key: key, value: Array(value))
            end = slot.offset + 1
        }
    }

    /// Those from an offset on, in their order.
    func entries(from offset: Int64) -> [Entry] {
        last.values.filter { $0.offset >= offset }.sorted { $0.offset < $1.offset }
    }
}
