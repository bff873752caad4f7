internal import Events
internal import Foundation
internal import SampleEvents
internal import StreamCore
internal import StreamEngine

/// Where generated events go.
protocol SampleSink: AnyObject {
    func write(_ record: borrowing SampleRecord, topic: String) throws
    func flush() throws
    func finish() throws
}

/// Lines of JSON: into one file per topic, or to standard output.
final class SampleFileSink: SampleSink {
    private static let bufferLimit = 1 << 16
    private let directory: String?
    private var files: [String: FileHandle] = [:]
    private var buffers: [String: [UInt8]] = [:]

    init(directory: String?) throws {
        self.directory = directory
        if let directory {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        }
    }

    func write(_ record: borrowing SampleRecord, topic: String) throws {
        unsafe buffers[topic, default: []].append(contentsOf: record.value.bytes)
        buffers[topic]!.append(0x0A)
        if buffers[topic]!.count >= Self.bufferLimit { try flush(topic) }
    }

    private func flush(_ topic: String) throws {
        guard let buffer = buffers[topic], !buffer.isEmpty else { return }
        try file(of: topic).write(contentsOf: Data(buffer))
        buffers[topic]!.removeAll(keepingCapacity: true)
    }

    private func file(of topic: String) throws -> FileHandle {
        guard let directory else { return .standardOutput }
        if let file = files[topic] { return file }
        let path = "\(directory)/\(topic).ndjson"
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        files[topic] = file
        return file
    }

    func flush() throws {
        for topic in buffers.keys.sorted() { try flush(topic) }
    }

    func finish() throws {
        try flush()
        for file in files.values { try file.close() }
    }
}

/// Records on Kafka topics, keyed by customer.
final class SampleTopicSink: SampleSink {
    private static let batchLimit = 256
    private let topics: [String]
    private let producer: any Producer
    private let batch = OutputBatch()
    private(set) var sentCount = 0

    init(cluster: any Cluster, topics: [String]) throws {
        self.topics = topics
        producer = try cluster.makeProducer(ProducerSettings(clientID: "millrace-generate"))
    }

    func write(_ record: borrowing SampleRecord, topic: String) throws {
        guard let index = topics.firstIndex(of: topic) else { return }
        unsafe batch.append(
            key: record.key.bytes, value: record.value.bytes, topic: Int32(index),
            timestamp: record.timestamp.milliseconds)
        if batch.count >= Self.batchLimit { try flush() }
    }

    func flush() throws {
        var sent = 0
        while sent < batch.count {
            sent += try producer.send(batch, from: sent, topics: topics)
            try producer.poll(timeout: sent < batch.count ? .milliseconds(20) : .zero)
        }
        sentCount += batch.count
        batch.removeAll()
    }

    func finish() throws {
        try flush()
        try producer.flush(timeout: .seconds(60))
        producer.close()
    }
}
