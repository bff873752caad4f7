internal import CKafka
internal import Events
internal import StreamCore
internal import StreamEngine

/// A reader of single partitions on librdkafka. See ``PartitionReader`` for what each call means,
/// and ``ConsumerClient`` for when a partition ends a `wait`.
///
/// It is a consumer that never subscribes, so no rebalance comes in between, and partitions are
/// added and taken away while the others read on.
final class KafkaReader: PartitionReader {
    private let client: ConsumerClient
    private let makeOffsetClient: () throws(ClusterError) -> AdministrationClient
    /// librdkafka asks for offsets with the isolation of the client, and this one's is another.
    private var offsetClient: AdministrationClient?
    /// Partitions that stand still because their offset is gone.
    private var goneOffsets: [TopicPartition: ClusterError] = [:]

    /// A reader; `makeOffsetClient` makes a client that sees undecided transactions.
    init(
        _ client: ConsumerClient,
        makeOffsetClient: @escaping () throws(ClusterError) -> AdministrationClient
    ) {
        self.client = client
        self.makeOffsetClient = makeOffsetClient
    }

    func start(_ positions: [TopicPartition: Int64]) throws(ClusterError) {
        let added = positions.filter { client.partitions[$0.key] == nil }
        if !added.isEmpty { try client.assign(added, incremental: true) }
        for (partition, offset) in positions where added[partition] == nil {
            guard let assigned = client.partitions[partition] else { continue }
            try client.seek(partition, assigned, to: offset)
            goneOffsets[partition] = nil
        }
    }

    func stop(_ partitions: [TopicPartition]) throws(ClusterError) {
        let read = partitions.filter { client.partitions[$0] != nil }
        if read.isEmpty { return }
        try client.unassign(read, incremental: true)
        for partition in read { goneOffsets[partition] = nil }
    }

    func wait(timeout: Duration) throws(ClusterError) {
        let deadline = ContinuousClock.now + timeout
        var left = timeout
        repeat {
            let ready = client.wait(timeout: left)
            // What librdkafka repairs by itself is in its log, and in the errors of requests.
            if ready.has_error { _ = try client.takeErrors() }
            if ready.partition_count > 0 {
                client.trouble.noteSuccess()
                client.quietReadyPartitions()
                return
            }
            left = deadline - ContinuousClock.now
        } while left > .zero
    }

    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus {
        guard let assigned = client.partitions[partition] else {
            batch.removeAll()
            throw ClusterError(
                kind: .fatal, code: "_UNKNOWN_PARTITION",
                reason: "the partition is not read by this reader", subject: "\(partition)")
        }
        if let gone = goneOffsets[partition] {
            batch.removeAll()
            throw gone
        }
        var error = ckafka_error()
        let status = client.fetch(
            partition, assigned, into: batch, recordLimit: recordLimit, byteLimit: byteLimit,
            error: &error)
        if let status { return status }
        let translated = client.translator.translate(error, subject: "\(partition)")
        if Int(error.code) == Int(CKAFKA_CODE_NO_OFFSET_TO_START_AT) {
            goneOffsets[partition] = translated
        }
        switch translated.kind {
        case .unreachable, .retriable: return assigned.emptyStatus
        case .fatal, .authentication, .configuration, .fenced, .abortable, .unknownOutcome,
            .unknownTopic:
            throw translated
        }
    }

    func writtenRange(_ partition: TopicPartition) throws(ClusterError) -> Range<Int64> {
        if offsetClient == nil { offsetClient = try makeOffsetClient() }
        return try offsetClient!.writtenRange(of: partition)
    }

    func close() {
        client.close()
        offsetClient = nil
    }
}
