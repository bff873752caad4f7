import Events
import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("The producer")
struct KafkaProducerTests {
    @Test(
        "records arrive as they were sent, with every part absent, empty or there",
        arguments: TestCluster.all)
    func roundTrip(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("round-trip")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let records = [
            TestRecord(key: "k", value: "v"),
            TestRecord(key: nil, value: "no key"),
            TestRecord(key: "", value: "empty key"),
            TestRecord(key: "tombstone", value: nil),
            TestRecord(key: "empty value", value: ""),
            TestRecord(
                key: "headers", value: "v",
                headers: [
                    .init(name: "a", value: "1"), .init(name: "a", value: "2"),
                    .init(name: "null", value: nil), .init(name: "empty", value: ""),
                    .init(name: "", value: "no name"), .init(name: "ключ", value: "значение"),
                ]),
            TestRecord(key: "tombstone", value: nil, headers: [.init(name: "why", value: "gone")]),
            TestRecord(key: "yesterday", value: "v", timestamp: TestRecord.today - 86_400_000),
            TestRecord(key: "long", value: String(repeating: "x", count: 100_000)),
        ]
        let producer = try kafka.makeProducer(.test)
        try producer.deliver(records, to: topic)
        #expect(producer.outstandingCount == 0)

        let partition = TopicPartition(topic: topic, partition: 0)
        let consumer = try kafka.makeConsumer(.test)
        try consumer.assign([partition: .reset], incremental: false)
        let received = try consumer.read(records.count, from: [partition])
        #expect(received.map(\.content) == records)
        #expect(received.map(\.offset) == Array(0..<Int64(records.count)))
        consumer.close()
        producer.close()
    }

    @Test("a record without timestamp gets the present time")
    func missingTimestamp() throws {
        let kafka = TestCluster.embedded.connect()
        let topic = unique("now")
        let producer = try kafka.makeProducer(.test)
        try producer.deliver([TestRecord(value: "v", timestamp: -1, partition: 0)], to: topic)
        let consumer = try kafka.makeConsumer(.test)
        let partition = TopicPartition(topic: topic, partition: 0)
        try consumer.assign([partition: .reset], incremental: false)
        let record = try #require(try consumer.read(1, from: [partition]).first)
        #expect(record.timestamp >= TestRecord.today)
    }

    @Test(
        "a full queue is back-pressure: fewer records are taken, none is lost",
        arguments: TestCluster.all)
    func backPressure(cluster: TestCluster) throws {
        let kafka = cluster.connect(["queue.buffering.max.messages": "10", "linger.ms": "0"])
        let topic = unique("tiny")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let producer = try kafka.makeProducer(.test)
        let records = (0..<1000).map { TestRecord(key: "k", value: "\($0)") }
        let batch = OutputBatch(records)
        let first = try producer.send(batch, from: 0, topics: [topic])
        #expect((1...10).contains(first))
        #expect(producer.outstandingCount == first)
        #expect(try producer.send(batch, from: first, topics: [topic]) == 0)
        var sent = first
        try eventually("end of the batch") {
            try producer.poll(timeout: .seconds(1))
            sent += try producer.send(batch, from: sent, topics: [topic])
            return sent == records.count ? () : nil
        }
        try producer.flush(timeout: .seconds(20))
        #expect(producer.outstandingCount == 0)

        let partition = TopicPartition(topic: topic, partition: 0)
        let consumer = try kafka.makeConsumer(.test)
        try consumer.assign([partition: .offset(0)], incremental: false)
        #expect(try consumer.read(1000, from: [partition]).map(\.content) == records)
    }

    @Test("topics are told apart by their index, also those that join the table later")
    func topicTable() throws {
        let kafka = TestCluster.embedded.connect()
        let topics = [unique("a"), unique("b"), unique("c")]
        let producer = try kafka.makeProducer(.test)
        for count in 1...3 {
            let table = Array(topics[..<count])
            let record = TestRecord(value: topics[count - 1], partition: 0)
            let batch = OutputBatch([record], topic: Int32(count - 1))
            #expect(try producer.send(batch, from: 0, topics: table) == 1)
        }
        try producer.flush(timeout: .seconds(20))
        let consumer = try kafka.makeConsumer(.test)
        let partitions = topics.map { TopicPartition(topic: $0, partition: 0) }
        try consumer.assign(
            Dictionary(uniqueKeysWithValues: partitions.map { ($0, .reset) }), incremental: false)
        for partition in partitions {
            #expect(try consumer.read(1, from: [partition]).map(\.value) == [partition.topic])
        }
    }

    @Test("a record that is too large is refused, and those before it are counted")
    func tooLarge() throws {
        let kafka = TestCluster.embedded.connect(["message.max.bytes": "1000"])
        let topic = unique("large")
        let producer = try kafka.makeProducer(.test)
        let batch = OutputBatch([
            TestRecord(value: "small"), TestRecord(value: String(repeating: "x", count: 2000)),
        ])
        #expect(try producer.send(batch, from: 0, topics: [topic]) == 1)
        let error = try clusterError { _ = try producer.send(batch, from: 1, topics: [topic]) }
        #expect(error.kind == .fatal)
        #expect(error.code == "MSG_SIZE_TOO_LARGE")
        #expect(error.subject == "record 1 for \(topic)")
        try producer.flush(timeout: .seconds(20))
    }

    @Test("a delivery that failed is thrown by the next poll or flush, once")
    func failedDelivery() throws {
        let cluster = try EmbeddedCluster()
        let kafka = KafkaCluster(
            KafkaSettings("embedded", ["message.timeout.ms": "100", "linger.ms": "0"]),
            embedded: cluster)
        let topic = unique("failing")
        try cluster.createTopic(topic)
        let producer = try kafka.makeProducer(.test)
        try producer.deliver([TestRecord(value: "before")], to: topic)
        try cluster.setBroker(1, isUp: false)
        let batch = OutputBatch([TestRecord(value: "lost", partition: 2)])
        #expect(try producer.send(batch, from: 0, topics: [topic]) == 1)
        let error = try clusterError { try producer.flush(timeout: .seconds(20)) }
        #expect(error.code == "_MSG_TIMED_OUT")
        #expect(error.reason.contains("\(topic) [2]"))
        #expect(producer.outstandingCount == 0)
        try producer.poll(timeout: .zero)
    }

    @Test("a broker that is away makes a flush end in time and say why")
    func brokerAway() throws {
        let kafka = TestCluster.broker("127.0.0.1:9").connect()
        let producer = try kafka.makeProducer(.test)
        let batch = OutputBatch([TestRecord(value: "v")])
        #expect(try producer.send(batch, from: 0, topics: ["t"]) == 1)
        let error = try clusterError { try producer.flush(timeout: .seconds(2)) }
        #expect(error.kind == .unreachable)
        #expect(error.reason.contains("1 records are not acknowledged within 2.0 seconds"))
        #expect(error.reason.contains("no broker answers at 127.0.0.1:9: Connection refused"))
        #expect(error.reason.contains("check 'bootstrap.servers'"))
        #expect(producer.outstandingCount == 1)
        #expect(duration { producer.close() } < .seconds(10))
    }
}
