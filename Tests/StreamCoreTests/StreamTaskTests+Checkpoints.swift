import Events
import StreamCore
import Testing

extension StreamTaskTests {
    // MARK: Checkpoints

    @Test("a checkpoint has the offset of the next record of each input that was read")
    func checkpoints() throws {
        let rig = TaskRig(
            try numbering(topics: 2),
            histories: [
                [InputRecord(n: 1, at: 10), InputRecord(n: 2, at: 30)], [InputRecord(n: 3, at: 20)],
            ], runLimit: 2)
        let sources = rig.task.sources
        #expect(rig.task.checkpoint().offsets == [sources[0]: 0, sources[1]: 0])
        rig.fetch(0)
        rig.fetch(1)
        #expect(rig.task.checkpoint().offsets == [sources[0]: 0, sources[1]: 0])
        try rig.run()
        let checkpoint = try rig.task.commit()
        #expect(checkpoint.offsets == [sources[0]: 1, sources[1]: 1])
        #expect(checkpoint.sequence == 1)
        #expect(checkpoint.streamTime == time(10))
        try rig.run()
        #expect(rig.task.checkpoint().offsets == [sources[0]: 2, sources[1]: 1])
        #expect(try rig.task.commit().sequence == 2)
    }

    @Test("a task without records has no offsets to commit")
    func noOffsets() throws {
        let plan = try numbering()
        let task = StreamTask(
            plan: plan, identifier: TaskIdentifier(subtopology: 0, partition: 3),
            state: TaskRig.freshState(of: plan), now: time(0))
        #expect(task.checkpoint().offsets.isEmpty)
        #expect(task.sources == [TopicPartition(topic: "in0", partition: 3)])
    }

    @Test("stream time survives a restart, also when the inputs have changed since")
    func streamTimeAfterRestart() throws {
        let storage = InMemoryStateStorage()
        let identifier = TaskIdentifier(subtopology: 0, partition: 0)
        let plan = try numbering()
        let rig = TaskRig(
            plan, histories: [[InputRecord(n: 1, at: 77)]],
            state: try storage.open(identifier, stores: plan.subtopologies[0].stores))
        try rig.runAll()
        _ = try rig.task.commit()
        rig.task.close()

        let same = TaskRig(
            plan, histories: [[]],
            state: try storage.open(identifier, stores: plan.subtopologies[0].stores))
        #expect(same.task.streamTime == time(77))
        let wider = try numbering(topics: 2)
        let changed = TaskRig(
            wider, histories: [[], []],
            state: try storage.open(identifier, stores: wider.subtopologies[0].stores))
        #expect(changed.task.streamTime == time(77))
    }

    // MARK: Errors and counts

    @Test("an operator's error stops the task and names the operator")
    func operatorError() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["in0"])
        topology.parse("parsed", from: "raw")
        topology.add("fragile", from: "parsed", definition: TestDefinition { Breaking(at: 2) })
        topology.sink("out", from: "fragile")
        let rig = TaskRig(
            try topology.plan(), histories: [(0..<4).map { InputRecord(n: $0, at: 0) }])
        rig.fetch(0)
        let error = #expect(throws: TaskError.self) { try rig.run() }
        #expect(error?.operatorName == "fragile")
        #expect(
            error?.description
                == "operator 'fragile' (task 0_0): no room to write the state file state.db: disk "
                + "quota; free space on that disk and start again: the state is as of the last "
                + "commit and nothing is lost.")
    }

    @Test("'on_error: fail' stops the task with the reason of the refusal")
    func failPolicy() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["in0"])
        topology.parse("parsed", from: "raw", policy: .fail)
        topology.sink("out", from: "parsed")
        let rig = TaskRig(try topology.plan(), histories: [[InputRecord("nonsense")]])
        rig.fetch(0)
        let error = #expect(throws: TaskError.self) { try rig.run() }
        guard case .refusedRecord(let reason)? = error?.reason else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test("metrics count what each operator received, emitted, dropped and found late")
    func metrics() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["in0"])
        topology.parse("parsed", from: "raw", policy: .drop)
        topology.pause("counted", from: "parsed", by: 10)
        topology.sink("out", from: "counted", "counted.closed")
        topology.sink("late", from: "counted.late")
        let history = [
            InputRecord(n: 1, at: 100), InputRecord("nonsense"), InputRecord(n: 2, at: 200),
            InputRecord(n: 3, at: 150),
        ]
        let rig = TaskRig(try topology.plan(), histories: [history], runLimit: 1)
        try rig.runAll()
        let metrics = rig.task.metrics
        #expect(metrics.map(\.name) == ["parsed", "counted"])
        #expect(metrics[0].received == 4)
        #expect(metrics[0].emitted == [3, 0])
        #expect(metrics[0].dropped == 1)
        #expect(metrics[1].received == 3)
        #expect(metrics[1].emitted == [2, 1, 1])
        #expect(metrics[1].late == 1)
    }

    @Test("what nobody reads is not collected")
    func unconnectedOutputs() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["in0"])
        topology.parse("parsed", from: "raw", policy: .drop)
        topology.pause("counted", from: "parsed", by: 10)
        topology.sink("out", from: "counted.closed")
        let rig = TaskRig(
            try topology.plan(), histories: [(0..<5).map { InputRecord(n: $0, at: 100) }])
        try rig.runAll()
        try rig.task.finish(output: rig.output)
        #expect(rig.task.metrics[1].emitted == [0, 1, 0])
        #expect(rig.take().count == 1)
    }

    @Test("a sink with a key writes the field's value as the key, the record key without one")
    func sinkKeys() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["in0"])
        topology.parse("parsed", from: "raw", policy: .drop)
        topology.sink("keyed", from: "parsed", key: "n")
        topology.sink("plain", from: "parsed")
        let rig = TaskRig(
            try topology.plan(),
            histories: [[InputRecord(n: 12, key: "k", at: 5), InputRecord("{\"t\":6}", key: "l")]])
        try rig.runAll()
        let written = rig.take().byTopic
        #expect(written["keyed"]?.map(\.key) == [Array("12".utf8), nil])
        #expect(written["plain"]?.map(\.key) == [Array("k".utf8), Array("l".utf8)])
        #expect(written["plain"]?.map(\.timestamp) == [5, 6])
    }
}
