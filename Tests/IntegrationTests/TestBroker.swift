import Events
import Foundation
import StreamCore
import StreamEngine
import StreamKafka

/// The cluster that the tests run on: `MILLRACE_TEST_BOOTSTRAP`, whatever it is.
struct TestBroker {
    static let bootstrap = ProcessInfo.processInfo.environment["MILLRACE_TEST_BOOTSTRAP"]
    static var isThere: Bool { bootstrap != nil }
    /// Whether it is the small broker that `scripts/with-broker` starts.
    static let isSmall = ProcessInfo.processInfo.environment["MILLRACE_TEST_BROKER_PID"] != nil

    let cluster: KafkaCluster
    let bootstrapServers: String
    /// A name that no other test and no earlier run has used.
    let name: String

    /// A test's view of the cluster, or of `bootstrapServers` where it has one of its own.
    init(_ test: String, bootstrapServers: String? = Self.bootstrap) {
        self.init(
            name: "it-\(test)-\(UInt32.random(in: 0...UInt32.max))",
            bootstrapServers: bootstrapServers ?? "")
    }

    private init(name: String, bootstrapServers: String, properties: [String: String] = [:]) {
        self.name = name
        self.bootstrapServers = bootstrapServers
        cluster = KafkaCluster(
            KafkaSettings(
                properties: properties.merging(["bootstrap.servers": bootstrapServers]) { $1 }
                    .map { KafkaProperty(name: $0.key, value: $0.value) }))
    }

    /// The same cluster for readers who see what is not committed, or was aborted, too.
    var readingUncommitted: TestBroker {
        TestBroker(
            name: name, bootstrapServers: bootstrapServers,
            properties: ["isolation.level": "read_uncommitted"])
    }

    func topic(_ suffix: String) -> String { "\(name)-\(suffix)" }

    /// The events of these tests are years old, and so are their records for the broker: with a
    /// retention it would delete them.
    func create(
        _ topics: [String], partitions: Int32 = 4,
        configuration: [String: String] = ["retention.ms": "-1"]
    ) throws {
        try cluster.createTopics(
            topics.map {
                TopicSpec(name: $0, partitions: partitions, configuration: configuration)
            })
    }

    // MARK: Writing

    struct Record {
        var key: String?
        var value: [UInt8]?
        var timestamp: Int64 = -1
    }

    /// Writes the records and waits until they are acknowledged.
    func write(_ records: [Record], to topic: String) throws {
        let producer = try cluster.makeProducer(ProducerSettings(clientID: "\(name)-writer"))
        defer { producer.close() }
        let batch = OutputBatch()
        for record in records {
            append(record, to: batch)
            if batch.count == 1000 { try send(batch, to: topic, with: producer) }
        }
        try send(batch, to: topic, with: producer)
        try producer.flush(timeout: .seconds(60))
    }

    private func append(_ record: Record, to batch: OutputBatch) {
        unsafe Array((record.key ?? "").utf8).withUnsafeBytes { key in
            unsafe (record.value ?? []).withUnsafeBytes { value in
                unsafe batch.append(
                    key: record.key == nil ? nil : key, value: record.value == nil ? nil : value,
                    topic: 0, timestamp: record.timestamp)
            }
        }
    }

    private func send(
        _ batch: OutputBatch, to topic: String, with producer: any Producer
    ) throws {
        var sent = 0
        while sent < batch.count {
            sent += try producer.send(batch, from: sent, topics: [topic])
            try producer.poll(timeout: sent < batch.count ? .milliseconds(20) : .zero)
        }
        batch.removeAll()
    }

    // MARK: Reading

    struct Seen {
        var key: String?
        /// `nil` is a tombstone.
        var bytes: [UInt8]?
        var value: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
        var headers: [String: String]
    }

    /// Reads topics from their beginning until `isDone` says so, or for `limit`.
    func read(
        _ topics: [String], atMost limit: Duration, until isDone: ([String: [Seen]]) -> Bool
    ) throws -> [String: [Seen]] {
        let consumer = try cluster.makeConsumer(
            ConsumerSettings(
                group: "\(name)-reader-\(UInt32.random(in: 0...UInt32.max))",
                clientID: "\(name)-reader", isCopartitioned: false))
        defer { consumer.close() }
        try consumer.subscribe(to: topics)
        var seen: [String: [Seen]] = [:]
        var partitions: [TopicPartition] = []
        let batch = RecordBatch()
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            switch try consumer.wait(timeout: .milliseconds(100)) {
            case .assigned(let assigned, let incremental):
                partitions = assigned
                try consumer.assign(
                    Dictionary(uniqueKeysWithValues: assigned.map { ($0, .reset) }),
                    incremental: incremental)
            case .revoked(let revoked, _, let incremental):
                partitions = []
                try consumer.unassign(revoked, incremental: incremental)
            case .nothing, .recordsReady, .warning: break
            }
            for partition in partitions {
                _ = try consumer.fetch(
                    partition, into: batch, recordLimit: 5000, byteLimit: 8 << 20)
                seen[partition.topic, default: []] += batch.slots.map { Self.seen($0, in: batch) }
            }
            if isDone(seen) { break }
        }
        return seen
    }

    static func seen(_ slot: RecordBatch.Slot, in batch: RecordBatch) -> Seen {
        var headers: [String: String] = [:]
        if let bytes = unsafe part(slot.headersStart, slot.headersCount, of: batch) {
            var reader = unsafe RecordHeaders(bytes)
            while let header = reader.next() {
                let name = unsafe String(decoding: header.name, as: UTF8.self)
                headers[name] =
                    unsafe header.value.map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
            }
        }
        return unsafe Seen(
            key: part(slot.keyStart, slot.keyCount, of: batch)
                .map { unsafe String(decoding: $0, as: UTF8.self) },
            bytes: part(slot.valueStart, slot.valueCount, of: batch)
                .map { unsafe Array($0) },
            headers: headers)
    }

    private static func part(
        _ start: UInt32, _ count: Int32, of batch: RecordBatch
    ) -> UnsafeRawBufferPointer? {
        guard count >= 0 else { return nil }
        return unsafe UnsafeRawBufferPointer(
            rebasing: batch.bytes[Int(start)..<Int(start) + Int(count)])
    }

    /// The sum of the group's committed offsets of a topic.
    func committedCount(group: String, topic: String) throws -> Int64 {
        try committedCount(group: group, topics: [topic])
    }

    /// The sum of the group's committed offsets of several topics.
    func committedCount(group: String, topics: [String]) throws -> Int64 {
        try cluster.groupOffsets(of: group)
            .reduce(0) { topics.contains($1.key.topic) ? $0 + $1.value.offset : $0 }
    }
}
