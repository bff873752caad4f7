import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("Rebalances")
struct RebalanceTests {
    @Test(
        "nothing is carried out before the engine says so, and the group waits for it",
        arguments: TestCluster.all, ["range", "cooperative-sticky"])
    func joinAndLeave(cluster: TestCluster, strategy: String) throws {
        // The small test broker sometimes forgets to answer a join: ask again soon.
        let kafka = cluster.connect([
            "partition.assignment.strategy": strategy, "session.timeout.ms": "6000",
            "max.poll.interval.ms": "6000",
        ])
        let topic = unique("rebalance")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 4)])
        let all = Set(partitions(of: topic))
        let settings = ConsumerSettings.test

        var first = Member(try kafka.makeConsumer(settings))
        try first.consumer.subscribe(to: [topic])
        try first.follow { $0.partitions == all }
        #expect(first.history.first?.hasPrefix("assigned 4") == true)

        var second = Member(try kafka.makeConsumer(settings))
        try second.consumer.subscribe(to: [topic])
        // The newcomer gets nothing before the first has given something away.
        let revocation = try eventually("revocation", within: .seconds(60)) {
            _ = try second.step()
            #expect(second.partitions.isEmpty)
            return try first.step(answering: false)
        }
        guard case .revoked(_, isLost: false, incremental: strategy != "range") = revocation else {
            Issue.record("\(revocation) instead of a revocation")
            return
        }
        #expect(first.partitions == all)
        try first.answer(revocation)
        try eventually("even share", within: .seconds(60)) {
            _ = try first.step()
            _ = try second.step()
            return first.partitions.count == 2 && second.partitions.count == 2 ? () : nil
        }
        #expect(first.partitions.union(second.partitions) == all)

        #expect(duration { first.consumer.close() } < .seconds(10))
        try second.follow { $0.partitions == all }
        #expect(duration { second.consumer.close() } < .seconds(10))
    }

    @Test("range gives the same partition of co-partitioned topics to the same member")
    func copartitioning() throws {
        let kafka = TestCluster.embedded.connect()
        let topics = [unique("left"), unique("right")]
        try kafka.createTopics(topics.map { TopicSpec(name: $0, partitions: 2) })
        let settings = ConsumerSettings(
            group: unique("group"), clientID: "test", isCopartitioned: true)
        var members = try [
            Member(kafka.makeConsumer(settings)), Member(kafka.makeConsumer(settings)),
        ]
        for member in members { try member.consumer.subscribe(to: topics) }
        try eventually("even share", within: .seconds(60)) {
            for index in members.indices { _ = try members[index].step() }
            return members.allSatisfy { $0.partitions.count == 2 } ? () : nil
        }
        for member in members {
            #expect(Set(member.partitions.map(\.partition)).count == 1)
            #expect(Set(member.partitions.map(\.topic)) == Set(topics))
        }
        for member in members { member.consumer.close() }
    }

    @Test("a consumer is closed in bounded time in every state", arguments: TestCluster.all)
    func closing(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("closing")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 4)])
        let states: [String: (any Consumer) throws -> Void] = [
            "fresh": { _ in },
            "subscribed": { try $0.subscribe(to: [topic]) },
            "joining": {
                try $0.subscribe(to: [topic])
                _ = try $0.wait(timeout: .milliseconds(200))
            },
            "reading without a group": {
                try $0.assign([partitions(of: topic)[0]: .reset], incremental: false)
                _ = try $0.wait(timeout: .milliseconds(200))
            },
            "assignment not answered": {
                try $0.subscribe(to: [topic])
                _ = try $0.awaitRebalance()
            },
            "assigned": {
                var member = Member($0)
                try $0.subscribe(to: [topic])
                try member.follow { !$0.partitions.isEmpty }
            },
            "subscribed to nothing that exists": {
                try $0.subscribe(to: [unique("nowhere")])
                _ = try $0.wait(timeout: .milliseconds(200))
            },
        ]
        for (name, bring) in states {
            let consumer = try kafka.makeConsumer(.test)
            try bring(consumer)
            #expect(duration { consumer.close() } < .seconds(7), "\(name)")
            consumer.close()
        }
    }

    @Test("a revocation that is not answered doesn't keep the close from coming through")
    func closingInRevocation() throws {
        let kafka = TestCluster.embedded.connect()
        let topic = unique("closing")
        let settings = ConsumerSettings.test
        var first = Member(try kafka.makeConsumer(settings))
        try first.consumer.subscribe(to: [topic])
        try first.follow { !$0.partitions.isEmpty }
        var second = Member(try kafka.makeConsumer(settings))
        try second.consumer.subscribe(to: [topic])
        _ = try eventually("revocation", within: .seconds(60)) {
            _ = try second.step()
            return try first.step(answering: false)
        }
        #expect(duration { first.consumer.close() } < .seconds(7))
        try second.follow { $0.partitions.count == 4 }
        second.consumer.close()
    }

    @Test("a broker that goes away doesn't keep a member from closing")
    func closingWithoutBroker() throws {
        let embedded = try EmbeddedCluster()
        let kafka = KafkaCluster(KafkaSettings("embedded"), embedded: embedded)
        let topic = unique("closing")
        var member = Member(try kafka.makeConsumer(.test))
        try member.consumer.subscribe(to: [topic])
        try member.follow { !$0.partitions.isEmpty }
        try embedded.setBroker(1, isUp: false)
        _ = try member.consumer.awaitWarning(.unreachable)
        #expect(duration { member.consumer.close() } < .seconds(10))
    }
}

/// A member of a group that answers rebalances as an engine does.
private struct Member {
    let consumer: any Consumer
    var partitions: Set<TopicPartition> = []
    var history: [String] = []

    init(_ consumer: any Consumer) { self.consumer = consumer }

    /// Waits a moment, and returns a rebalance if one was reported.
    mutating func step(answering: Bool = true) throws -> ConsumerEvent? {
        let event = try consumer.wait(timeout: .milliseconds(50))
        switch event {
        case .assigned, .revoked:
            if answering { try answer(event) }
            return event
        case .nothing, .recordsReady, .warning: return nil
        }
    }

    mutating func answer(_ event: ConsumerEvent) throws {
        switch event {
        case .assigned(let added, let incremental):
            let starts = Dictionary(
                uniqueKeysWithValues: added.map { ($0, StartPosition.offset(0)) })
            try consumer.assign(starts, incremental: incremental)
            partitions = incremental ? partitions.union(added) : Set(added)
            history.append("assigned \(added.count)")
        case .revoked(let removed, _, let incremental):
            try consumer.unassign(removed, incremental: incremental)
            partitions = incremental ? partitions.subtracting(removed) : []
            history.append("revoked \(removed.count)")
        case .nothing, .recordsReady, .warning: break
        }
    }

    mutating func follow(until isDone: (Member) -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !isDone(self) {
            guard ContinuousClock.now < deadline else { throw Overdue(what: "assignment") }
            _ = try step()
        }
    }
}
