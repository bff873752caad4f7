import Events
import Foundation
import StreamCore
import StreamEngine
import StreamTesting
import Testing

/// Topology edits on state that is there: refused at the start, or confirmed.
@Suite("Topology edits and state")
struct StateChangeTests {
    private static let task = TaskIdentifier(subtopology: 0, partition: 0)

    /// A session of ada that is open and committed, and the topology edited since: sessions are kept by
    /// `friend` now.
    private func edited(
        _ guarantee: EngineSettings.Guarantee, changelog: EngineSettings.Changelog = .none
    ) throws -> ThreadRig {
        let rig = try ThreadRig(guarantee: guarantee, changelog: changelog)
        let worker = try rig.start("one")
        rig.click("ada", of: "bob", minute: 0)
        rig.click("ada", of: "bob", minute: 10)
        try worker.round()
        try worker.stop()
        try rig.keepSessions(by: "friend")
        return rig
    }

    /// Closes what is open of `ada` and `bob`, by clicks of somebody else.
    private func closeSessions(_ rig: ThreadRig, _ worker: ThreadProcess) throws {
        rig.click("eve", of: "eve", minute: 200)
        try ChangelogTests.settle(rig, worker)
    }

    @Test(
        "the start is refused, with what is changed and how to confirm it, and touches nothing",
        arguments: [EngineSettings.Guarantee.exactlyOnce, .atLeastOnce])
    func isRefused(guarantee: EngineSettings.Guarantee) throws {
        let rig = try edited(guarantee)
        let error = #expect(throws: EngineError.self) { try rig.start("two") }
        let text = error?.description ?? ""
        #expect(
            text.contains("changed: 'sessions.open' was kept by user, not by friend (task 0_0)"))
        #expect(text.contains("--confirm-state-changes"))
        try rig.keepSessions(by: "user")
        let worker = try rig.start("three")
        try closeSessions(rig, worker)
        #expect(rig.sessions == ["ada 2"])
    }

    @Test(
        "confirmed, what is changed begins empty, and the task goes on where the group is",
        arguments: [EngineSettings.Guarantee.exactlyOnce, .atLeastOnce],
        [EngineSettings.Changelog.none, .kafka])
    func isConfirmed(
        guarantee: EngineSettings.Guarantee, changelog: EngineSettings.Changelog
    ) throws {
        let rig = try edited(guarantee, changelog: changelog)
        // Not even a process that dies right after it has to confirm it again.
        try rig.start("two", confirmsStateChanges: true, rounds: 1).crash()
        rig.clock.advance(by: .seconds(11))
        let worker = try rig.start("three", rounds: 20)
        rig.click("ada", of: "bob", minute: 12)
        rig.click("bob", of: "ada", minute: 13)
        try closeSessions(rig, worker)
        #expect(rig.sessions.sorted() == ["ada 1", "bob 1"])
    }

    @Test(
        "a changelog whose records mean something else is refused, where no file says so",
        arguments: [EngineSettings.Guarantee.exactlyOnce, .atLeastOnce])
    func changelogIsRefused(guarantee: EngineSettings.Guarantee) throws {
        let rig = try edited(guarantee, changelog: .kafka)
        let error = #expect(throws: EngineError.self) {
            try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        }
        let text = error?.description ?? ""
        #expect(text.contains("'sessions.open' was kept by user, not by friend"))
        #expect(text.contains("--confirm-state-changes"))
    }

    @Test(
        "confirmed, nothing of the old records comes back, wherever the process dies",
        arguments: [EngineSettings.Guarantee.exactlyOnce, .atLeastOnce], [1, 4, 8, 20])
    func oldRecordsStayBehind(guarantee: EngineSettings.Guarantee, rounds: Int) throws {
        let rig = try edited(guarantee, changelog: .kafka)
        let disk = InMemoryStateStorage()
        let second = try rig.start(
            "two", storage: disk, confirmsStateChanges: true, rounds: rounds)
        second.crash()
        rig.clock.advance(by: .seconds(11))
        let third = try rig.start("three", storage: disk, confirmsStateChanges: true, rounds: 20)
        rig.click("ada", of: "bob", minute: 12)
        try third.round()
        try third.stop()
        // Another machine without any file, for which nothing is confirmed.
        let fourth = try rig.start("four", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("eve", of: "bob", minute: 14)
        try closeSessions(rig, fourth)
        #expect(rig.sessions == ["bob 2"])
    }

    @Test("a checkpoint of an earlier version, which does not say what stores mean, is taken")
    func earlierRecords() throws {
        let rig = try ThreadRig(changelog: .kafka)
        let worker = try rig.start("one")
        rig.click("ada", minute: 0)
        try worker.round()
        try worker.stop()
        let last = try #require(rig.cluster.records(of: "shop-checkpoints")[0].last)
        let text = String(decoding: last.value ?? [], as: UTF8.self)
        let start = try #require(text.range(of: #","meanings":{"#)).lowerBound
        let end = try #require(text[start...].range(of: "}")).upperBound
        let earlier = text[..<start] + text[end...]
        rig.cluster.append(
            FakeCluster.Record(key: last.key, value: Array(earlier.utf8)),
            to: "shop-checkpoints", partition: 0)
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 20)
        rig.click("ada", minute: 5)
        try closeSessions(rig, other)
        #expect(rig.sessions == ["ada 2"])
    }

    @Test("a state of a step that is gone is refused, and confirmed it is deleted")
    func orphans() throws {
        let rig = try ThreadRig()
        let gone = TaskIdentifier(subtopology: 7, partition: 2)
        let stores = [StoreSpec(name: "totals.rows", kind: .keyValue)]
        let state = try rig.storage.open(gone, stores: stores)
        try state.commit(TaskCheckpoint(sequence: 1))
        state.close()
        let error = #expect(throws: EngineError.self) { try rig.start("one") }
        let text = error?.description ?? ""
        #expect(text.contains("dropped: 'totals.rows', no step keeps state there"))
        #expect(error?.description.contains("(task 7_2)") == true)
        #expect(try rig.storage.tasks() == [gone])
        _ = try rig.start("two", confirmsStateChanges: true)
        #expect(try rig.storage.tasks() == [Self.task])
    }

    @Test("the plan tells what is in the changelogs of tasks that have no file here")
    func planOfChangelogs() throws {
        let rig = try edited(.exactlyOnce, changelog: .kafka)
        func kinds(
            _ storage: any StateStorage
        ) throws -> [StatePlan.Place: Set<StoreChange.Kind>] {
            let plan = try rig.application(storage).statePlan(includingChangelogs: true)
            return Dictionary(grouping: plan.entries, by: \.place)
                .mapValues { Set($0.map(\.kind)) }
        }
        let changed: Set<StoreChange.Kind> = [
            .changed("was kept by user, not by friend")
        ]
        #expect(try kinds(rig.storage) == [.files: changed])
        #expect(try kinds(InMemoryStateStorage()) == [.changelogs: changed])
        let plan = try rig.application(InMemoryStateStorage())
            .statePlan(includingChangelogs: true)
        #expect(plan.refusal == nil)
        #expect(plan.changelogDifferences.count == 2)
        try rig.keepSessions(by: "user")
        #expect(try kinds(InMemoryStateStorage()) == [.changelogs: [.kept]])
        let fresh = try ThreadRig(changelog: .kafka).application(InMemoryStateStorage())
        let entries = try fresh.statePlan(includingChangelogs: true).entries
        #expect(Set(entries.map(\.place)) == [.none])
    }
}
