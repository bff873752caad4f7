internal import CKafka
internal import Events
internal import StreamCore
internal import StreamEngine

/// librdkafka's consumer and the partitions that it reads: what a member of a group and a reader
/// outside of any group have in common.
///
/// Each partition has a queue of its own: one that is not fetched fills up to its limit and holds
/// back itself alone. It ends one `wait` by its records, and no other until it is fetched, so a
/// full or restoring task doesn't keep its thread spinning.
@safe
final class ConsumerClient {
    /// How long a close may take when no broker answers any more.
    static let closeLimit = Duration.seconds(5)

    let requestTimeout: Duration
    let translator: ErrorTranslator
    var trouble: ConnectionTrouble
    private let logs: LogDrain
    private let cluster: EmbeddedCluster?
    private var client: OpaquePointer?
    private(set) var partitions: [TopicPartition: AssignedPartition] = [:]
    private var quietPartitions: Set<TopicPartition> = []

    /// A client that owns `client`, a consumer of the shim, from now on.
    init(
        _ client: OpaquePointer, requestTimeout: Duration, logs: LogDrain,
        keepingAlive cluster: EmbeddedCluster?
    ) {
        unsafe self.client = client
        self.requestTimeout = requestTimeout
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

    func wait(timeout: Duration) -> ckafka_ready {
        let ready = unsafe ckafka_consumer_wait(handle, timeout.timeoutMilliseconds)
        drainLogs()
        return ready
    }

    /// The errors that came beside the calls, of which librdkafka repairs all by itself.
    ///
    /// - Throws: the first that it doesn't.
    func takeErrors() throws(ClusterError) -> [ClusterError] {
        var passing: [ClusterError] = []
        var error = ckafka_error()
        while unsafe ckafka_consumer_next_error(handle, &error) {
            let translated = trouble.note(error)
            if trouble.isFinal(error, as: translated) { throw translated }
            passing.append(translated)
        }
        return passing
    }

    /// Keeps the partitions that are ready from ending another wait before they are fetched.
    func quietReadyPartitions() {
        for (partition, assigned) in partitions where !quietPartitions.contains(partition) {
            guard unsafe ckafka_consumer_is_ready(handle, assigned.index) else { continue }
            unsafe ckafka_consumer_hold(handle, assigned.index, true)
            quietPartitions.insert(partition)
        }
    }

    /// Replaces the content of `batch` with the partition's next records; `nil` when the partition
    /// has an error to tell instead.
    func fetch(
        _ partition: TopicPartition, _ assigned: AssignedPartition, into batch: RecordBatch,
        recordLimit: Int, byteLimit: Int, error: inout ckafka_error
    ) -> FetchStatus? {
        if quietPartitions.remove(partition) != nil {
            unsafe ckafka_consumer_hold(handle, assigned.index, false)
        }
        return unsafe assigned.fetch(
            from: handle, into: batch, recordLimit: recordLimit, byteLimit: byteLimit,
            error: &error)
    }

    /// Starts to fetch at the given offsets; `incremental` adds to what is read already.
    func assign(
        _ starts: [TopicPartition: Int64], incremental: Bool
    ) throws(ClusterError) {
        let order = starts.keys.sorted()
        let indices = try carryOutAssignment(order, starts: starts, incremental: incremental)
        if !incremental {
            for partition in partitions.keys where starts[partition] == nil { drop(partition) }
        }
        for (partition, index) in zip(order, indices) {
            // A partition that stays goes on with fresh memory, from where it is told to.
            drop(partition)
            unsafe ckafka_consumer_hold(handle, index, false)
            partitions[partition] = AssignedPartition(
                index: index, position: max(starts[partition] ?? -1, -1))
        }
    }

    /// Lets go of partitions, or of all when it is not `incremental`.
    func unassign(_ revoked: [TopicPartition], incremental: Bool) throws(ClusterError) {
        try CStrings.with { (strings) throws(ClusterError) in
            let list = unsafe strings.partitions(revoked)
            var error = ckafka_error()
            let isDone =
                unsafe incremental
                ? ckafka_consumer_incremental_unassign(
                    handle, list.baseAddress, list.count, &error)
                : ckafka_consumer_unassign(handle, &error)
            guard isDone else { throw translator.translate(error) }
        }
        for partition in incremental ? revoked : Array(partitions.keys) { drop(partition) }
    }

    /// Goes on at another offset; what was fetched from the partition before is forgotten.
    func seek(
        _ partition: TopicPartition, _ assigned: AssignedPartition, to offset: Int64
    ) throws(ClusterError) {
        var error = ckafka_error()
        guard unsafe ckafka_consumer_seek(handle, assigned.index, offset, &error) else {
            throw translator.translate(error, subject: "\(partition)")
        }
        assigned.move(to: offset)
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

    /// Lets go of a partition and takes its memory back.
    private func drop(_ partition: TopicPartition) {
        partitions[partition] = nil
        quietPartitions.remove(partition)
    }

    private func carryOutAssignment(
        _ order: [TopicPartition], starts: [TopicPartition: Int64], incremental: Bool
    ) throws(ClusterError) -> [Int32] {
        try CStrings.with { (strings) throws(ClusterError) in
            let list = unsafe strings.partitions(order, offset: { starts[$0] ?? 0 })
            let indices = unsafe strings.list([Int32](repeating: -1, count: order.count))
            var error = ckafka_error()
            let assign =
                unsafe incremental ? ckafka_consumer_incremental_assign : ckafka_consumer_assign
            guard unsafe assign(handle, list.baseAddress, list.count, indices.baseAddress, &error)
            else { throw translator.translate(error) }
            return unsafe Array(indices)
        }
    }
}
