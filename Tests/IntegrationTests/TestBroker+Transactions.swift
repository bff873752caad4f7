import Events
import StreamCore
import StreamEngine
import StreamKafka

extension TestBroker {
    /// How many records lie on a topic, by its offsets.
    func endOffset(of topic: String) throws -> Int64 {
        let reader = try reader()
        defer { reader.close() }
        let count = try cluster.describeTopics([topic])[topic] ?? 0
        return try (0..<count).reduce(0) { sum, partition in
            let source = TopicPartition(topic: topic, partition: partition)
            return try sum + reader.offsetRange(source).upperBound
        }
    }

    /// Everything that a reader of committed records finds on a topic, up to its end.
    func readToEnd(of topic: String) throws -> [Seen] {
        var seen: [Seen] = []
        try scan(topic) { _, slot, batch in seen.append(Self.seen(slot, in: batch)) }
        return seen
    }

    /// Shows every record that a reader of committed records finds on a topic, up to its end.
    func scan(
        _ topic: String, stallingAtMost limit: Duration = .seconds(60),
        _ visit: (_ partition: Int32, RecordBatch.Slot, RecordBatch) throws -> Void
    ) throws {
        let reader = try reader()
        defer { reader.close() }
        let count = try cluster.describeTopics([topic])[topic] ?? 0
        let partitions = (0..<count).map { TopicPartition(topic: topic, partition: $0) }
        try reader.assign(
            Dictionary(uniqueKeysWithValues: partitions.map { ($0, .offset(0)) }),
            incremental: false)
        let batch = RecordBatch()
        var open = Set(partitions)
        var lastProgress = ContinuousClock.now
        while !open.isEmpty {
            _ = try reader.wait(timeout: .milliseconds(100))
            for partition in partitions where open.contains(partition) {
                let status = try reader.fetch(
                    partition, into: batch, recordLimit: 5000, byteLimit: 8 << 20)
                for slot in batch.slots { try visit(partition.partition, slot, batch) }
                if status.isAtEnd { open.remove(partition) }
                if status.recordCount > 0 { lastProgress = .now }
            }
            guard ContinuousClock.now - lastProgress < limit else {
                throw StalledReader(partitions: open.map { "\($0)" }.sorted())
            }
        }
    }

    /// The end of these partitions could not be reached.
    struct StalledReader: Error {
        let partitions: [String]
    }

    func reader() throws -> any Consumer {
        try cluster.makeConsumer(
            ConsumerSettings(
                group: "\(name)-reader-\(UInt32.random(in: 0...UInt32.max))",
                clientID: "\(name)-reader", isCopartitioned: false))
    }
}
