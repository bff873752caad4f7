import Events
import StreamCore
import StreamEngine
import StreamTesting
import Testing

/// The fake cluster's transactions, which the engine's tests rely on, against what Kafka does.
@Suite("Transactions of the fake cluster")
struct FakeTransactionsTests {
    private let clock = ManualClock(Timestamp(milliseconds: 1_000_000))
    private let cluster: FakeCluster
    private let source = TopicPartition(topic: "in", partition: 0)

    init() throws {
        cluster = FakeCluster(
            clock: clock, sessionTimeout: .seconds(10), transactionTimeout: .seconds(4))
        try cluster.createTopics(["in", "out"].map { TopicSpec(name: $0, partitions: 1) })
    }

    private func producer(_ id: String = "t") throws -> any Producer {
        let producer = try cluster.makeProducer(
            ProducerSettings(clientID: "test", transactionalID: id))
        try producer.initTransactions()
        return producer
    }

    private func send(_ value: String, with producer: any Producer) throws {
        let batch = OutputBatch()
        unsafe Array(value.utf8).withUnsafeBytes { bytes in
            unsafe batch.append(key: nil, value: bytes, topic: 0, timestamp: 1)
        }
        #expect(try producer.send(batch, from: 0, topics: ["out"]) == 1)
    }

    private var visible: [String] {
        cluster.records(of: "out")[0].map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    /// A consumer that has its partition.
    private func member() throws -> any Consumer {
        let consumer = try cluster.makeConsumer(
            ConsumerSettings(group: "g", clientID: "test", isCopartitioned: false))
        try consumer.subscribe(to: ["in"])
        guard case .assigned = try consumer.wait(timeout: .zero) else {
            Issue.record("nothing was assigned")
            return consumer
        }
        try consumer.assign([source: .offset(0)], incremental: false)
        return consumer
    }

    private func kind(_ body: () throws -> Void) -> ClusterError.Kind? {
        #expect(throws: ClusterError.self, performing: body)?.kind
    }

    @Test("records are seen once their transaction is committed, and control records take offsets")
    func commit() throws {
        let producer = try producer()
        try producer.beginTransaction()
        try send("a", with: producer)
        #expect(visible == [])
        try producer.commitTransaction()
        #expect(visible == ["a"])
        #expect(cluster.endOffsets(of: "out") == [2])
    }

    @Test("records of a transaction that was aborted are never seen")
    func abort() throws {
        let producer = try producer()
        try producer.beginTransaction()
        try send("a", with: producer)
        try producer.abortTransaction()
        try producer.beginTransaction()
        try send("b", with: producer)
        try producer.commitTransaction()
        #expect(visible == ["b"])
        #expect(cluster.writtenRecords(of: "out")[0].count == 2)
    }

    @Test("nobody reads past a transaction that is open")
    func lastStableOffset() throws {
        let (first, second) = (try producer("first"), try producer("second"))
        try first.beginTransaction()
        try send("a", with: first)
        try second.beginTransaction()
        try send("b", with: second)
        try second.commitTransaction()
        #expect(visible == [])
        try first.commitTransaction()
        #expect(visible == ["a", "b"])
    }

    @Test("of two producers with one name the earlier is fenced, and what it left open is aborted")
    func fencing() throws {
        let first = try producer()
        try first.beginTransaction()
        try send("a", with: first)
        let second = try producer()
        #expect(kind { try first.commitTransaction() } == .unknownOutcome)
        #expect(kind { try self.send("c", with: first) } == .fenced)
        try second.beginTransaction()
        try send("b", with: second)
        try second.commitTransaction()
        #expect(visible == ["b"])
    }

    @Test("a transaction that is open for too long is aborted, and its producer fenced")
    func timeout() throws {
        let producer = try producer()
        try producer.beginTransaction()
        try send("a", with: producer)
        clock.advance(by: .seconds(4))
        #expect(kind { try producer.commitTransaction() } == .unknownOutcome)
        #expect(visible == [])
        #expect(!cluster.hasOpenTransactions)
    }

    @Test("offsets of a transaction count with its commit, and are waited for until then")
    func offsets() throws {
        let consumer = try member()
        let producer = try producer()
        try producer.beginTransaction()
        try producer.sendOffsets(
            [source: CommittedOffset(offset: 7, metadata: "m")],
            group: try consumer.groupMetadata())
        #expect(kind { _ = try consumer.committed([self.source]) } == .retriable)
        try producer.commitTransaction()
        #expect(
            try consumer.committed([source])
                == [source: CommittedOffset(offset: 7, metadata: "m")])

        try producer.beginTransaction()
        try producer.sendOffsets(
            [source: CommittedOffset(offset: 9)], group: try consumer.groupMetadata())
        try producer.abortTransaction()
        #expect(try consumer.committed([source])[source]?.offset == 7)
    }

    @Test("a member of a generation that is over can't send offsets")
    func staleGeneration() throws {
        let zombie = try member()
        let stale = try zombie.groupMetadata()
        clock.advance(by: .seconds(11))
        let successor = try member()
        let producer = try producer()
        try producer.beginTransaction()
        let offsets = [source: CommittedOffset(offset: 7)]
        #expect(kind { try producer.sendOffsets(offsets, group: stale) } == .abortable)
        try producer.sendOffsets(offsets, group: try successor.groupMetadata())
        try producer.commitTransaction()
        #expect(
            try zombie.wait(timeout: .zero)
                == .revoked([source], isLost: true, incremental: false))
        #expect(kind { _ = try zombie.groupMetadata() } == .fenced)
    }

    @Test("a commit whose answer was lost happened, and may be called again")
    func lostAnswer() throws {
        let producer = try producer()
        try producer.beginTransaction()
        try send("a", with: producer)
        let timedOut = ClusterError(kind: .retriable, code: "_TIMED_OUT", reason: "no answer")
        cluster.failNext(.commitTransaction, with: timedOut, afterPerforming: true)
        #expect(kind { try producer.commitTransaction() } == .retriable)
        #expect(visible == ["a"])
        try producer.commitTransaction()
        #expect(visible == ["a"])
    }

    @Test("markers that come late hold back readers, and the next transaction")
    func lateMarkers() throws {
        cluster.setMarkerDelay { .milliseconds(100) }
        let producer = try producer()
        try producer.beginTransaction()
        try send("a", with: producer)
        try producer.commitTransaction()
        #expect(visible == [])
        let successor = try cluster.makeProducer(
            ProducerSettings(clientID: "test", transactionalID: "t"))
        #expect(kind { try successor.initTransactions() } == .retriable)
        clock.advance(by: .milliseconds(100))
        try successor.initTransactions()
        // The commit had been decided before the successor came.
        #expect(visible == ["a"])
    }

    @Test("a reader's position passes over control records and what was aborted")
    func positions() throws {
        let producer = try cluster.makeProducer(
            ProducerSettings(clientID: "test", transactionalID: "t"))
        try producer.initTransactions()
        for isCommit in [false, true] {
            try producer.beginTransaction()
            try send("a", with: producer)
            if isCommit {
                try producer.commitTransaction()
            } else {
                try producer.abortTransaction()
            }
        }
        let consumer = try cluster.makeConsumer(
            ConsumerSettings(group: "reader", clientID: "test", isCopartitioned: false))
        let out = TopicPartition(topic: "out", partition: 0)
        try consumer.assign([out: .offset(0)], incremental: false)
        let batch = RecordBatch()
        let status = try consumer.fetch(out, into: batch, recordLimit: 10, byteLimit: 1000)
        #expect(status == FetchStatus(recordCount: 1, position: 4, isAtEnd: true))
        #expect(batch.slots.map(\.offset) == [2])
    }
}
