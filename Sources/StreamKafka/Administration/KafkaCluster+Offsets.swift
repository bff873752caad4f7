internal import CKafka
public import Events
public import StreamCore
public import StreamEngine

/// Which offset of a partition is asked for.
public enum OffsetQuery: Sendable, Hashable {
    /// The first that is kept.
    case earliest
    /// The one that the next record gets.
    case latest
    /// The first whose record is not older.
    case notBefore(Timestamp)
}

extension KafkaCluster {
    /// Deletes the records of partitions before an offset.
    ///
    /// On the embedded cluster this does nothing: it forgets records by itself when it is full.
    public func deleteRecords(before offsets: [TopicPartition: Int64]) throws(ClusterError) {
        if offsets.isEmpty || settings.isEmbedded { return }
        try administer { (client) throws(ClusterError) in
            try CStrings.with { (strings) throws(ClusterError) in
                let list = unsafe strings.partitions(
                    offsets.keys.sorted(), offset: { offsets[$0] ?? 0 })
                try unsafe client.request {
                    unsafe ckafka_admin_delete_records(
                        $0, list.baseAddress, list.count, $1, &$2)
                        ? () : nil
                }
                try unsafe client.check(list)
            }
        }
    }

    /// Offsets of partitions; a partition without a record that is not older is left out.
    public func listOffsets(
        _ queries: [TopicPartition: OffsetQuery]
    ) throws(ClusterError) -> [TopicPartition: Int64] {
        if queries.isEmpty { return [:] }
        return try administer { (client) throws(ClusterError) in
            try CStrings.with { (strings) throws(ClusterError) in
                let list = unsafe strings.partitions(
                    queries.keys.sorted(), offset: { queries[$0]?.librdkafkaValue ?? 0 })
                try unsafe client.request {
                    unsafe ckafka_admin_list_offsets(
                        $0, list.baseAddress, list.count, $1, &$2)
                        ? () : nil
                }
                try unsafe client.check(list)
                var offsets: [TopicPartition: Int64] = [:]
                for index in list.indices where unsafe list[index].offset >= 0 {
                    let item = unsafe list[index]
                    unsafe offsets[TopicPartition(item)] = item.offset
                }
                return offsets
            }
        }
    }

    /// The first offset in each partition whose record is not older than a time; a partition
    /// without one is left out.
    public func offsets(
        notBefore times: [TopicPartition: Timestamp]
    ) throws(ClusterError) -> [TopicPartition: Int64] {
        try listOffsets(times.mapValues { .notBefore($0) })
    }

    /// All that a group has committed; nothing for a group that doesn't exist.
    public func groupOffsets(
        of group: String
    ) throws(ClusterError) -> [TopicPartition: CommittedOffset] {
        try refuseOnEmbedded("tell the offsets of a group")
        return try administer { (client) throws(ClusterError) in
            let list = try unsafe client.request(about: group) {
                unsafe ckafka_admin_group_offsets($0, group, $1, &$2)
            }
            defer { unsafe ckafka_partition_list_destroy(list) }
            return try unsafe client.translator.offsets(in: list.pointee)
        }
    }

    /// Sets offsets of a group, with their metadata, while it has no members.
    public func alterGroupOffsets(
        of group: String, to offsets: [TopicPartition: CommittedOffset]
    ) throws(ClusterError) {
        if offsets.isEmpty { return }
        try refuseOnEmbedded("alter the offsets of a group")
        try administer { (client) throws(ClusterError) in
            try CStrings.with { (strings) throws(ClusterError) in
                let list = unsafe strings.partitions(offsets)
                try unsafe client.request(about: group) {
                    unsafe ckafka_admin_alter_group_offsets(
                        $0, group, list.baseAddress, list.count, $1,
                        &$2) ? () : nil
                }
                try unsafe client.check(list)
            }
        }
    }
}

extension OffsetQuery {
    fileprivate var librdkafkaValue: Int64 {
        switch self {
        case .earliest: Int64(CKAFKA_OFFSET_BEGINNING)
        case .latest: Int64(CKAFKA_OFFSET_END)
        case .notBefore(let time): max(time.milliseconds, 0)
        }
    }
}
