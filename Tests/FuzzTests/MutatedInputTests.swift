import Events
import Foundation
import Operators
import StreamCore
import Testing
import TopologyFiles

/// Mutated input through `parse` and everything behind it, and through the YAML loader. A trap ends
/// the test process; whatever else comes out is right.
///
/// `MILLRACE_FUZZ_SECONDS` says for how long, `MILLRACE_FUZZ_SEED` repeats a run: the round that was
/// at work is printed every thousand rounds.
@Suite(.enabled(if: Fuzzing.seconds != nil, "set MILLRACE_FUZZ_SECONDS"), .serialized)
struct MutatedInputTests {
    @Test("no value traps parse, validate or sessionize", arguments: ["json", "ndjson", "csv"])
    func values(format: String) throws {
        let file = try TopologyLoader(operators: .standard, environment: [:])
            .load(Array(Self.topology(format: format).utf8), from: "fuzz.yaml")
        let plan = try TopologyPlan(file.topology)
        var fuzzing = Fuzzing("parse \(format)", corpus: Self.values)
        var accounted = (events: 0, dead: 0)
        var driver = try TopologyDriver(plan: plan)
        while let value = fuzzing.next() {
            let text = fuzzing.round % 97 == 0 ? nil : value
            try driver.pipe(topic: "in", key: Array("k".utf8), value: text)
            let outputs = driver.takeOutputs()
            let events = outputs.count { $0.topic == "events" }
            let dead = outputs.count { $0.topic == "dead" }
            // A record is one event, so it comes out once, wherever that is.
            if format == "json", events + dead != 1 {
                Issue.record("round \(fuzzing.round): \(events) events, \(dead) dead letters")
            }
            accounted.events += events
            accounted.dead += dead
            // State that only grows would slow the rounds down.
            if fuzzing.round % 5000 == 0 { driver = try TopologyDriver(plan: plan) }
        }
        #expect(fuzzing.round > 0)
        #expect(accounted.events > 0)
        #expect(accounted.dead > 0)
    }

    @Test("no text traps the YAML loader, and what it accepts can be planned or is refused")
    func topologies() throws {
        let folder = "\(Self.root)/Topologies"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".yaml") }.sorted()
        let corpus = try names.map { name in
            Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
        }
        let loader = TopologyLoader(operators: .standard, environment: [:])
        var fuzzing = Fuzzing("YAML loader", corpus: corpus)
        var refused = 0
        while let text = fuzzing.next() {
            do throws(Diagnostics) {
                let file = try loader.load(text, from: "\(folder)/fuzzed.yaml")
                _ = try TopologyPlan(file.topology)
            } catch {
                refused += 1
                #expect(!error.isEmpty)
            }
        }
        #expect(refused > 0)
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL.path
    /// Nearly every event violates the first, which only tags, and many the second, which rejects.
    private static let schema = "\(root)/Topologies/schemas/customer-event.schema.json"
    private static let ownSchema = "\(root)/Tests/FuzzTests/event.schema.json"

    private static func topology(format: String) -> String {
        """
        application: fuzz
        sources:
          raw: { topic: in, timestamp: at }
        operators:
          parsed: { from: raw, parse: { format: \(format) } }
          mapped:
            from: parsed
            map: { copy: { twin: deep.field }, set: { "a.b": 1 }, rename: { user: user_id } }
          valid: { from: mapped, validate: { schema: \(schema), on_violation: tag, errors: all } }
          checked: { from: valid, validate: { schema: \(ownSchema) } }
          sessions: { from: checked, sessionize: { key: user_id, gap: 30m, revenue: total, step: type } }
        sinks:
          events: { from: [sessions, sessions.late] }
          changes: { from: [sessions.closed, sessions.updates] }
          dead: { from: [parsed.failed, mapped.failed, valid.rejected, checked.rejected, sessions.rejected] }
        """
    }

    private static let values: [[UInt8]] =
        [
            #"{"user":"ada","at":"2024-03-13T10:21:14Z","type":"view","total":19.990,"deep":{"field":[1,2]}}"#,
            #"{"event_id":"00000000-0000-4000-8000-000000000001","event_type":"page_view","channel":"web","occurred_at":"2024-03-13T10:21:14Z","at":1710325274,"user":"c","page":{"url":"https://shop.example/"},"order":{"id":"O","total":-1.50,"currency":"EUR"}}"#,
            #"{"user":"bob","at":1710325274000,"type":"buy","total":18446744073709551615,"x":"é\n\"😀"}"#,
            "{\"user\":\"a\",\"at\":0}\n{\"user\":\"b\",\"at\":1}\r\n\n{\"user\":null}",
            "user,at,type\nada,2024-03-13 10:21:14,\"a \"\"quoted\"\", cell\"\nbob,1,view\n",
            "[]", "{}", "", " ", "null", "\"", "{\"a\":1e999}", "{\"a\":-0.0,\"a\":2}",
            String(repeating: "[", count: 10_000), String(repeating: "{\"a\":", count: 300),
        ].map { Array($0.utf8) } + [[0xFF, 0xFE, 0x00], [0x7B, 0x22, 0xC3, 0x28, 0x22, 0x7D]]
}

/// A bounded run of mutations that a seed repeats.
struct Fuzzing {
    static let seconds = ProcessInfo.processInfo.environment["MILLRACE_FUZZ_SECONDS"]
        .flatMap(Double.init)

    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", "\"", ":", ",", "\\u", "\\ud800", "\n", "\r\n", "\t", "null",
            "true",
            "-", "1e400", "9223372036854775808", "0x", "  ", "- ", "&a", "*a", "<<: ", "!!binary ",
            "|",
            ">", "${X}", "${X:-", "#", "'", "a.b[0]", "2024-02-30T25:61:61Z",
        ].map { Array($0.utf8) } + [
            [0x00], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF],
        ]

    private let name: String
    private let corpus: [[UInt8]]
    private let seed: UInt64
    private let deadline: ContinuousClock.Instant
    private(set) var round = 0

    init(_ name: String, corpus: [[UInt8]]) {
        self.name = name
        self.corpus = corpus
        let environment = ProcessInfo.processInfo.environment
        seed = environment["MILLRACE_FUZZ_SEED"].flatMap(UInt64.init) ?? .random(in: 0...UInt64.max)
        deadline = .now + .seconds((Self.seconds ?? 0) / 4)
        print("fuzz: \(name): MILLRACE_FUZZ_SEED=\(seed)")
    }

    mutating func next() -> [UInt8]? {
        if round % 1000 == 0 {
            guard ContinuousClock.now < deadline else {
                print("fuzz: \(name): \(round) rounds")
                return nil
            }
            print("fuzz: \(name): round \(round)")
        }
        round += 1
        var random = SplitMix(state: seed &+ UInt64(round) &* 0x9E37_79B9_7F4A_7C15)
        var value = corpus[Int(random.next() % UInt64(corpus.count))]
        for _ in 0..<(1 + random.next() % 6) { mutate(&value, with: &random) }
        return value
    }

    private func mutate(_ value: inout [UInt8], with random: inout SplitMix) {
        func index(_ count: Int) -> Int { count == 0 ? 0 : Int(random.next() % UInt64(count)) }
        let start = index(value.count + 1)
        let length = min(value.count - start, index(40))
        switch random.next() % 7 {
        case 0: value.removeSubrange(start..<start + length)
        case 1: value.removeSubrange(start...)
        case 2: value.insert(contentsOf: value[start..<start + length], at: index(value.count + 1))
        case 3: value.insert(contentsOf: Self.pieces[index(Self.pieces.count)], at: start)
        case 4 where start < value.count: value[start] = UInt8(truncatingIfNeeded: random.next())
        case 5 where start < value.count: value[start] ^= 1 << UInt8(random.next() % 8)
        default:
            let other = corpus[index(corpus.count)]
            let from = index(other.count + 1)
            value.insert(contentsOf: other[from...].prefix(200), at: start)
        }
    }
}

struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
