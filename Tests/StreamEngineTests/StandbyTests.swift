import Events
import StreamCore
import StreamEngine
import StreamTesting
import Testing

/// Copies of state on other processes.
@Suite("Standby copies")
struct StandbyTests {
    @Test("a standby copy is taken over: only the tail is restored")
    func standby() throws {
        let rig = try ChangelogTests.rig(.exactlyOnce)
        let worker = try rig.start("one")
        let copyStorage = InMemoryStateStorage()
        // The only partition stays with the first member.
        let other = try rig.start("two", storage: copyStorage, rounds: 1)
        for _ in 0..<5 {
            try worker.round()
            try other.round()
        }
        for index in 0..<50 { rig.click("user\(index)", minute: 0) }
        try worker.round()
        try worker.commit()
        let standby = try #require(other.standby)
        for _ in 0..<10 { standby.round() }
        #expect(standby.tasks == [TaskIdentifier(subtopology: 0, partition: 0)])
        rig.click("ada", minute: 1)
        try worker.round()
        try worker.commit()
        worker.crash()
        for _ in 0..<40 {
            rig.clock.advance(by: .milliseconds(500))
            try other.round()
            standby.round()
        }
        #expect(standby.tasks == [])
        #expect(other.thread.published.restoredRecords <= 4)
        rig.click("eve", minute: 100)
        try ChangelogTests.settle(rig, other)
        #expect(rig.sessions.count == 51)
    }

    @Test("what the owner did not commit is in no copy")
    func standbyTakesCommitsOnly() throws {
        let rig = try ChangelogTests.rig(.atLeastOnce)
        let worker = try rig.start("one")
        let other = try rig.start("two", storage: InMemoryStateStorage(), rounds: 1)
        for _ in 0..<5 {
            try worker.round()
            try other.round()
        }
        rig.click("ada", minute: 0)
        try worker.round()
        try worker.commit()
        let standby = try #require(other.standby)
        for _ in 0..<10 { standby.round() }
        rig.click("ada", minute: 5)
        try worker.round()
        let lost = ClusterError(kind: .fatal, code: "TEST", reason: "as the test wants it")
        rig.cluster.failNext(.flush, with: lost, afterPerforming: true)
        #expect(throws: EngineError.self) { try worker.commit() }
        for _ in 0..<10 { standby.round() }
        worker.crash()
        for _ in 0..<40 {
            rig.clock.advance(by: .milliseconds(500))
            try other.round()
            standby.round()
        }
        rig.click("eve", minute: 100)
        try ChangelogTests.settle(rig, other)
        #expect(rig.sessions == ["ada 2"])
    }
}

/// Which process keeps which copy.
@Suite("Standby placement")
struct StandbyPlacementTests {
    private static let tasks = (0..<64).map { TaskIdentifier(subtopology: 0, partition: $0) }

    private static func source(_ task: TaskIdentifier) -> TopicPartition {
        TopicPartition(topic: "clicks", partition: task.partition)
    }

    private static func placement(
        _ instances: [String], replicas: Int
    ) -> StandbyPlacement {
        StandbyPlacement(
            replicas: replicas, application: "shop",
            members: instances.enumerated().map { index, name in
                GroupMember(
                    clientID: "shop-\(name)-0",
                    partitions: Set(
                        tasks.map(source).filter {
                            Int($0.partition) % instances.count == index
                        }))
            })
    }

    private static func standbys(
        _ placement: StandbyPlacement
    ) -> [TaskIdentifier: [String]] {
        Dictionary(
            uniqueKeysWithValues: tasks.map {
                ($0, placement.standbys(of: $0, sources: [source($0)]))
            })
    }

    @Test("a task has as many copies as were asked for, none with its owner, and all fairly spread")
    func spread() {
        let names = ["a", "b", "c", "d"]
        let all = Self.standbys(Self.placement(names, replicas: 2))
        for (task, standbys) in all {
            #expect(standbys.count == 2)
            #expect(Set(standbys).count == 2)
            #expect(!standbys.contains(names[Int(task.partition) % 4]))
        }
        for name in names {
            let count = all.values.filter { $0.contains(name) }.count
            #expect((16...48).contains(count), "\(name) keeps \(count) of 128 copies")
        }
    }

    @Test("when a process comes, no copy moves but to it")
    func stability() {
        // The owner of every task is the same in both.
        func members(_ names: [String]) -> [GroupMember] {
            names.map {
                GroupMember(
                    clientID: "shop-\($0)-0",
                    partitions: $0 == "a" ? Set(Self.tasks.map(Self.source)) : [])
            }
        }
        let before = Self.standbys(
            StandbyPlacement(replicas: 1, application: "shop", members: members(["a", "b", "c"])))
        let after = Self.standbys(
            StandbyPlacement(
                replicas: 1, application: "shop", members: members(["a", "b", "c", "d"])))
        for (task, standbys) in after where standbys != before[task] {
            #expect(standbys == ["d"])
        }
        #expect(after.values.contains(["d"]))
    }

    @Test("with one process there is nobody to keep a copy, and other clients don't count")
    func alone() {
        let placement = StandbyPlacement(
            replicas: 3, application: "shop",
            members: [
                GroupMember(
                    clientID: "shop-a-b-0", partitions: Set(Self.tasks.map(Self.source))),
                GroupMember(clientID: "rdkafka", partitions: []),
                GroupMember(clientID: "shop-", partitions: []),
            ])
        #expect(Self.standbys(placement).values.allSatisfy { $0.isEmpty })
    }
}
