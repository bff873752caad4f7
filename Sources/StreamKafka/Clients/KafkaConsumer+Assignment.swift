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
        try client.assign(starts, incremental: incremental)
    }

    func rewind(_ positions: [TopicPartition: StartPosition]) throws(ClusterError) {
        for (partition, position) in positions.sorted(by: { $0.key < $1.key }) {
            guard case .offset(let offset) = position,
                let assigned = client.partitions[partition]
            else { continue }
            try client.seek(partition, assigned, to: offset)
        }
    }

    func unassign(_ revoked: [TopicPartition], incremental: Bool) throws(ClusterError) {
        try client.unassign(revoked, incremental: incremental)
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
}
