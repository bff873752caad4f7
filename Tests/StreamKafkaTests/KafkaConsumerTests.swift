import Events
import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("The consumer")
struct KafkaConsumerTests {
    @Test("positions and the end of a partition are told", arguments: TestCluster.all)
    func status(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("status")
        let partition = TopicPartition(topic: topic, partition: 0)
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        let producer = try kafka.makeProducer(.test)
        try producer.deliver((0..<10).map { TestRecord(value: "\($0)") }, to: topic)
        let consumer = try kafka.makeConsumer(.test)
        #expect(try consumer.offsetRange(partition) == 0..<10)
        try consumer.assign([partition: .offset(3)], incremental: false)
        let batch = RecordBatch()

        var status = try consumer.nextRecords(of: partition, into: batch, recordLimit: 2)
        #expect(status == FetchStatus(recordCount: 2, position: 5, isAtEnd: false))
        #expect(batch.records.map(\.value) == ["3", "4"])
        #expect(batch.slots.map(\.offset) == [3, 4])

        status = try consumer.nextRecords(of: partition, into: batch, recordLimit: 100)
        #expect(batch.records.last?.value == "9")
        status = try consumer.awaitEnd(of: partition, into: batch)
        #expect(status == FetchStatus(recordCount: 0, position: 10, isAtEnd: true))
        // The end stays reached until something comes.
        status = try consumer.fetch(partition, into: batch, recordLimit: 2, byteLimit: 1000)
        #expect(status == FetchStatus(recordCount: 0, position: 10, isAtEnd: true))

        try producer.deliver([TestRecord(value: "10")], to: topic)
        status = try consumer.nextRecords(of: partition, into: batch, recordLimit: 100)
        #expect(status.position == 11)
        status = try consumer.awaitEnd(of: partition, into: batch)
        #expect(status.position == 11)
        consumer.close()
    }

    @Test("a fetch ends with the record that reaches the byte limit")
    func byteLimit() throws {
        let kafka = TestCluster.embedded.connect()
        let topic = unique("bytes")
        let partition = TopicPartition(topic: topic, partition: 0)
        let value = String(repeating: "x", count: 400)
        try kafka.makeProducer(.test).deliver(
            (0..<10).map { _ in TestRecord(value: value, partition: 0) }, to: topic)
        let consumer = try kafka.makeConsumer(.test)
        try consumer.assign([partition: .reset], incremental: false)
        let batch = RecordBatch()
        var counts: [Int] = []
        while counts.reduce(0, +) < 10 {
            let status = try consumer.nextRecords(
                of: partition, into: batch, recordLimit: 100, byteLimit: 1000)
            counts.append(status.recordCount)
        }
        #expect(counts.allSatisfy { $0 <= 3 })
        #expect(counts.contains(3))
    }

    @Test("a partition that is not fetched ends one wait, and holds back itself alone")
    func heldPartition() throws {
        let kafka = TestCluster.embedded.connect()
        let topic = unique("held")
        let (held, free) = (
            TopicPartition(topic: topic, partition: 0), TopicPartition(topic: topic, partition: 1)
        )
        let producer = try kafka.makeProducer(.test)
        try producer.deliver([TestRecord(value: "0", partition: 0)], to: topic)
        let consumer = try kafka.makeConsumer(.test)
        try consumer.assign([held: .reset, free: .reset], incremental: false)
        let batch = RecordBatch()
        _ = try consumer.awaitEnd(of: free, into: batch)
        // By now the held partition has said that it is ready, and is silent.
        try eventually("silence") {
            try consumer.wait(timeout: .milliseconds(50)) == .nothing ? () : nil
        }
        #expect(
            duration { _ = try? consumer.wait(timeout: .milliseconds(200)) } > .milliseconds(150))
        for round in 0..<3 {
            try producer.deliver([TestRecord(value: "\(round)", partition: 1)], to: topic)
            _ = try consumer.nextRecords(of: free, into: batch, recordLimit: 10)
            #expect(batch.records.map(\.value) == ["\(round)"])
        }
        _ = try consumer.nextRecords(of: held, into: batch, recordLimit: 10)
        #expect(batch.records.map(\.value) == ["0"])
    }

    @Test("a batch is emptied when the memory that it borrows is taken back")
    func borrowedMemory() throws {
        let kafka = TestCluster.embedded.connect()
        let topic = unique("borrowed")
        let partition = TopicPartition(topic: topic, partition: 0)
        try kafka.makeProducer(.test).deliver([TestRecord(value: "v", partition: 0)], to: topic)
        let batches = [RecordBatch(), RecordBatch()]
        let consumer = try kafka.makeConsumer(.test)
        try consumer.assign([partition: .reset], incremental: false)
        _ = try consumer.nextRecords(of: partition, into: batches[0], recordLimit: 10)
        #expect(batches[0].count == 1)
        _ = try consumer.fetch(partition, into: batches[1], recordLimit: 10, byteLimit: 1000)
        #expect(batches[0].count == 0)
        try consumer.assign([partition: .offset(0)], incremental: false)
        _ = try consumer.nextRecords(of: partition, into: batches[0], recordLimit: 10)
        #expect(batches[0].count == 1)
        consumer.close()
        #expect(batches[0].count == 0)
    }

    @Test("commits carry metadata and are read back", arguments: TestCluster.all)
    func commits(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("commits")
        try kafka.createTopics([TopicSpec(name: topic, partitions: 4)])
        let all = partitions(of: topic)
        let settings = ConsumerSettings.test
        let consumer = try kafka.makeConsumer(settings)
        #expect(try consumer.committed(all) == [:])
        try consumer.subscribe(to: [topic])
        guard case .assigned(let assigned, incremental: false) = try consumer.awaitRebalance()
        else { throw Overdue(what: "assignment") }
        #expect(assigned.sorted() == all)
        try consumer.assign(
            Dictionary(uniqueKeysWithValues: all.map { ($0, .reset) }), incremental: false)
        let offsets = [
            all[0]: CommittedOffset(offset: 0, metadata: "n=1"),
            all[2]: CommittedOffset(offset: 7, metadata: "schläft=\"ja\""),
            all[3]: CommittedOffset(offset: 9),
        ]
        try consumer.commit(offsets)
        #expect(try consumer.committed(all) == offsets)
        try consumer.commit([:])
        #expect(try consumer.committed([]) == [:])
        consumer.close()

        // What was committed outlives the member.
        let successor = try kafka.makeConsumer(settings)
        #expect(try successor.committed(all) == offsets)
        successor.close()
    }

    @Test(
        "an offset that is gone starts anew where auto.offset.reset says, and it is told",
        arguments: TestCluster.brokers)
    func offsetIsGone(cluster: TestCluster) throws {
        let kafka = cluster.connect()
        let topic = unique("gone")
        let partition = TopicPartition(topic: topic, partition: 0)
        try kafka.createTopics([TopicSpec(name: topic, partitions: 1)])
        try kafka.makeProducer(.test).deliver(
            (0..<10).map { TestRecord(value: "\($0)") }, to: topic)
        try kafka.deleteRecords(before: [partition: 6])
        let consumer = try kafka.makeConsumer(.test)
        #expect(try consumer.offsetRange(partition) == 6..<10)
        try consumer.assign([partition: .offset(2)], incremental: false)
        let batch = RecordBatch()
        _ = try consumer.nextRecords(of: partition, into: batch, recordLimit: 10)
        #expect(batch.records.map(\.value) == ["6", "7", "8", "9"])

        let strict = try cluster.connect(["auto.offset.reset": "error"]).makeConsumer(.test)
        try strict.assign([partition: .offset(2)], incremental: false)
        let error = try clusterError {
            _ = try strict.nextRecords(of: partition, into: batch, recordLimit: 10)
        }
        #expect(error.kind == .fatal)
        #expect(error.subject == "\(partition)")
        let missing = try clusterError {
            try strict.assign([partition: .reset], incremental: false)
        }
        #expect(missing.reason.contains("'auto.offset.reset' is 'error'"))
    }

    @Test("nothing is committed for a partition that is somebody else's")
    func commitOfOthers() throws {
        let consumer = try TestCluster.embedded.connect().makeConsumer(.test)
        let topic = unique("others")
        try consumer.subscribe(to: [topic])
        let partition = TopicPartition(topic: topic, partition: 0)
        let error = try clusterError {
            try consumer.commit([partition: CommittedOffset(offset: 1)])
        }
        #expect(error.kind == .fenced)
        consumer.close()
    }

    @Test("latest starts behind what is there")
    func latest() throws {
        let kafka = TestCluster.embedded.connect(["auto.offset.reset": "latest"])
        let topic = unique("latest")
        let partition = TopicPartition(topic: topic, partition: 0)
        let producer = try kafka.makeProducer(.test)
        try producer.deliver([TestRecord(value: "old", partition: 0)], to: topic)
        let consumer = try kafka.makeConsumer(.test)
        try consumer.assign([partition: .reset], incremental: false)
        let batch = RecordBatch()
        #expect(try consumer.awaitEnd(of: partition, into: batch).position == 1)
        try producer.deliver([TestRecord(value: "new", partition: 0)], to: topic)
        _ = try consumer.nextRecords(of: partition, into: batch, recordLimit: 10)
        #expect(batch.records.map(\.value) == ["new"])
    }

    @Test("a partition that is not assigned can't be fetched")
    func notAssigned() throws {
        let consumer = try TestCluster.embedded.connect().makeConsumer(.test)
        let batch = RecordBatch()
        let error = try clusterError {
            _ = try consumer.fetch(
                TopicPartition(topic: "t", partition: 0), into: batch, recordLimit: 1, byteLimit: 1)
        }
        #expect(error.kind == .fenced)
        #expect(error.subject == "t-0")
    }

    @Test("a topic that is not there is a warning, not the end", arguments: TestCluster.brokers)
    func unknownTopic(cluster: TestCluster) throws {
        let consumer = try cluster.connect().makeConsumer(.test)
        let topic = unique("nowhere")
        try consumer.subscribe(to: [topic])
        let warning = try consumer.awaitWarning(.unknownTopic)
        #expect(warning.reason.contains("create the topic, or check its name"))
        consumer.close()
    }

    @Test("a broker that refuses the client's way to connect ends the consumer with the reason")
    func refusedConnection() throws {
        let stranger = try Stranger()
        let kafka = TestCluster.broker(stranger.address).connect(["security.protocol": "ssl"])
        let consumer = try kafka.makeConsumer(.test)
        try consumer.subscribe(to: ["t"])
        let error = try clusterError {
            try eventually("refusal") { () -> Void? in
                _ = try consumer.wait(timeout: .seconds(1))
                return nil
            }
        }
        #expect(error.kind == .authentication)
        #expect(error.reason.contains("refuses the client"))
        #expect(error.reason.contains("check 'security.protocol'"))
        consumer.close()
    }

    @Test("a broker that is away is told in plain words, and ends every request in time")
    func brokerAway() throws {
        let kafka = KafkaCluster(KafkaSettings("127.0.0.1:9"), requestTimeout: .seconds(1))
        let consumer = try kafka.makeConsumer(.test)
        try consumer.subscribe(to: ["t"])
        let warning = try consumer.awaitWarning(.unreachable)
        #expect(
            warning.reason == """
                no broker answers at 127.0.0.1:9: Connection refused; check 'bootstrap.servers' \
                and that the cluster is up
                """)
        let partition = TopicPartition(topic: "t", partition: 0)
        let reader = try kafka.makeConsumer(.test)
        try reader.assign([partition: .offset(0)], incremental: false)
        for attempt in [
            { _ = try consumer.committed([partition]) },
            { try reader.commit([partition: CommittedOffset(offset: 1)]) },
            { _ = try consumer.offsetRange(partition) },
            { _ = try kafka.describeTopics(["t"]) },
            { try kafka.createTopics([TopicSpec(name: "t")]) },
        ] {
            var error: ClusterError?
            let time = try duration { error = try clusterError(attempt) }
            #expect(time < .seconds(6))
            #expect(error?.kind == .unreachable, "\(String(describing: error))")
            #expect(error?.reason.contains("127.0.0.1:9") == true, "\(String(describing: error))")
        }
        #expect(duration { consumer.close() } < .seconds(10))
        #expect(duration { reader.close() } < .seconds(10))
    }
}

extension Consumer {
    /// Waits for records of one partition.
    func nextRecords(
        of partition: TopicPartition, into batch: RecordBatch, recordLimit: Int,
        byteLimit: Int = 1 << 20
    ) throws -> FetchStatus {
        try eventually("records of \(partition)") {
            let status = try fetch(
                partition, into: batch, recordLimit: recordLimit, byteLimit: byteLimit)
            if status.recordCount > 0 { return status }
            _ = try wait(timeout: .seconds(1))
            return nil
        }
    }

    /// Reads a partition on to its end.
    func awaitEnd(of partition: TopicPartition, into batch: RecordBatch) throws -> FetchStatus {
        try eventually("end of \(partition)") {
            let status = try fetch(partition, into: batch, recordLimit: 100, byteLimit: 1 << 20)
            if status.isAtEnd { return status }
            _ = try wait(timeout: .seconds(1))
            return nil
        }
    }
}
