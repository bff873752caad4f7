import Events
import StreamCore
import Testing

/// Where one run ends and the next begins, and where a task is stopped and started again, must
/// not show in what it writes.
@Suite("Results do not depend on how work is cut")
struct RunCutTests {
    /// Two inputs and a broadcast one, branches that meet again, timers behind timers, and operators whose output
    /// depends on the order of everything they see.
    private func plan() throws -> TopologyPlan {
        var topology = TestTopology()
        topology.source(
            "raw", topics: ["a", "b"],
            watermark: WatermarkSettings(outOfOrderness: .milliseconds(8)))
        topology.parse("parsed", from: "raw", policy: .deadLetter)
        topology.add("odd", from: "parsed", definition: TestDefinition { Sieve(divisor: 2) })
        topology.add("some", from: "parsed", definition: TestDefinition { Sieve(divisor: 3) })
        topology.pause("first", from: "odd", by: 20)
        topology.pause("second", from: "first.closed", "some", by: 35)
        topology.number(
            "met", from: "second", "first.late", "second.closed", "some", "first.closed")
        topology.number("again", from: "met", "odd", "second.late")
        topology.source("notes", topics: ["c"], broadcast: .inOrder)
        topology.parse("noted", from: "notes", policy: .deadLetter)
        topology.lookUp("known", from: "some", "first.closed", with: "noted")
        topology.sink("known", from: "known")
        topology.sink("met", from: "met", key: "n")
        topology.sink("again", from: "again")
        topology.sink("closed", from: "first.closed", "second.closed")
        topology.sink("late", from: "first.late", "second.late")
        topology.sink("dead", from: "parsed.failed", "noted.failed")
        return try topology.plan()
    }

    /// Out of order, with equal times, several events in a record, gaps and broken records.
    private func histories(_ random: inout SeededRandom, count: Int) -> [[InputRecord]] {
        var clock: Int64 = 1000
        var histories: [[InputRecord]] = [[], [], []]
        for n in 0..<count {
            clock += [0, 0, 1, 2, 5, 30].randomElement(using: &random)!
            let time = clock - [0, 0, 0, 3, 7, 40].randomElement(using: &random)!
            let key = ["k", "l", "m", "n"].randomElement(using: &random)!
            let record: InputRecord
            switch Int.random(in: 0..<12, using: &random) {
            case 0: record = InputRecord("{broken \(n)", key: key, timestamp: time)
            case 1:
                let more = (0..<3).map { "{\"n\":\(n * 10 + $0),\"t\":\(time + Int64($0) * 9)}" }
                record = InputRecord(more.joined(separator: "\n"), key: key)
            default: record = InputRecord(n: n, key: key, at: time)
            }
            histories[Int.random(in: 0..<3, using: &random)].append(record)
        }
        return histories
    }

    private func undisturbed(
        _ plan: TopologyPlan, _ histories: [[InputRecord]]
    ) throws -> [String: [WrittenRecord]] {
        let rig = TaskRig(plan, histories: histories)
        try rig.runAll()
        try rig.task.finish(output: rig.output)
        return rig.take().byTopic
    }

    @Test("random batch sizes and run limits give the same bytes", arguments: 0..<25)
    func cuts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let plan = try plan()
        let histories = histories(&random, count: 600)
        let expected = try undisturbed(plan, histories)
        #expect(Set(expected.keys) == ["known", "met", "again", "closed", "late", "dead"])
        for _ in 0..<4 {
            let limit = [1, 2, 3, 10, 100, 512].randomElement(using: &random)!
            let largest = [1, 2, 5, 50, 500].randomElement(using: &random)!
            let rig = TaskRig(plan, histories: histories, runLimit: limit)
            try rig.runAll { Int.random(in: 1...largest, using: &random) }
            try rig.task.finish(output: rig.output)
            #expect(rig.take().byTopic == expected, "run limit \(limit), batches of \(largest)")
        }
    }

    @Test(
        "a task that is stopped and resumed at any commit goes on as if nothing had happened",
        arguments: 0..<25)
    func restarts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let plan = try plan()
        let histories = histories(&random, count: 150)
        let expected = try undisturbed(plan, histories)
        let storage = InMemoryStateStorage()
        let identifier = TaskIdentifier(subtopology: 0, partition: 0)
        var written: [WrittenRecord] = []
        var isDone = false
        while !isDone {
            let state = try storage.open(identifier, stores: plan.subtopologies[0].stores)
            let rig = TaskRig(
                plan, histories: histories, runLimit: Int.random(in: 1...20, using: &random),
                state: state)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !isDone {
                isDone = try step(rig, &random)
                written += rig.take()
                _ = try rig.task.commit()
            }
            // What is not committed is lost: with it go its outputs.
            if !isDone, Bool.random(using: &random) { _ = try step(rig, &random) }
            if isDone {
                try rig.task.finish(output: rig.output)
                written += rig.take()
            }
            rig.task.close()
        }
        #expect(written.byTopic == expected)
    }

    /// Fetches what is needed and runs once; returns whether all is processed.
    private func step(_ rig: TaskRig, _ random: inout SeededRandom) throws -> Bool {
        var hasMore = false
        let inputs = (rig.task.sources + rig.task.broadcastSources).indices
        for input in inputs where rig.task.needsRecords(input: input) {
            if rig.fetch(input, upTo: Int.random(in: 1...15, using: &random)) { hasMore = true }
        }
        let isStarved = try rig.run() == .starved
        return isStarved && !hasMore
    }

    @Test("an effect of a timer stands where the clock passed it, and sees its own time")
    func placeOfTimers() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["a"])
        topology.parse("parsed", from: "raw")
        topology.pause("first", from: "parsed", by: 10)
        topology.add(
            "noted", from: "first.closed", "parsed",
            definition: TestDefinition { Sieve(divisor: .max) })
        topology.sink("out", from: "noted")
        let history = [
            InputRecord(n: 1, key: "k", at: 100), InputRecord(n: 2, key: "l", at: 105),
            // The clock passes 110 and 115 on its way here.
            InputRecord(n: 3, key: "k", at: 500),
        ]
        let rig = TaskRig(try topology.plan(), histories: [history])
        try rig.runAll()
        #expect(
            rig.take().map(\.text) == [
                #"{"n":1,"t":100,"stream_time":100}"#,
                #"{"n":2,"t":105,"stream_time":105}"#,
                #"{"key":"k","first":1,"due":110,"stream_time":110}"#,
                #"{"key":"l","first":1,"due":115,"stream_time":115}"#,
                #"{"n":3,"t":500,"stream_time":500}"#,
            ])
    }

    @Test("what a timer gives reaches the next operator before that one's later timers fire")
    func timersBehindTimers() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["a"])
        topology.parse("parsed", from: "raw")
        topology.pause("first", from: "parsed", by: 10)
        topology.pause("second", from: "first.closed", by: 5)
        topology.sink("out", from: "second.closed")
        topology.sink("late", from: "second.late")
        let history = [
            InputRecord(n: 1, at: 100), InputRecord(n: 2, at: 111), InputRecord(n: 3, at: 900),
        ]
        for limit in [1, 512] {
            let rig = TaskRig(try topology.plan(), histories: [history], runLimit: limit)
            try rig.runAll()
            try rig.task.finish(output: rig.output)
            #expect(
                rig.take().map(\.text) == [
                    #"{"key":"k","second":1,"due":115}"#, #"{"key":"k","second":1,"due":126}"#,
                    #"{"key":"k","second":1,"due":915}"#,
                ])
        }
    }
}
