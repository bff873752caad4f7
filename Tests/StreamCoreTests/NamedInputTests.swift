import Events
import StreamCore
import Testing

@Suite("Named inputs and broadcast sources")
struct NamedInputTests {
    private func topology(
        broadcast: Topology.Broadcast? = .inOrder, key: StateKey? = nil
    ) -> TestTopology {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"], line: 2)
        topology.parse("parsed", from: "raw", line: 3)
        topology.source("notes", topics: ["notes"], broadcast: broadcast, line: 4)
        topology.parse("noted", from: "notes", line: 5, policy: .deadLetter)
        topology.lookUp("known", from: "parsed", with: "noted", key: key, line: 6)
        topology.sink("out", from: "known", line: 7)
        topology.sink("dead", from: "noted.failed", line: 8)
        return topology
    }

    private let clicks = [
        InputRecord(n: 1, at: 100), InputRecord(n: 2, at: 200), InputRecord(n: 3, at: 300),
    ]
    private let notes = [InputRecord(n: 7, at: 150), InputRecord(n: 8, at: 250)]

    private func found(_ rig: TaskRig) -> [Int] {
        rig.take().texts("out").compactMap { $0.split(separator: ":").last?.dropLast() }
            .compactMap { Int($0) }
    }

    @Test("a broadcast in order is seen from its event time on")
    func inOrder() throws {
        let rig = TaskRig(try topology().plan(), histories: [clicks, notes])
        try rig.runAll()
        #expect(found(rig) == [0, 7, 8])
    }

    @Test("a broadcast that comes first is read to its end before any other record")
    func first() throws {
        let rig = TaskRig(
            try topology(broadcast: .first).plan(), histories: [clicks, notes],
            maxIdle: .zero)
        rig.fetch(0)
        #expect(try rig.run() == .starved, "the table has not been read")
        rig.fetch(1, upTo: 1)
        try rig.run()
        rig.now = rig.now.adding(milliseconds: 3_600_000)
        #expect(try rig.run() == .starved, "the table has not been read to its end")
        try rig.runAll()
        #expect(found(rig) == [8, 8, 8])
    }

    @Test("a broadcast neither moves stream time nor holds it back")
    func streamTime() throws {
        let rig = TaskRig(
            try topology().plan(),
            histories: [clicks, [InputRecord(n: 7, at: 90_000)]])
        try rig.runAll()
        #expect(rig.task.streamTime == Timestamp(milliseconds: 300))
        #expect(rig.task.checkpoint().offsets.count == 2)
    }

    @Test("every task reads all partitions of a broadcast, and one of them writes what failed")
    func partitions() throws {
        let counts: [String: Int32] = ["clicks": 2, "notes": 3]
        let broken = [InputRecord("{broken", key: "k", timestamp: 120)]
        var failed: [Int] = []
        for partition in [Int32(0), 1] {
            let rig = TaskRig(
                try topology().plan(), histories: [clicks, [notes[0]], broken, [notes[1]]],
                partition: partition, partitionCounts: counts)
            #expect(rig.task.sources.map(\.partition) == [partition])
            #expect(rig.task.broadcastSources.map(\.partition) == [0, 1, 2])
            try rig.runAll()
            failed.append(rig.output.slots.count { rig.plan.topics[Int($0.topic)] == "dead" })
            #expect(found(rig) == [0, 7, 8])
        }
        #expect(failed == [1, 0])
    }

    @Test("each sub-topology that reads a broadcast has it, and the first one writes what failed")
    func severalSubtopologies() throws {
        var topology = topology()
        topology.lookUp(
            "again", from: "known", with: "noted", key: .field(FieldPath(name: "other")))
        topology.sink("later", from: "again")
        let plan = try topology.plan()
        #expect(plan.subtopologies.count == 2)
        let names = plan.subtopologies.map { $0.nodes.map(\.name) }
        #expect(names.allSatisfy { $0.contains("noted") })
        #expect(names.map { $0.contains("dead") } == [true, false])
        #expect(plan.subtopologies.map { $0.broadcastTopics.count } == [1, 1])
        #expect(plan.subtopologies.allSatisfy { $0.sourceTopics.count == 1 })
        let driver = try TopologyDriver(plan: plan)
        try driver.pipe(topic: "notes", key: "k", value: #"{"n":5,"t":1}"#)
        try driver.pipe(topic: "clicks", key: "k", value: #"{"n":1,"t":2,"other":"k"}"#)
        #expect(driver.takeOutputs().filter { $0.topic == "later" }.count == 1)
    }

    @Test("an input that is partitioned otherwise goes through a repartition topic of its own")
    func repartitionedInput() throws {
        let key = StateKey.field(FieldPath(name: "id"))
        let plan = try topology(broadcast: nil, key: key).plan()
        #expect(
            plan.repartitions.map { plan.topics[$0.topic] }
                == ["shop-known-repartition", "shop-known-table-repartition"])
        #expect(plan.subtopologies.count == 3)
        let driver = try TopologyDriver(plan: plan)
        try driver.pipe(topic: "notes", key: "x", value: #"{"n":5,"t":1,"id":"k"}"#)
        try driver.pipe(topic: "clicks", key: "y", value: #"{"n":1,"t":2,"id":"k"}"#)
        let out = driver.takeOutputs()
        #expect(out.map(\.value) == [#"{"n":1,"t":2,"id":"k","found":5}"#])
    }

    @Test("an input in the right place stays in the same sub-topology")
    func copartitioned() throws {
        let plan = try topology(broadcast: nil, key: .recordKey).plan()
        #expect(plan.subtopologies.count == 1)
        #expect(plan.subtopologies[0].sourceTopics.count == 2)
    }

    @Test("mistakes are named with their place and a remedy")
    func mistakes() {
        var missing = topology()
        missing.lookUp("other", from: "parsed", with: nil, line: 9)
        missing.sink("more", from: "other", line: 10)
        #expect(
            missing.problems == [
                "shop.yaml:9:3: error: 'other' needs the input 'table'; "
                    + "add 'with: { table: STREAM }': The table to look in."
            ])
        var dangling = topology()
        dangling.lookUp("other", from: "parsed", with: "notd", line: 9)
        dangling.sink("more", from: "other", line: 10)
        #expect(
            dangling.problems == [
                "shop.yaml:9:3: error: 'other' reads from 'notd', which is not defined; "
                    + "did you mean 'noted'?"
            ])
        var spread = topology(broadcast: nil)
        spread.lookUp("other", from: "parsed", with: "noted", isBroadcast: true, line: 9)
        spread.sink("more", from: "other", line: 10)
        #expect(
            spread.problems == [
                "shop.yaml:9:3: error: the input 'table' of 'other' must come to every task, but "
                    + "'noted' is spread over them; write 'broadcast: in_order' or "
                    + "'broadcast: first' at its source"
            ])
        var counted = topology()
        counted.number("counted", from: "noted")
        counted.sink("more", from: "counted", line: 10)
        #expect(counted.problems.first?.contains("keeps state of a broadcast stream") == true)
        var mixed = topology()
        mixed.pass("mixed", from: "noted", "parsed", line: 9)
        mixed.sink("more", from: "mixed", line: 10)
        #expect(mixed.problems.first?.contains("among others") == true)
        var unread = topology()
        unread.source("rules", topics: ["rules"], broadcast: .first, line: 11)
        unread.parse("ruled", from: "rules", line: 12)
        unread.sink("more", from: "ruled", line: 13)
        #expect(
            unread.problems.first?.hasPrefix("shop.yaml:11:3: error: no operator reads") == true)
    }
}
