import Events
import StreamCore
import StreamEngine
import StreamKafka
import Testing

/// Changelogs on a broker: written in transactions, read outside of any group.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct ReaderTests {
    private let broker = TestBroker("reader")
    private var cluster: KafkaCluster { broker.cluster }

    @Test("an open transaction ends what is read, and not what counts as written")
    func openTransaction() throws {
        let log = try changelog()
        let producer = try transactionalProducer()
        defer { producer.close() }
        try producer.beginTransaction()
        try producer.write(["a", "b", "c"], to: log)
        try producer.commitTransaction()
        try producer.beginTransaction()
        try producer.write(["d", "e"], to: log)
        // Behind the three lies the marker of their commit.
        let reader = try reader()
        defer { reader.close() }
        try reader.start([log: 0])
        let before = try reader.readToEnd(of: log)
        #expect(before.values == ["a", "b", "c"])
        #expect(before.position == 4)
        #expect(try reader.writtenRange(log) == 0..<6)
        #expect(producer.writtenOffset(log) == 6)
        try producer.commitTransaction()
        #expect(try reader.read(2, of: log) == ["d", "e"])
        #expect(try reader.readToEnd(of: log).position == 7)
        #expect(try reader.writtenRange(log) == 0..<7)
    }

    @Test("what was aborted is passed over, wherever reading starts", arguments: [0, 3, 4, 6])
    func abortedTransaction(start: Int64) throws {
        let log = try changelog()
        let producer = try transactionalProducer()
        defer { producer.close() }
        for (values, isCommit) in [(["a", "b"], true), (["x", "y", "z"], false)] {
            try producer.beginTransaction()
            try producer.write(values, to: log)
            try isCommit ? producer.commitTransaction() : producer.abortTransaction()
        }
        let reader = try reader()
        defer { reader.close() }
        try reader.start([log: start])
        let found = try reader.readToEnd(of: log)
        #expect(found.values == (start == 0 ? ["a", "b"] : []))
        #expect(found.position == 7)
        #expect(try reader.writtenRange(log) == 0..<7)
        #expect(producer.writtenOffset(log) == 6)
    }

    @Test("an offset before the first that is kept is an error, and the range says where to start")
    func deletedRecords() throws {
        // Kafka deletes no records of a topic that is compacted only.
        let log = try changelog(cleanup: "compact,delete")
        let producer = try cluster.makeProducer(ProducerSettings(clientID: broker.name))
        defer { producer.close() }
        try producer.write((0..<10).map { "\($0)" }, to: log)
        try cluster.deleteRecords(before: [log: 6])
        let reader = try reader()
        defer { reader.close() }
        #expect(try reader.writtenRange(log) == 6..<10)
        try reader.start([log: 2])
        #expect(try goneOffset(of: log, at: reader).subject == "\(log)")
        try reader.start([log: 6])
        #expect(try reader.readToEnd(of: log).values == ["6", "7", "8", "9"])
    }

    @Test("a topic that was created anew, and is shorter now, is an error and no silent reset")
    func recreatedTopic() throws {
        let log = try changelog()
        let reader = try reader()
        defer { reader.close() }
        for (count, isThereBefore) in [(10, false), (3, true)] {
            if isThereBefore {
                try cluster.deleteTopics([log.topic])
                try broker.create([log.topic], partitions: 1)
            }
            let producer = try cluster.makeProducer(ProducerSettings(clientID: broker.name))
            defer { producer.close() }
            try producer.write((0..<count).map { "\($0)" }, to: log)
            if isThereBefore { continue }
            try reader.start([log: 0])
            #expect(try reader.readToEnd(of: log).position == 10)
        }
        _ = try goneOffset(of: log, at: reader)
        #expect(try reader.writtenRange(log) == 0..<3)
        try reader.start([log: 0])
        #expect(try reader.readToEnd(of: log).values == ["0", "1", "2"])
    }

    @Test("the members of a group are told with their partitions, and a reader is none of them")
    func members() throws {
        let topic = broker.topic("in")
        try broker.create([topic])
        let all = Set((0..<4).map { TopicPartition(topic: topic, partition: $0) })
        let group = broker.topic("group")
        #expect(try cluster.groupMembers(of: group) == [])
        let reader = try cluster.makeReader(ReaderSettings(group: group, clientID: "standby"))
        defer { reader.close() }
        try reader.start(Dictionary(uniqueKeysWithValues: all.map { ($0, 0) }))

        let first = try member("first", of: group, reading: topic)
        try awaitMembers(of: group, served: [first]) {
            $0 == [GroupMember(clientID: "first", partitions: all)]
        }
        let second = try member("second", of: group, reading: topic)
        try awaitMembers(of: group, served: [first, second]) { members in
            members.map(\.clientID).sorted() == ["first", "second"]
                && members.allSatisfy { $0.partitions.count == 2 }
                && members.reduce(into: Set()) { $0.formUnion($1.partitions) } == all
        }
        for member in [first, second] { member.close() }
        try awaitMembers(of: group, served: []) { $0.isEmpty }
    }

    @Test("named partitions and chosen ones go together in the transactions of one producer")
    func mixedPartitions() throws {
        let partitionCount: Int32 = 3
        let (log, sink) = (broker.topic("changelog"), broker.topic("sink"))
        try broker.create([log, sink], partitions: partitionCount)
        let logs = (0..<partitionCount).map { TopicPartition(topic: log, partition: $0) }
        let producer = try transactionalProducer()
        defer { producer.close() }
        var expected: [TopicPartition: [String]] = [:]
        var expectedInSink: [String: [String]] = [:]
        let batch = OutputBatch()
        for round in 0..<12 {
            let isCommit = round % 4 != 1
            try producer.beginTransaction()
            // The first round meets topics that the producer doesn't know yet.
            for number in 0..<500 {
                let (key, value) = ("k\(number % 17)", "\(round)-\(number)")
                let partition = Int32(number * 7 % 5) % partitionCount
                batch.append(key, value, topic: 0, partition: partition)
                batch.append(key, value, topic: 1, partition: -1)
                guard isCommit else { continue }
                expected[logs[Int(partition)], default: []].append(value)
                expectedInSink[key, default: []].append(value)
            }
            try producer.sendAll(batch, topics: [log, sink])
            try isCommit ? producer.commitTransaction() : producer.abortTransaction()
        }
        let reader = try reader()
        defer { reader.close() }
        try reader.start(Dictionary(uniqueKeysWithValues: logs.map { ($0, 0) }))
        for partition in logs {
            let found = try reader.readToEnd(of: partition)
            #expect(found.values == expected[partition])
            // The marker of the last transaction lies behind its records.
            let written = try #require(producer.writtenOffset(partition))
            #expect(found.position == written + 1)
            #expect(try reader.writtenRange(partition) == 0..<written + 1)
            let chosen = TopicPartition(topic: sink, partition: partition.partition)
            #expect(producer.writtenOffset(chosen) == nil)
        }
        var foundInSink: [String: [String]] = [:]
        for record in try broker.readToEnd(of: sink) {
            foundInSink[record.key ?? "", default: []].append(record.value ?? "")
        }
        #expect(foundInSink == expectedInSink)
    }

    @Test("a broker that is silent ends every call in time")
    func silentBroker() throws {
        let own = try OwnBroker()
        let broker = TestBroker("silent", bootstrapServers: own.bootstrapServers)
        let topic = broker.topic("changelog")
        try broker.create([topic], partitions: 2)
        let both = (0..<Int32(2)).map { TopicPartition(topic: topic, partition: $0) }
        let cluster = KafkaCluster(broker.cluster.settings, requestTimeout: .seconds(2))
        let reader = try cluster.makeReader(
            ReaderSettings(group: broker.name, clientID: "restore"))
        try reader.start([both[0]: 0])
        #expect(try reader.readToEnd(of: both[0]).position == 0)
        #expect(try reader.writtenRange(both[0]) == 0..<0)
        #expect(try cluster.groupMembers(of: broker.name) == [])
        own.freeze()
        defer { own.thaw() }
        for request in [
            { _ = try reader.writtenRange(both[0]) },
            { _ = try cluster.groupMembers(of: broker.name) },
        ] {
            // A busy process is stopped a moment after it is told to: until then it answers.
            let (error, time) = try eventually("silence") { try failure(of: request) }
            #expect(time < .seconds(10))
            #expect([.retriable, .unreachable].contains(error.kind), "\(error)")
        }
        let begin = ContinuousClock.now
        try reader.start([both[1]: 0])
        try reader.wait(timeout: .milliseconds(100))
        try reader.stop(both)
        reader.close()
        #expect(ContinuousClock.now - begin < .seconds(20))
    }

    @Test("a changelog's settings reach the broker and come back")
    func settings() throws {
        let settings = [
            "cleanup.policy": "compact", "min.compaction.lag.ms": "60000",
            "segment.bytes": "52428800", "retention.ms": "-1", "min.cleanable.dirty.ratio": "0.3",
        ]
        let topic = broker.topic("compacted")
        try broker.create([topic], partitions: 2, configuration: settings)
        let found = try #require(try cluster.topicConfiguration(of: topic))
        for (name, value) in settings { #expect(found[name] == value, "\(name)") }
    }

    // MARK: Helpers of these tests

    private func changelog(cleanup: String = "compact") throws -> TopicPartition {
        let topic = broker.topic("changelog")
        try broker.create(
            [topic], partitions: 1,
            configuration: ["cleanup.policy": cleanup, "retention.ms": "-1"])
        return TopicPartition(topic: topic, partition: 0)
    }

    private func reader() throws -> any PartitionReader {
        try cluster.makeReader(ReaderSettings(group: broker.name, clientID: "restore"))
    }

    private func transactionalProducer() throws -> any Producer {
        let producer = try cluster.makeProducer(
            ProducerSettings(clientID: broker.name, transactionalID: broker.name))
        try producer.initTransactions()
        return producer
    }

    private func goneOffset(
        of partition: TopicPartition, at reader: any PartitionReader
    ) throws -> ClusterError {
        let error = try #require(throws: ClusterError.self) {
            _ = try reader.read(1, of: partition)
        }
        #expect(error.code == "_AUTO_OFFSET_RESET", "\(error)")
        return error
    }

    private func member(
        _ clientID: String, of group: String, reading topic: String
    ) throws -> any Consumer {
        let consumer = try cluster.makeConsumer(
            ConsumerSettings(group: group, clientID: clientID, isCopartitioned: false))
        try consumer.subscribe(to: [topic])
        return consumer
    }

    /// Asks for the members of a group, and lets some of them take part in its rebalances.
    private func awaitMembers(
        of group: String, served: [any Consumer], until isDone: ([GroupMember]) -> Bool
    ) throws {
        var last: [GroupMember] = []
        try eventually("members of \(group)") {
            for consumer in served {
                switch try consumer.wait(timeout: .milliseconds(20)) {
                case .assigned(let partitions, let incremental):
                    try consumer.assign(
                        Dictionary(uniqueKeysWithValues: partitions.map { ($0, .reset) }),
                        incremental: incremental)
                case .revoked(let partitions, _, let incremental):
                    try consumer.unassign(partitions, incremental: incremental)
                case .nothing, .recordsReady, .warning: break
                }
            }
            last = try cluster.groupMembers(of: group)
            return isDone(last) ? () : nil
        }
    }
}

/// The error of a request and how long it took to come; `nil` when it was answered.
private func failure(of request: () throws -> Void) throws -> (ClusterError, Duration)? {
    let begin = ContinuousClock.now
    do {
        try request()
        return nil
    } catch {
        return (try #require(error as? ClusterError), ContinuousClock.now - begin)
    }
}

/// Calls `attempt` until it gives something, for a minute. `attempt` waits by itself.
private func eventually<Result>(_ what: String, _ attempt: () throws -> Result?) throws -> Result {
    let deadline = ContinuousClock.now + .seconds(60)
    repeat {
        if let result = try attempt() { return result }
    } while ContinuousClock.now < deadline
    throw Overdue(what: what)
}

private struct Overdue: Error {
    let what: String
}

extension OutputBatch {
    fileprivate func append(_ key: String, _ value: String, topic: Int32, partition: Int32) {
        unsafe Array(key.utf8).withUnsafeBytes { key in
            unsafe Array(value.utf8).withUnsafeBytes { value in
                unsafe append(
                    key: key, value: value, topic: topic, partition: partition, timestamp: -1)
            }
        }
    }
}

extension Producer {
    /// Writes values to one partition and waits until they are acknowledged.
    fileprivate func write(_ values: [String], to partition: TopicPartition) throws {
        let batch = OutputBatch()
        for value in values {
            batch.append(value, value, topic: 0, partition: partition.partition)
        }
        try sendAll(batch, topics: [partition.topic])
        try flush(timeout: .seconds(60))
    }

    fileprivate func sendAll(_ batch: OutputBatch, topics: [String]) throws {
        var sent = 0
        while sent < batch.count {
            sent += try send(batch, from: sent, topics: topics)
            try poll(timeout: sent < batch.count ? .milliseconds(20) : .zero)
        }
        batch.removeAll()
    }
}

extension PartitionReader {
    /// The values of at least `count` records of a partition.
    fileprivate func read(_ count: Int, of partition: TopicPartition) throws -> [String] {
        var values: [String] = []
        let batch = RecordBatch()
        return try eventually("\(count) records of \(partition)") {
            _ = try fetch(partition, into: batch, recordLimit: 1000, byteLimit: 1 << 20)
            values += batch.slots.map { TestBroker.seen($0, in: batch).value ?? "" }
            if values.count >= count { return values }
            try wait(timeout: .seconds(1))
            return nil
        }
    }

    /// The values of a partition up to its end, and where that lies.
    fileprivate func readToEnd(
        of partition: TopicPartition
    ) throws -> (values: [String], position: Int64) {
        var values: [String] = []
        let batch = RecordBatch()
        return try eventually("end of \(partition)") {
            let status = try fetch(partition, into: batch, recordLimit: 1000, byteLimit: 1 << 20)
            values += batch.slots.map { TestBroker.seen($0, in: batch).value ?? "" }
            if status.isAtEnd { return (values, status.position) }
            try wait(timeout: .seconds(1))
            return nil
        }
    }
}
