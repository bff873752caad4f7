import Events
import Operators
import StreamCore
import Testing

@Suite("join of two streams")
struct WindowJoinTests {
    private func settings(_ type: String, window: Int64 = 100, grace: Int64 = 50) -> Setting {
        [
            "type": .string(type), "window": .string("\(window)ms"),
            "grace": .string("\(grace)ms"), "output": "o",
        ]
    }

    private func plan(_ settings: Setting) throws -> TopologyPlan {
        try JoinRig.plan(JoinOperator.spec, settings, input: "other")
    }

    private func left(_ number: Int, at time: Int64, key: String? = "k") -> JoinRecord {
        JoinRecord(isOther: false, key: key, time: time, value: #"{"n":\#(number)}"#)
    }

    private func other(_ number: Int, at time: Int64, key: String? = "k") -> JoinRecord {
        JoinRecord(isOther: true, key: key, time: time, value: #"{"n":\#(number)}"#)
    }

    @Test("events of one key meet when they are at most the window apart, whichever comes first")
    func window() throws {
        let rig = try JoinRig(try plan(settings("inner")))
        #expect(try rig.values(left(1, at: 1000)).isEmpty)
        #expect(try rig.values(other(2, at: 1101)).isEmpty)
        #expect(try rig.values(other(3, at: 1100)) == [#"out {"n":1,"o":{"n":3}}"#])
        #expect(try rig.values(other(4, at: 1100, key: "l")).isEmpty)
        #expect(
            try rig.values(left(5, at: 1200))
                == [#"out {"n":5,"o":{"n":2}}"#, #"out {"n":5,"o":{"n":3}}"#])
        try rig.driver.finish()
        #expect(rig.take().isEmpty)
    }

    @Test("a result has the later time and the record key of the event of 'from'")
    func timeAndKey() throws {
        let rig = try JoinRig(
            try plan([
                "key": "n", "other_key": "n", "window": "100ms", "output": "o",
            ]))
        try rig.send(JoinRecord(isOther: true, key: "b", time: 1100, value: #"{"n":1}"#))
        try rig.send(JoinRecord(isOther: false, key: "a", time: 1050, value: #"{"n":"1"}"#))
        let records = rig.driver.takeOutputs().filter { $0.topic == "out" }
        // Behind a repartition topic the record key is the key of the join.
        #expect(records.map(\.key) == ["1"])
        #expect(records.map(\.timestamp) == [Timestamp(milliseconds: 1100)])
    }

    @Test("a left join shows an event alone, once, when window and grace have passed")
    func leftJoin() throws {
        let rig = try JoinRig(try plan(settings("left")))
        try rig.send(left(1, at: 1000))
        try rig.send(other(2, at: 900, key: "l"))
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: 1150))
        #expect(rig.take().isEmpty)
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: 1151))
        #expect(rig.take() == [#"out {"n":1,"o":null}"#])
        try rig.driver.finish()
        #expect(rig.take().isEmpty)
    }

    @Test("an outer join shows the events of the other stream alone too")
    func outerJoin() throws {
        let rig = try JoinRig(try plan(settings("outer")))
        try rig.send(other(1, at: 1000))
        try rig.send(left(2, at: 1010, key: "l"))
        try rig.driver.finish()
        #expect(rig.take() == [#"out {"o":{"n":1}}"#, #"out {"n":2,"o":null}"#])
    }

    @Test("an event that comes after window and grace goes to .late")
    func late() throws {
        let rig = try JoinRig(try plan(settings("left")))
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: 1150))
        #expect(try rig.values(left(2, at: 1000)).isEmpty)
        #expect(try rig.values(left(3, at: 999)) == [#"late {"n":3}"#])
    }

    @Test("what can't be joined goes to .rejected")
    func rejected() throws {
        let rig = try JoinRig(
            try plan([
                "window": "100ms", "output": "o.p", "max_events": 1,
            ]))
        try rig.send(left(1, at: 1000, key: nil))
        try rig.send(JoinRecord(isOther: false, key: "k", time: 1000, value: #"{"o":[1]}"#))
        try rig.send(JoinRecord(isOther: true, key: "k", time: 1000, value: nil))
        try rig.send(left(1, at: 1000))
        try rig.send(left(1, at: 1000))
        #expect(
            rig.driver.takeOutputs().map(\.failure) == [
                "missing_key: the record has no key to look up",
                "field_not_settable: the field 'o.p' can't be set: an array is in the way",
                "no_object: the event is no object",
                "too_many_events: 1 events of its key are kept already",
            ])
    }

    // MARK: Against a reference that looks at every pair

    private struct History {
        var type: String
        var window: Int64
        var grace: Int64
        var records: [JoinRecord]
    }

    private func history(_ seed: UInt64, count: Int) -> History {
        var random = SeededGenerator(seed: seed)
        let disorder = Int64.random(in: 0...300, using: &random)
        var time: Int64 = 10_000
        var records: [JoinRecord] = []
        for number in 0..<count {
            time += Int64.random(in: 0...60, using: &random)
            records.append(
                JoinRecord(
                    isOther: Bool.random(using: &random),
                    key: "k\(Int.random(in: 0...3, using: &random))",
                    time: time - Int64.random(in: 0...disorder, using: &random),
                    value: #"{"n":\#(number)}"#))
        }
        return History(
            type: ["inner", "left", "outer"].randomElement(using: &random)!,
            window: Int64.random(in: 0...200, using: &random),
            grace: Int64.random(in: 0...200, using: &random), records: records)
    }

    /// Each event, with the stream time at which it came, is compared with all before it.
    private func expected(_ history: History, streamTimes: [Int64]) -> [String] {
        var output: [String] = []
        var accepted: [(record: JoinRecord, isMatched: Bool)] = []
        let kept = history.window + history.grace
        for (record, streamTime) in zip(history.records, streamTimes) {
            if streamTime > record.time + kept {
                output.append("late \(record.value!)")
                continue
            }
            var isMatched = false
            for index in accepted.indices {
                let earlier = accepted[index].record
                guard earlier.isOther != record.isOther, earlier.key == record.key,
                    abs(earlier.time - record.time) <= history.window,
                    streamTime <= earlier.time + kept
                else { continue }
                accepted[index].isMatched = true
                isMatched = true
                let (left, right) = record.isOther ? (earlier, record) : (record, earlier)
                output.append("out \(left.value!.dropLast()),\"o\":\(right.value!)}")
            }
            accepted.append((record, isMatched))
        }
        for (record, isMatched) in accepted where !isMatched {
            if record.isOther, history.type == "outer" {
                output.append("out {\"o\":\(record.value!)}")
            } else if !record.isOther, history.type != "inner" {
                output.append("out \(record.value!.dropLast()),\"o\":null}")
            }
        }
        return output
    }

    @Test("random streams out of order join as a comparison of all pairs says", arguments: 0..<60)
    func reference(seed: UInt64) throws {
        let history = history(seed, count: 150)
        let rig = try JoinRig(
            try plan(settings(history.type, window: history.window, grace: history.grace)))
        var streamTimes: [Int64] = []
        for record in history.records {
            try rig.send(record)
            streamTimes.append(rig.driver.streamTimes[0].milliseconds)
        }
        try rig.driver.finish()
        let difference = rig.take().sorted().difference(
            from: expected(history, streamTimes: streamTimes).sorted())
        #expect(difference.isEmpty)
    }

    @Test("stopping and starting at any commit gives the same bytes", arguments: 100..<120)
    func restarts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let history = history(seed, count: 100)
        let plan = try plan(settings(history.type, window: history.window, grace: history.grace))
        let straight = try JoinRig(plan)
        for record in history.records { try straight.send(record) }
        try straight.driver.finish()
        let storage = InMemoryStateStorage()
        var written: [String] = []
        var isDone = false
        while !isDone {
            let rig = try JoinRig(
                plan, storage: storage, runLimit: Int.random(in: 1...3, using: &random))
            let start = Int(
                rig.driver.nextOffset(topic: "in")! + rig.driver.nextOffset(topic: "side")!)
            let end = min(history.records.count, start + Int.random(in: 1...30, using: &random))
            for record in history.records[start..<end] { try rig.send(record) }
            isDone = end == history.records.count
            if isDone { try rig.driver.finish() }
            written += rig.take()
            try rig.driver.commit()
            if !isDone { try rig.send(history.records[end]) }
            rig.driver.close()
        }
        #expect(written == straight.take())
        let state = try storage.open(
            TaskIdentifier(subtopology: 0, partition: 0), stores: plan.subtopologies[0].stores)
        var count = 0
        try unsafe state.keyValueStore("tested.events").forEach { _, _ in count += 1 }
        #expect(count == 0, "state is left behind")
    }

    @Test("what is wrong with the settings is told")
    func diagnostics() {
        #expect(
            problems(of: JoinOperator.spec, ["type": "outer", "grace": "1m"]) == [
                "'grace' is only for a join of two streams; add 'window', or remove it",
                "a table has no events of its own, so there is no outer join with it; write "
                    + "'type: left', or add 'window' to join two streams",
            ])
    }
}
