import Events
import StreamCore

/// A record of a history, for one source topic.
struct InputRecord {
    var key: String?
    var value: String
    /// The record's own timestamp; -1 for none.
    var timestamp: Int64 = -1

    init(_ value: String, key: String? = nil, timestamp: Int64 = -1) {
        self.key = key
        self.value = value
        self.timestamp = timestamp
    }

    /// An event with a number, a key and an event time.
    init(n: Int, key: String = "k", at time: Int64) {
        self.init("{\"n\":\(n),\"t\":\(time)}", key: key)
    }

    func append(to batch: RecordBatch, offset: Int64) {
        let value = Array(value.utf8)
        guard let key else {
            return batch.append(
                key: nil, value: unsafe value.span.bytes, headers: nil, offset: offset,
                timestamp: timestamp)
        }
        let keyBytes = Array(key.utf8)
        batch.append(
            key: unsafe keyBytes.span.bytes, value: unsafe value.span.bytes, headers: nil,
            offset: offset, timestamp: timestamp)
    }
}

/// A task with its source partitions as arrays: feeds it as the engine would.
final class TaskRig {
    let plan: TopologyPlan
    let task: StreamTask
    let output = OutputBatch()
    var now: Timestamp
    private var partitions: [[InputRecord]]
    private var fetched: [Int]

    init(
        _ plan: TopologyPlan, histories: [[InputRecord]], runLimit: Int = 512,
        maxIdle: Duration = .seconds(1), state: (any TaskState)? = nil, partition: Int32 = 0,
        partitionCounts: [String: Int32] = [:],
        now: Timestamp = Timestamp(milliseconds: 1_000_000)
    ) {
        self.plan = plan
        self.now = now
        let needsState = !plan.subtopologies[0].stores.isEmpty
        task = StreamTask(
            plan: plan, identifier: TaskIdentifier(subtopology: 0, partition: partition),
            state: state ?? (needsState ? Self.freshState(of: plan) : nil),
            options: StreamTask.Options(
                runLimit: runLimit, maxIdle: maxIdle, partitionCounts: partitionCounts),
            now: now)
        partitions = histories
        let offsets = task.checkpoint().offsets
        fetched = (task.sources + task.broadcastSources).map { Int(offsets[$0] ?? 0) }
        for input in histories.indices { task.start(input: input, at: Int64(fetched[input])) }
    }

    static func freshState(of plan: TopologyPlan) -> any TaskState {
        do {
            return try InMemoryStateStorage().open(
                TaskIdentifier(subtopology: 0, partition: 0),
                stores: plan.subtopologies[0].stores)
        } catch {
            preconditionFailure("state in memory opens: \(error)")
        }
    }

    /// Gives an input its next records; returns whether there are more.
    @discardableResult
    func fetch(_ input: Int, upTo limit: Int = .max) -> Bool {
        let batch = task.batch(input: input)
        batch.removeAll()
        let end = min(partitions[input].count, fetched[input] + min(limit, 1 << 30))
        for offset in fetched[input]..<end {
            partitions[input][offset].append(to: batch, offset: Int64(offset))
        }
        fetched[input] = end
        let isAtEnd = end == partitions[input].count
        task.accept(input: input, position: Int64(end), isAtEnd: isAtEnd, now: now)
        return !isAtEnd
    }

    func append(_ record: InputRecord, to input: Int) { partitions[input].append(record) }

    @discardableResult
    func run() throws -> StreamTask.Progress { try task.run(now: now, output: output) }

    /// Everything, in batches of the given sizes.
    func runAll(batchSize: () -> Int = { .max }) throws {
        var isDone = false
        while !isDone {
            isDone = true
            for input in partitions.indices where task.needsRecords(input: input) {
                if fetched[input] < partitions[input].count || !task.isAtEnd(input: input) {
                    fetch(input, upTo: batchSize())
                    isDone = false
                }
            }
            while try run() != .starved { isDone = false }
        }
    }

    /// What was written since the last call.
    func take() -> [WrittenRecord] {
        defer { output.removeAll() }
        return (0..<output.count).map { WrittenRecord(output, record: $0, topics: plan.topics) }
    }
}

/// A record that a task wrote, all of it.
struct WrittenRecord: Hashable, CustomStringConvertible {
    let topic: String
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [UInt8]
    let timestamp: Int64

    init(_ batch: OutputBatch, record: Int, topics: [String]) {
        topic = topics[Int(batch.slots[record].topic)]
        key = unsafe batch.key(of: record).map { unsafe Array($0) }
        value = unsafe batch.value(of: record).map { unsafe Array($0) }
        headers = unsafe Array(batch.headers(of: record))
        timestamp = batch.slots[record].timestamp
    }

    var text: String { value.map { String(decoding: $0, as: UTF8.self) } ?? "tombstone" }

    var header: [String: String] {
        unsafe headers.withUnsafeBytes { bytes in
            var found: [String: String] = [:]
            var reader = unsafe RecordHeaders(bytes)
            while let header = reader.next() {
                let name = unsafe String(decoding: header.name, as: UTF8.self)
                found[name] =
                    unsafe header.value.map { unsafe String(decoding: $0, as: UTF8.self) }
            }
            return found
        }
    }

    var description: String { "\(topic): \(text) at \(timestamp)" }
}

extension [WrittenRecord] {
    /// The records of each topic: between topics a task promises no order.
    var byTopic: [String: [WrittenRecord]] { Dictionary(grouping: self, by: \.topic) }

    func texts(_ topic: String) -> [String] { filter { $0.topic == topic }.map(\.text) }
}
