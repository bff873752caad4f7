import Events
import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("The reader of partitions")
struct KafkaReaderTests {
    @Test(
        "it reads a partition from an offset to its end, keys, tombstones and headers included",
        arguments: TestCluster.all)
    func reading(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("changelog")
        let partition = TopicPartition(topic: topic, partition: 0)
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let records = [
            TestRecord(key: "a", value: "0"),
            TestRecord(key: "b", value: "1", headers: [.init(name: "h", value: "x")]),
            TestRecord(key: "a", value: nil, headers: [.init(name: "null", value: nil)]),
            TestRecord(key: "c", value: ""),
        ]
        let producer = try kafka.makeProducer(.test)
        try producer.deliver(records, to: topic)
        let reader = try kafka.makeReader(.test)
        defer { reader.close() }
        #expect(try reader.writtenRange(partition) == 0..<4)
        try reader.start([partition: 1])
        #expect(try reader.read(3, of: partition).map(\.content) == Array(records[1...]))
        let batch = RecordBatch()
        let end = FetchStatus(recordCount: 0, position: 4, isAtEnd: true)
        #expect(try reader.awaitEnd(of: partition, into: batch) == end)
        // And on, when something comes.
        try producer.deliver([TestRecord(key: "d", value: "4")], to: topic)
        #expect(try reader.read(1, of: partition).map(\.value) == ["4"])
        #expect(try reader.awaitEnd(of: partition, into: batch).position == 5)
    }

    @Test(
        "partitions start and stop while the others read on from where they are",
        arguments: TestCluster.all)
    func startAndStop(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("many")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 3)])
        let all = partitions(of: topic, 3)
        let producer = try kafka.makeProducer(.test)
        for partition in 0..<Int32(3) {
            try producer.deliver(
                (0..<100).map { TestRecord(value: "\($0)", partition: partition) }, to: topic)
        }
        let reader = try kafka.makeReader(.test)
        defer { reader.close() }
        try reader.start([all[0]: 0])
        var offsets: [Int64] = []
        // Every ten records of the first, another comes or goes.
        for round in 0..<10 {
            offsets += try reader.read(10, of: all[0], recordLimit: 10).map(\.offset)
            let other = all[1 + round % 2]
            try reader.start([other: Int64(round)])
            #expect(try reader.read(1, of: other, recordLimit: 1).map(\.offset) == [Int64(round)])
            if round % 3 > 0 { try reader.stop([other]) }
        }
        #expect(offsets == Array(0..<100))
        try reader.stop(all)
        try reader.stop(all)
        let batch = RecordBatch()
        let error = try clusterError {
            _ = try reader.fetch(all[0], into: batch, recordLimit: 1, byteLimit: 1)
        }
        #expect(error.code == "_UNKNOWN_PARTITION")
        #expect(error.subject == "\(all[0])")
    }

    @Test(
        "a topic that the reader has not met before is read at once, whatever it reads besides",
        arguments: TestCluster.all)
    func unknownTopics(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let logs = (0..<11).map { TopicPartition(topic: unique("met-\($0)"), partition: 0) }
        let batch = OutputBatch()
        for (index, log) in logs.enumerated() {
            try kafka.createTopics([TopicSpec(name: log.topic, partitions: 1)])
            batch.append(TestRecord(value: "v", partition: 0), topic: Int32(index))
        }
        let producer = try kafka.makeProducer(.test)
        defer { producer.close() }
        #expect(try producer.send(batch, from: 0, topics: logs.map(\.topic)) == logs.count)
        try producer.flush(timeout: .seconds(20))
        let reader = try kafka.makeReader(.test)
        defer { reader.close() }
        try reader.start([logs[0]: 0])
        #expect(try reader.read(1, of: logs[0]).map(\.value) == ["v"])
        let times = try logs.indices.dropFirst().map { index in
            // Beside another partition, or as the only one.
            if index % 2 == 0 { try reader.stop(Array(logs[..<index])) }
            return try duration {
                try reader.start([logs[index]: 0])
                #expect(try reader.read(1, of: logs[index]).map(\.value) == ["v"])
            }
        }
        // librdkafka by itself takes up to a second for each. A busy machine may delay one.
        #expect(times.filter { $0 > .milliseconds(500) }.count <= 1, "\(times)")
    }

    @Test("a partition that is read already goes on where it is told", arguments: TestCluster.all)
    func startAgain(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("again")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 2)])
        let both = partitions(of: topic, 2)
        let producer = try kafka.makeProducer(.test)
        try producer.deliver(
            (0..<20).map { TestRecord(value: "\($0)", partition: 0) }
                + [TestRecord(value: "other", partition: 1)], to: topic)
        let reader = try kafka.makeReader(.test)
        defer { reader.close() }
        try reader.start([both[0]: 5])
        #expect(try reader.read(3, of: both[0], recordLimit: 3).map(\.offset) == [5, 6, 7])
        try reader.start([both[0]: 2, both[1]: 0])
        #expect(try reader.read(18, of: both[0]).map(\.offset) == Array(2..<20))
        #expect(try reader.read(1, of: both[1]).map(\.value) == ["other"])
        try reader.start([both[0]: 19])
        #expect(try reader.read(1, of: both[0]).map(\.offset) == [19])
    }

    @Test(
        "an offset that is not there is an error until the partition starts anew",
        arguments: TestCluster.all)
    func goneOffset(cluster: TestCluster) throws {
        // Whatever the user chose for the consumers.
        let kafka = cluster.connect(["auto.offset.reset": "latest"])
        let topic = unique("gone")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 2)])
        let both = partitions(of: topic, 2)
        let producer = try kafka.makeProducer(.test)
        for partition in 0..<Int32(2) {
            try producer.deliver(
                (0..<10).map { TestRecord(value: "\($0)", partition: partition) }, to: topic)
        }
        let reader = try kafka.makeReader(.test)
        defer { reader.close() }
        try reader.start([both[0]: 1000, both[1]: 0])
        let batch = RecordBatch()
        func failure() throws -> ClusterError {
            try clusterError { _ = try reader.read(1, of: both[0], into: batch) }
        }
        let error = try failure()
        #expect(error.code == "_AUTO_OFFSET_RESET")
        #expect(error.subject == "\(both[0])")
        #expect(try failure() == error)
        #expect(batch.count == 0)
        // The other one reads on meanwhile.
        #expect(try reader.read(10, of: both[1]).count == 10)
        try reader.start([both[0]: 8])
        #expect(try reader.read(2, of: both[0]).map(\.value) == ["8", "9"])
        // The same after a stop.
        try reader.start([both[0]: 2000])
        _ = try failure()
        try reader.stop([both[0]])
        try reader.start([both[0]: 0])
        #expect(try reader.read(10, of: both[0]).map(\.offset) == Array(0..<10))
    }

    @Test("a queue that was full is filled again as soon as it is read")
    func refill() throws {
        // One record is enough to fill it, so every answer does; librdkafka by itself looks at a
        // full queue once a second.
        let kafka = TestCluster.embedded.connect([
            "consumer.queued.min.messages": "1", "consumer.fetch.message.max.bytes": "20000",
            "compression.codec": "none",
        ])
        let topic = unique("full")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let producer = try kafka.makeProducer(.test)
        let value = String(repeating: "x", count: 10_000)
        for _ in 0..<150 {
            try producer.deliver([TestRecord(value: value, partition: 0)], to: topic)
        }
        let reader = try kafka.makeReader(.test)
        defer { reader.close() }
        let partition = TopicPartition(topic: topic, partition: 0)
        try reader.start([partition: 0])
        var offsets: [Int64] = []
        let time = try duration { offsets = try reader.read(150, of: partition).map(\.offset) }
        #expect(offsets == Array(0..<150))
        #expect(time < .seconds(15))
    }

    @Test("a topic that is not there is told, and not created", arguments: TestCluster.brokers)
    func unknownTopic(cluster: TestCluster) throws {
        // For so long librdkafka takes it for a topic that is just being created.
        let kafka = cluster.connect([
            "allow.auto.create.topics": "true", "topic.metadata.propagation.max.ms": "500",
        ])
        let partition = TopicPartition(topic: unique("nowhere"), partition: 0)
        let reader = try kafka.makeReader(.test)
        defer { reader.close() }
        #expect(
            try clusterError { _ = try reader.writtenRange(partition) }.kind == .unknownTopic)
        try reader.start([partition: 0])
        let error = try clusterError { _ = try reader.read(1, of: partition) }
        #expect(error.kind == .unknownTopic)
        #expect(try kafka.describeTopics([partition.topic]) == [:])
    }

    @Test("a broker that is away ends every call in time, and the request says why")
    func brokerAway() throws {
        let kafka = KafkaCluster(KafkaSettings("127.0.0.1:9"), requestTimeout: .seconds(1))
        let partition = TopicPartition(topic: "t", partition: 0)
        let reader = try kafka.makeReader(.test)
        try reader.start([partition: 0])
        var error: ClusterError?
        let time = try duration {
            error = try clusterError { _ = try reader.writtenRange(partition) }
        }
        #expect(time < .seconds(6))
        #expect(error?.kind == .unreachable, "\(String(describing: error))")
        #expect(error?.reason.contains("127.0.0.1:9") == true)
        #expect(try duration { try reader.wait(timeout: .milliseconds(300)) } < .seconds(3))
        let status = try reader.fetch(
            partition, into: RecordBatch(), recordLimit: 1, byteLimit: 1)
        #expect(status == FetchStatus(recordCount: 0, position: 0, isAtEnd: false))
        try reader.stop([partition])
        #expect(duration { reader.close() } < .seconds(10))
    }

    @Test("only records that name their partition themselves count as written there")
    func writtenOffsets() throws {
        let kafka = TestCluster.embedded.connect()
        let (changelog, sink) = (unique("changelog"), unique("sink"))
        let logs = partitions(of: changelog)
        let producer = try kafka.makeProducer(.test)
        defer { producer.close() }
        #expect(producer.writtenOffset(logs[0]) == nil)
        let batch = OutputBatch()
        for number in 0..<40 {
            batch.append(TestRecord(key: "\(number)", value: "v"), topic: 0)
            batch.append(TestRecord(key: "k", value: "v", partition: Int32(number % 3)), topic: 1)
        }
        #expect(try producer.send(batch, from: 0, topics: [sink, changelog]) == 80)
        try producer.flush(timeout: .seconds(20))
        #expect(logs.map(producer.writtenOffset) == [14, 13, 13, nil])
        #expect(partitions(of: sink).map(producer.writtenOffset) == [nil, nil, nil, nil])
        #expect(producer.writtenOffset(TopicPartition(topic: changelog, partition: 99)) == nil)
        #expect(producer.writtenOffset(TopicPartition(topic: "other", partition: 0)) == nil)
    }

    @Test("a record that the broker has already, and doesn't say where, counts for nothing")
    func duplicates() throws {
        let cluster = try EmbeddedCluster()
        // Long enough for all of a flush to go in one request.
        let kafka = KafkaCluster(
            KafkaSettings("embedded", ["linger.ms": "300"]), embedded: cluster)
        let log = TopicPartition(topic: unique("changelog"), partition: 0)
        try cluster.createTopic(log.topic, partitions: 1)
        let producer = try kafka.makeProducer(.test)
        defer { producer.close() }
        let records = (0..<3000).map { TestRecord(value: "\($0)", partition: 0) }
        try producer.deliver(Array(records[..<5]), to: log.topic)
        #expect(producer.writtenOffset(log) == 5)
        let duplicateSequenceNumber: Int32 = 46
        cluster.failRequests(kind: 0, code: duplicateSequenceNumber, count: 1)
        try producer.deliver(records, to: log.topic)
        #expect(producer.writtenOffset(log) == 5)
        // This cluster didn't have them, so the next is the sixth.
        try producer.deliver(Array(records[..<1]), to: log.topic)
        #expect(producer.writtenOffset(log) == 6)
    }

    @Test("the embedded cluster knows nothing of the members of a group")
    func embeddedGroup() throws {
        #expect(try TestCluster.embedded.connect().groupMembers(of: "anybody") == [])
    }
}

extension ReaderSettings {
    static var test: ReaderSettings {
        ReaderSettings(group: unique("group"), clientID: "reader")
    }
}

extension PartitionReader {
    /// Reads at least `count` records of a partition.
    func read(
        _ count: Int, of partition: TopicPartition, into batch: RecordBatch = RecordBatch(),
        recordLimit: Int = 1000
    ) throws -> [TestRecord] {
        var records: [TestRecord] = []
        return try eventually("\(count) records in \(partition)") {
            _ = try fetch(
                partition, into: batch, recordLimit: recordLimit - records.count,
                byteLimit: 1 << 20)
            records += batch.records
            if records.count >= count { return records }
            try wait(timeout: .seconds(1))
            return nil
        }
    }

    /// Reads a partition on to its end.
    func awaitEnd(of partition: TopicPartition, into batch: RecordBatch) throws -> FetchStatus {
        try eventually("end of \(partition)") {
            let status = try fetch(partition, into: batch, recordLimit: 100, byteLimit: 1 << 20)
            if status.isAtEnd { return status }
            try wait(timeout: .seconds(1))
            return nil
        }
    }
}
