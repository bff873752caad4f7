internal import CKafka
internal import Events
internal import StreamCore
internal import StreamEngine

/// A producer on librdkafka. See ``Producer`` for what each call means.
///
/// The slots of a batch go to the shim as they are: `Events.OutputBatch.Slot` and the shim's slot
/// have the same layout, and topics are registered in the order of the caller's table.
@safe
final class KafkaProducer: Producer {
    let translator: ErrorTranslator
    /// Whether it writes in transactions, so that an error may leave a transaction to abort.
    let isTransactional: Bool
    private var trouble: ConnectionTrouble
    private let logs: LogDrain
    private let cluster: EmbeddedCluster?
    private var client: OpaquePointer?
    private var registeredTopics: [String] = []
    private var deliveredCount: UInt64 = 0

    /// A producer that owns `client`, a producer of the shim, from now on.
    init(
        _ client: OpaquePointer, isTransactional: Bool, logs: LogDrain,
        keepingAlive cluster: EmbeddedCluster?
    ) {
        precondition(
            MemoryLayout<OutputBatch.Slot>.layout == MemoryLayout<ckafka_output_slot>.layout,
            "OutputBatch.Slot has another layout than ckafka_output_slot")
        unsafe self.client = client
        self.isTransactional = isTransactional
        self.logs = logs
        self.cluster = cluster
        translator = logs.translator
        trouble = ConnectionTrouble(logs.translator)
    }

    deinit { close() }

    /// The shim's handle. Using a producer after its close is a mistake of the program.
    var handle: OpaquePointer {
        guard let client = unsafe client else { preconditionFailure("the producer is closed") }
        return unsafe client
    }

    var outstandingCount: Int {
        unsafe Int(ckafka_producer_delivery(handle).outstanding)
    }

    func send(
        _ batch: OutputBatch, from first: Int, topics: [String]
    ) throws(ClusterError) -> Int {
        if topics != registeredTopics { try register(topics) }
        let count = batch.count - first
        guard count > 0 else { return 0 }
        var error = ckafka_error()
        let accepted = unsafe batch.slots.withUnsafeBufferPointer { slots in
            unsafe slots.withMemoryRebound(to: ckafka_output_slot.self) { slots in
                unsafe ckafka_producer_send(
                    handle, batch.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    slots.baseAddress, first, count, &error)
            }
        }
        // The record that was refused is reported when it is the first: no count gets lost.
        let isRefused = accepted == 0 && Int(error.code) != Int(CKAFKA_CODE_QUEUE_FULL)
        guard isRefused else { return accepted }
        let subject = "record \(first) for \(topics[Int(batch.slots[first].topic)])"
        throw isTransactional
            ? transactionError(error, subject: subject)
            : translator.translate(error, subject: subject)
    }

    func poll(timeout: Duration) throws(ClusterError) {
        unsafe ckafka_producer_poll(handle, timeout.timeoutMilliseconds)
        try takeErrors()
    }

    func flush(timeout: Duration) throws(ClusterError) {
        var error = ckafka_error()
        let isDone = unsafe ckafka_producer_flush(handle, timeout.timeoutMilliseconds, &error)
        try takeErrors()
        guard !isDone else { return }
        var failure = translator.translate(error)
        failure.reason =
            "\(outstandingCount) records are not acknowledged within \(timeout)"
        throw trouble.explain(failure)
    }

    func writtenOffset(_ partition: TopicPartition) -> Int64? {
        guard let topic = registeredTopics.firstIndex(of: partition.topic) else { return nil }
        let offset = unsafe ckafka_producer_written(handle, Int32(topic), partition.partition)
        return offset >= 0 ? offset : nil
    }

    func close() {
        guard let client = unsafe client else { return }
        unsafe ckafka_producer_purge(client)
        unsafe logs.drain(ckafka_producer_logs(client))
        unsafe ckafka_producer_destroy(client)
        unsafe self.client = nil
    }

    /// The shim numbers topics as they are registered, so its indices are those of the table.
    private func register(_ topics: [String]) throws(ClusterError) {
        precondition(
            topics.starts(with: registeredTopics),
            "the topic table may only grow: \(registeredTopics) became \(topics)")
        for (index, topic) in topics.enumerated().dropFirst(registeredTopics.count) {
            var error = ckafka_error()
            let registered = unsafe ckafka_producer_topic(handle, topic, &error)
            guard registered >= 0 else { throw translator.translate(error, subject: topic) }
            precondition(registered == index, "the topic \(topic) is in the table twice")
            registeredTopics.append(topic)
        }
    }

    /// Throws the first delivery that failed, or what ended the producer.
    private func takeErrors() throws(ClusterError) {
        unsafe logs.drain(ckafka_producer_logs(handle))
        var error = ckafka_error()
        var stop: ClusterError?
        while unsafe ckafka_producer_next_error(handle, &error) {
            let noted = trouble.note(error)
            if trouble.isFinal(error, as: noted) { stop = stop ?? noted }
        }
        if unsafe ckafka_producer_fatal_error(handle, &error) {
            throw translator.translate(error)
        }
        if let stop { throw stop }
        if unsafe ckafka_producer_take_failure(handle, &error) {
            var failure = trouble.explain(error)
            // librdkafka then refuses to commit, and an abort makes it whole again.
            if isTransactional { failure.kind = .abortable }
            throw failure
        }
        let delivered = unsafe ckafka_producer_delivery(handle).delivered
        if delivered > deliveredCount { trouble.noteSuccess() }
        deliveredCount = delivered
    }
}

extension MemoryLayout {
    /// Size, stride and alignment.
    fileprivate static var layout: [Int] { [size, stride, alignment] }
}
