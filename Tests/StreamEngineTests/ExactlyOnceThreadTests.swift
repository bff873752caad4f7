import Events
import StreamCore
import StreamEngine
import StreamTesting
import Testing

/// A stream thread that commits exactly once, step by step.
@Suite("A stream thread, exactly once")
struct ExactlyOnceThreadTests {
    private let rig: ThreadRig

    init() throws { rig = try ThreadRig() }

    private static func error(_ kind: ClusterError.Kind) -> ClusterError {
        ClusterError(kind: kind, code: "TEST", reason: "as the test wants it")
    }

    /// A process that has written a session of ada with two clicks, and not committed it.
    private func withOpenSession() throws -> ThreadProcess {
        let worker = try rig.start("one")
        rig.click("ada", minute: 0)
        rig.click("ada", minute: 10)
        rig.click("bob", minute: 100)
        try worker.round()
        #expect(rig.writtenSessions == ["ada 2"])
        return worker
    }

    // MARK: A commit

    @Test("outputs are seen with the commit, and not before")
    func commit() throws {
        let worker = try withOpenSession()
        #expect(rig.sessions == [])
        #expect(rig.committed == nil)
        try worker.commit()
        #expect(rig.sessions == ["ada 2"])
        #expect(rig.committed == ThreadRig.Committed(3, number: 1))
        #expect(!rig.cluster.hasOpenTransactions)
    }

    @Test("a thread that has nothing to do holds no transaction open")
    func idle() throws {
        let worker = try withOpenSession()
        try worker.commit()
        for _ in 0..<20 {
            rig.clock.advance(by: .seconds(1))
            try worker.round()
            #expect(!rig.cluster.hasOpenTransactions)
        }
        // Records without an output open none either, until they are committed.
        rig.click("bob", minute: 101)
        try worker.round()
        #expect(!rig.cluster.hasOpenTransactions)
        try worker.commit()
        #expect(rig.committed == ThreadRig.Committed(4, number: 2))
    }

    @Test("a dead letter is part of the transaction")
    func deadLetter() throws {
        let worker = try rig.start("one")
        rig.cluster.append(
            FakeCluster.Record(key: nil, value: Array("{broken".utf8)), to: "clicks", partition: 0)
        try worker.round()
        #expect(rig.cluster.records(of: "dead").joined().isEmpty)
        try worker.commit()
        #expect(rig.cluster.records(of: "dead").joined().count == 1)
    }

    // MARK: Failures

    @Test(
        "whatever a step fails with, the output is there once and counts everything",
        arguments: [
            Failing(.flush, .abortable), Failing(.flush, .fatal), Failing(.flush, .retriable),
            Failing(.sendOffsets, .abortable), Failing(.sendOffsets, .retriable),
            Failing(.sendOffsets, .fatal), Failing(.groupMetadata, .fenced),
            Failing(.commitTransaction, .retriable), Failing(.commitTransaction, .abortable),
            Failing(.commitTransaction, .unknownOutcome), Failing(.commitTransaction, .fenced),
        ], [false, true])
    func failure(_ failing: Failing, isPerformed: Bool) throws {
        let worker = try withOpenSession()
        rig.cluster.failNext(
            failing.operation, with: Self.error(failing.kind), afterPerforming: isPerformed)
        try worker.commit()
        try worker.round()
        try worker.commit()
        #expect(rig.sessions == ["ada 2"])
        // The state goes on from there: bob's session has one click, and ada's is closed.
        rig.click("ada", minute: 200)
        rig.click("ada", minute: 300)
        try worker.round()
        try worker.commit()
        #expect(rig.sessions == ["ada 2", "bob 1", "ada 1"])
        #expect(rig.committed?.offset == 5)
    }

    @Test("an output that can't be written aborts, and everything is processed again")
    func outputFails() throws {
        let worker = try rig.start("one")
        rig.click("ada", minute: 0)
        rig.click("bob", minute: 100)
        rig.cluster.failNext(.send, with: Self.error(.abortable), afterPerforming: true)
        try worker.round()
        #expect(rig.writtenSessions == ["ada 1"])
        #expect(!rig.cluster.hasOpenTransactions)
        try worker.round()
        try worker.commit()
        #expect(rig.sessions == ["ada 1"])
    }

    @Test("an error that stays ends the thread within the time that brokers may be away")
    func endsInTime() throws {
        let worker = try withOpenSession()
        rig.cluster.setFaults { operation, _ in
            operation == .flush ? .refuse(Self.error(.retriable)) : nil
        }
        let begin = rig.clock.now
        #expect(throws: EngineError.self) { try worker.commit() }
        #expect(rig.clock.now.milliseconds(since: begin) < 61_000)
    }

    @Test("a transaction that took too long is aborted by the broker, and done again")
    func transactionTimeout() throws {
        let worker = try withOpenSession()
        rig.clock.advance(by: .seconds(5))
        try worker.commit()
        #expect(rig.sessions == [])
        try worker.round()
        try worker.commit()
        #expect(rig.sessions == ["ada 2"])
    }

    // MARK: Crashes

    @Test(
        "a crash in any step is made good by the next start",
        arguments: [
            FakeCluster.Operation.send, .beginTransaction, .flush, .groupMetadata, .sendOffsets,
            .commitTransaction,
        ], [false, true])
    func crash(at operation: FakeCluster.Operation, isPerformed: Bool) throws {
        let worker = try rig.start("one")
        rig.click("ada", minute: 0)
        rig.click("bob", minute: 100)
        let process = worker.process
        rig.cluster.setFaults { called, name in
            guard called == operation, name == "one" else { return nil }
            process.crash()
            return isPerformed ? .performThenFail(Self.error(.fatal)) : nil
        }
        #expect(throws: EngineError.self) {
            try worker.round()
            try worker.commit()
        }
        worker.thread.close()
        rig.cluster.setFaults(nil)
        rig.clock.advance(by: .seconds(11))
        let successor = try rig.start("one")
        try successor.round()
        try successor.commit()
        #expect(rig.sessions == ["ada 1"])
        rig.click("bob", minute: 110)
        rig.click("ada", minute: 300)
        try successor.round()
        try successor.commit()
        #expect(rig.sessions == ["ada 1", "bob 2"])
    }

    @Test("a crash between the commit and the state is made good from what is prepared")
    func crashBeforeApply() throws {
        let worker = try withOpenSession()
        let process = worker.process
        let offsets = FakeCluster.Operation.commitTransaction
        rig.cluster.setFaults { called, _ in
            guard called == offsets else { return nil }
            process.crash()
            return .performThenFail(Self.error(.fatal))
        }
        #expect(throws: EngineError.self) { try worker.commit() }
        worker.thread.close()
        rig.cluster.setFaults(nil)
        #expect(rig.sessions == ["ada 2"])
        rig.clock.advance(by: .seconds(11))
        // Nothing is processed again: the state is that of the commit.
        let successor = try rig.start("one")
        try successor.commit()
        rig.click("ada", minute: 300)
        try successor.round()
        try successor.commit()
        #expect(rig.sessions == ["ada 2", "bob 1"])
        #expect(rig.writtenSessions == ["ada 2", "bob 1"])
    }

    @Test("a commit of timers alone moves no offset, and is told from the one before by its number")
    func timersOnly() throws {
        let worker = try rig.start("one")
        rig.click("ada", minute: 0)
        try worker.round()
        try worker.commit()
        #expect(rig.committed == ThreadRig.Committed(1, number: 1))
        // Traffic has stopped for so long that wall time closes the session.
        for _ in 0..<20 where rig.writtenSessions.isEmpty {
            rig.clock.advance(by: .seconds(5))
            try worker.round()
        }
        #expect(rig.writtenSessions == ["ada 1"])
        let process = worker.process
        rig.cluster.setFaults { called, _ in
            guard called == .commitTransaction else { return nil }
            process.crash()
            return .performThenFail(Self.error(.fatal))
        }
        #expect(throws: EngineError.self) { try worker.commit() }
        worker.thread.close()
        rig.cluster.setFaults(nil)
        #expect(rig.committed == ThreadRig.Committed(1, number: 2))
        rig.clock.advance(by: .seconds(11))
        let successor = try rig.start("one")
        for _ in 0..<15 {
            rig.clock.advance(by: .seconds(5))
            try successor.round()
        }
        try successor.commit()
        // The timer that fired does not fire again.
        #expect(rig.sessions == ["ada 1"])
        #expect(rig.writtenSessions == ["ada 1"])
    }

    // MARK: The group

    @Test("partitions that are revoked are committed first")
    func revoked() throws {
        let worker = try withOpenSession()
        _ = try rig.start("two", rounds: 0)
        try worker.round()
        #expect(rig.sessions == ["ada 2"])
        #expect(rig.committed == ThreadRig.Committed(3, number: 1))
    }

    @Test("a commit that a rebalance waits for is given up, and done again by the next owner")
    func revokedInTrouble() throws {
        let worker = try withOpenSession()
        let successor = try rig.start("two", rounds: 0)
        rig.cluster.setFaults { operation, _ in
            operation == .sendOffsets ? .refuse(Self.error(.retriable)) : nil
        }
        let begin = rig.clock.now
        try worker.round()
        // A fifth of the poll interval, which is a second here.
        #expect(rig.clock.now.milliseconds(since: begin) < 1500)
        #expect(rig.sessions == [])
        rig.cluster.setFaults(nil)
        // Only one of the two has the partition in the end.
        for _ in 0..<5 {
            try worker.round()
            try successor.round()
        }
        try worker.commit()
        try successor.commit()
        #expect(rig.sessions == ["ada 2"])
    }

    @Test(
        "a member that was expelled while it slept commits nothing, with outputs or without",
        arguments: [false, true])
    func zombie(hasOutput: Bool) throws {
        let zombie = try rig.start("one")
        rig.click("ada", minute: 0)
        if hasOutput { rig.click("bob", minute: 100) }
        try zombie.round()
        rig.clock.advance(by: .seconds(11))
        // The successor has a disk of its own: there is no lock that could protect it.
        let successor = try rig.start("two", storage: InMemoryStateStorage())
        rig.click("eve", minute: 200)
        try successor.round()
        try successor.commit()
        let before = (rig.sessions, rig.committed)
        #expect(before.0 == (hasOutput ? ["ada 1", "bob 1"] : ["ada 1"]))
        // It wakes up in the middle of its commit: the broker refuses it.
        try zombie.commit()
        #expect(rig.sessions == before.0)
        #expect(rig.committed == before.1)
        #expect(!rig.cluster.hasOpenTransactions)
        // It hears of it, and nothing changes by that.
        try zombie.round()
        #expect(rig.sessions == before.0)
        #expect(rig.committed == before.1)
    }

    @Test("a task that went on elsewhere and comes back to an old file stops, and says so")
    func cameBack() throws {
        let first = try withOpenSession()
        try first.commit()
        first.crash()
        rig.clock.advance(by: .seconds(11))
        let other = try rig.start(
            "elsewhere", storage: InMemoryStateStorage(), allowsStateLoss: true)
        for minute in [110, 120] {
            rig.click("bob", minute: Int64(minute))
            try other.round()
            try other.commit()
        }
        #expect(rig.committed == ThreadRig.Committed(5, number: 2))
        other.crash()
        rig.clock.advance(by: .seconds(11))
        let error = #expect(throws: EngineError.self) { _ = try rig.start("one") }
        #expect("\(try #require(error))".contains("the task went on elsewhere"))
    }
}

/// A call, and what it fails with.
struct Failing: Sendable, CustomTestStringConvertible {
    let operation: FakeCluster.Operation
    let kind: ClusterError.Kind

    init(_ operation: FakeCluster.Operation, _ kind: ClusterError.Kind) {
        self.operation = operation
        self.kind = kind
    }

    var testDescription: String { "\(operation.rawValue) \(kind.rawValue)" }
}
