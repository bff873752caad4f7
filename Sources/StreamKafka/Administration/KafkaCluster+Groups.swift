internal import CKafka
internal import StreamCore
public import StreamEngine

extension KafkaCluster {
    /// The members of a consumer group with their partitions; empty when there is no such group, or
    /// nobody in it, or while a rebalance is going on. The embedded cluster can't tell: empty.
    public func groupMembers(of group: String) throws(ClusterError) -> [GroupMember] {
        if settings.isEmbedded { return [] }
        return try administer { (client) throws(ClusterError) in
            let found = try unsafe client.request(about: group) {
                unsafe ckafka_admin_describe_group($0, group, $1, &$2)
            }
            defer { unsafe ckafka_group_destroy(found) }
            return unsafe GroupMember.list(found.pointee)
        }
    }
}

extension GroupMember {
    /// In every other state some members have no partitions yet, or have them no more.
    private static let settledState = "Stable"

    fileprivate static func list(_ group: ckafka_group) -> [GroupMember] {
        guard unsafe String(cString: group.state) == settledState else { return [] }
        let members = unsafe UnsafeBufferPointer(start: group.members, count: group.member_count)
        return members.indices.map { index in
            let member = unsafe members[index]
            let partitions = unsafe UnsafeBufferPointer(
                start: member.partitions.pointee.items, count: member.partitions.pointee.count)
            return unsafe GroupMember(
                clientID: String(cString: member.client_id),
                partitions: Set(
                    partitions.indices.map { unsafe TopicPartition(partitions[$0]) }))
        }
    }
}
