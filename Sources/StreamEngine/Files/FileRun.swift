public import Events
internal import Foundation
public import StreamCore

/// Runs a topology over files instead of topics: the same operators, bounded, without a broker.
///
/// Each line of an input file is the value of one record. Each sink becomes a file of lines in
/// the output folder; sinks that take failures get one JSON object a line with the original value
/// and the headers that say why. At the end of the input every window closes.
///
/// Where records begin with a header, as of CSV without `columns`, the first line of a file is that of
/// all its lines.
///
/// Records are taken in the order of their event time, however the lines of a file are ordered; a
/// line without an event time keeps its place behind the line before it.
///
/// - Memory: 24 bytes a line, for the order.
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
    private var keys: RecordKeys
    private var readers: [InputFile]
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
        readers = try inputs.map { try InputFile(topic: $0.topic, path: $0.path, plan: plan) }
        progress.bytesTotal = readers.reduce(0) { $0 + $1.size }
        keys = RecordKeys(plan: plan, keyField: keyField)
        writers = try SinkFiles(
            plan: plan, directory: outputDirectory,
            inputs: inputs.compactMap { FileIdentity(path: $0.path) })
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
            let lines = unsafe readers[index].next()
            progress.bytesRead = readers.reduce(0) { $0 + $1.position }
            progress.records += unsafe lines.count
            driver.feed(topic: topic, isAtEnd: readers[index].isAtEnd) { batch, firstOffset in
                unsafe keys.append(lines, topic: topic, firstOffset: firstOffset, to: batch)
            }
        }
        return hasMore
    }
}

/// The keys that lines get: the field that the source is partitioned by, or one that was asked
/// for.
private struct RecordKeys {
    private let fields: [String: FieldPath]
    /// By topic.
    private var readers: [String: LineReader] = [:]

    init(plan: TopologyPlan, keyField: FieldPath?) {
        var fields: [String: FieldPath] = [:]
        for source in plan.topology.sources {
            for topic in source.topics { fields[topic] = keyField ?? source.key }
        }
        self.fields = fields
        for topic in fields.keys {
            readers[topic] = LineReader(decoder: plan.makeDecoder(topic: topic))
        }
    }

    /// Appends lines, each with the key of its first event; one that can't be read has none.
    mutating func append(
        _ lines: [UnsafeRawBufferPointer], topic: String, firstOffset: Int64, to batch: RecordBatch
    ) {
        var keys: [[UInt8]?] = Array(repeating: nil, count: unsafe lines.count)
        if let field = fields[topic], readers[topic] != nil {
            let arena = readers[topic]!.arena
            for event in unsafe readers[topic]!.read(lines) where arena.failure(of: event) == nil {
                let line = Int(arena.offset(of: event))
                guard keys[line] == nil else { continue }
                var event = event
                arena.setKey(of: &event, toValueAt: field)
                if !event.key.isAbsent { keys[line] = unsafe Array(arena.bytes(event.key)) }
            }
        }
        for number in unsafe lines.indices {
            let value = unsafe RawSpan(_unsafeBytes: lines[number])
            let offset = firstOffset + Int64(number)
            if let key = keys[number] {
                batch.append(
                    key: unsafe key.span.bytes, value: value, headers: nil, offset: offset,
                    timestamp: -1)
            } else {
                batch.append(key: nil, value: value, headers: nil, offset: offset, timestamp: -1)
            }
        }
    }
}
