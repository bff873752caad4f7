import Foundation

/// Events whose sessions are known: users come back every two hours and make a few clicks.
struct SessionWorkload {
    struct Session: Hashable {
        let key: String
        let start: Int64
        let count: Int
    }

    private static let gap: Int64 = 1_800_000
    private static let begin: Int64 = 1_709_539_200_000

    /// In the order of their event time.
    let records: [TestBroker.Record]
    let sessions: Set<Session>

    init(eventCount: Int, users: Int = 500) {
        var records: [TestBroker.Record] = []
        var sessions: [Session] = []
        var random = SystemRandomNumberGenerator()
        var times: [(time: Int64, key: String)] = []
        var round: Int64 = 0
        while times.count < eventCount {
            for user in 0..<users where times.count < eventCount {
                let key = "user-\(user)"
                let count = min(Int.random(in: 1...9, using: &random), eventCount - times.count)
                let start =
                    Self.begin + round * 4 * Self.gap + Int64.random(in: 0..<60_000, using: &random)
                for click in 0..<count { times.append((start + Int64(click) * 60_000, key)) }
                sessions.append(Session(key: key, start: start, count: count))
            }
            round += 1
        }
        times.sort { ($0.time, $0.key) < ($1.time, $1.key) }
        for (number, event) in times.enumerated() {
            records.append(
                TestBroker.Record(
                    key: event.key,
                    value: Array(
                        #"{"user_id":"\#(event.key)","n":\#(number),"at":\#(event.time)}"#.utf8),
                    timestamp: event.time))
        }
        self.records = records
        self.sessions = Set(sessions)
    }

    /// Records far behind the others in time, enough of them to reach every partition, by key and by
    /// time: they close all sessions but their own.
    var closingRecords: [TestBroker.Record] { closingRecords(later: 0) }

    /// The same, by so many milliseconds later.
    func closingRecords(later pause: Int64) -> [TestBroker.Record] {
        let begin = (records.last?.timestamp ?? 0) + 3 * Self.gap + pause
        return (0..<64).map { number in
            let time = begin + Int64(number)
            return TestBroker.Record(
                key: "closer-\(number)",
                value: Array(#"{"user_id":"closer-\#(number)","at":\#(time)}"#.utf8),
                timestamp: time)
        }
    }

    /// A topology that finds these sessions. `kafka` and `processing` are more lines of these
    /// parts, a property each.
    static func topology(
        on broker: TestBroker, source: String, sink: String, deadLetter: String, state: String,
        threads: Int = 2, kafka: [String] = [], processing: [String] = []
    ) -> String {
        let hasTimeout = kafka.contains { $0.hasPrefix("session.timeout.ms:") }
        let kafkaLines = (kafka + (hasTimeout ? [] : ["session.timeout.ms: 10000"]))
            .map { "  \($0)\n" }.joined()
        let processingLines = processing.map { "  \($0)\n" }.joined()
        return """
            application: \(broker.name)
            kafka:
              bootstrap.servers: \(broker.bootstrapServers)
            \(kafkaLines)processing:
              threads: \(threads)
              commit_interval: 50ms
              state_directory: \(state)
            \(processingLines)sources:
              raw:
                topic: \(source)
                timestamp: at
                key: user_id
                watermark: { out_of_orderness: 1m }
            operators:
              parsed: { from: raw, parse: { format: json } }
              sessions: { from: parsed, sessionize: { key: user_id, gap: 30m, grace: 1m } }
            sinks:
              \(sink): { from: sessions.closed }
              \(deadLetter): { from: [parsed.failed, sessions.rejected] }
            """
    }

    /// A closed session as it was written.
    static func session(_ document: String) -> (id: String, session: Session)? {
        guard let object = try? JSONSerialization.jsonObject(with: Data(document.utf8)),
            let fields = object as? [String: Any], let key = fields["key"] as? String,
            let id = fields["session_id"] as? String, let count = fields["event_count"] as? Int,
            let start = Int64(id.prefix { $0 != "-" })
        else { return nil }
        return (id, Session(key: key, start: start, count: count))
    }
}
