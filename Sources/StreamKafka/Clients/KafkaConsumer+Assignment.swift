internal import CKafka
internal import StreamCore
internal import StreamEngine

extension KafkaConsumer {
    func assign(
        _ positions: [TopicPartition: StartPosition], incremental: Bool
    ) throws(ClusterError) {
        var starts: [TopicPartition: Int64] = [:]
        for (partition, start) in positions {
            starts[partition] = try startOffset(start, of: partition)
        }
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

    func rewind(_ positions: [TopicPartition: StartPosition]) throws(ClusterError) {
        for (partition, position) in positions.sorted(by: { $0.key < $1.key }) {
            guard case .offset(let offset) = position, let assigned = partitions[partition]
            else { continue }
            var error = ckafka_error()
            guard unsafe ckafka_consumer_seek(handle, assigned.index, offset, &error) else {
                throw translator.translate(error, subject: "\(partition)")
            }
            assigned.move(to: offset)
        }
    }

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

    /// The offset as librdkafka takes it.
    func startOffset(
        _ start: StartPosition, of partition: TopicPartition
    ) throws(ClusterError) -> Int64 {
        switch (start, reset) {
        case (.offset(let offset), _): return offset
        case (.reset, .earliest): return Int64(CKAFKA_OFFSET_BEGINNING)
        case (.reset, .latest): return Int64(CKAFKA_OFFSET_END)
        case (.reset, .error):
            throw ClusterError(
                kind: .fatal, code: "_AUTO_OFFSET_RESET",
                reason: "there is no offset to start at, and 'auto.offset.reset' is 'error'; "
                    + "set the group's offset, or choose 'earliest' or 'latest'",
                subject: "\(partition)")
        }
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
