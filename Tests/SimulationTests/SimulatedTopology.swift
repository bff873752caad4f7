import Events
import Operators
import StreamCore
import StreamTesting

/// What the simulation runs: one sub-topology with state and timers, one without either.
///
/// ```
/// clicks ──▶ parsed ──▶ sessions by user ──closed──▶ sessions
///               └── failed, rejected ───────────────▶ dead
/// visits ──▶ read ──────────────────────────────────▶ copies
///               └── failed ─────────────────────────▶ unread
/// ```
///
/// Each topic is written by the tasks of one sub-topology: between two tasks there is no order that
/// an undisturbed run would promise.
struct SimulatedTopology {
    static let application = "shop"
    static let partitions: Int32 = 3
    /// Of both sub-topologies.
    static let taskCount = 2 * partitions
    static let sources = ["clicks", "visits"]
    static let sinks = ["sessions", "copies", "dead", "unread"]
    /// After how long without a record the wall clock moves stream time.
    static let idleAfter = Duration.seconds(60)

    /// Whether wall time closes sessions once traffic has stopped, so that timers fire without a
    /// record; else what is open stays in the state.
    let closesByWallClock: Bool

    func plan() throws -> TopologyPlan {
        let watermark = WatermarkSettings(
            idleAfter: Self.idleAfter, whenIdle: closesByWallClock ? .wallClock : .hold)
        func source(_ name: String, topic: String) throws -> Topology.Source {
            Topology.Source(
                name: name, topics: [topic], timestamp: try FieldPath("at"),
                key: try FieldPath("user"), watermark: watermark)
        }
        return try TopologyPlan(
            Topology(
                application: Self.application,
                sources: [
                    try source("raw", topic: "clicks"), try source("other", topic: "visits"),
                ],
                operators: [
                    Self.node("parsed", "parse", [("format", "json")], from: "raw"),
                    Self.node("read", "parse", [("format", "json")], from: "other"),
                    Self.node(
                        "sessions", "sessionize",
                        [("key", "user"), ("gap", "30m"), ("grace", "1m")], from: "parsed"),
                ],
                sinks: [
                    Topology.Sink(topic: "sessions", inputs: [StreamReference("sessions.closed")]),
                    Topology.Sink(topic: "copies", inputs: [StreamReference("read")]),
                    Topology.Sink(topic: "unread", inputs: [StreamReference("read.failed")]),
                    Topology.Sink(
                        topic: "dead",
                        inputs: ["parsed.failed", "sessions.rejected"].map { StreamReference($0) }),
                ]))
    }

    private static func node(
        _ name: String, _ kind: String, _ settings: [(String, String)], from input: String
    ) -> Topology.Node {
        let spec = OperatorRegistry.standard[kind]!
        let entries = settings.map {
            ConfigurationValue.Entry(
                key: $0.0, keyLocation: .none,
                value: ConfigurationValue(.string($0.1), text: $0.1, at: .none))
        }
        var configuration = Configuration(
            name: name, value: ConfigurationValue(.map(entries), at: .none)
        ) { _ in [] }
        guard let definition = spec.make(&configuration) else {
            preconditionFailure("\(configuration.diagnostics)")
        }
        return Topology.Node(
            name: name, spec: spec, definition: definition, inputs: [StreamReference(input)])
    }
}

/// Records in the order in which they are written, the same for a number every time.
struct SimulatedWorkload {
    /// Milliseconds since 1970.
    static let begin: Int64 = 1_709_500_000_000

    struct Entry {
        let topic: String
        let partition: Int32
        let record: FakeCluster.Record
    }

    let entries: [Entry]

    init(number: Int) {
        var random = SeededRandom(seed: UInt64(number) &* 7919 &+ 1)
        var entries: [Entry] = []
        var time = Self.begin
        for count in 0..<150 {
            // Now and then a pause that closes sessions.
            time += random.happens(0.08) ? 45 * 60_000 : Int64(random.below(4 * 60_000))
            let user = "u\(random.below(9))"
            let isBroken = random.happens(0.05)
            let value =
                isBroken ? "{broken \(count)" : #"{"user":"\#(user)","at":\#(time),"n":\#(count)}"#
            let key = Array(user.utf8)
            entries.append(
                Entry(
                    topic: random.happens(0.7) ? "clicks" : "visits",
                    partition: Int32(
                        FakeCluster.partition(of: key, count: Int(SimulatedTopology.partitions))),
                    record: FakeCluster.Record(
                        key: key, value: Array(value.utf8), timestamp: time)))
        }
        self.entries = entries
    }
}
