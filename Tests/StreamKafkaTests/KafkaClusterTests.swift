import Events
import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("The cluster")
struct KafkaClusterTests {
    @Test(
        "topics are created once, with their partitions, and described", arguments: TestCluster.all)
    func topics(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let names = [unique("one"), unique("three"), unique("default"), unique("missing")]
        #expect(try kafka.describeTopics(names) == [:])
        #expect(try kafka.describeTopics([]) == [:])
        let topics = [
            TopicSpec(name: names[0], partitions: 1), TopicSpec(name: names[1], partitions: 3),
        ]
        try kafka.createTopics(topics)
        #expect(try kafka.describeTopics(names) == [names[0]: 1, names[1]: 3])
        // Again, with others, and another number: what is there stays as it is.
        try kafka.createTopics([
            TopicSpec(name: names[0], partitions: 5), TopicSpec(name: names[2]),
        ])
        let described = try kafka.describeTopics(names)
        #expect(described.count == 3)
        #expect(described[names[0]] == 1)
        #expect(try #require(described[names[2]]) >= 1)
    }

    @Test("looking at a topic doesn't create it, whatever the settings", arguments: TestCluster.all)
    func lookingDoesNotCreate(cluster: TestCluster) throws {
        let kafka = cluster.connect(["allow.auto.create.topics": "true"])
        let name = unique("unseen")
        for _ in 0..<3 { #expect(try kafka.describeTopics([name]) == [:]) }
    }

    @Test("many threads may use one cluster")
    func sharing() async throws {
        let kafka = TestCluster.embedded.connect()
        let name = unique("shared")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try kafka.createTopics([TopicSpec(name: name, partitions: 2)])
                    #expect(try kafka.describeTopics([name]) == [name: 2])
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "the embedded cluster takes a deletion of records for done, and refuses other administration"
    )
    func embeddedLimits() throws {
        let kafka = TestCluster.embedded.connect()
        let partition = TopicPartition(topic: unique("t"), partition: 0)
        try kafka.deleteRecords(before: [partition: 5])
        for attempt in [
            { try kafka.deleteTopics(["t"]) },
            { _ = try kafka.describeConfiguration(of: "t") },
            { _ = try kafka.groupOffsets(of: "g") },
            { try kafka.alterGroupOffsets(of: "g", to: [partition: CommittedOffset(offset: 1)]) },
        ] {
            let error = try clusterError(attempt)
            #expect(error.code == "_UNSUPPORTED_FEATURE")
            #expect(error.reason.contains("set 'bootstrap.servers' to a real cluster"))
        }
    }

    @Test("all clients of the process share the embedded cluster")
    func sharedEmbeddedCluster() throws {
        let topic = unique("shared")
        try TestCluster.embedded.connect().createTopics([TopicSpec(name: topic, partitions: 3)])
        #expect(try TestCluster.embedded.connect().describeTopics([topic]) == [topic: 3])
        let own = KafkaCluster(KafkaSettings("embedded"), embedded: try EmbeddedCluster())
        #expect(try own.describeTopics([topic]) == [:])
    }

    @Test(
        "a topic that a broker refuses is refused with its reason", arguments: TestCluster.brokers)
    func refusedTopic(cluster: TestCluster) throws {
        let error = try clusterError {
            try cluster.connect().createTopics([TopicSpec(name: "no/such name", partitions: 1)])
        }
        #expect(error.kind == .configuration)
        #expect(error.subject == "no/such name")
    }

    @Test("topics are configured, described and deleted", arguments: TestCluster.brokers)
    func configuration(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let name = unique("configured")
        try kafka.createTopics([
            TopicSpec(name: name, partitions: 1, configuration: ["retention.ms": "123456"])
        ])
        let configuration = try kafka.describeConfiguration(of: name)
        #expect(
            configuration["retention.ms"] == TopicProperty(value: "123456", isDefault: false))
        try kafka.deleteTopics([name, unique("missing")])
        #expect(try kafka.describeTopics([name]) == [:])
        let error = try clusterError { _ = try kafka.describeConfiguration(of: name) }
        #expect(error.kind == .unknownTopic)
    }

    @Test("offsets are listed, and records before one are deleted", arguments: TestCluster.brokers)
    func offsets(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let name = unique("offsets")
        try kafka.createTopics([TopicSpec(name: name, partitions: 2)])
        let all = partitions(of: name, 2)
        try kafka.makeProducer(.test).deliver(
            (0..<10).map { TestRecord(value: "\($0)", partition: 0) }, to: name)
        #expect(
            try kafka.listOffsets([all[0]: .latest, all[1]: .latest]) == [all[0]: 10, all[1]: 0])
        try kafka.deleteRecords(before: [all[0]: 4])
        #expect(try kafka.listOffsets([all[0]: .earliest]) == [all[0]: 4])
        let future = Timestamp(milliseconds: TestRecord.today + 3_600_000_000)
        let behind = try kafka.offsets(notBefore: [all[0]: future])
        #expect(behind[all[0]] == nil || behind[all[0]] == 10)
    }

    @Test(
        "the offsets of a group without members are read and altered",
        arguments: TestCluster.brokers)
    func groupOffsets(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let (topic, group) = (unique("topic"), unique("group"))
        try kafka.createTopics([TopicSpec(name: topic, partitions: 2)])
        #expect(try kafka.groupOffsets(of: group) == [:])
        let offsets = [
            TopicPartition(topic: topic, partition: 0): CommittedOffset(offset: 3, metadata: "n=2"),
            TopicPartition(topic: topic, partition: 1): CommittedOffset(offset: 4),
        ]
        try kafka.alterGroupOffsets(of: group, to: offsets)
        #expect(try kafka.groupOffsets(of: group) == offsets)
    }
}
