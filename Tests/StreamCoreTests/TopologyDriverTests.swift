import Events
import StreamCore
import Testing

@Suite("The driver runs whole topologies")
struct TopologyDriverTests {
    private static let user = StateKey.field(FieldPath(name: "user"))

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func event(_ n: Int, user: String, at time: Int64) -> String {
        "{\"n\":\(n),\"user\":\"\(user)\",\"t\":\(time)}"
    }

    /// Counts by user, where the topic is partitioned by something else.
    private func countsByUser(
        watermark: WatermarkSettings = WatermarkSettings()
    ) throws -> TopologyPlan {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"], watermark: watermark)
        topology.parse("parsed", from: "raw")
        topology.pause("counted", from: "parsed", by: 10, key: Self.user)
        topology.add(
            "checked", from: "counted", outputs: Refusing.outputs,
            definition: TestDefinition { Refusing(13) })
        topology.sink("events", from: "checked")
        topology.sink("counts", from: "counted.closed")
        topology.sink("late", from: "counted.late")
        topology.sink("dead", from: "checked.rejected")
        return try topology.plan()
    }

    @Test("records in, records out, with key, headers and event time")
    func simple() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.sink("out", from: "parsed")
        let driver = try TopologyDriver(plan: try topology.plan())
        try driver.pipe(
            topic: "clicks", key: "k", value: #"{"n":1,"t":5}"#, headers: [("trace", "abc")],
            timestamp: time(900))
        try driver.pipe(topic: "clicks", key: nil, value: #"{"n":2,"t":6}"#)
        let records = driver.takeOutputs()
        #expect(records.map(\.value) == [#"{"n":1,"t":5}"#, #"{"n":2,"t":6}"#])
        #expect(records.map(\.key) == ["k", nil])
        #expect(records.map(\.timestamp) == [time(5), time(6)])
        #expect(records.map(\.headers) == [["trace": "abc"], [:]])
        #expect(driver.takeOutputs().isEmpty)
        #expect(driver.nextOffset(topic: "clicks") == 2)
        #expect(driver.nextOffset(topic: "unknown") == nil)
    }

    @Test("a sink's key is a field's value; without a value the record is written without a key")
    func sinkKey() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.sink("keyed", from: "parsed", key: "user")
        topology.sink("kept", from: "parsed")
        let driver = try TopologyDriver(plan: try topology.plan())
        let values = [
            #""ann""#, "7", "1.50", "true", #""""#, "null", "{}", "[1]", nil,
        ]
        for value in values {
            let user = value.map { #","user":\#($0)"# } ?? ""
            try driver.pipe(topic: "clicks", key: "old", value: #"{"t":1\#(user)}"#)
        }
        let records = driver.takeOutputs()
        #expect(
            records.filter { $0.topic == "keyed" }.map(\.key)
                == ["ann", "7", "1.50", "true", "", nil, nil, nil, nil])
        #expect(records.filter { $0.topic == "kept" }.allSatisfy { $0.key == "old" })
    }

    @Test("events go through a repartition topic with a new key, and leave no trace of it")
    func repartition() throws {
        let driver = try TopologyDriver(plan: try countsByUser())
        for n in 1...4 {
            try driver.pipe(
                topic: "clicks", key: "page",
                value: event(n, user: n == 3 ? "eve" : "ann", at: 100),
                headers: [("trace", "\(n)")])
        }
        try driver.finish()
        let records = driver.takeOutputs()
        let events = records.filter { $0.topic == "events" }
        #expect(events.map(\.key) == ["ann", "ann", "eve", "ann"])
        #expect(events.map(\.headers) == (1...4).map { ["trace": "\($0)"] })
        let counts = records.filter { $0.topic == "counts" }
        #expect(
            counts.map(\.value) == [
                #"{"key":"ann","counted":3,"due":110}"#, #"{"key":"eve","counted":1,"due":110}"#,
            ])
        #expect(driver.streamTimes == [time(100), time(100)])
    }

    @Test("the watermark goes through the repartition topic with the events")
    func watermark() throws {
        let driver = try TopologyDriver(
            plan: try countsByUser(
                watermark: WatermarkSettings(outOfOrderness: .milliseconds(30))))
        try driver.pipe(topic: "clicks", key: nil, value: event(1, user: "ann", at: 100))
        #expect(driver.streamTimes == [time(70), time(70)])
        try driver.pipe(topic: "clicks", key: nil, value: event(2, user: "eve", at: 120))
        // 15 behind the latest event, and not late, because the clock is 30 behind it.
        try driver.pipe(topic: "clicks", key: nil, value: event(3, user: "ann", at: 105))
        #expect(driver.streamTimes == [time(90), time(90)])
        #expect(driver.metrics.map(\.late) == [0, 0, 0])
        try driver.pipe(topic: "clicks", key: nil, value: event(4, user: "bob", at: 145))
        try driver.pipe(topic: "clicks", key: nil, value: event(5, user: "bob", at: 99))
        let records = driver.takeOutputs()
        #expect(
            records.filter { $0.topic == "late" }.map(\.value) == [event(5, user: "bob", at: 99)])
        #expect(
            records.filter { $0.topic == "counts" }.map(\.value) == [
                #"{"key":"ann","counted":2,"due":110}"#
            ])
    }

    @Test("a dead letter behind a repartition topic says where its record came from at first")
    func originOfDeadLetters() throws {
        let driver = try TopologyDriver(plan: try countsByUser())
        try driver.pipe(topic: "clicks", key: "a", value: event(1, user: "ann", at: 100))
        try driver.pipe(
            topic: "clicks", key: "b", value: event(13, user: "ann", at: 101),
            headers: [("trace", "x")], timestamp: time(777))
        let dead = try #require(driver.takeOutputs().first { $0.topic == "dead" })
        #expect(dead.value == event(13, user: "ann", at: 101))
        #expect(dead.key == "ann")
        #expect(dead.headers["trace"] == "x")
        #expect(dead.headers["millrace.topic"] == "clicks")
        #expect(dead.headers["millrace.partition"] == "0")
        #expect(dead.headers["millrace.offset"] == "1")
        #expect(dead.headers["millrace.operator"] == "checked")
        #expect(dead.headers["millrace.error"] == "unwanted")
        #expect(dead.headers["millrace.reason"] == "13 is unwanted")
        #expect(dead.headers["millrace.repartition"] == nil)
    }

    @Test("the origin is kept through two repartition topics, and made events have none")
    func twoCuts() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pause("by_user", from: "parsed", by: 10, key: Self.user)
        topology.pause(
            "by_number", from: "by_user", "by_user.closed", by: 10,
            key: .field(FieldPath(name: "n")))
        topology.add(
            "checked", from: "by_number", outputs: Refusing.outputs,
            definition: TestDefinition { Refusing(13) })
        topology.add(
            "uncounted", from: "by_number", outputs: Refusing.outputs,
            definition: TestDefinition { RefusingMade() })
        topology.sink("out", from: "checked", "uncounted")
        topology.sink("dead", from: "checked.rejected", "uncounted.rejected")
        let driver = try TopologyDriver(plan: try topology.plan())
        #expect(driver.plan.subtopologies.count == 3)
        try driver.pipe(topic: "clicks", key: nil, value: event(1, user: "ann", at: 100))
        try driver.pipe(topic: "clicks", key: nil, value: event(13, user: "ann", at: 101))
        try driver.finish()
        let dead = driver.takeOutputs().filter { $0.topic == "dead" }
        #expect(dead.count == 2)
        #expect(dead.first?.headers["millrace.topic"] == "clicks")
        #expect(dead.first?.headers["millrace.offset"] == "1")
        #expect(dead.last?.value == #"{"key":"ann","by_user":2,"due":110}"#)
        #expect(dead.last?.headers["millrace.topic"] == "shop-by_number-repartition")
        #expect(dead.last?.headers["millrace.offset"] == "2")
    }

    @Test("at the end of the input, timers of all tasks fire in the order of their times")
    func finishInOrder() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pause("first", from: "parsed", by: 10)
        topology.pause("second", from: "first.closed", "parsed", by: 15, key: Self.user)
        topology.sink("out", from: "second.closed")
        topology.sink("late", from: "second.late")
        let driver = try TopologyDriver(plan: try topology.plan())
        try driver.pipe(topic: "clicks", key: "a", value: event(1, user: "ann", at: 100))
        try driver.pipe(topic: "clicks", key: "b", value: event(2, user: "ann", at: 104))
        try driver.finish()
        // The first operator's counts carry no user and go to a key of their own; they come at
        // 110 and 114, before the second operator's timer at 115.
        #expect(
            driver.takeOutputs().map(\.value) == [
                #"{"key":"ann","second":2,"due":115}"#, #"{"key":"","second":2,"due":125}"#,
            ])
        #expect(driver.metrics.allSatisfy { $0.late == 0 })
    }

    @Test("stream time that is moved by hand fires timers in order, across tasks")
    func advanceInOrder() throws {
        let driver = try TopologyDriver(plan: try countsByUser())
        try driver.pipe(topic: "clicks", key: nil, value: event(1, user: "ann", at: 100))
        try driver.advanceStreamTime(by: .milliseconds(9))
        #expect(driver.takeOutputs().map(\.topic) == ["events"])
        try driver.advanceStreamTime(by: .milliseconds(1))
        #expect(driver.takeOutputs().map(\.value) == [#"{"key":"ann","counted":1,"due":110}"#])
        #expect(driver.streamTimes == [time(110), time(110)])
        try driver.advanceStreamTime(to: time(50))
        #expect(driver.streamTimes == [time(110), time(110)])
    }

    @Test("wall time moves the tasks one after the other, feeders first")
    func wallTime() throws {
        let watermark = WatermarkSettings(idleAfter: .seconds(1), whenIdle: .wallClock)
        let driver = try TopologyDriver(plan: try countsByUser(watermark: watermark), now: time(0))
        try driver.pipe(topic: "clicks", key: nil, value: event(1, user: "ann", at: 100))
        #expect(driver.takeOutputs().map(\.topic) == ["events"])
        try driver.setNow(time(2000))
        #expect(driver.takeOutputs().map(\.value) == [#"{"key":"ann","counted":1,"due":110}"#])
    }

    // MARK: Several topics

    /// The task behind the cut reads a source of its own, too.
    private func joined() throws -> TopologyPlan {
        var topology = TestTopology()
        topology.source("profiles", topics: ["profiles"], key: "user")
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.parse("parsed_profiles", from: "profiles")
        topology.pause("by_user", from: "parsed", by: 10, key: Self.user)
        topology.number("joined", from: "by_user", "parsed_profiles")
        topology.sink("out", from: "joined")
        return try topology.plan()
    }

    @Test("what comes from a repartition topic waits for a source that is not at its end")
    func repartitionWaits() throws {
        let driver = try TopologyDriver(plan: try joined())
        driver.feed(topic: "profiles", isAtEnd: false) { _, _ in }
        // More than one batch waits in front of the second task.
        for n in 1...3 {
            driver.feed(topic: "clicks", isAtEnd: true) { batch, offset in
                InputRecord(event(n, user: "ann", at: Int64(n) * 10)).append(
                    to: batch, offset: offset)
            }
            try driver.run()
        }
        #expect(driver.takeOutputs().isEmpty)
        #expect(driver.needsRecords(topic: "profiles"))
        driver.feed(topic: "profiles", isAtEnd: true) { batch, offset in
            InputRecord(event(9, user: "ann", at: 25)).append(to: batch, offset: offset)
        }
        try driver.run()
        #expect(
            driver.takeOutputs().map { $0.value?.prefix(6) } == [
                "{\"n\":1", "{\"n\":2", "{\"n\":9", "{\"n\":3",
            ])
    }

    @Test("sub-topologies that feed each other come to an end")
    func mutualFeeding() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pause("by_user", from: "parsed", by: 10, key: Self.user)
        topology.pause(
            "by_key", from: "by_user.closed", by: 10, key: .field(FieldPath(name: "key")))
        topology.number("all", from: "by_key", "parsed", "by_key.closed")
        topology.sink("out", from: "all")
        let plan = try topology.plan()
        #expect(
            plan.repartitions.map { [$0.producers, [$0.consumer]] } == [[[0], [1]], [[1], [0]]])
        let driver = try TopologyDriver(plan: plan)
        for n in 1...3 {
            try driver.pipe(topic: "clicks", key: nil, value: event(n, user: "u\(n)", at: 100))
        }
        try driver.finish()
        #expect(driver.takeOutputs().count == 3 + 3 + 3)
        #expect(driver.metrics.first { $0.name == "by_key" }?.emitted == [3, 3, 0])
    }

    // MARK: Restart

    @Test(
        "a driver that is dropped and made anew at every commit writes the same records",
        arguments: 0..<10)
    func restarts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let plan = try countsByUser(
            watermark: WatermarkSettings(outOfOrderness: .milliseconds(10)))
        var clock: Int64 = 100
        let history = (0..<60).map { n in
            clock += Int64.random(in: 0...8, using: &random)
            return event(
                n, user: "u\(Int.random(in: 0..<5, using: &random))",
                at: clock - Int64.random(in: 0...12, using: &random))
        }
        let straight = try TopologyDriver(plan: plan)
        for value in history { try straight.pipe(topic: "clicks", key: nil, value: value) }
        try straight.finish()
        let expected = Dictionary(grouping: straight.takeOutputs(), by: \.topic)

        let storage = InMemoryStateStorage()
        var written: [DriverRecord] = []
        var driver = try TopologyDriver(plan: plan, storage: storage)
        while let next = driver.nextOffset(topic: "clicks"), next < history.count {
            try driver.pipe(topic: "clicks", key: nil, value: history[Int(next)])
            written += driver.takeOutputs()
            let committed = try driver.commit()
            if Bool.random(using: &random), next + 1 < history.count {
                // Work that was not committed is lost, and done again.
                try driver.pipe(topic: "clicks", key: nil, value: history[Int(next) + 1])
            }
            driver.close()
            driver = try TopologyDriver(plan: plan, storage: storage, committed: committed)
        }
        try driver.finish()
        written += driver.takeOutputs()
        #expect(Dictionary(grouping: written, by: \.topic) == expected)
    }
}

/// Refuses the events that an operator made of its state.
private final class RefusingMade: Operator {
    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        for event in events
        where context.arena.value(of: event, at: FieldPath(name: "n")).isMissing {
            try context.refuse(event, to: 1, error: "made") { "made of state" }
        }
    }
}
