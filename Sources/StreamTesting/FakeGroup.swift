internal import StreamCore
internal import StreamEngine

/// A consumer group: members in generations, and what they committed.
///
/// A generation begins when every member has given back what it had; until then the one before is
/// valid, and its members may commit.
struct FakeGroup {
    var committed: [TopicPartition: CommittedOffset] = [:]
    private(set) var generation = 0
    /// In the order in which they joined.
    private(set) var members: [FakeConsumer] = []

    mutating func join(_ member: FakeConsumer) {
        members.append(member)
        beginRebalance()
    }

    mutating func leave(_ member: FakeConsumer) {
        guard members.contains(where: { $0 === member }) else { return }
        members.removeAll { $0 === member }
        beginRebalance()
    }

    /// Expels the members that were not heard of since `earliest`.
    mutating func expel(silentSince earliest: Int64) {
        let silent = members.filter { $0.lastSeen <= earliest }
        guard !silent.isEmpty else { return }
        members.removeAll { member in silent.contains { $0 === member } }
        for member in silent { member.isExpelled = true }
        beginRebalance()
    }

    /// Whoever has partitions gives them back first.
    mutating func beginRebalance() {
        for member in members {
            member.offered = nil
            if !member.assigned.isEmpty { member.mustGiveBack = true }
        }
        isRebalancing = true
    }

    private(set) var isRebalancing = false

    /// Once everybody has given back what he had, offers each member its range of every topic.
    mutating func offerWhenReady(partitionCount: (String) -> Int) {
        guard isRebalancing, members.allSatisfy(\.assigned.isEmpty) else { return }
        isRebalancing = false
        generation += 1
        for (index, member) in members.enumerated() {
            member.offered = member.topics.sorted().flatMap { topic in
                Self.range(
                    of: topic, partitionCount: partitionCount(topic), member: index,
                    of: members.count)
            }
            member.generation = generation
        }
    }

    private static func range(
        of topic: String, partitionCount: Int, member: Int, of count: Int
    ) -> [TopicPartition] {
        let (share, rest) = partitionCount.quotientAndRemainder(dividingBy: count)
        let start = member * share + min(member, rest)
        return (start..<start + share + (member < rest ? 1 : 0)).map {
            TopicPartition(topic: topic, partition: Int32($0))
        }
    }

    /// Whether a member of a generation may commit.
    func accepts(_ member: FakeConsumer, generation: Int) -> Bool {
        generation == self.generation && members.contains { $0 === member }
    }
}

/// A member's place in its group as of one moment.
final class FakeGroupMetadata: GroupMetadata {
    let group: String
    let member: FakeConsumer
    let generation: Int

    init(group: String, member: FakeConsumer, generation: Int) {
        self.group = group
        self.member = member
        self.generation = generation
    }
}
