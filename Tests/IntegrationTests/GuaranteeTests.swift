import Foundation
import StreamCore
import StreamEngine
import Testing

/// kill -9 between every two steps of a commit, under both guarantees, on a broker.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"), .serialized)
struct GuaranteeTests {
    @Test(
        "a crash in the middle of a commit loses nothing, and doubles nothing that is committed",
        arguments: [
            "begun", "flushed", "prepared", "offsets_sent", "transaction_committed", "applied",
        ])
    func exactlyOnce(step: String) throws {
        let broker = TestBroker("exactly-once")
        guard try step != "offsets_sent" || broker.forgetsOffsetsOfAbortedTransactions() else {
            // Such a broker tells a lie that nobody can see through: the offsets of the aborted
            // transaction say that its outputs are there. The simulation covers this step.
            print(
                "exactly once, \(step): skipped, this broker keeps offsets of aborted transactions")
            return
        }
        let found = try run(broker, guarantee: "exactly_once", step: step)
        #expect(found.killed, "the step was never reached")
        #expect(found.sessions.count == found.workload.sessions.count, "\(step)")
        #expect(Set(found.sessions) == found.workload.sessions, "\(step)")
    }

    @Test(
        "a crash in the middle of a commit loses nothing at least once",
        arguments: ["flushed", "state_committed", "offsets_committed"])
    func atLeastOnce(step: String) throws {
        let found = try run(TestBroker("at-least-once"), guarantee: "at_least_once", step: step)
        #expect(found.killed, "the step was never reached")
        // Some may be there twice, and then they are the same.
        #expect(Set(found.sessions) == found.workload.sessions, "\(step)")
    }

    @Test(
        "a crash in the middle of a commit, and the state lost with it: the changelog has it",
        arguments: [
            ("exactly_once", "flushed"), ("exactly_once", "prepared"),
            ("exactly_once", "transaction_committed"), ("exactly_once", "applied"),
            ("at_least_once", "flushed"), ("at_least_once", "checkpoint_logged"),
            ("at_least_once", "state_committed"), ("at_least_once", "offsets_committed"),
        ])
    func machineLost(guarantee: String, step: String) throws {
        let found = try run(
            TestBroker("machine-lost"), guarantee: guarantee, step: step, losesState: true)
        #expect(found.killed, "the step was never reached")
        #expect(Set(found.sessions) == found.workload.sessions, "\(step)")
        if guarantee == "exactly_once" {
            #expect(found.sessions.count == found.workload.sessions.count, "\(step)")
        }
    }

    @Test("a commit interval that the transaction timeout does not allow is refused at its line")
    func refusedInterval() throws {
        let folder = try TestFolder()
        let topology = try folder.write(
            topology(TestBroker("refused"), guarantee: "exactly_once", folder: folder)
                .replacing("commit_interval: 50ms", with: "commit_interval: 10s"),
            to: "topology.yaml")
        let process = try MillraceProcess(["check", topology], in: folder)
        #expect(process.waitForEnd() != 0)
        let said = process.errors + process.output
        #expect(said.contains("topology.yaml:8:"), "\(said)")
        #expect(said.contains("'commit_interval' (10s) must be below the transaction timeout"))
    }

    // MARK: A run with a crash in it

    private struct Found {
        let workload: SessionWorkload
        var killed = false
        var sessions: [SessionWorkload.Session] = []
    }

    private func topology(
        _ broker: TestBroker, guarantee: String, isLogged: Bool = false, folder: TestFolder
    ) -> String {
        SessionWorkload.topology(
            on: broker, source: broker.topic("in"), sink: broker.topic("sessions"),
            deadLetter: broker.topic("dead"), state: folder.path("state"), threads: 1,
            kafka: ["group.instance.id: one"],
            processing: ["guarantee: \(guarantee)"] + (isLogged ? ["changelog: kafka"] : []))
    }

    /// Processes a workload; the process dies when it reaches a step of a commit for the fourth
    /// time, and is started again; without its state when that is lost.
    private func run(
        _ broker: TestBroker, guarantee: String, step: String, losesState: Bool = false
    ) throws -> Found {
        let folder = try TestFolder()
        let (source, sink) = (broker.topic("in"), broker.topic("sessions"))
        try broker.create([source, sink, broker.topic("dead")])
        var found = Found(workload: SessionWorkload(eventCount: 20_000))
        let file = try folder.write(
            topology(
                broker, guarantee: guarantee, isLogged: losesState, folder: folder),
            to: "topology.yaml")

        let records = found.workload.records
        let doomed = try MillraceProcess(
            ["run", file], environment: ["MILLRACE_FAULT": "\(step):4"], in: folder)
        // In parts, so that there are several commits with outputs in them.
        let share = records.count / 20
        for part in 0..<20 where doomed.isRunning {
            try broker.write(Array(records[part * share..<(part + 1) * share]), to: source)
            try wait(doomed, until: broker, hasCommitted: Int64(part * share / 2), of: source)
        }
        let written = try broker.endOffset(of: source)
        found.killed = doomed.waitForEnd() == SIGKILL
        if losesState { try FileManager.default.removeItem(atPath: folder.path("state")) }
        try broker.write(Array(records[Int(written)...]), to: source)
        try broker.write(found.workload.closingRecords, to: source)

        let process = try MillraceProcess(["run", file], in: folder)
        let all = Int64(records.count + found.workload.closingRecords.count)
        try wait(process, until: broker, hasCommitted: all, of: source)
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(2000))")
        // A reader that comes when all is over: see what the small broker can't do.
        let seen = try broker.readToEnd(of: sink)
        found.sessions = seen.compactMap { SessionWorkload.session($0.value ?? "")?.session }
        return found
    }

    private func wait(
        _ process: MillraceProcess, until broker: TestBroker, hasCommitted count: Int64,
        of topic: String
    ) throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while process.isRunning, try broker.committedCount(group: broker.name, topic: topic) < count
        {
            try #require(ContinuousClock.now < deadline, "\(process.errors.suffix(2000))")
        }
    }
}
