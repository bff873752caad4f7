internal import CKafka
internal import Events
internal import StreamCore
internal import StreamEngine

/// A consumer on librdkafka. See ``Consumer`` for what each call means, and ``ConsumerClient`` for
/// when a partition ends a `wait`.
///
/// A rebalance is reported by every `wait` until `assign` or `unassign` answers it.
@safe
final class KafkaConsumer: Consumer {
    let client: ConsumerClient
    let reset: OffsetReset
    private var warnings: [ClusterError] = []

    init(_ client: ConsumerClient, reset: OffsetReset) {
        self.client = client
        self.reset = reset
    }

    var handle: OpaquePointer { unsafe client.handle }

    func subscribe(to topics: [String]) throws(ClusterError) {
        try CStrings.with { (strings) throws(ClusterError) in
            let names = unsafe strings.names(topics)
            var error = ckafka_error()
            guard
                unsafe ckafka_consumer_subscribe(handle, names.baseAddress, names.count, &error)
            else {
                throw client.translator.translate(
                    error, subject: topics.joined(separator: ", "))
            }
        }
    }

    func wait(timeout: Duration) throws(ClusterError) -> ConsumerEvent {
        let ready = client.wait(timeout: warnings.isEmpty ? timeout : .zero)
        if ready.has_error { warnings += try client.takeErrors() }
        if let rebalance = unsafe ckafka_consumer_rebalance(handle) {
            client.trouble.noteSuccess()
            return unsafe ConsumerEvent(rebalance.pointee)
        }
        if !warnings.isEmpty { return .warning(warnings.removeFirst()) }
        guard ready.partition_count > 0 else { return .nothing }
        client.trouble.noteSuccess()
        client.quietReadyPartitions()
        return .recordsReady
    }

    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus {
        guard let assigned = client.partitions[partition] else {
            batch.removeAll()
            throw ClusterError(
                kind: .fenced, code: "_UNKNOWN_PARTITION",
                reason: "the partition is not assigned to this consumer", subject: "\(partition)")
        }
        var error = ckafka_error()
        let status = client.fetch(
            partition, assigned, into: batch, recordLimit: recordLimit, byteLimit: byteLimit,
            error: &error)
        if let status { return status }
        return try recover(partition, assigned, from: error)
    }

    func close() { client.close() }

    func warn(_ warning: ClusterError) { warnings.append(warning) }

    /// Goes on after an error of one partition where librdkafka does, or the user said how.
    private func recover(
        _ partition: TopicPartition, _ assigned: AssignedPartition, from error: ckafka_error
    ) throws(ClusterError) -> FetchStatus {
        var translated = client.translator.translate(error, subject: "\(partition)")
        if Int(error.code) == Int(CKAFKA_CODE_NO_OFFSET_TO_START_AT) {
            try restart(partition, assigned, because: &translated)
        }
        switch translated.kind {
        case .unreachable, .unknownTopic, .retriable: warnings.append(translated)
        case .fatal, .authentication, .configuration, .fenced, .abortable, .unknownOutcome:
            throw translated
        }
        return assigned.emptyStatus
    }

    /// The offset to go on from is gone, by retention or `deleteRecords`.
    private func restart(
        _ partition: TopicPartition, _ assigned: AssignedPartition,
        because error: inout ClusterError
    ) throws(ClusterError) {
        guard reset != .error else { return }
        let range = try offsetRange(partition)
        let offset = reset == .earliest ? range.lowerBound : range.upperBound
        try client.seek(partition, assigned, to: offset)
        error.kind = .retriable
        error.reason += "; reading goes on at the \(reset) offset ('auto.offset.reset')"
    }
}

extension ConsumerEvent {
    init(_ rebalance: ckafka_rebalance) {
        let partitions = unsafe UnsafeBufferPointer(
            start: rebalance.partitions, count: rebalance.count
        ).map { unsafe TopicPartition($0) }
        let isIncremental = unsafe rebalance.protocol == CKAFKA_PROTOCOL_COOPERATIVE
        self =
            unsafe rebalance.kind == CKAFKA_REBALANCE_ASSIGN
            ? .assigned(partitions, incremental: isIncremental)
            : .revoked(
                partitions, isLost: rebalance.kind == CKAFKA_REBALANCE_LOST,
                incremental: isIncremental)
    }
}
