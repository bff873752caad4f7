import Foundation
import Testing

@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"), .serialized)
struct CrashTests {
    @Test("ten kills amid 200,000 events lose no session and count none twice")
    func killsLoseNothing() throws {
        let broker = TestBroker("crash")
        let folder = try TestFolder()
        let (source, sink, dead) = (
            broker.topic("in"), broker.topic("sessions"), broker.topic("dead")
        )
        try broker.create([source, sink, dead])
        let workload = SessionWorkload(eventCount: 200_000)
        let topology = try folder.write(
            SessionWorkload.topology(
                application: broker.name, source: source, sink: sink, deadLetter: dead,
                state: folder.path("state"), instance: "one"),
            to: "topology.yaml")

        let share = workload.records.count / 10
        for kill in 0..<10 {
            try broker.write(
                Array(workload.records[kill * share..<(kill + 1) * share]), to: source)
            let process = try MillraceProcess(["run", topology], in: folder)
            // Somewhere in this share, as far as commits tell.
            let mark = Int64(kill * share) + Int64.random(in: 0..<Int64(share))
            try waitForCommit(beyond: mark, broker: broker, source: source, process: process)
            process.crash()
        }

        try broker.write(workload.closingRecords, to: source)
        let process = try MillraceProcess(["run", topology], in: folder)
        let outcome = try collect(workload, broker: broker, sink: sink)
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(2000))")
        check(outcome, against: workload)
        let seen = try broker.read([dead], atMost: .seconds(2)) { _ in false }
        #expect(seen[dead, default: []].isEmpty)
    }

    @Test("a second instance that joins and leaves while events flow leaves every session whole")
    func sessionsSurviveMoves() throws {
        let broker = TestBroker("move")
        let folder = try TestFolder()
        let (source, sink, dead) = (
            broker.topic("in"), broker.topic("sessions"), broker.topic("dead")
        )
        try broker.create([source, sink, dead])
        let workload = SessionWorkload(eventCount: 60_000)
        func topology(_ instance: String) throws -> String {
            try folder.write(
                SessionWorkload.topology(
                    application: broker.name, source: source, sink: sink, deadLetter: dead,
                    state: folder.path("state"), threads: 1),
                to: "\(instance).yaml")
        }
        let share = workload.records.count / 4
        func write(_ quarter: Int) throws {
            try broker.write(
                Array(workload.records[quarter * share..<(quarter + 1) * share]), to: source)
        }

        let first = try MillraceProcess(["run", topology("first")], in: folder)
        try write(0)
        try waitForCommit(beyond: Int64(share) / 2, broker: broker, source: source, process: first)
        let second = try MillraceProcess(["run", topology("second")], in: folder)
        try write(1)
        #expect(second.waitForLog("opened task", atMost: .seconds(60)), "\(second.errors)")
        try write(2)
        try waitForCommit(
            beyond: Int64(share) * 5 / 2, broker: broker, source: source, process: second)
        second.send(SIGTERM)
        #expect(second.waitForEnd() == 0, "\(second.errors.suffix(2000))")
        try write(3)
        try broker.write(workload.closingRecords, to: source)

        let outcome = try collect(workload, broker: broker, sink: sink)
        first.send(SIGTERM)
        #expect(first.waitForEnd() == 0, "\(first.errors.suffix(2000))")
        check(outcome, against: workload)
        // Nothing crashed, so nothing was written twice either.
        #expect(outcome.writtenCount == workload.sessions.count)
    }

    // MARK: Helpers of these tests

    private struct Outcome {
        var sessions: [String: Set<SessionWorkload.Session>] = [:]
        var writtenCount = 0
    }

    private func waitForCommit(
        beyond mark: Int64, broker: TestBroker, source: String, process: MillraceProcess
    ) throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while try broker.committedCount(group: broker.name, topic: source) <= mark {
            try #require(process.isRunning, "\(process.errors.suffix(2000))")
            try #require(ContinuousClock.now < deadline, "\(process.errors.suffix(2000))")
        }
    }

    /// Reads the sink until every expected session is there.
    private func collect(
        _ workload: SessionWorkload, broker: TestBroker, sink: String
    ) throws -> Outcome {
        var outcome = Outcome()
        var readCount = 0
        _ = try broker.read([sink], atMost: .seconds(120)) { seen in
            let records = seen[sink, default: []]
            for record in records[readCount...] {
                guard let (id, session) = SessionWorkload.session(record.value ?? "") else {
                    Issue.record("not a session: \(record.value ?? "nothing")")
                    continue
                }
                outcome.sessions[id, default: []].insert(session)
                outcome.writtenCount += 1
            }
            readCount = records.count
            return outcome.sessions.count >= workload.sessions.count
        }
        return outcome
    }

    private func check(_ outcome: Outcome, against workload: SessionWorkload) {
        // One version of each: a session that was written again after a crash is the same one.
        let several = outcome.sessions.values.filter { $0.count > 1 }
        #expect(several.isEmpty, "differing versions: \(several.prefix(3))")
        let found = Set(outcome.sessions.values.flatMap { $0 })
        #expect(found.count == workload.sessions.count)
        let missing = workload.sessions.subtracting(found)
        let extra = found.subtracting(workload.sessions)
        #expect(missing.isEmpty, "missing: \(missing.prefix(3))")
        #expect(extra.isEmpty, "unexpected: \(extra.prefix(3))")
    }
}
