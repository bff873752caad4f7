import Events
import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("Transactions on a broker")
struct KafkaTransactionTests {
    private static let group = "transactions"

    @Test(
        "a transaction's records and offsets count once it is committed",
        arguments: TestCluster.brokers)
    func commit(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("committed")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let source = TopicPartition(topic: topic, partition: 0)
        let group = unique(Self.group)
        let consumer = try kafka.makeConsumer(
            ConsumerSettings(group: group, clientID: "test", isCopartitioned: false))
        defer { consumer.close() }
        try consumer.subscribe(to: [topic])
        try awaitAssignment(of: consumer)

        let producer = try kafka.makeProducer(
            ProducerSettings(clientID: "test", transactionalID: unique("t")))
        defer { producer.close() }
        try producer.initTransactions()
        for (value, isCommit) in [("aborted", false), ("committed", true)] {
            try producer.beginTransaction()
            try producer.deliver([TestRecord(value: value, partition: 0)], to: topic)
            try producer.sendOffsets(
                [source: CommittedOffset(offset: isCommit ? 5 : 3, metadata: value)],
                group: try consumer.groupMetadata())
            if isCommit {
                try producer.commitTransaction()
            } else {
                try producer.abortTransaction()
            }
        }
        let reader = try kafka.makeConsumer(.test)
        defer { reader.close() }
        try reader.assign([source: .reset], incremental: false)
        #expect(try reader.read(1, from: [source]).map(\.content.value) == ["committed"])
        #expect(
            try consumer.committed([source])
                == [source: CommittedOffset(offset: 5, metadata: "committed")])
    }

    @Test(
        "of two producers with one name the earlier is fenced for good",
        arguments: TestCluster.brokers)
    func fencing(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("fenced")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let id = unique("t")
        func producer() throws -> any Producer {
            let producer = try kafka.makeProducer(
                ProducerSettings(clientID: "test", transactionalID: id))
            try producer.initTransactions()
            return producer
        }
        let first = try producer()
        try first.beginTransaction()
        try first.deliver([TestRecord(value: "first", partition: 0)], to: topic)
        let second = try producer()
        let error = try clusterError { try first.commitTransaction() }
        #expect([.unknownOutcome, .abortable].contains(error.kind), "\(error)")
        try second.beginTransaction()
        try second.deliver([TestRecord(value: "second", partition: 0)], to: topic)
        try second.commitTransaction()
        let source = TopicPartition(topic: topic, partition: 0)
        let reader = try kafka.makeConsumer(.test)
        defer { reader.close() }
        try reader.assign([source: .reset], incremental: false)
        #expect(try reader.read(1, from: [source]).map(\.content.value) == ["second"])
        first.close()
        second.close()
    }

    @Test("a consumer that goes back reads on from there", arguments: TestCluster.all)
    func rewind(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("rewound")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let source = TopicPartition(topic: topic, partition: 0)
        let producer = try kafka.makeProducer(.test)
        defer { producer.close() }
        try producer.deliver((0..<10).map { TestRecord(value: "\($0)") }, to: topic)
        let consumer = try kafka.makeConsumer(.test)
        defer { consumer.close() }
        try consumer.assign([source: .reset], incremental: false)
        #expect(try consumer.read(10, from: [source]).map(\.offset) == Array(0..<10))
        try consumer.rewind([source: .offset(4)])
        try producer.deliver([TestRecord(value: "10")], to: topic)
        #expect(try consumer.read(7, from: [source]).map(\.offset) == Array(4..<11))
    }

    @Test("only a member of a group has metadata for a transaction")
    func metadata() throws {
        let kafka = TestCluster.embedded.connect()
        let topic = unique("metadata")
        try kafka.makeProducer(.test).deliver([TestRecord(value: "v")], to: topic)
        let consumer = try kafka.makeConsumer(
            ConsumerSettings(group: unique("g"), clientID: "test", isCopartitioned: false))
        defer { consumer.close() }
        // Brokers would take the offsets of such a consumer without looking at its generation.
        #expect(try clusterError { _ = try consumer.groupMetadata() }.kind == .fenced)
        try consumer.subscribe(to: [topic])
        try awaitAssignment(of: consumer)
        _ = try consumer.groupMetadata()
    }

    private func awaitAssignment(of consumer: any Consumer) throws {
        _ = try eventually("assignment") {
            guard
                case .assigned(let partitions, let incremental) =
                    try consumer.wait(timeout: .milliseconds(100))
            else { return Bool?.none }
            try consumer.assign(
                Dictionary(uniqueKeysWithValues: partitions.map { ($0, .reset) }),
                incremental: incremental)
            return true
        }
    }

    // MARK: Settings

    private func diagnostics(
        _ properties: [String: String], servers: String = "b:9092",
        commitInterval: Duration = .milliseconds(200)
    ) -> String {
        Diagnostics(
            KafkaSettings(servers, properties).exactlyOnceDiagnostics(
                at: SourceLocation(file: "app.yaml", line: 20, column: 1),
                commitInterval: commitInterval,
                at: SourceLocation(file: "app.yaml", line: 21, column: 1))
        ).description
    }

    @Test("the transaction timeout stays below the session timeout by itself")
    func defaultTimeout() {
        #expect(KafkaSettings("b:9092").transactionTimeout == .seconds(10))
        #expect(
            KafkaSettings("b:9092", ["session.timeout.ms": "6000"]).transactionTimeout
                == .milliseconds(4500))
        #expect(diagnostics(["session.timeout.ms": "6000"]) == "")
    }

    @Test("a transaction timeout that is not below the session timeout is refused, with its line")
    func timeoutConflict() {
        let text = diagnostics(["transaction.timeout.ms": "60000"])
        #expect(text.hasPrefix("app.yaml:3:3: error: 'transaction.timeout.ms' (60000) must be"))
        #expect(text.contains("leave 'transaction.timeout.ms' out"))
    }

    @Test("a commit interval that the broker would not wait for is refused, with its line")
    func commitInterval() {
        #expect(diagnostics([:], commitInterval: .seconds(9)) == "")
        let text = diagnostics([:], commitInterval: .seconds(10))
        #expect(text.hasPrefix("app.yaml:21:1: error: 'commit_interval' (10s) must be below"))
        #expect(text.contains("commit more often"))
    }

    @Test("the embedded cluster, and producers without idempotence, can't do it")
    func unable() {
        #expect(diagnostics([:], servers: "embedded").hasPrefix("app.yaml:20:1: error: "))
        #expect(diagnostics(["enable.idempotence": "false"]).contains("'enable.idempotence'"))
    }

    @Test("a process has a name that outlives it only when the user gave it one")
    func instance() {
        #expect(KafkaSettings("b:9092").instance == nil)
        #expect(KafkaSettings("b:9092", ["group.instance.id": "one"]).instance == "one")
    }
}
