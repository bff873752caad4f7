import Events
import Foundation
import Operators
import StreamCore

/// The `score` operator behind a `parse`, with all its outputs written to topics.
struct ScoreRig {
    let driver: TopologyDriver

    static let outputs = ["out", "shadow", "late", "failed"]

    static func plan(
        _ settings: Setting, files: [String: String], outOfOrderness: Int64 = 0
    ) throws -> TopologyPlan {
        let source = Topology.Source(
            name: "raw", topics: ["in"], key: try FieldPath("user"),
            watermark: WatermarkSettings(
                outOfOrderness: .milliseconds(outOfOrderness),
                aheadLimit: .seconds(1_000_000_000_000)))
        let parse = Topology.Node(
            name: "parsed", spec: ParseOperator.spec,
            definition: try makeDefinition(ParseOperator.spec, [:]),
            inputs: [StreamReference("raw")], errorPolicy: .drop)
        let score = Topology.Node(
            name: "scored", spec: ScoreOperator.spec,
            definition: try makeDefinition(ScoreOperator.spec, settings, files: files),
            inputs: [StreamReference("parsed")])
        let sinks = outputs.map { output in
            Topology.Sink(
                topic: output,
                inputs: [
                    StreamReference(node: "scored", output: output == "out" ? nil : output)
                ])
        }
        return try TopologyPlan(
            Topology(
                application: "shop", sources: [source], operators: [parse, score], sinks: sinks))
    }

    init(
        _ settings: Setting, files: [String: String] = [:],
        storage: any StateStorage = InMemoryStateStorage()
    ) throws {
        try self.init(plan: Self.plan(settings, files: files), storage: storage)
    }

    init(
        plan: TopologyPlan, storage: any StateStorage = InMemoryStateStorage(), runLimit: Int = 512
    ) throws {
        driver = try TopologyDriver(
            plan: plan, storage: storage, options: StreamTask.Options(runLimit: runLimit))
    }

    func send(_ json: String, key: String? = "a", at time: Int64 = 1_000_000) throws {
        try driver.pipe(
            topic: "in", key: key, value: json, timestamp: Timestamp(milliseconds: time))
    }

    /// Sends one event and returns what came out.
    func score(
        _ json: String, key: String? = "a", at time: Int64 = 1_000_000
    ) throws -> [DriverRecord] {
        try send(json, key: key, at: time)
        return driver.takeOutputs()
    }
}

extension DriverRecord {
    /// The value as JSON.
    var object: [String: Any] {
        let data = Data((value ?? "").utf8)
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }

    /// The value at a path of names.
    func at(_ path: String...) -> Any? {
        path.reduce(object as Any?) { ($0 as? [String: Any])?[$1] }
    }

    func number(_ path: String...) -> Double? {
        path.reduce(object as Any?) { ($0 as? [String: Any])?[$1] } as? Double
    }
}
