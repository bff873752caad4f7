import Foundation
import Testing

/// A machine is lost with the state on it; changelog topics have the state too.
@Suite(
    .enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"),
    .enabled(if: MillraceProcess.hasChangelogs, "this millrace has no 'processing.changelog' yet"),
    .serialized)
struct LostStateTests {
    /// Where the tasks come up whose state was lost.
    enum Place: CaseIterable {
        /// In a process of the same name that begins with an empty folder.
        case sameMember
        /// In another member, which has a folder of its own.
        case otherMember
    }

    @Test(
        "tasks whose state is lost come up from the changelog, and every session is there once",
        arguments: Place.allCases)
    func answerHolds(place: Place) throws {
        let broker = TestBroker("lost")
        let folder = try TestFolder()
        let source = broker.topic("in")
        try broker.create(["in", "sessions", "dead"].map(broker.topic))
        let workload = SessionWorkload(eventCount: 40_000)
        let half = workload.records.count / 2
        func run(_ member: String) throws -> MillraceProcess {
            let kafka = place == .sameMember ? ["group.instance.id: \(member)"] : []
            let topology = try folder.write(
                Self.topology(broker, member, kafka: kafka, in: folder), to: "\(member).yaml")
            return try MillraceProcess(["run", topology], in: folder)
        }

        let first = try run("first")
        var second = try run("second")
        for process in [first, second] {
            #expect(process.waitForLog("opened task"), "\(process.logTail())")
        }
        try broker.write(Array(workload.records[..<half]), to: source)
        try second.waitForCommit(beyond: Int64(half) / 2, of: source, on: broker)
        switch place {
        case .sameMember:
            second.crash()
            try FileManager.default.removeItem(atPath: folder.path("state-second"))
            second = try run("second")
        case .otherMember:
            second.send(SIGTERM)
            #expect(second.waitForEnd() == 0, "\(second.logTail())")
        }
        try broker.write(workload.records[half...] + workload.closingRecords, to: source)
        let all = Int64(workload.records.count + workload.closingRecords.count)
        try first.waitForCommit(beyond: all - 1, of: source, on: broker)
        for process in [first, second] where process.isRunning {
            process.send(SIGTERM)
            #expect(process.waitForEnd() == 0, "\(process.logTail())")
        }
        let seen = try broker.readToEnd(of: broker.topic("sessions"))
        let sessions = seen.compactMap { SessionWorkload.session($0.value ?? "")?.session }
        #expect(sessions.count == workload.sessions.count)
        #expect(Set(sessions) == workload.sessions)
    }

    /// The tasks of one number of both write their checkpoints to one partition.
    @Test(
        "tasks of two sub-topologies come up from the changelogs side by side",
        arguments: ["at_least_once", "exactly_once"])
    func severalSubtopologies(guarantee: String) throws {
        let broker = TestBroker("lost-both")
        let folder = try TestFolder()
        let source = broker.topic("in")
        try broker.create(["in", "sessions", "dead"].map(broker.topic))
        let topology = try folder.write(
            SessionWorkload.topology(
                on: broker, source: source, sink: broker.topic("sessions"),
                deadLetter: broker.topic("dead"), state: folder.path("state"), threads: 1,
                kafka: ["group.instance.id: one"],
                processing: ["guarantee: \(guarantee)", "changelog: kafka"]
            ).replacing(
                "  sessions: { from: parsed,",
                with: """
                      firsts: { from: parsed, deduplicate: { key: [at, user_id], within: 10d } }
                      sessions: { from: firsts,
                    """
            ).replacing(
                "[parsed.failed,",
                with: "[parsed.failed, firsts.rejected, firsts.conflicts, firsts.late,"),
            to: "topology.yaml")
        let workload = SessionWorkload(eventCount: 4000, users: 100)
        let half = workload.records.count / 2
        try broker.write(Array(workload.records[..<half]), to: source)
        func start() throws -> MillraceProcess {
            try MillraceProcess(["run", topology, "--create-topics"], in: folder)
        }
        let first = try start()
        try first.waitForCommit(beyond: Int64(half) - 1, of: source, on: broker)
        first.send(SIGTERM)
        #expect(first.waitForEnd() == 0, "\(first.logTail())")

        try FileManager.default.removeItem(atPath: folder.path("state"))
        let second = try start()
        try broker.write(Array(workload.records[half...]), to: source)
        var written = Int64(workload.records.count)
        // What tasks tell each other of the time comes with records: the last of them says what the
        // ones before it have brought.
        for pause: Int64 in [0, 1000, 2000] {
            try second.waitForCommit(beyond: written - 1, of: source, on: broker)
            let closing = workload.closingRecords(later: pause)
            try broker.write(closing, to: source)
            written += Int64(closing.count)
        }
        var sessions: Set<SessionWorkload.Session> = []
        _ = try broker.read([broker.topic("sessions")], atMost: .seconds(60)) { seen in
            let values = seen.values.joined().compactMap { $0.value }
            sessions = Set(values.compactMap { SessionWorkload.session($0)?.session })
            return sessions.count >= workload.sessions.count
        }
        #expect(second.errors.contains("restored state"))
        second.send(SIGTERM)
        #expect(second.waitForEnd() == 0, "\(second.logTail())")
        let (missing, extra) = (
            workload.sessions.subtracting(sessions), sessions.subtracting(workload.sessions)
        )
        #expect(missing.isEmpty && extra.isEmpty, "\(missing.count) \(missing); \(extra)")
    }

    /// Each member keeps its state to itself.
    private static func topology(
        _ broker: TestBroker, _ member: String, kafka: [String], in folder: TestFolder
    ) -> String {
        SessionWorkload.topology(
            on: broker, source: broker.topic("in"), sink: broker.topic("sessions"),
            deadLetter: broker.topic("dead"), state: folder.path("state-\(member)"), threads: 1,
            kafka: kafka, processing: ["guarantee: exactly_once", "changelog: kafka"])
    }
}

extension MillraceProcess {
    /// Whether a topology file may ask for changelogs.
    static let hasChangelogs: Bool = {
        let topology = SessionWorkload.topology(
            on: TestBroker("probe"), source: "in", sink: "sessions", deadLetter: "dead",
            state: "state", processing: ["guarantee: exactly_once", "changelog: kafka"])
        guard let folder = try? TestFolder(),
            let path = try? folder.write(topology, to: "probe.yaml"),
            let process = try? MillraceProcess(["check", path], in: folder)
        else { return false }
        return process.waitForEnd() == 0
    }()
}
