import Foundation
import Testing

/// The labelled clickstream of retentioneering, through a broker: 3,605 sessions, each one equal.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct RealDataTests {
    private struct Session: Hashable {
        let user: String
        let start: String
        let end: String
        let count: Int
    }

    private static let events = ProcessInfo.processInfo.environment["MILLRACE_REAL_DATA"]

    @Test(
        "3,605 labelled sessions come back through 4 partitions, 2 threads and disorder",
        .enabled(
            if: events != nil, "set MILLRACE_REAL_DATA to the file that scripts/real-data makes"))
    func labelledSessions() throws {
        let text = try String(contentsOfFile: #require(Self.events), encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        var labelled: [String: [[String: Any]]] = [:]
        for line in lines {
            let event = try fields(line)
            labelled["\(event["user_id"]!) \(event["session_id"]!)", default: []].append(event)
        }
        let expected = Set(
            labelled.values.map { events in
                let times = events.compactMap { $0["timestamp"] as? String }.sorted()
                return Session(
                    user: events[0]["user_id"] as? String ?? "", start: times.first ?? "",
                    end: times.last ?? "", count: events.count)
            })
        #expect(expected.count == 3605)

        let broker = TestBroker("real")
        let folder = try TestFolder()
        // The shipped topology, on topics of this test.
        var topology = try String(
            contentsOf: MillraceProcess.root.appending(
                path: "Topologies/clickstream-sessions.yaml"), encoding: .utf8)
        for (name, topic) in [
            ("application: clickstream-sessions", "application: \(broker.name)"),
            ("topic: clickstream\n", "topic: \(broker.topic("clickstream"))\n"),
            ("  sessions:    {", "  \(broker.topic("sessions")): {"),
            ("  late:        {", "  \(broker.topic("late")): {"),
            ("  dead-letter: {", "  \(broker.topic("dead")): {"),
            ("schema: schemas/", "schema: \(MillraceProcess.root.path)/Topologies/schemas/"),
        ] {
            #expect(topology.contains(name), "the topology no longer says '\(name)'")
            topology = topology.replacingOccurrences(of: name, with: topic)
        }
        // Its own tests speak of its own topics.
        topology = topology.components(separatedBy: "\ntests:")[0] + "\n"
        let path = try folder.write(topology, to: "topology.yaml")
        let topics = ["clickstream", "sessions", "late", "dead"].map(broker.topic)
        try broker.create(topics)
        try broker.write(try disordered(lines), to: topics[0])

        let process = try MillraceProcess(
            ["run", path],
            environment: [
                "KAFKA_BOOTSTRAP_SERVERS": TestBroker.bootstrap ?? "", "MILLRACE_THREADS": "2",
                "MILLRACE_STATE_DIRECTORY": folder.path("state"),
                "MILLRACE_WHEN_IDLE": "wall_clock", "MILLRACE_IDLE_AFTER": "2s",
            ], in: folder)
        let seen = try broker.read(topics.suffix(3), atMost: .seconds(90)) {
            $0[topics[1], default: []].count >= 3605 || !process.isRunning
        }
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(2000))")

        let found = try seen[topics[1], default: []].map { record in
            let session = try fields(record.value ?? "")
            return Session(
                user: session["key"] as? String ?? "", start: seconds(session["start"]),
                end: seconds(session["end"]), count: session["event_count"] as? Int ?? 0)
        }
        #expect(found.count == 3605)
        #expect(Set(found) == expected)
        #expect(seen[topics[2], default: []].isEmpty, "late events")
        #expect(seen[topics[3], default: []].isEmpty, "dead letters")
    }

    private func fields(_ line: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }

    /// `2024-03-13T10:21:14.000Z` as the data writes it.
    private func seconds(_ value: Any?) -> String {
        (value as? String ?? "").replacingOccurrences(of: ".000Z", with: "Z")
    }

    /// The events in the order of their time, each moved by up to five minutes: within the grace.
    private func disordered(_ lines: [String]) throws -> [TestBroker.Record] {
        let formatter = ISO8601DateFormatter()
        var records: [(place: Double, record: TestBroker.Record)] = []
        for line in lines {
            let event = try fields(line)
            let date = try #require(formatter.date(from: event["timestamp"] as? String ?? ""))
            records.append(
                (
                    date.timeIntervalSince1970 + .random(in: 0...300),
                    TestBroker.Record(
                        key: event["user_id"] as? String, value: Array(line.utf8),
                        timestamp: Int64(date.timeIntervalSince1970 * 1000))
                ))
        }
        return records.sorted { $0.place < $1.place }.map(\.record)
    }
}
