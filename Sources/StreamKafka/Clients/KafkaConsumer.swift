internal import CKafka
internal import Events
internal import StreamCore
internal import StreamEngine

/// A consumer on librdkafka. See ``Consumer`` for what each call means.
///
/// Each assigned partition has a queue of its own: one that is not fetched fills up to its limit
/// and holds back itself alone. It ends one `wait` by its records, and no other until it is
/// fetched, so a full or restoring task doesn't keep its thread spinning.
///
/// A rebalance is reported by every `wait` until `assign` or `unassign` answers it.
@safe
final class KafkaConsumer: Consumer {
    /// How long a close may take when no broker answers any more.
    static let closeLimit = Duration.seconds(5)

    let requestTimeout: Duration
    let reset: OffsetReset
    let translator: ErrorTranslator
    var trouble: ConnectionTrouble
    private let logs: LogDrain
    private let cluster: EmbeddedCluster?
    private var client: OpaquePointer?
    private var warnings: [ClusterError] = []
    var partitions: [TopicPartition: AssignedPartition] = [:]
    private var quietPartitions: Set<TopicPartition> = []

    /// A consumer that owns `client`, a consumer of the shim, from now on.
    init(
        _ client: OpaquePointer, requestTimeout: Duration, reset: OffsetReset, logs: LogDrain,
        keepingAlive cluster: EmbeddedCluster?
    ) {
        unsafe self.client = client
        self.requestTimeout = requestTimeout
        self.reset = reset
        self.logs = logs
        self.cluster = cluster
        translator = logs.translator
        trouble = ConnectionTrouble(logs.translator)
    }

    deinit { close() }

    /// The shim's handle. Using a consumer after its close is a mistake of the program.
    var handle: OpaquePointer {
        guard let client = unsafe client else { preconditionFailure("the consumer is closed") }
        return unsafe client
    }

    func subscribe(to topics: [String]) throws(ClusterError) {
        try CStrings.with { (strings) throws(ClusterError) in
            let names = unsafe strings.names(topics)
            var error = ckafka_error()
            guard
                unsafe ckafka_consumer_subscribe(handle, names.baseAddress, names.count, &error)
            else {
                throw translator.translate(error, subject: topics.joined(separator: ", "))
            }
        }
    }

    func wait(timeout: Duration) throws(ClusterError) -> ConsumerEvent {
        let patience = warnings.isEmpty ? timeout : .zero
        let ready = unsafe ckafka_consumer_wait(handle, patience.timeoutMilliseconds)
        drainLogs()
        if ready.has_error { try takeErrors() }
        if let rebalance = unsafe ckafka_consumer_rebalance(handle) {
            trouble.noteSuccess()
            return unsafe ConsumerEvent(rebalance.pointee)
        }
        if !warnings.isEmpty { return .warning(warnings.removeFirst()) }
        guard ready.partition_count > 0 else { return .nothing }
        trouble.noteSuccess()
        quietReadyPartitions()
        return .recordsReady
    }

    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus {
        guard let assigned = partitions[partition] else {
            batch.removeAll()
            throw ClusterError(
                kind: .fenced, code: "_UNKNOWN_PARTITION",
                reason: "the partition is not assigned to this consumer", subject: "\(partition)")
        }
        if quietPartitions.remove(partition) != nil {
            unsafe ckafka_consumer_hold(handle, assigned.index, false)
        }
        var error = ckafka_error()
        let status = unsafe assigned.fetch(
            from: handle, into: batch, recordLimit: recordLimit, byteLimit: byteLimit,
            error: &error)
        if let status { return status }
        return try recover(partition, assigned, from: error)
    }

    func close() {
        guard let client = unsafe client else { return }
        partitions.removeAll()
        var error = ckafka_error()
        unsafe ckafka_consumer_close(client, Self.closeLimit.timeoutMilliseconds, &error)
        drainLogs()
        unsafe ckafka_consumer_destroy(client)
        unsafe self.client = nil
    }

    func drainLogs() { unsafe logs.drain(ckafka_consumer_logs(handle)) }

    func warn(_ warning: ClusterError) { warnings.append(warning) }

    /// Lets go of a partition and takes its memory back.
    func drop(_ partition: TopicPartition) {
        partitions[partition] = nil
        quietPartitions.remove(partition)
    }

    private func takeErrors() throws(ClusterError) {
        var error = ckafka_error()
        while unsafe ckafka_consumer_next_error(handle, &error) {
            let translated = trouble.note(error)
            if trouble.isFinal(error, as: translated) { throw translated }
            warnings.append(translated)
        }
    }

    private func quietReadyPartitions() {
        for (partition, assigned) in partitions where !quietPartitions.contains(partition) {
            guard unsafe ckafka_consumer_is_ready(handle, assigned.index) else { continue }
            unsafe ckafka_consumer_hold(handle, assigned.index, true)
            quietPartitions.insert(partition)
        }
    }

    /// Goes on after an error of one partition where librdkafka does, or the user said how.
    private func recover(
        _ partition: TopicPartition, _ assigned: AssignedPartition, from error: ckafka_error
    ) throws(ClusterError) -> FetchStatus {
        var translated = translator.translate(error, subject: "\(partition)")
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
        var failure = ckafka_error()
        guard unsafe ckafka_consumer_seek(handle, assigned.index, offset, &failure) else {
            throw translator.translate(failure, subject: "\(partition)")
        }
        assigned.move(to: offset)
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
