import Events
import Foundation
import Operators
import StreamCore

/// One event of a customer, as the tests of `trigger` use it.
struct CustomerEvent: Hashable {
    var key: String
    /// Event time in milliseconds.
    var time: Int64
    var type: String
    /// Which event of the history it is.
    var number = 0
    var score: Double?
    var tier: String?
    var consent: Bool?
    var pushConsent: Bool?
    var isVIP: Bool?
    var zone: String?
    var birthday: String?
    /// Which of the topics it comes from.
    var topic = 0

    init(_ key: String, _ time: Int64, _ type: String) {
        self.key = key
        self.time = time
        self.type = type
    }

    var json: String {
        var text = "{\"id\":\(number),\"user\":\"\(key)\",\"type\":\"\(type)\""
        if let score { text += ",\"score\":\(score)" }
        if let tier { text += ",\"tier\":\"\(tier)\"" }
        var profile: [String] = []
        if let consent { profile.append("\"consent\":\(consent)") }
        if let pushConsent { profile.append("\"push\":\(pushConsent)") }
        if let isVIP { profile.append("\"vip\":\(isVIP)") }
        if let zone { profile.append("\"zone\":\"\(zone)\"") }
        if let birthday { profile.append("\"birthday\":\"\(birthday)\"") }
        if !profile.isEmpty { text += ",\"p\":{\(profile.joined(separator: ","))}" }
        return text + "}"
    }
}

/// What the operator says, as the JSON on its outputs shows it.
struct TriggerRecord: Decodable {
    struct Attempt: Decodable, Equatable {
        let reason: String
        let channel: String?
        let detail: String?
    }

    struct Reasons: Decodable {
        let kind: String
        let change: String?
        let started_at: String?
        let and: String?
    }

    let action_id: String
    let profile: String
    let rule: String
    let rule_version: String?
    let campaign: String?
    let matched_at: String
    let channel: String?
    let template: String?
    let sent_at: String?
    let outcome: String?
    let reason: String?
    let decided_at: String?
    let until: String?
    let reasons: Reasons?
    let attempts: [Attempt]?
    let was_held: Bool?

    /// Who, which rule, when, and what became of it.
    var summary: String {
        let change = reasons?.change.map { " \($0)" } ?? ""
        let start = reasons?.started_at.map { " since \($0)" } ?? ""
        let tried = (attempts ?? []).map { "\($0.channel ?? "-")=\($0.reason)" }
        let end =
            sent_at.map { "sent \($0) by \(channel ?? "?")" }
            ?? "\(outcome ?? "?") \(reason ?? "?") \(decided_at ?? "?")"
            + (until.map { " until \($0)" } ?? "")
        return "\(profile) \(rule)\(change) \(matched_at)\(start): \(end) \(tried)"
    }
}

/// The `trigger` operator behind a `parse`, with all its outputs written to topics.
struct TriggerRig {
    let plan: TopologyPlan
    let driver: TopologyDriver

    static let outputs = ["out", "held", "late", "status", "rejected"]

    static func plan(
        _ settings: Setting, files: [String: String] = [:], outOfOrderness: Int64 = 0,
        topicCount: Int = 1, idleAfter: Duration = .seconds(60), hasRules: Bool = false,
        wrap: (any OperatorDefinition) -> any OperatorDefinition = { $0 }
    ) throws -> TopologyPlan {
        var sources = [
            Topology.Source(
                name: "raw", topics: (0..<topicCount).map { "in\($0)" },
                key: try FieldPath("user"),
                watermark: WatermarkSettings(
                    outOfOrderness: .milliseconds(outOfOrderness), idleAfter: idleAfter,
                    aheadLimit: .seconds(1_000_000_000)))
        ]
        func parse(_ name: String, _ source: String) throws -> Topology.Node {
            Topology.Node(
                name: name, spec: ParseOperator.spec,
                definition: try makeDefinition(ParseOperator.spec, [:]),
                inputs: [StreamReference(source)], errorPolicy: .drop)
        }
        var nodes = [try parse("parsed", "raw")]
        if hasRules {
            sources.append(Topology.Source(name: "rules", topics: ["rules"], broadcast: .inOrder))
            nodes.append(try parse("parsedRules", "rules"))
        }
        nodes.append(
            Topology.Node(
                name: "triggers", spec: TriggerOperator.spec,
                definition: wrap(try makeDefinition(TriggerOperator.spec, settings, files: files)),
                inputs: [StreamReference("parsed")],
                namedInputs: [hasRules ? StreamReference("parsedRules") : nil]))
        let sinks = outputs.map { output in
            Topology.Sink(
                topic: output,
                inputs: [StreamReference(node: "triggers", output: output == "out" ? nil : output)])
        }
        return try TopologyPlan(
            Topology(application: "shop", sources: sources, operators: nodes, sinks: sinks))
    }

    init(_ settings: Setting, files: [String: String] = [:], outOfOrderness: Int64 = 0) throws {
        try self.init(plan: try Self.plan(settings, files: files, outOfOrderness: outOfOrderness))
    }

    init(
        plan: TopologyPlan, storage: any StateStorage = InMemoryStateStorage(),
        runLimit: Int = 512, now: Timestamp = .distantFuture
    ) throws {
        self.plan = plan
        driver = try TopologyDriver(
            plan: plan, storage: storage, options: StreamTask.Options(runLimit: runLimit), now: now)
    }

    func send(_ event: CustomerEvent) throws {
        try driver.pipe(
            topic: "in\(event.topic)", key: event.key, value: event.json,
            timestamp: Timestamp(milliseconds: event.time))
    }

    func sendRule(_ json: String, key: String? = nil, at time: Int64) throws {
        try driver.pipe(
            topic: "rules", key: key, value: json, timestamp: Timestamp(milliseconds: time))
    }

    /// Sends all in one batch.
    func sendBatch(_ events: some Collection<CustomerEvent>) throws {
        try driver.pipe(topic: "in0") { batch, firstOffset in
            for (offset, event) in events.enumerated() {
                let (key, value) = (Array(event.key.utf8), Array(event.json.utf8))
                batch.append(
                    key: unsafe key.span.bytes, value: unsafe value.span.bytes, headers: nil,
                    offset: firstOffset + Int64(offset), timestamp: event.time)
            }
        }
    }

    func take() throws -> TriggerOutput { try TriggerOutput(driver.takeOutputs()) }

    /// Sends events one by one, ends the input, and returns what came out.
    func run(_ events: [CustomerEvent]) throws -> TriggerOutput {
        for event in events { try send(event) }
        try driver.finish()
        return try take()
    }
}

/// What came out of a `TriggerRig`.
struct TriggerOutput {
    let records: [DriverRecord]
    let sent: [TriggerRecord]
    let held: [TriggerRecord]

    init(_ records: [DriverRecord]) throws {
        self.records = records
        sent = try Self.decode(records, "out")
        held = try Self.decode(records, "held")
    }

    private static func decode(_ records: [DriverRecord], _ topic: String) throws -> [TriggerRecord]
    {
        try records.filter { $0.topic == topic }.map {
            try JSONDecoder().decode(TriggerRecord.self, from: Data(($0.value ?? "").utf8))
        }
    }

    /// The records of each output in their order; between outputs it depends on the runs.
    var byTopic: [String: [DriverRecord]] { Dictionary(grouping: records, by: \.topic) }

    func values(_ topic: String) -> [String] {
        records.filter { $0.topic == topic }.map { $0.value ?? "nothing" }
    }
}

/// A moment as ISO 8601 has it.
func moment(_ text: String) -> Int64 { Timestamp(iso8601: text)!.milliseconds }
