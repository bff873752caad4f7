import Foundation
import Testing

/// A corpus of broken input through the whole process: each piece comes out where it should, byte
/// for byte, and the process lives. What exactly `parse` tells apart is tested in `EventsTests`.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct MalformedInputTests {
    /// Where a record of the corpus has to come out.
    enum Outcome: Equatable {
        case written
        /// On the dead-letter topic, refused by this operator with this error.
        case refused(by: String, as: String)
    }

    struct Sample {
        let name: String
        var value: [UInt8]?
        var hasKey = true
        /// Since 1970, as its producer gave it.
        var timestamp = Self.time
        let outcome: Outcome

        static let time: Int64 = 1_710_325_274_000

        init(_ name: String, _ value: [UInt8]?, _ outcome: Outcome) {
            self.name = name
            self.value = value
            self.outcome = outcome
        }

        init(_ name: String, _ value: String, _ outcome: Outcome) {
            self.init(name, Array(value.utf8), outcome)
        }

        var withoutKey: Self {
            var sample = self
            sample.hasKey = false
            return sample
        }
    }

    @Test("each piece of the corpus comes out as specified, byte for byte, and the process lives")
    func corpus() throws {
        let broker = TestBroker("malformed")
        let folder = try TestFolder()
        let (source, sink, dead) = (broker.topic("in"), broker.topic("out"), broker.topic("dead"))
        // Apache Kafka takes no more than a mebibyte by default.
        try broker.create(
            [source, sink, dead],
            configuration: ["retention.ms": "-1", "max.message.bytes": "4194304"])
        let topology = try topology(on: broker, in: folder)
        let process = try MillraceProcess(["run", topology], in: folder)

        let records = Self.corpus.map { sample in
            TestBroker.Record(
                key: sample.hasKey ? sample.name : nil, value: sample.value,
                timestamp: sample.timestamp)
        }
        try broker.write(records, to: source)
        let seen = try broker.read([sink, dead], atMost: .seconds(60)) {
            $0.values.reduce(0) { $0 + $1.count } >= records.count || !process.isRunning
        }
        #expect(process.isRunning, "\(process.errors.suffix(3000))")
        for sample in Self.corpus { check(sample, written: seen[sink], refused: seen[dead]) }
        #expect(seen.values.reduce(0) { $0 + $1.count } == records.count)

        // It goes on as if nothing had been.
        try broker.write([record("after all that")], to: source)
        let more = try broker.read([sink], atMost: .seconds(60)) {
            $0[sink, default: []].contains { $0.key == "after all that" } || !process.isRunning
        }
        #expect(more[sink, default: []].contains { $0.key == "after all that" })
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(3000))")
        let committed = try broker.committedCount(group: broker.name, topic: source)
        #expect(committed == Int64(records.count) + 1)
    }

    // MARK: The corpus

    private static func event(_ more: String = "", at: String = "1710325274000") -> String {
        #"{"at":\#(at),"channel":"web"\#(more)}"#
    }

    private static func failed(_ error: String) -> Outcome { .refused(by: "parsed", as: error) }

    private static let corpus: [Sample] = [
        Sample("fine", event(), .written),
        Sample("truncated", String(event().dropLast(5)), failed("truncated")),
        Sample(
            "bad UTF-8", Array(#"{"at":1,"x":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8),
            failed("invalid_utf8")),
        Sample("UTF-16", [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], failed("invalid_utf8")),
        Sample("1 MiB string", event(#","x":"\#(megabyte)""#), .written),
        Sample("1 MiB string that doesn't end", #"{"at":1,"x":"\#(megabyte)"#, failed("truncated")),
        Sample(
            "1 MiB where another type belongs", event(#","page":"\#(megabyte)""#),
            .refused(by: "valid", as: "wrong_type")),
        Sample("depth 10,000", nested(10_000), failed("too_deep")),
        Sample("depth 10,000 without an end", repeated("[", 10_000), failed("too_deep")),
        Sample("NUL in a string", event(",\"x\":\"a\0b\""), failed("nul_byte")),
        Sample("NUL behind the object", event() + "\0", failed("nul_byte")),
        Sample("nothing but NUL", [0, 0, 0], failed("nul_byte")),
        Sample("no object", "[1,2,3]", failed("not_an_object")),
        Sample("a word", "hello", failed("unexpected_byte")),
        Sample(
            "a number without end", event(#","n":\#(repeated("9", 5000))"#),
            failed("number_out_of_range")),
        Sample("a name twice", event(#","x":1,"x":2"#), failed("duplicate_key")),
        Sample("empty value", "", failed("empty_value")),
        Sample("white space", " \r\n\t ", failed("empty_value")),
        Sample("tombstone", nil as [UInt8]?, failed("tombstone")),
        Sample("wrong type", event(#","age":"six""#), .refused(by: "valid", as: "wrong_type")),
        Sample("missing field", #"{"at":1}"#, .refused(by: "valid", as: "missing_property")),
        Sample("unknown channel", event(#","age":-1"#), .refused(by: "valid", as: "out_of_range")),
        Sample("no key", event(), .refused(by: "sessions", as: "missing_key")).withoutKey,
        Sample("no key and no value", nil as [UInt8]?, failed("tombstone")).withoutKey,
        Sample("no key and broken", "{", failed("truncated")).withoutKey,
        Sample("no time", #"{"channel":"web"}"#, failed("timestamp")),
        Sample("a time that is none", event(at: #""soon""#), failed("timestamp")),
        Sample("the year 12024", event(at: #""12024-03-13T10:21:14Z""#), failed("timestamp")),
        Sample("ten years ahead", event(at: #""2034-03-13T10:21:14Z""#), failed("too_far_ahead")),
        Sample("8,000 years ahead", event(at: #""9999-12-31T23:59:59Z""#), failed("too_far_ahead")),
        Sample("fine again", event(), .written),
    ]

    private static let megabyte = repeated("x", 1 << 20)

    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    private static func nested(_ depth: Int) -> String {
        event(#","x":\#(repeated("[", depth))\#(repeated("]", depth))"#)
    }

    // MARK: Helpers of this test

    private func record(_ key: String) -> TestBroker.Record {
        TestBroker.Record(
            key: key, value: Array(Self.event().utf8), timestamp: Sample.time)
    }

    private func check(
        _ sample: Sample, written: [TestBroker.Seen]?, refused: [TestBroker.Seen]?
    ) {
        func isSample(_ seen: TestBroker.Seen) -> Bool {
            sample.hasKey
                ? seen.key == sample.name : seen.key == nil && seen.bytes == sample.value
        }
        let written = (written ?? []).filter(isSample)
        let refused = (refused ?? []).filter(isSample)
        guard written.count + refused.count == 1 else {
            Issue.record("'\(sample.name)' came out \(written.count + refused.count) times")
            return
        }
        switch sample.outcome {
        case .written: #expect(written.count == 1, "'\(sample.name)': \(refused[0].headers)")
        case .refused(let operatorName, let error):
            let headers = refused.first?.headers ?? [:]
            #expect(headers["millrace.operator"] == operatorName, "'\(sample.name)'")
            #expect(headers["millrace.error"] == error, "'\(sample.name)'")
            #expect(headers["millrace.reason", default: ""] != "", "'\(sample.name)'")
            #expect(refused.first?.bytes == sample.value, "'\(sample.name)' was changed")
        }
    }

    private func topology(on broker: TestBroker, in folder: TestFolder) throws -> String {
        let schema = try folder.write(
            """
            {"type": "object", "required": ["channel"], "properties": {
              "channel": {"type": "string"}, "page": {"type": "object"},
              "age": {"type": "integer", "minimum": 0}, "x": {}}}
            """, to: "event.schema.json")
        return try folder.write(
            """
            application: \(broker.name)
            kafka: { bootstrap.servers: "\(broker.bootstrapServers)" }
            processing: { commit_interval: 50ms, state_directory: \(folder.path("state")) }
            sources:
              raw: { topic: \(broker.topic("in")), timestamp: at }
            operators:
              parsed: { from: raw, parse: { format: json } }
              valid: { from: parsed, validate: { schema: \(schema) } }
              sessions: { from: valid, sessionize: { gap: 30m, grace: 1m, channel: channel } }
            sinks:
              \(broker.topic("out")): { from: [sessions, sessions.late] }
              \(broker.topic("dead")): { from: [parsed.failed, valid.rejected, sessions.rejected] }
            """, to: "topology.yaml")
    }
}
