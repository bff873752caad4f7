import Events
import Foundation
import StreamCore
import StreamEngine

/// A record as tests write and compare it.
struct TestRecord: Equatable, Sendable {
    var key: String?
    var value: String?
    var headers: [Header] = []
    /// Of today: a broker deletes by retention what looks old.
    var timestamp: Int64 = TestRecord.today
    /// -1: the key decides.
    var partition: Int32 = -1
    /// Known of records that were read.
    var offset: Int64 = -1

    static let today = Int64(Date().timeIntervalSince1970) * 1000

    struct Header: Equatable, Sendable {
        var name: String
        var value: String?
    }

    /// What two equal records have in common, wherever they lie.
    var content: TestRecord {
        var content = self
        content.partition = -1
        content.offset = -1
        return content
    }
}

extension OutputBatch {
    convenience init(_ records: [TestRecord], topic: Int32 = 0) {
        self.init()
        for record in records { append(record, topic: topic) }
    }

    func append(_ record: TestRecord, topic: Int32 = 0) {
        var headers = ByteBuffer()
        for header in record.headers {
            unsafe withBytes(of: header.name) { name in
                unsafe withBytes(of: header.value) { value in
                    unsafe headers.append(headerName: name!, value: value)
                }
            }
        }
        unsafe withBytes(of: record.key) { key in
            unsafe withBytes(of: record.value) { value in
                unsafe append(
                    key: key, value: value, headers: headers.bytes, topic: topic,
                    partition: record.partition, timestamp: record.timestamp)
            }
        }
    }
}

extension RecordBatch {
    var records: [TestRecord] {
        slots.map { slot in
            var record = TestRecord(timestamp: slot.timestamp, offset: slot.offset)
            record.key = text(slot.keyStart, slot.keyCount)
            record.value = text(slot.valueStart, slot.valueCount)
            let start = Int(slot.headersStart)
            var headers = unsafe RecordHeaders(
                UnsafeRawBufferPointer(
                    rebasing: bytes[start..<start + Int(slot.headersCount)]))
            while let header = headers.next() {
                record.headers.append(
                    TestRecord.Header(
                        name: unsafe String(decoding: header.name, as: UTF8.self),
                        value: unsafe header.value.map {
                            unsafe String(decoding: $0, as: UTF8.self)
                        }))
            }
            return record
        }
    }

    private func text(_ start: UInt32, _ count: Int32) -> String? {
        guard count >= 0 else { return nil }
        return unsafe String(
            decoding: bytes[Int(start)..<Int(start) + Int(count)], as: UTF8.self)
    }
}

private func withBytes(of text: String?, _ body: (UnsafeRawBufferPointer?) -> Void) {
    guard var text else { return body(nil) }
    text.withUTF8 { unsafe body(UnsafeRawBufferPointer($0)) }
}

extension Producer {
    /// Sends all records to a topic and waits until they are acknowledged.
    func deliver(_ records: [TestRecord], to topic: String) throws {
        let batch = OutputBatch(records)
        var sent = 0
        while sent < batch.count {
            sent += try send(batch, from: sent, topics: [topic])
            if sent < batch.count { try poll(timeout: .milliseconds(100)) }
        }
        try flush(timeout: .seconds(20))
    }
}

extension Consumer {
    /// Reads `count` records of partitions that are assigned, in the order of each partition.
    func read(
        _ count: Int, from partitions: [TopicPartition], into batch: RecordBatch = RecordBatch()
    ) throws -> [TestRecord] {
        var records: [TestRecord] = []
        return try eventually("\(count) records in \(partitions)") {
            _ = try wait(timeout: .seconds(1))
            for partition in partitions {
                _ = try fetch(partition, into: batch, recordLimit: 1000, byteLimit: 1 << 20)
                records += batch.records.map {
                    var record = $0
                    record.partition = partition.partition
                    return record
                }
            }
            return records.count >= count ? records : nil
        }
    }

    /// Waits for a rebalance, passing everything else over.
    func awaitRebalance(_ what: String = "rebalance") throws -> ConsumerEvent {
        try eventually(what, within: .seconds(60)) {
            switch try wait(timeout: .seconds(1)) {
            case .nothing, .recordsReady, .warning: nil
            case let rebalance: rebalance
            }
        }
    }
}

extension Consumer {
    /// Waits for a warning of a kind, passing everything else over.
    func awaitWarning(_ kind: ClusterError.Kind) throws -> ClusterError {
        try eventually("warning") { () -> ClusterError? in
            guard case .warning(let error) = try wait(timeout: .seconds(1)) else { return nil }
            return error.kind == kind ? error : nil
        }
    }
}

/// The partitions `0..<count` of a topic.
func partitions(of topic: String, _ count: Int32 = 4) -> [TopicPartition] {
    (0..<count).map { TopicPartition(topic: topic, partition: $0) }
}
