import Events
import Foundation
import Logging
import Operators
import StreamCore
import StreamEngine
import StreamState
import StreamTesting

/// An application on a fake cluster, with real operators and real state files.
final class EngineRig {
    let cluster = FakeCluster()
    let log = RecordingLog()
    let clock = ManualClock(Timestamp(milliseconds: 1_709_600_000_000))
    let folder: URL
    var settings = EngineSettings(
        threads: 1, commitInterval: .milliseconds(20), brokerTimeout: .seconds(5),
        stateLockTimeout: .seconds(5), stopsWhenCaughtUp: true)

    init(partitions: Int32 = 4) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "engine-\(UInt64.random(in: 0...UInt64.max))")
        try cluster.createTopics(
            ["clicks", "sessions", "dead"].map { TopicSpec(name: $0, partitions: partitions) })
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    static func make(_ spec: OperatorSpec, _ settings: [(String, String)]) -> any OperatorDefinition
    {
        let entries = settings.map {
            ConfigurationValue.Entry(
                key: $0.0, keyLocation: .none,
                value: ConfigurationValue(.string($0.1), text: $0.1, at: .none))
        }
        var configuration = Configuration(
            name: spec.name == "sessionize" ? "sessions" : "parsed",
            value: ConfigurationValue(.map(entries), at: .none)
        ) { _ in [] }
        guard let definition = spec.make(&configuration) else {
            fatalError("\(configuration.diagnostics)")
        }
        return definition
    }

    /// clicks -> parse -> sessionize by user -> sessions.
    func plan(
        key: String? = "user", topics: [String] = ["clicks"], sessionKey: String = "user"
    ) throws -> TopologyPlan {
        let parse = OperatorRegistry.standard["parse"]!
        let sessionize = OperatorRegistry.standard["sessionize"]!
        return try TopologyPlan(
            Topology(
                application: "shop",
                sources: [
                    Topology.Source(
                        name: "raw", topics: topics, timestamp: try FieldPath("at"),
                        key: try key.map { try FieldPath($0) },
                        watermark: WatermarkSettings(
                            idleAfter: .seconds(60), whenIdle: .wallClock))
                ],
                operators: [
                    Topology.Node(
                        name: "parsed", spec: parse,
                        definition: Self.make(parse, [("format", "json")]),
                        inputs: [StreamReference("raw")]),
                    Topology.Node(
                        name: "sessions", spec: sessionize,
                        definition: Self.make(
                            sessionize, [("key", sessionKey), ("gap", "30m"), ("grace", "1m")]),
                        inputs: [StreamReference("parsed")]),
                ],
                sinks: [
                    Topology.Sink(topic: "sessions", inputs: [StreamReference("sessions.closed")]),
                    Topology.Sink(
                        topic: "dead",
                        inputs: [
                            StreamReference("parsed.failed"), StreamReference("sessions.rejected"),
                        ]),
                ]))
    }

    func storage() -> SQLiteStateStorage {
        SQLiteStateStorage(root: folder.path, application: "shop")
    }

    func engine(_ plan: TopologyPlan) -> Engine {
        Engine(application(plan), log: Logger(label: "test") { [log] _ in log })
    }

    func application(_ plan: TopologyPlan) -> Application {
        let clock = self.clock
        return Application(
            plan: plan, settings: settings, cluster: cluster, storage: storage(),
            wallClock: { clock.now })
    }

    /// A click of `user`, `minute` minutes after the epoch of these tests.
    func click(_ user: String, minute: Int64) {
        let at = 1_709_500_000_000 + minute * 60_000
        let key = Array(user.utf8)
        cluster.append(
            FakeCluster.Record(
                key: key, value: Array(#"{"user":"\#(user)","at":\#(at)}"#.utf8), timestamp: at),
            to: "clicks", partition: Int32(key.reduce(0) { $0 + Int($1) } % 4))
    }

    /// `user count` of every session that was written.
    var sessions: [String] {
        cluster.records(of: "sessions").joined().map { record in
            let object = try? JSONSerialization.jsonObject(with: Data(record.value ?? []))
            let fields = object as? [String: Any] ?? [:]
            return "\(fields["key"] ?? "?") \(fields["event_count"] ?? "?")"
        }.sorted()
    }
}
