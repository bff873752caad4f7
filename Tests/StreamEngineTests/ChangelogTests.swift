import Events
import StreamCore
import StreamEngine
import StreamTesting
import Testing

/// State that is logged to compacted topics, and restored elsewhere.
@Suite("Changelogs")
struct ChangelogTests {
    /// A rig whose state is logged, and a session of ada that is open and committed.
    static func rig(_ guarantee: EngineSettings.Guarantee) throws -> ThreadRig {
        try ThreadRig(guarantee: guarantee, changelog: .kafka)
    }

    private static func openSession(_ rig: ThreadRig) throws -> ThreadProcess {
        let worker = try rig.start("one")
        rig.click("ada", minute: 0)
        rig.click("ada", minute: 10)
        try worker.round()
        try worker.commit()
        return worker
    }

    /// Runs rounds until `sessions` are all there, committing in each.
    static func settle(_ rig: ThreadRig, _ worker: ThreadProcess) throws {
        for _ in 0..<20 {
            try worker.round()
            try worker.commit()
        }
    }

    // MARK: Topics

    @Test("the topics are made: compacted, with a partition per task")
    func topicsAreMade() throws {
        let rig = try Self.rig(.exactlyOnce)
        _ = try rig.start("one")
        let compacted = rig.cluster.compactedTopics
        #expect(compacted.first == "shop-checkpoints")
        #expect(compacted.count >= 2)
        let counts = try rig.cluster.describeTopics(compacted)
        #expect(counts.values.allSatisfy { $0 == 1 })
    }

    @Test("a changelog that deletes is refused, with the command that repairs it")
    func deletingTopic() throws {
        let rig = try Self.rig(.exactlyOnce)
        rig.cluster.setConfiguration(
            ["cleanup.policy": "delete", "retention.ms": "1000"], of: "shop-checkpoints")
        try rig.cluster.createTopics([TopicSpec(name: "shop-checkpoints", partitions: 1)])
        let error = #expect(throws: EngineError.self) { try rig.start("one") }
        #expect(error?.description.contains("--add-config cleanup.policy=compact") == true)
        #expect(error?.description.contains("shop-checkpoints") == true)
    }

    @Test("a changelog with another number of partitions is refused, with the command")
    func wrongPartitions() throws {
        let rig = try Self.rig(.exactlyOnce)
        try rig.cluster.createTopics([TopicSpec(name: "shop-checkpoints", partitions: 3)])
        let error = #expect(throws: EngineError.self) { try rig.start("one") }
        #expect(error?.description.contains("has 3 partitions, and there are 1 tasks") == true)
        #expect(error?.description.contains("kafka-topics.sh") == true)
    }

    // MARK: What is logged

    @Test("a key that changes many times between two commits is written once")
    func changesOnce() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try rig.start("one")
        for minute in Int64(0)..<9 { rig.click("ada", minute: minute) }
        try worker.round()
        try worker.commit()
        let records = rig.cluster.records(of: "shop-sessions.open-changelog").joined()
        #expect(records.count == 1)
        #expect(records.allSatisfy { $0.value != nil && !$0.headers.isEmpty })
    }

    @Test("what is deleted is written as a tombstone")
    func tombstones() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try Self.openSession(rig)
        rig.click("bob", minute: 100)
        try worker.round()
        try worker.commit()
        let records = rig.cluster.records(of: "shop-sessions.open-changelog").joined()
        #expect(records.contains { $0.value == nil })
    }

    @Test("a commit that is aborted leaves nothing in the changelog that a reader sees")
    func abortedChanges() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try rig.start("one")
        rig.click("ada", minute: 0)
        try worker.round()
        let abortable = ClusterError(kind: .abortable, code: "TEST", reason: "as the test wants")
        rig.cluster.failNext(.sendOffsets, with: abortable)
        try worker.commit()
        #expect(rig.cluster.records(of: "shop-sessions.open-changelog").joined().isEmpty)
        #expect(!rig.cluster.writtenRecords(of: "shop-sessions.open-changelog").joined().isEmpty)
        try worker.round()
        try worker.commit()
        #expect(rig.cluster.records(of: "shop-sessions.open-changelog").joined().count == 1)
    }

    // MARK: Restore

    @Test(
        "a task that comes to a machine without its state goes on with all of it",
        arguments: [EngineSettings.Guarantee.exactlyOnce, .atLeastOnce], [false, true])
    func machineLost(guarantee: EngineSettings.Guarantee, isCompacted: Bool) throws {
        let rig = try Self.rig(guarantee)
        let worker = try Self.openSession(rig)
        rig.click("bob", minute: 11)
        try worker.round()
        try worker.commit()
        worker.crash()
        if isCompacted { for topic in rig.cluster.compactedTopics { rig.cluster.compact(topic) } }
        rig.clock.advance(by: .seconds(11))
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("ada", minute: 20)
        rig.click("eve", minute: 200)
        try Self.settle(rig, other)
        #expect(rig.sessions.sorted() == ["ada 3", "bob 1"])
    }

    @Test("a task of several topics is restored, in whatever order the group names them")
    func severalTopics() throws {
        let rig = try ThreadRig(changelog: .kafka, topics: ["taps", "clicks"])
        let worker = try Self.openSession(rig)
        try worker.stop()
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        #expect(other.thread.published.restoredRecords == 2)
        #expect(other.thread.published.tasks.count == 1)
    }

    @Test("a task that comes back to its file restores the difference only")
    func difference() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try rig.start("one")
        for index in 0..<50 { rig.click("user\(index)", minute: 0) }
        try worker.round()
        try worker.commit()
        try worker.stop()
        let elsewhere = try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("ada", minute: 1)
        try elsewhere.round()
        try elsewhere.commit()
        try elsewhere.stop()
        let back = try rig.start("three", rounds: 20)
        #expect(back.thread.published.restoredRecords <= 4)
        rig.click("ada", minute: 2)
        rig.click("eve", minute: 100)
        try Self.settle(rig, back)
        #expect(rig.sessions.count == 51)
        #expect(rig.sessions.contains("ada 2"))
    }

    @Test("other tasks go on while one is restored")
    func othersGoOn() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try Self.openSession(rig)
        try worker.stop()
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 2)
        // As long as a changelog can't be read, its task's partition is held back.
        let away = ClusterError(kind: .retriable, code: "TEST", reason: "as the test wants it")
        for _ in 0..<5 { rig.cluster.failNext(.read, with: away) }
        rig.click("ada", minute: 12)
        for _ in 0..<3 { try other.round() }
        try other.commit()
        #expect(rig.committed?.offset == 2)
        for _ in 0..<10 { try other.round() }
        try other.commit()
        #expect(rig.committed?.offset == 3)
    }

    @Test("a restore that is interrupted goes on where it stopped")
    func interrupted() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try rig.start("one")
        for index in 0..<50 { rig.click("user\(index)", minute: 0) }
        try worker.round()
        try worker.commit()
        try worker.stop()
        let storage = InMemoryStateStorage()
        let away = ClusterError(kind: .retriable, code: "TEST", reason: "as the test wants it")
        // Its checkpoints and one of two changelogs are read, then it is stopped.
        let second = try rig.start("two", storage: storage, rounds: 4)
        rig.cluster.failNext(.read, with: away)
        try second.round()
        try second.stop()
        let third = try rig.start("three", storage: storage, rounds: 20)
        rig.click("eve", minute: 100)
        try Self.settle(rig, third)
        #expect(rig.sessions.count == 50)
        #expect(third.thread.published.restoredRecords < 100)
    }

    @Test("a changelog that lacks the group's last commit stops the task, and says so")
    func changelogIsBehind() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try Self.openSession(rig)
        try worker.stop()
        rig.cluster.setCommittedOffsets(
            [
                TopicPartition(topic: "clicks", partition: 0): CommittedOffset(
                    offset: 2, metadata: "millrace 1 9 1709500600000")
            ], group: "shop")
        let error = #expect(throws: EngineError.self) {
            try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        }
        #expect(
            error?.description.contains("at commit 9, the changelog topics hold commit 1") == true)
    }

    @Test("a group without offsets does not start over while the changelog holds state")
    func groupHasNoOffsets() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try Self.openSession(rig)
        try worker.stop()
        rig.cluster.setCommittedOffsets([:], group: "shop")
        let error = #expect(throws: EngineError.self) {
            try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        }
        #expect(error?.description.contains("--allow-state-loss") == true)
        // With the flag it begins anew, and what was logged before counts no more.
        rig.clock.advance(by: .seconds(11))
        let storage = InMemoryStateStorage()
        let anew = try rig.start(
            "three", storage: storage, allowsStateLoss: true, rounds: 20)
        try anew.commit()
        try anew.stop()
        let next = try rig.start("four", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("eve", minute: 100)
        try Self.settle(rig, next)
        #expect(rig.sessions == ["ada 2"])
    }

    @Test("a changelog that is turned on later holds what was there before")
    func turnedOn() throws {
        let rig = try Self.rig(.exactlyOnce)
        let worker = try Self.openSession(rig)
        try worker.stop()
        // As with 'changelog: none': a file that no changelog tells of.
        for topic in rig.cluster.compactedTopics { rig.cluster.removeTopic(topic) }
        let again = try rig.start("one", rounds: 5)
        // The restart alone writes it, without an event.
        try again.commit()
        #expect(
            rig.cluster.records(of: "shop-sessions.open-changelog").joined().count == 1)
        rig.click("bob", minute: 11)
        try again.round()
        try again.commit()
        try again.stop()
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("eve", minute: 100)
        try Self.settle(rig, other)
        #expect(rig.sessions.sorted() == ["ada 2", "bob 1"])
    }

    @Test("at least once, changes of a commit that never came to its end do not count")
    func unfinishedCommit() throws {
        let rig = try Self.rig(.atLeastOnce)
        let worker = try Self.openSession(rig)
        rig.click("ada", minute: 20)
        try worker.round()
        // The changes are written, and the checkpoint that tells of them is not.
        let lost = ClusterError(kind: .fatal, code: "TEST", reason: "as the test wants it")
        rig.cluster.failNext(.flush, with: lost, afterPerforming: true)
        #expect(throws: EngineError.self) { try worker.commit() }
        worker.crash()
        rig.clock.advance(by: .seconds(11))
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("eve", minute: 100)
        try Self.settle(rig, other)
        #expect(rig.sessions == ["ada 3"])
    }

    @Test("at least once, a commit that was logged and not told to the group is gone on from")
    func loggedOnly() throws {
        let rig = try Self.rig(.atLeastOnce)
        let worker = try Self.openSession(rig)
        rig.click("ada", minute: 20)
        try worker.round()
        let lost = ClusterError(kind: .fatal, code: "TEST", reason: "as the test wants it")
        rig.cluster.failNext(.commit, with: lost)
        #expect(throws: EngineError.self) { try worker.commit() }
        worker.crash()
        rig.clock.advance(by: .seconds(11))
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("eve", minute: 100)
        try Self.settle(rig, other)
        #expect(rig.sessions == ["ada 3"])
    }
}
