import Events
import Foundation
import Operators
import StreamCore

/// A record as the tests of operators with state send it.
struct TimedRecord {
    var key: String?
    var json: String
    /// The record's own timestamp, which is the event time. Milliseconds.
    var time: Int64
}

/// An operator with state behind a `parse`, every output of it written to a topic of its name; the
/// main output is `out`.
struct StatefulRig {
    let plan: TopologyPlan
    let driver: TopologyDriver

    /// The operator is called `tested`, as its configuration says.
    static func plan(
        _ spec: OperatorSpec, _ settings: Setting, outOfOrderness: Int64 = 0,
        outputs: [String]? = nil
    ) throws -> TopologyPlan {
        let outputs = outputs ?? ["out"] + spec.sideOutputs.map(\.name)
        let definition = try makeDefinition(spec, settings)
        var key: FieldPath?
        if case .field(let path)? = definition.stateKey { key = path }
        let failures = spec.sideOutputs.filter(\.isForFailures).map(\.name)
        let source = Topology.Source(
            name: "raw", topics: ["in"], key: key,
            watermark: WatermarkSettings(
                outOfOrderness: .milliseconds(outOfOrderness),
                aheadLimit: .seconds(1_000_000_000_000)))
        let parse = Topology.Node(
            name: "parsed", spec: ParseOperator.spec,
            definition: try makeDefinition(ParseOperator.spec, [:]),
            inputs: [StreamReference("raw")], errorPolicy: .drop)
        let tested = Topology.Node(
            name: "tested", spec: spec, definition: definition,
            inputs: [StreamReference("parsed")],
            errorPolicy: failures.allSatisfy(outputs.contains) ? .deadLetter : .drop)
        let sinks = outputs.map { output in
            Topology.Sink(
                topic: output,
                inputs: [StreamReference(node: "tested", output: output == "out" ? nil : output)])
        }
        return try TopologyPlan(
            Topology(
                application: "rig", sources: [source], operators: [parse, tested], sinks: sinks))
    }

    init(
        plan: TopologyPlan, storage: any StateStorage = InMemoryStateStorage(),
        runLimit: Int = 512
    ) throws {
        self.plan = plan
        driver = try TopologyDriver(
            plan: plan, storage: storage, options: StreamTask.Options(runLimit: runLimit))
    }

    init(
        _ spec: OperatorSpec, _ settings: Setting, outOfOrderness: Int64 = 0,
        outputs: [String]? = nil
    ) throws {
        try self.init(
            plan: Self.plan(spec, settings, outOfOrderness: outOfOrderness, outputs: outputs))
    }

    func send(_ record: TimedRecord) throws {
        try driver.pipe(
            topic: "in", key: record.key, value: record.json,
            timestamp: Timestamp(milliseconds: record.time))
    }

    /// Sends all in one batch.
    func sendBatch(_ records: some Collection<TimedRecord>) throws {
        try driver.pipe(topic: "in") { batch, firstOffset in
            for (offset, record) in records.enumerated() {
                let (key, value) = (Array((record.key ?? "").utf8), Array(record.json.utf8))
                batch.append(
                    key: record.key == nil ? nil : unsafe key.span.bytes,
                    value: unsafe value.span.bytes, headers: nil,
                    offset: firstOffset + Int64(offset), timestamp: record.time)
            }
        }
    }

    /// Sends records one by one, ends the input, and returns what came out, by output.
    func run(_ records: [TimedRecord]) throws -> [String: [DriverRecord]] {
        for record in records { try send(record) }
        try driver.finish()
        return take()
    }

    func take() -> [String: [DriverRecord]] {
        Dictionary(grouping: driver.takeOutputs(), by: \.topic)
    }

    /// Runs records with a restart at each of many commits; what comes after a commit and before a
    /// crash is done again.
    static func runRestarting(
        _ plan: TopologyPlan, _ records: [TimedRecord], seed: UInt64, longestRun: Int = 40,
        storage: InMemoryStateStorage = InMemoryStateStorage()
    ) throws -> [String: [DriverRecord]] {
        var random = SeededGenerator(seed: seed)
        var written: [DriverRecord] = []
        var isDone = false
        while !isDone {
            let rig = try StatefulRig(plan: plan, storage: storage)
            let start = Int(rig.driver.nextOffset(topic: "in")!)
            let end = min(
                records.count, start + Int.random(in: 1...longestRun, using: &random))
            for record in records[start..<end] { try rig.send(record) }
            isDone = end == records.count
            if isDone { try rig.driver.finish() }
            written += rig.driver.takeOutputs()
            try rig.driver.commit()
            if !isDone { try rig.send(records[end]) }
            rig.driver.close()
        }
        return Dictionary(grouping: written, by: \.topic)
    }

    /// How many entries a store holds.
    static func entryCount(
        _ store: String, in storage: InMemoryStateStorage, of plan: TopologyPlan
    ) throws -> Int {
        let state = try storage.open(
            TaskIdentifier(subtopology: 0, partition: 0), stores: plan.subtopologies[0].stores)
        var count = 0
        try unsafe state.keyValueStore(store).forEach { _, _ in count += 1 }
        return count
    }
}
