import Events
import Operators
import StreamCore
import StreamTesting

/// What the simulation runs: one sub-topology with state and timers, one without either.
///
/// Where sessions are kept by `item` and not by the key of the topic, what is parsed goes through a
/// repartition topic first, so there are three.
///
/// ```
/// clicks ──▶ parsed ──▶ sessions by user ──closed──▶ sessions
///               └── failed, rejected ───────────────▶ dead
/// visits ──▶ read ──────────────────────────────────▶ copies
///               └── failed ─────────────────────────▶ unread
/// rules ──▶ ruled, in every task ──▶ marked ────────▶ marks        with rules, behind `parsed`
/// parsed ──▶ linked, over all partitions ───────────▶ linked       with linking
///               ▲│    └── profiles ─────────────────▶ people
///               └┘ what its tasks tell each other
/// ```
///
/// Each topic is written by the tasks of one sub-topology: between two tasks there is no order that
/// an undisturbed run would promise.
struct SimulatedTopology {
    static let application = "shop"
    static let partitions: Int32 = 3
    static let sources = ["clicks", "visits"]
    static let sinks = ["sessions", "extras", "copies", "dead", "unread", "marks"] + linkSinks
    /// What is written there depends on which task learns first of what; not what it comes to.
    static let linkSinks = ["linked", "people"]
    static let broadcast = "rules"
    /// After how long without a record the wall clock moves stream time.
    var idleAfter: Duration {
        // Between two tasks, one that is silent for this long is waited for no more: what it writes
        // then is late, which an undisturbed run would not have.
        isRekeyed ? .seconds(1800) : .seconds(60)
    }

    /// Whether wall time closes sessions once traffic has stopped, so that timers fire without a
    /// record; else what is open stays in the state.
    let closesByWallClock: Bool
    /// Whether sessions are kept by another field than the topics are partitioned by.
    var isRekeyed = false
    /// Whether events of all partitions are linked to people, by tasks that tell each other what they
    /// know.
    var isLinked = false
    /// Whether there are sessions of another operator beside them, and which edit of the topology it is.
    var edit = Edit.none

    /// A topology that is edited: the second keeps sessions by another field, and in the place of one
    /// operator with state it has another.
    enum Edit: Sendable {
        case none, before, after
    }

    /// Sessions are kept by this field, and the topics said to be partitioned by it.
    private var key: String { edit == .after ? "friend" : "user" }

    /// The operator that the edit replaces: one whose stores' names come first, by one whose come last.
    private var extra: String? {
        switch edit {
        case .none: nil
        case .before: "aside"
        case .after: "zones"
        }
    }

    /// Whether there is a topic of which every task reads all partitions.
    var hasRules = false

    func plan() throws -> TopologyPlan {
        let watermark = WatermarkSettings(
            idleAfter: idleAfter, whenIdle: closesByWallClock ? .wallClock : .hold)
        func source(_ name: String, topic: String) throws -> Topology.Source {
            Topology.Source(
                name: name, topics: [topic], timestamp: try FieldPath("at"),
                key: try FieldPath(key), watermark: watermark)
        }
        let extras = extra.map { name in
            Self.node(
                name, "sessionize", [("key", key), ("gap", "20m"), ("grace", "1m")], from: "parsed")
        }
        var topology =
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
                        [
                            ("key", isRekeyed ? "item" : key), ("gap", "30m"), ("grace", "1m"),
                        ], from: "parsed"),
                ] + (extras.map { [$0] } ?? []),
                sinks: [
                    Topology.Sink(topic: "sessions", inputs: [StreamReference("sessions.closed")]),
                    Topology.Sink(topic: "copies", inputs: [StreamReference("read")]),
                    Topology.Sink(topic: "unread", inputs: [StreamReference("read.failed")]),
                    Topology.Sink(
                        topic: "dead",
                        inputs: (["parsed.failed", "sessions.rejected"]
                            + (extra.map { ["\($0).rejected"] } ?? [])).map { StreamReference($0) }),
                ]
                    + (extra.map {
                        [Topology.Sink(topic: "extras", inputs: [StreamReference("\($0).closed")])]
                    } ?? []))
        if hasRules { try addRules(to: &topology) }
        if isLinked { addLinking(to: &topology) }
        return try TopologyPlan(topology)
    }

    private func addRules(to topology: inout Topology) throws {
        topology.sources.append(
            Topology.Source(
                name: "rules", topics: [Self.broadcast], timestamp: try FieldPath("at"),
                broadcast: .inOrder))
        topology.operators.append(
            Self.node("ruled", "parse", [("format", "json")], from: "rules", policy: .drop))
        topology.operators.append(
            Topology.Node(
                name: "marked", spec: Marking.spec, definition: Marking.Definition(),
                inputs: [StreamReference("parsed")], namedInputs: [StreamReference("ruled")]))
        topology.sinks.append(
            Topology.Sink(topic: "marks", inputs: [StreamReference("marked")]))
    }

    private func addLinking(to topology: inout Topology) {
        let identifiers = Self.map([
            (
                "account",
                Self.map([("field", Self.text("account")), ("unique", Self.text("true"))])
            ),
            ("email", Self.map([("field", Self.text("email")), ("form", Self.text("email"))])),
            ("device", Self.map([("field", Self.text("device"))])),
        ])
        topology.operators.append(
            Self.node(
                "linked", "link",
                Self.map([("scope", Self.text("global")), ("identifiers", identifiers)]),
                from: "parsed", policy: .drop))
        topology.sinks += [
            Topology.Sink(topic: "linked", inputs: [StreamReference("linked")]),
            Topology.Sink(topic: "people", inputs: [StreamReference("linked.profiles")]),
        ]
    }

    private static func text(_ text: String) -> ConfigurationValue {
        let content: ConfigurationValue.Content = text == "true" ? .boolean(true) : .string(text)
        return ConfigurationValue(content, text: text, at: .none)
    }

    private static func map(_ entries: [(String, ConfigurationValue)]) -> ConfigurationValue {
        let entries = entries.map {
            ConfigurationValue.Entry(key: $0.0, keyLocation: .none, value: $0.1)
        }
        return ConfigurationValue(.map(entries), at: .none)
    }

    private static func node(
        _ name: String, _ kind: String, _ settings: [(String, String)], from input: String,
        policy: ErrorPolicy = .deadLetter
    ) -> Topology.Node {
        node(name, kind, map(settings.map { ($0.0, text($0.1)) }), from: input, policy: policy)
    }

    private static func node(
        _ name: String, _ kind: String, _ settings: ConfigurationValue, from input: String,
        policy: ErrorPolicy = .deadLetter
    ) -> Topology.Node {
        let spec = OperatorRegistry.standard[kind]!
        var configuration = Configuration(name: name, value: settings) { _ in [] }
        guard let definition = spec.make(&configuration) else {
            preconditionFailure("\(configuration.diagnostics)")
        }
        return Topology.Node(
            name: name, spec: spec, definition: definition, inputs: [StreamReference(input)],
            namedInputs: spec.namedInputs.map { _ in nil }, errorPolicy: policy)
    }
}

/// Notes in each event the number of the last rule for its key.
private final class Marking: Operator {
    static let spec = OperatorSpec(
        name: "mark", summary: "", fields: [],
        namedInputs: [.init("rules", "The rules.", required: true, broadcast: true)], example: "",
        make: { _ in nil })

    struct Definition: OperatorDefinition {
        let stores = [StoreSpec(name: "marked.rules", kind: .keyValue)]

        func makeOperator() -> any Operator { Marking() }
    }

    private static let number = FieldPath(name: "n")
    private static let rule = FieldPath(name: "rule")
    private var value: [UInt8] = []

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let store = context.keyValueStore("marked.rules")
        do throws(StoreError) {
            for event in events {
                let key = unsafe context.arena.bytes(event.key)
                if context.input == 1 {
                    let number = context.arena.value(of: event, at: Self.number).integer ?? -1
                    var bytes = ByteBuffer()
                    bytes.append(string: "\(number)")
                    try unsafe store.put(key, bytes.bytes)
                } else {
                    let isThere = try unsafe store.get(key, into: &value)
                    let number = isThere ? Int64(String(decoding: value, as: UTF8.self)) : nil
                    var marked = event
                    context.arena.set(Self.rule, of: &marked, to: number ?? 0)
                    context.emit(marked)
                }
            }
        } catch {
            throw .store(error)
        }
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
            // Not at the end, so that each task commits something behind the last rule.
            if count % 7 == 3, count < 90 {
                entries.append(Self.rule(count, for: "u\(count / 7 % 9)", at: time - 1))
            }
            let number = random.below(9)
            let user = "u\(number)"
            let isBroken = random.happens(0.05)
            let value =
                isBroken
                ? "{broken \(count)"
                : #"{"user":"\#(user)","at":\#(time),"n":\#(count),"item":"i\#(count % 5)","#
                    + #""friend":"\#(Self.friend(of: number))"\#(Self.identifiers(count, number))}"#
            let key = Array(user.utf8)
            let partition = Self.partition(of: number)
            entries.append(
                Entry(
                    topic: random.happens(0.7) ? "clicks" : "visits",
                    partition: Int32(partition),
                    record: FakeCluster.Record(
                        key: key, value: Array(value.utf8), timestamp: time)))
        }
        self.entries = entries
    }

    private static func partition(of user: Int) -> Int {
        FakeCluster.partition(
            of: Array("u\(user)".utf8), count: Int(SimulatedTopology.partitions))
    }

    /// Another user of the same partition: as a key it means somebody else, and goes to the same task.
    private static func friend(of user: Int) -> String {
        let next = (1...9).lazy.map { (user + $0) % 9 }.first {
            partition(of: $0) == partition(of: user)
        }
        return "u\(next ?? user)"
    }

    /// Who it is, as far as an event tells: devices change hands now and then.
    private static func identifiers(_ count: Int, _ user: Int) -> String {
        let device = count % 13 == 5 ? (user + 1) % 9 : user
        return #","device":"d\#(device)-\#(count / 4 % 3)""#
            + (count % 3 == 0 ? #","account":"a\#(user)""# : "")
            + (count % 5 == 0 ? #","email":"e\#(user / 2)@shop.de""# : "")
    }

    private static func rule(_ count: Int, for user: String, at time: Int64) -> Entry {
        Entry(
            topic: SimulatedTopology.broadcast, partition: Int32(count % 3),
            record: FakeCluster.Record(
                key: Array(user.utf8),
                value: Array(#"{"user":"\#(user)","at":\#(time),"n":\#(count)}"#.utf8),
                timestamp: time))
    }
}
