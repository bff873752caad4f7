internal import Events
internal import Foundation
internal import StreamCore
internal import StreamEngine
internal import Synchronization

/// Follows the demo's output topics: counts, the latest records, sessions open, reasons.
final class DemoReader: Sendable {
    struct Seen: Sendable {
        var counts: [String: Int] = [:]
        var latest: [String: String] = [:]
        var openSessions: Set<String> = []
        var closedCount = 0
        var reasons: [String: Int] = [:]
        var profiles = DemoProfiles()
    }

    private let cluster: any Cluster
    private let topics: [String]
    private let stopping = Atomic(false)
    private let shared = Mutex(Seen())

    init(cluster: any Cluster, topics: [String]) {
        self.cluster = cluster
        self.topics = topics
    }

    var seen: Seen { shared.withLock { $0 } }

    func stop() { stopping.store(true, ordering: .relaxed) }

    /// Runs on a thread of its own.
    func run() throws {
        let consumer = try cluster.makeConsumer(
            ConsumerSettings(
                group: "millrace-demo-reader", clientID: "millrace-demo-reader",
                isCopartitioned: false))
        defer { consumer.close() }
        try consumer.subscribe(to: topics)
        var partitions: [TopicPartition] = []
        let batch = RecordBatch()
        while !stopping.load(ordering: .relaxed) {
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
                let status = try consumer.fetch(
                    partition, into: batch, recordLimit: 1000, byteLimit: 1 << 20)
                if status.recordCount > 0 { note(batch, topic: partition.topic) }
            }
        }
    }

    private func note(_ batch: RecordBatch, topic: String) {
        shared.withLock { seen in
            for slot in batch.slots {
                seen.counts[topic, default: 0] += 1
                let value = Self.text(slot.valueStart, slot.valueCount, in: batch)
                seen.latest[topic] = value
                Self.noteSession(value, &seen)
                seen.profiles.note(value)
                Self.noteReason(slot, in: batch, &seen)
            }
        }
    }

    private static func text(_ start: UInt32, _ count: Int32, in batch: RecordBatch) -> String {
        guard count > 0 else { return "" }
        let bytes = unsafe batch.bytes[Int(start)..<Int(start) + Int(count)]
        return unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
    }

    /// Session documents begin with their id and their status.
    private static func noteSession(_ value: String, _ seen: inout Seen) {
        let prefix = "{\"session_id\":\""
        guard value.hasPrefix(prefix), let status = value.firstRange(of: "\"status\":\"") else {
            return
        }
        let id = String(value.dropFirst(prefix.count).prefix { $0 != "\"" })
        switch value[status.upperBound...].prefix(while: { $0 != "\"" }) {
        case "open": seen.openSessions.insert(id)
        case "retracted": seen.openSessions.remove(id)
        case "closed":
            seen.openSessions.remove(id)
            seen.closedCount += 1
        default: break
        }
    }

    private static func noteReason(
        _ slot: RecordBatch.Slot, in batch: RecordBatch, _ seen: inout Seen
    ) {
        guard slot.headersCount > 0 else { return }
        let start = Int(slot.headersStart)
        let bytes = unsafe UnsafeRawBufferPointer(
            rebasing: batch.bytes[start..<start + Int(slot.headersCount)])
        let headers = unsafe RecordHeaders(bytes)
        guard let header = headers.first(named: DeadLetterHeader.error),
            let value = unsafe header.value
        else { return }
        seen.reasons[unsafe String(decoding: value, as: UTF8.self), default: 0] += 1
    }
}
