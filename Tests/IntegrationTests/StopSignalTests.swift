import Foundation
import Testing

/// SIGTERM and SIGINT, as an operator or a container engine sends them.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct StopSignalTests {
    @Test(
        "the first signal finishes the batch, commits, leaves the group and ends with status 0",
        arguments: [SIGTERM, SIGINT])
    func firstSignal(signal: Int32) throws {
        let broker = TestBroker("stop")
        let folder = try TestFolder()
        let (source, sink) = (broker.topic("in"), broker.topic("out"))
        try broker.create([source, sink])
        let count = 100_000
        try broker.write(Self.records(count), to: source)
        // No commit but the one of an orderly end.
        let topology = try folder.write(
            Self.topology(on: broker, source: source, sink: sink, commitInterval: "1h"),
            to: "topology.yaml")

        let process = try MillraceProcess(["run", topology, "--report", "json"], in: folder)
        let seen = try broker.read([sink], atMost: .seconds(60)) { !$0[sink, default: []].isEmpty }
        #expect(seen[sink]?.isEmpty == false, "\(process.errors.suffix(2000))")
        process.send(signal)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(2000))")
        let name = signal == SIGTERM ? "SIGTERM" : "SIGINT"
        #expect(process.errors.contains("\(name): finishing; a second one ends at once"))

        // A member that had not left would keep its partitions for the 45 s of its session.
        let next = try MillraceProcess(
            ["run", topology, "--until-caught-up", "--report", "json"], in: folder)
        #expect(next.waitForLog("assigned", atMost: .seconds(20)), "\(next.errors)")
        #expect(next.waitForEnd() == 0, "\(next.errors.suffix(2000))")
        // Whatever was written is committed, and nothing else: the two add up.
        let (first, second) = (try process.reportedRecordCount(), try next.reportedRecordCount())
        #expect(first > 0)
        #expect(first + second == count)
        #expect(try written(to: sink, on: broker, atLeast: count) == count)
    }

    @Test(
        "a second signal ends at once, with 128 and its number",
        arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func secondSignal(signal: Int32, status: Int32) throws {
        let own = try OwnBroker()
        let broker = TestBroker("twice", bootstrapServers: own.bootstrapServers)
        let folder = try TestFolder()
        let (source, sink) = (broker.topic("in"), broker.topic("out"))
        try broker.create([source, sink])
        try broker.write(Self.records(1000), to: source)
        let topology = try folder.write(
            Self.topology(on: broker, source: source, sink: sink, commitInterval: "1h"),
            to: "topology.yaml")
        let process = try MillraceProcess(["run", topology], in: folder)
        let seen = try broker.read([sink], atMost: .seconds(60)) { !$0[sink, default: []].isEmpty }
        #expect(seen[sink]?.isEmpty == false, "\(process.errors.suffix(2000))")

        // The last commit waits for an answer that does not come.
        own.freeze()
        process.send(signal)
        #expect(process.waitForLog("finishing; a second one ends at once"))
        #expect(process.isRunning)
        process.send(signal)
        #expect(process.waitForEnd(atMost: .seconds(5)) == status)
    }

    // MARK: The job of these tests

    private static func records(_ count: Int) -> [TestBroker.Record] {
        (0..<count).map { number in
            TestBroker.Record(key: "k-\(number % 100)", value: Array(#"{"n":\#(number)}"#.utf8))
        }
    }

    private static func topology(
        on broker: TestBroker, source: String, sink: String, commitInterval: String
    ) -> String {
        """
        application: \(broker.name)
        kafka: { bootstrap.servers: "\(broker.bootstrapServers)" }
        processing: { commit_interval: \(commitInterval) }
        sources:
          raw: { topic: \(source) }
        operators:
          parsed: { from: raw, parse: { format: json } }
        sinks:
          \(sink): { from: [parsed, parsed.failed] }
        """
    }

    /// How many records lie on a topic; looks until there are `count`, and once more.
    private func written(to topic: String, on broker: TestBroker, atLeast count: Int) throws -> Int
    {
        var isEnough = false
        return try broker.read([topic], atMost: .seconds(30)) { seen in
            defer { isEnough = seen[topic, default: []].count >= count }
            return isEnough
        }[topic, default: []].count
    }
}
