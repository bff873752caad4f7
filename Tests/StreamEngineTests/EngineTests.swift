import Foundation
import StreamCore
import StreamEngine
import StreamTesting
import Testing

@Suite struct EngineTests {
    @Test("sessions come out closed once the group has caught up and wall time has moved on")
    func runsToTheEnd() throws {
        let rig = try EngineRig()
        for user in 0..<20 { for minute in 0..<5 { rig.click("u\(user)", minute: Int64(minute)) } }
        let plan = try rig.plan()
        try rig.engine(plan).run()
        #expect(rig.sessions.isEmpty)
        // Traffic has stopped: the next run finds the clock moved on.
        rig.settings.stopsWhenCaughtUp = false
        let engine = rig.engine(plan)
        try during(engine) {
            #expect(
                rig.cluster.wait {
                    rig.clock.advance(by: .seconds(30))
                    return $0.records(of: "sessions").joined().count == 20
                })
        }
        #expect(rig.sessions == (0..<20).map { "u\($0) 5" }.sorted())
    }

    @Test("a record that is no JSON goes to the dead-letter topic as it came")
    func deadLetters() throws {
        let rig = try EngineRig()
        rig.cluster.append(
            FakeCluster.Record(key: nil, value: Array("{broken".utf8)), to: "clicks", partition: 0)
        try rig.engine(try rig.plan()).run()
        let dead = rig.cluster.records(of: "dead").joined().map { $0.value }
        #expect(dead == [Array("{broken".utf8)])
    }

    @Test("a second run goes on where the first one committed")
    func goesOn() throws {
        let rig = try EngineRig()
        let plan = try rig.plan()
        rig.click("ada", minute: 0)
        try rig.engine(plan).run()
        rig.click("ada", minute: 10)
        rig.click("ada", minute: 100)
        try rig.engine(plan).run()
        #expect(rig.sessions == ["ada 2"])
        #expect(rig.cluster.committedOffsets(group: "shop").values.map(\.offset).max() == 3)
    }

    @Test("threads share the partitions and lose nothing when they are more than one")
    func severalThreads() throws {
        let rig = try EngineRig()
        rig.settings.threads = 3
        for user in 0..<50 { rig.click("u\(user)", minute: 0) }
        for user in 0..<50 { rig.click("u\(user)", minute: 100) }
        try rig.engine(try rig.plan()).run()
        #expect(rig.sessions == (0..<50).map { "u\($0) 1" }.sorted())
    }

    @Test("threads that commit exactly once share the partitions, over several runs and in files")
    func exactlyOnce() throws {
        let rig = try EngineRig()
        rig.settings.guarantee = .exactlyOnce
        rig.settings.threads = 3
        let plan = try rig.plan()
        for minute in [0, 10, 100, 200] {
            for user in 0..<20 { rig.click("u\(user)", minute: Int64(minute)) }
            try rig.engine(plan).run()
            #expect(!rig.cluster.hasOpenTransactions)
        }
        let first = (0..<20).map { "u\($0) 2" }
        let second = (0..<20).map { "u\($0) 1" }
        #expect(rig.sessions == (first + second).sorted())
        #expect(rig.cluster.records(of: "sessions").joined().count == 40)
    }

    @Test("events go through a repartition topic when the source is keyed by something else")
    func repartition() throws {
        let rig = try EngineRig()
        let plan = try rig.plan(key: nil)
        // Enough for every writer to have a key for every partition: the clock waits to hear of all.
        for user in 0..<200 { rig.click("u\(user)", minute: 0) }
        for user in 0..<200 { rig.click("u\(user)", minute: 100) }
        try rig.engine(plan).run()
        #expect(rig.sessions == (0..<200).map { "u\($0) 1" }.sorted())
        let topic = "shop-sessions-repartition"
        #expect(rig.cluster.records(of: topic).joined().count == 400)
        #expect(rig.cluster.records(of: topic).count == 4)
    }

    @Test("back-pressure of the producer slows the engine down and loses nothing")
    func backPressure() throws {
        let rig = try EngineRig()
        rig.cluster.setProducerCapacity(3)
        for user in 0..<40 { rig.click("u\(user)", minute: 0) }
        for user in 0..<40 { rig.click("u\(user)", minute: 100) }
        try rig.engine(try rig.plan()).run()
        #expect(rig.sessions.count == 40)
    }

    @Test("a topic that is missing stops the start with its name")
    func missingTopic() throws {
        let rig = try EngineRig()
        rig.cluster.removeTopic("dead")
        #expect(throws: EngineError.missingTopics(["dead"])) {
            try rig.engine(try rig.plan()).run()
        }
        rig.settings.missingTopics = .create(partitions: 2)
        try rig.engine(try rig.plan()).run()
        // As many as the sources have, so that they fit each other.
        #expect(rig.cluster.records(of: "dead").count == 4)
    }

    @Test("a commit that fails for good ends the run; the next one repeats what was not committed")
    func commitFails() throws {
        let rig = try EngineRig()
        let plan = try rig.plan()
        rig.click("ada", minute: 0)
        rig.click("ada", minute: 100)
        let fault = ClusterError(kind: .fatal, code: "_FATAL", reason: "no more")
        rig.cluster.failNext(.commit, with: fault)
        #expect(throws: EngineError.cluster(fault, doing: "committing offsets")) {
            try rig.engine(plan).run()
        }
        // State was committed before the group's offsets: the file is one ahead, and counts.
        try rig.engine(plan).run()
        rig.click("ada", minute: 200)
        try rig.engine(plan).run()
        #expect(rig.sessions.filter { $0 == "ada 1" }.count == rig.sessions.count)
        #expect(Set(rig.sessions) == ["ada 1"])
    }

    @Test("offsets that somebody moved stop the task and name the file")
    func movedOffsets() throws {
        let rig = try EngineRig()
        let plan = try rig.plan()
        rig.click("ada", minute: 0)
        try rig.engine(plan).run()
        var moved = rig.cluster.committedOffsets(group: "shop")
        for partition in moved.keys {
            moved[partition] = CommittedOffset(offset: 0, metadata: "by hand")
        }
        rig.cluster.setCommittedOffsets(moved, group: "shop")
        let error = #expect(throws: EngineError.self) { try rig.engine(plan).run() }
        #expect("\(try #require(error))".contains(".sqlite"))
    }

    @Test("an engine that is stopped commits what it has and leaves the group")
    func stop() throws {
        let rig = try EngineRig()
        rig.settings.stopsWhenCaughtUp = false
        rig.settings.commitInterval = .seconds(3600)
        let engine = rig.engine(try rig.plan())
        rig.click("ada", minute: 0)
        try during(engine) {
            #expect(rig.cluster.wait { _ in engine.metrics.records == 1 })
        }
        #expect(rig.cluster.committedOffsets(group: "shop").values.contains { $0.offset == 1 })
    }

    @Test("a profile is forgotten by every task, and each says what it deleted")
    func forgets() throws {
        let rig = try EngineRig()
        rig.settings.stopsWhenCaughtUp = false
        var topology = try rig.plan().topology
        topology.hasControl = true
        let plan = try TopologyPlan(topology)
        for user in ["ada", "bob"] { rig.click(user, minute: 0) }
        let engine = rig.engine(plan)
        try during(engine) {
            #expect(rig.cluster.wait { _ in engine.metrics.records == 2 })
            var forgetting = try Forgetting(profile: "ada", application: rig.application(plan))
            defer { forgetting.close() }
            var receipts: [Forgetting.Receipt] = []
            let missing = try forgetting.wait(atMost: .seconds(30)) { receipts.append($0) }
            #expect(missing.isEmpty)
            #expect(receipts.map(\.task).sorted() == ["0_0", "0_1", "0_2", "0_3"])
            #expect(receipts.map(\.erased).filter { !$0.isEmpty } == [["sessions": 1]])
        }
    }

    @Test("brokers that stay away end the run with a reason")
    func brokersAway() throws {
        let rig = try EngineRig()
        rig.settings.brokerTimeout = .zero
        let refused = ClusterError(kind: .unreachable, code: "_TRANSPORT", reason: "refused")
        rig.cluster.failNext(.describe, with: refused)
        #expect(throws: EngineError.brokersAway(limit: .zero, last: refused)) {
            try rig.engine(try rig.plan()).run()
        }
    }

    @Test("a broker that is away for a moment at the start is waited for")
    func brokerComesBack() throws {
        let rig = try EngineRig()
        rig.click("ada", minute: 0)
        rig.cluster.failNext(
            .describe,
            with: ClusterError(kind: .unreachable, code: "_TRANSPORT", reason: "refused"))
        let engine = rig.engine(try rig.plan())
        try engine.run()
        #expect(engine.metrics.records == 1)
    }

    @Test("a commit that nobody answers is made again until somebody does")
    func commitIsRepeated() throws {
        let rig = try EngineRig()
        rig.click("ada", minute: 0)
        for _ in 0..<3 { rig.cluster.failNext(.commit, with: Self.silence) }
        try rig.engine(try rig.plan()).run()
        #expect(rig.cluster.committedOffsets(group: "shop").values.contains { $0.offset == 1 })
    }

    private static let rebalance = ClusterError(
        kind: .retriable, code: "REBALANCE_IN_PROGRESS", reason: "the group is rebalancing")

    @Test(
        "a commit that a rebalance keeps out is told later, and nothing ends",
        arguments: [1, 3, 110])
    func commitMeetsRebalance(refusals: Int) throws {
        let rig = try EngineRig()
        rig.settings.stopsWhenCaughtUp = false
        rig.click("ada", minute: 0)
        for _ in 0..<refusals { rig.cluster.failNext(.commit, with: Self.rebalance) }
        try during(rig.engine(try rig.plan())) {
            #expect(
                rig.cluster.wait { cluster in
                    cluster.committedOffsets(group: "shop").values.contains { $0.offset == 1 }
                })
        }
        #expect(rig.cluster.callCount(.commit) > refusals)
    }

    @Test("a group that takes no commit for too long ends the run with its reason")
    func commitIsNeverTaken() throws {
        let rig = try EngineRig()
        rig.settings.brokerTimeout = .milliseconds(100)
        rig.settings.stopsWhenCaughtUp = false
        rig.click("ada", minute: 0)
        for _ in 0..<1000 { rig.cluster.failNext(.commit, with: Self.rebalance) }
        #expect(throws: EngineError.cluster(Self.rebalance, doing: "committing offsets")) {
            try rig.engine(try rig.plan()).run()
        }
    }

    @Test("a commit that nobody answers for too long ends the run with a reason")
    func commitIsGivenUp() throws {
        let rig = try EngineRig()
        rig.settings.brokerTimeout = .zero
        rig.click("ada", minute: 0)
        rig.cluster.failNext(.commit, with: Self.silence)
        #expect(throws: EngineError.brokersAway(limit: .zero, last: Self.silence)) {
            try rig.engine(try rig.plan()).run()
        }
    }

    @Test("once the group refuses a commit no other is made, so that a restart can go on")
    func refusedCommit() throws {
        let rig = try EngineRig()
        rig.settings.stopsWhenCaughtUp = false
        rig.settings.commitInterval = .milliseconds(1)
        rig.settings.runLimit = 1
        let plan = try rig.plan()
        for minute in 0..<200 as Range<Int64> { rig.click("ada", minute: minute) }
        let refusal = ClusterError(
            kind: .fenced, code: "ILLEGAL_GENERATION", reason: "somebody else's")
        for _ in 0..<1000 { rig.cluster.failNext(.commit, with: refusal) }
        try during(rig.engine(plan)) {
            #expect(rig.cluster.wait { $0.callCount(.commit) > 0 })
        }
        #expect(rig.cluster.callCount(.commit) == 1)

        rig.cluster.repair()
        rig.settings.stopsWhenCaughtUp = true
        rig.click("ada", minute: 300)
        try rig.engine(plan).run()
        #expect(rig.sessions == ["ada 200"])
    }

    @Test("an engine with nothing to do asks for a sign of life, and ends when none comes")
    func silentBrokers() throws {
        let rig = try EngineRig()
        rig.settings.brokerTimeout = .milliseconds(200)
        rig.settings.stopsWhenCaughtUp = false
        rig.click("ada", minute: 0)
        let engine = rig.engine(try rig.plan())
        let failure = FailureBox()
        let end = DispatchSemaphore(value: 0)
        Thread {
            do throws(EngineError) { try engine.run() } catch { failure.set(error) }
            end.signal()
        }.start()
        #expect(
            rig.cluster.wait {
                $0.committedOffsets(group: "shop").values.contains { $0.offset == 1 }
            })
        // Far longer than the limit, as long as there are answers.
        let asked = rig.cluster.callCount(.describe)
        #expect(rig.cluster.wait { $0.callCount(.describe) >= asked + 5 })
        #expect(failure.error == nil)
        for _ in 0..<1000 { rig.cluster.failNext(.describe, with: Self.silence) }
        #expect(end.wait(timeout: .now() + 30) == .success)
        #expect(failure.error == .brokersAway(limit: .milliseconds(200), last: Self.silence))
    }

    private static let silence = ClusterError(
        kind: .retriable, code: "_TIMED_OUT", reason: "no answer")

    /// Runs the engine on a thread of its own while `body` looks on, then stops it.
    private func during(_ engine: Engine, _ body: () throws -> Void) throws {
        let end = DispatchSemaphore(value: 0)
        let failure = FailureBox()
        let thread = Thread {
            do throws(EngineError) { try engine.run() } catch { failure.set(error) }
            end.signal()
        }
        thread.start()
        defer {
            engine.stop()
            end.wait()
        }
        try body()
        engine.stop()
        #expect(end.wait(timeout: .now() + 30) == .success)
        end.signal()
        #expect(failure.error == nil)
    }
}

/// What a thread failed with.
private final class FailureBox: @unchecked Sendable {
    // Written before the semaphore is signalled, read after.
    private(set) var error: EngineError?
    func set(_ error: EngineError) { self.error = error }
}
