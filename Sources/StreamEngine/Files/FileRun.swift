public import Events
internal import Foundation
public import StreamCore

/// Runs a topology over files instead of topics: the same operators, bounded, without a broker.
///
/// Each line of an input file is the value of one record. Each sink becomes a file of lines in
/// the output folder; sinks that take failures get one JSON object a line with the original value
/// and the headers that say why. At the end of the input every window closes.
///
/// - Errors: the output files appear under their names only when the run is complete.
public struct FileRun {
    public struct Input: Sendable {
        public var topic: String
        public var path: String

        public init(topic: String, path: String) {
            self.topic = topic
            self.path = path
        }
    }

    public struct Progress: Sendable {
        public var records = 0
        public var bytesRead = 0
        public var bytesTotal = 0

        public init() {}
    }

    private let driver: TopologyDriver
    private let plan: TopologyPlan
    private let keys: RecordKeys
    private var readers: [LineReader]
    private let writers: SinkFiles
    private var progress = Progress()

    public init(
        plan: TopologyPlan, inputs: [Input], keyField: FieldPath?, outputDirectory: String,
        storage: any StateStorage, now: Timestamp
    ) throws {
        self.plan = plan
        driver = try TopologyDriver(
            plan: plan, storage: storage, options: StreamTask.Options(maxIdle: .seconds(1 << 40)),
            now: now)
        readers = try inputs.map { try LineReader(topic: $0.topic, path: $0.path) }
        progress.bytesTotal = readers.reduce(0) { $0 + $1.size }
        keys = RecordKeys(plan: plan, keyField: keyField)
        writers = try SinkFiles(plan: plan, directory: outputDirectory)
    }

    /// What the operators have done.
    public var metrics: [OperatorMetrics] { driver.metrics }

    /// Processes everything. `report` is called now and then, and at the end.
    public mutating func run(report: (Progress) -> Void) throws {
        while try fillInputs() {
            try driver.run()
            try writers.write(driver.output)
            report(progress)
        }
        try driver.run()
        try driver.finish()
        try writers.write(driver.output)
        driver.close()
        try writers.finish()
        report(progress)
    }

    /// Gives every input that ran empty its next lines; returns whether any came.
    private mutating func fillInputs() throws -> Bool {
        var hasMore = false
        for index in readers.indices where !readers[index].isAtEnd {
            let topic = readers[index].topic
            hasMore = true
            guard driver.needsRecords(topic: topic) else { continue }
            let lines = try readers[index].next()
            progress.bytesRead = readers.reduce(0) { $0 + $1.position }
            progress.records += lines.count
            let keys = self.keys
            driver.feed(topic: topic, isAtEnd: readers[index].isAtEnd) { batch, firstOffset in
                for (number, line) in lines.enumerated() {
                    keys.append(line, topic: topic, offset: firstOffset + Int64(number), to: batch)
                }
            }
        }
        return hasMore
    }
}

/// The keys that lines get: the field that the source is partitioned by, or one that was asked
/// for.
private struct RecordKeys {
    private let fields: [String: FieldPath]
    private let arena = EventArena()

    init(plan: TopologyPlan, keyField: FieldPath?) {
        var fields: [String: FieldPath] = [:]
        for source in plan.topology.sources {
            for topic in source.topics { fields[topic] = keyField ?? source.key }
        }
        self.fields = fields
    }

    func append(_ line: ArraySlice<UInt8>, topic: String, offset: Int64, to batch: RecordBatch) {
        unsafe line.withUnsafeBytes { bytes in
            guard let field = fields[topic], let key = unsafe key(of: bytes, at: field) else {
                batch.append(
                    key: nil, value: unsafe RawSpan(_unsafeBytes: bytes), headers: nil,
                    offset: offset, timestamp: -1)
                return
            }
            batch.append(
                key: unsafe key.span.bytes, value: unsafe RawSpan(_unsafeBytes: bytes),
                headers: nil, offset: offset, timestamp: -1)
        }
    }

    private func key(of bytes: UnsafeRawBufferPointer, at field: FieldPath) -> [UInt8]? {
        arena.reset()
        var event = unsafe arena.addEvent(json: bytes, key: nil, timestamp: .distantPast)
        arena.setKey(of: &event, toValueAt: field)
        return event.key.isAbsent ? nil : unsafe Array(arena.bytes(event.key))
    }
}

/// Reads a file in blocks of whole lines.
private struct LineReader {
    let topic: String
    let size: Int
    private(set) var position = 0
    private(set) var isAtEnd = false

    private let file: FileHandle
    private var rest: [UInt8] = []
    private static let blockSize = 1 << 20

    init(topic: String, path: String) throws {
        self.topic = topic
        file = try FileHandle(forReadingFrom: URL(filePath: path))
        size = Int(try file.seekToEnd())
        try file.seek(toOffset: 0)
    }

    /// The next lines, without their ends; blank lines are passed over.
    mutating func next() throws -> [ArraySlice<UInt8>] {
        let block = try file.read(upToCount: Self.blockSize) ?? Data()
        position += block.count
        rest += block
        isAtEnd = block.isEmpty
        let end = isAtEnd ? rest.count : (rest.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
        let lines = rest[..<end].split(separator: 0x0A).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }
        rest = Array(rest[end...])
        return lines.filter { line in line.contains { $0 != 0x20 && $0 != 0x09 } }
    }
}
