import StreamCore
import StreamEngine
import StreamKafka

/// What a broker can do, found out by trying.
extension TestBroker {
    /// Whether offsets of a transaction that is aborted are void, as on Apache Kafka.
    func forgetsOffsetsOfAbortedTransactions() throws -> Bool {
        let topic = topic("probe")
        try create([topic], partitions: 1)
        let member = try newMember(of: topic)
        defer { member.close() }
        try join(topic, member)
        _ = try takesOffsets(of: topic, from: member.groupMetadata())
        return try member.committed([TopicPartition(topic: topic, partition: 0)]).isEmpty
    }

    /// Whether a transaction cannot take offsets from who was a member before the group's last
    /// rebalance, as on Apache Kafka: that is what fences a process that slept.
    func refusesStaleGenerations() throws -> Bool {
        let topic = topic("generations")
        try create([topic], partitions: 2)
        let (first, second) = (try newMember(of: topic), try newMember(of: topic))
        defer {
            first.close()
            second.close()
        }
        try join(topic, first)
        let stale = try first.groupMetadata()
        try join(topic, second, besides: [first])
        return try !takesOffsets(of: topic, from: stale)
    }

    private func newMember(of topic: String) throws -> any Consumer {
        try cluster.makeConsumer(
            ConsumerSettings(group: topic, clientID: topic, isCopartitioned: false))
    }

    /// Lets a consumer join the group; who is a member already follows the rebalance.
    private func join(
        _ topic: String, _ newcomer: any Consumer, besides members: [any Consumer] = []
    ) throws {
        try newcomer.subscribe(to: [topic])
        let deadline = ContinuousClock.now + .seconds(30)
        var isMember = false
        while !isMember, ContinuousClock.now < deadline {
            for consumer in members + [newcomer] {
                switch try consumer.wait(timeout: .milliseconds(50)) {
                case .assigned(let partitions, let incremental):
                    try consumer.assign(
                        Dictionary(uniqueKeysWithValues: partitions.map { ($0, .reset) }),
                        incremental: incremental)
                    isMember = isMember || consumer === newcomer
                case .revoked(let partitions, _, let incremental):
                    try consumer.unassign(partitions, incremental: incremental)
                case .nothing, .recordsReady, .warning: break
                }
            }
        }
    }

    /// Sends offsets in a transaction, which it aborts; says whether the broker took them.
    private func takesOffsets(of topic: String, from group: any GroupMetadata) throws -> Bool {
        let producer = try cluster.makeProducer(
            ProducerSettings(clientID: topic, transactionalID: "\(topic)-probe"))
        defer { producer.close() }
        let partition = TopicPartition(topic: topic, partition: 0)
        try producer.initTransactions()
        try producer.beginTransaction()
        defer { try? producer.abortTransaction() }
        do {
            try producer.sendOffsets([partition: CommittedOffset(offset: 1)], group: group)
            return true
        } catch {
            return false
        }
    }
}
