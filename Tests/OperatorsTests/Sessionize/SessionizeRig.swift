import Events
import Foundation
import Operators
import StreamCore

/// One event of a visitor, as the tests of `sessionize` use it.
struct VisitEvent: Hashable {
    var key: String
    /// Event time in milliseconds.
    var time: Int64
    var channel: String?
    var type = "view"
    var page: String?
    /// As JSON writes it: `12.50`.
    var amount: String?
    var campaign: String?
    /// Which event of the history it is.
    var number = 0

    init(_ key: String, _ time: Int64, channel: String? = nil, campaign: String? = nil) {
        self.key = key
        self.time = time
        self.channel = channel
        self.campaign = campaign
    }

    var json: String {
        var text = "{\"number\":\(number),\"user\":\"\(key)\",\"type\":\"\(type)\""
        for (name, value) in [("channel", channel), ("page", page), ("utm", campaign)] {
            if let value { text += ",\"\(name)\":\"\(value)\"" }
        }
        if let amount { text += ",\"amount\":\(amount)" }
        return text + "}"
    }
}

/// A session as the JSON on `.closed` and `.updates` shows it.
struct SessionRecord: Decodable, Hashable {
    struct Step: Decodable, Hashable {
        let at: String
        let step: String
    }

    let session_id: String
    let key: String
    let status: String
    let start: String?
    let end: String?
    let duration_ms: Int64?
    let event_count: Int?
    let view_count: Int?
    let channels: [String]?
    let campaign: String?
    let entry: String?
    let exit: String?
    let steps: [Step]?
    let dropped_steps: Int?
    let dropped_amounts: Int?
    let replaced_by: String?
    let `operator`: String

    var startTime: Int64 { Self.milliseconds(start) }
    var endTime: Int64 { Self.milliseconds(end) }

    static func milliseconds(_ text: String?) -> Int64 {
        var bytes = ByteBuffer()
        bytes.append(string: text ?? "")
        return unsafe Timestamp(iso8601: bytes.bytes)?.milliseconds ?? .min
    }
}

/// The `sessionize` operator behind a `parse`, with all its outputs written to topics.
struct SessionizeRig {
    let plan: TopologyPlan
    let driver: TopologyDriver

    static let outputs = ["out", "updates", "closed", "late", "bots", "rejected"]

    static func plan(
        _ settings: Setting, outOfOrderness: Int64 = 0, outputs: [String] = outputs
    ) throws -> TopologyPlan {
        let source = Topology.Source(
            name: "raw", topics: ["in"], key: try FieldPath("user"),
            watermark: WatermarkSettings(outOfOrderness: .milliseconds(outOfOrderness)))
        let parse = Topology.Node(
            name: "parsed", spec: ParseOperator.spec,
            definition: try makeDefinition(ParseOperator.spec, [:]),
            inputs: [StreamReference("raw")], errorPolicy: .drop)
        let sessionize = Topology.Node(
            name: "sessions", spec: SessionizeOperator.spec,
            definition: try makeDefinition(SessionizeOperator.spec, settings),
            inputs: [StreamReference("parsed")],
            errorPolicy: outputs.contains("rejected") ? .deadLetter : .drop)
        let sinks = outputs.map { output in
            Topology.Sink(
                topic: output,
                inputs: [
                    StreamReference(node: "sessions", output: output == "out" ? nil : output)
                ])
        }
        return try TopologyPlan(
            Topology(
                application: "shop", sources: [source], operators: [parse, sessionize],
                sinks: sinks))
    }

    init(_ settings: Setting, outOfOrderness: Int64 = 0, outputs: [String] = outputs) throws {
        try self.init(
            plan: try Self.plan(settings, outOfOrderness: outOfOrderness, outputs: outputs))
    }

    init(
        plan: TopologyPlan, storage: any StateStorage = InMemoryStateStorage(),
        runLimit: Int = 512
    ) throws {
        self.plan = plan
        driver = try TopologyDriver(
            plan: plan, storage: storage, options: StreamTask.Options(runLimit: runLimit))
    }

    func send(_ event: VisitEvent) throws {
        try driver.pipe(
            topic: "in", key: event.key, value: event.json,
            timestamp: Timestamp(milliseconds: event.time))
    }

    /// Sends all in one batch.
    func sendBatch(_ events: some Collection<VisitEvent>) throws {
        try driver.pipe(topic: "in") { batch, firstOffset in
            for (offset, event) in events.enumerated() {
                let (key, value) = (Array(event.key.utf8), Array(event.json.utf8))
                batch.append(
                    key: unsafe key.span.bytes, value: unsafe value.span.bytes, headers: nil,
                    offset: firstOffset + Int64(offset), timestamp: event.time)
            }
        }
    }

    /// Sends events one by one, ends the input, and returns what came out.
    func run(_ events: [VisitEvent]) throws -> SessionizeOutput {
        for event in events { try send(event) }
        try driver.finish()
        return try take()
    }

    func take() throws -> SessionizeOutput { try SessionizeOutput(driver.takeOutputs()) }

    /// The keys in the operator's store.
    static func storedKeys(in storage: InMemoryStateStorage, of plan: TopologyPlan) throws
        -> [String]
    {
        let state = try storage.open(
            TaskIdentifier(subtopology: 0, partition: 0), stores: plan.subtopologies[0].stores)
        var keys: [String] = []
        try unsafe state.keyValueStore("tested.open").forEach { key, _ in
            keys.append(unsafe String(decoding: key, as: UTF8.self))
        }
        return keys
    }
}

/// What came out of a `SessionizeRig`.
struct SessionizeOutput {
    /// The records as they were written, by output.
    let records: [String: [DriverRecord]]
    let closed: [SessionRecord]
    let updates: [SessionRecord]

    init(_ written: [DriverRecord]) throws {
        records = Dictionary(grouping: written, by: \.topic)
        closed = try Self.sessions(records["closed"])
        updates = try Self.sessions(records["updates"])
    }

    private static func sessions(_ records: [DriverRecord]?) throws -> [SessionRecord] {
        try (records ?? []).map {
            try JSONDecoder().decode(SessionRecord.self, from: Data(($0.value ?? "").utf8))
        }
    }

    /// Start, end and number of events of the closed sessions, with their key.
    var summary: [String] {
        closed.map { "\($0.key) \($0.startTime)-\($0.endTime) \($0.event_count ?? -1)" }
    }

    /// What the updates were, with the last four digits of the ids left out.
    var changes: [String] {
        updates.map { update in
            update.status == "open"
                ? "open \(update.startTime)-\(update.endTime) \(update.event_count ?? -1)"
                : "\(update.status) \(update.session_id.split(separator: "-")[0])"
        }
    }

    /// The numbers of the events on an output.
    func numbers(_ output: String) throws -> [Int] {
        struct Numbered: Decodable { let number: Int }
        return try (records[output] ?? []).map {
            try JSONDecoder().decode(Numbered.self, from: Data(($0.value ?? "").utf8)).number
        }
    }
}
