import Foundation
import Testing

/// A topology is edited so that state would be left behind: its user is told, and decides.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"), .serialized)
struct StateEditTests {
    /// Users come back after so long.
    private static let round: Int64 = 7_200_000

    @Test(
        "a renamed operator is refused with the list, touches nothing, and goes on when confirmed",
        arguments: ["none", "kafka"])
    func renamedOperator(changelog: String) throws {
        let broker = TestBroker("edit")
        let folder = try TestFolder()
        let source = broker.topic("in")
        let sink = broker.topic("sessions")
        try broker.create(["in", "sessions", "dead"].map(broker.topic))
        let text = SessionWorkload.topology(
            on: broker, source: source, sink: sink, deadLetter: broker.topic("dead"),
            state: folder.path("state"), kafka: ["group.instance.id: one"],
            processing: ["guarantee: exactly_once", "changelog: \(changelog)"])
        let topology = try folder.write(text, to: "topology.yaml")
        let edited = try folder.write(
            text.replacing("  sessions: {", with: "  visits: {")
                .replacing("sessions.closed", with: "visits.closed")
                .replacing("sessions.rejected", with: "visits.rejected"),
            to: "edited.yaml")

        // Two rounds: the sessions of the first are closed by the events of the second.
        let workload = SessionWorkload(eventCount: 2000, users: 50)
        let begin = workload.records[0].timestamp
        let firstRounds = workload.records.filter { $0.timestamp < begin + 3 * Self.round / 2 }
        try broker.write(firstRounds, to: source)
        var written = Int64(firstRounds.count)
        try run(topology, upTo: written, of: source, on: broker, in: folder)

        let plan = try MillraceProcess(["plan", edited], in: folder)
        #expect(plan.waitForEnd() == 1)
        for line in ["sessions.open: dropped", "visits.open: new", "a start would be refused"] {
            #expect(plan.output.contains(line), "\(line) is not in: \(plan.output)")
        }
        let refused = try MillraceProcess(["run", edited, "--create-topics"], in: folder)
        #expect(refused.waitForEnd() == 1)
        #expect(refused.errors.contains("dropped: 'sessions.open'"), "\(refused.logTail())")
        #expect(refused.errors.contains("--confirm-state-changes"), "\(refused.logTail())")

        // It touched nothing: the old topology goes on where it was, with its open sessions.
        let thirdRound = workload.records.filter { Self.round(of: $0.timestamp, begin) == 2 }
        try broker.write(thirdRound, to: source)
        written += Int64(thirdRound.count)
        try run(topology, upTo: written, of: source, on: broker, in: folder)

        // What is open now is given up.
        let rest = workload.records.filter { Self.round(of: $0.timestamp, begin) > 2 }
        try broker.write(rest + workload.closingRecords, to: source)
        written += Int64(rest.count + workload.closingRecords.count)
        let confirmed = try run(
            edited, ["--confirm-state-changes"], upTo: written, of: source,
            on: broker, in: folder)
        #expect(confirmed.errors.contains("confirmed: a dropped store is deleted"))
        let again = try MillraceProcess(["plan", edited], in: folder)
        #expect(again.waitForEnd() == 0, "\(again.output)")

        let seen = try broker.readToEnd(of: sink)
        let sessions = seen.compactMap { SessionWorkload.session($0.value ?? "")?.session }
        let expected = workload.sessions.filter { Self.round(of: $0.start, begin) != 2 }
        #expect(expected.count < workload.sessions.count)
        #expect(sessions.count == expected.count)
        #expect(Set(sessions) == expected)
    }

    private static func round(of time: Int64, _ begin: Int64) -> Int64 {
        (time - begin + round / 4) / round
    }

    /// Runs a topology until the group has committed so many records.
    @discardableResult
    private func run(
        _ topology: String, _ options: [String] = [], upTo count: Int64, of source: String,
        on broker: TestBroker, in folder: TestFolder
    ) throws -> MillraceProcess {
        let process = try MillraceProcess(
            ["run", topology, "--create-topics"] + options, in: folder)
        try process.waitForCommit(beyond: count - 1, of: source, on: broker)
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(process.logTail())")
        return process
    }
}
