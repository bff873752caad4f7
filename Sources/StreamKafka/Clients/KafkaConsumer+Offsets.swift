internal import CKafka
internal import StreamCore
internal import StreamEngine

extension KafkaConsumer {
    func committed(
        _ partitions: [TopicPartition]
    ) throws(ClusterError) -> [TopicPartition: CommittedOffset] {
        if partitions.isEmpty { return [:] }
        return try CStrings.with { (strings) throws(ClusterError) in
            let asked = unsafe strings.partitions(partitions)
            var error = ckafka_error()
            let answer = unsafe ckafka_consumer_committed(
                handle, asked.baseAddress, asked.count, client.requestTimeout.timeoutMilliseconds,
                &error)
            client.drainLogs()
            guard let answer = unsafe answer else { throw explain(error) }
            defer { unsafe ckafka_partition_list_destroy(answer) }
            return try unsafe client.translator.offsets(in: answer.pointee)
        }
    }

    func commit(_ offsets: [TopicPartition: CommittedOffset]) throws(ClusterError) {
        if offsets.isEmpty { return }
        try CStrings.with { (strings) throws(ClusterError) in
            let list = unsafe strings.partitions(offsets)
            var error = ckafka_error()
            let isCommitted = unsafe ckafka_consumer_commit(
                handle, list.baseAddress, list.count, client.requestTimeout.timeoutMilliseconds,
                &error)
            client.drainLogs()
            guard isCommitted else { throw refusedCommit(error) }
        }
        client.trouble.noteSuccess()
    }

    func groupMetadata() throws(ClusterError) -> any GroupMetadata {
        guard unsafe !ckafka_consumer_assignment_lost(handle),
            let metadata = unsafe ckafka_consumer_group_metadata(handle)
        else { throw Self.noMember }
        let taken = unsafe KafkaGroupMetadata(metadata)
        guard taken.generation >= 0 else { throw Self.noMember }
        return taken
    }

    private static let noMember = ClusterError(
        kind: .fenced, code: "UNKNOWN_MEMBER_ID",
        reason: "the consumer is no member of its group at this moment")

    func offsetRange(_ partition: TopicPartition) throws(ClusterError) -> Range<Int64> {
        var low: Int64 = 0
        var high: Int64 = 0
        var error = ckafka_error()
        let isKnown = unsafe ckafka_consumer_watermarks(
            handle, partition.topic, partition.partition, client.requestTimeout.timeoutMilliseconds,
            &low, &high, &error)
        client.drainLogs()
        guard isKnown else { throw explain(error, subject: "\(partition)") }
        return low..<max(low, high)
    }

    /// A commit of a partition that isn't ours any more is refused by the shim itself.
    private func refusedCommit(_ error: ckafka_error) -> ClusterError {
        var refusal = explain(error)
        if Int(error.code) == Int(CKAFKA_CODE_STATE) { refusal.kind = .fenced }
        return refusal
    }

    /// The error of a request, with the reason why nobody answered.
    ///
    /// librdkafka tells the reason only when it is served. What it tells is a warning of the next
    /// `wait`, too.
    private func explain(_ error: ckafka_error, subject: String = "") -> ClusterError {
        _ = unsafe ckafka_consumer_wait(handle, 0)
        var noted = ckafka_error()
        while unsafe ckafka_consumer_next_error(handle, &noted) { warn(client.trouble.note(noted)) }
        return client.trouble.explain(error, subject: subject)
    }
}

extension ErrorTranslator {
    /// The committed offsets in an answer; the first partition with an error fails the whole.
    func offsets(
        in list: ckafka_partition_list
    ) throws(ClusterError) -> [TopicPartition: CommittedOffset] {
        var offsets: [TopicPartition: CommittedOffset] = [:]
        let items = unsafe UnsafeBufferPointer(start: list.items, count: list.count)
        for index in items.indices {
            let item = unsafe items[index]
            let partition = unsafe TopicPartition(item)
            guard unsafe item.code == 0 else {
                throw unsafe translate(code: item.code, subject: "\(partition)")
            }
            offsets[partition] = unsafe CommittedOffset(item)
        }
        return offsets
    }
}
