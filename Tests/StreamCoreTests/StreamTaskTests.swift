import Events
import StreamCore
import Testing

@Suite("A task chooses, keeps time and checkpoints")
struct StreamTaskTests {
    func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    /// Numbers the events of some topics in the order in which they are processed.
    func numbering(
        topics: Int = 1, watermark: WatermarkSettings = WatermarkSettings(),
        timestamp: String? = "t"
    ) throws -> TopologyPlan {
        var topology = TestTopology()
        topology.source(
            "raw", topics: (0..<topics).map { "in\($0)" }, timestamp: timestamp,
            watermark: watermark)
        topology.parse("parsed", from: "raw", policy: .deadLetter)
        topology.number("numbered", from: "parsed")
        topology.add(
            "noted", from: "numbered", definition: TestDefinition { Sieve(divisor: .max) })
        topology.sink("out", from: "noted")
        topology.sink("dead", from: "parsed.failed")
        return try topology.plan()
    }

    func numbers(_ records: [WrittenRecord]) -> [Int] {
        records.filter { $0.topic == "out" }.map { record in
            let digits = record.text.dropFirst("{\"n\":".count).prefix { $0.isNumber }
            return Int(digits) ?? -1
        }
    }

    // MARK: Choice

    @Test(
        "with every input known, events are processed as a stable merge by event time",
        arguments: 0..<30)
    func stableMerge(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let inputs = Int.random(in: 2...4, using: &random)
        var histories: [[InputRecord]] = Array(repeating: [], count: inputs)
        var all: [(time: Int64, input: Int, n: Int)] = []
        var clocks = Array(repeating: Int64(0), count: inputs)
        for n in 0..<300 {
            let input = Int.random(in: 0..<inputs, using: &random)
            // Ascending within an input, with many equal times.
            clocks[input] += Int64.random(in: 0...3, using: &random)
            histories[input].append(InputRecord(n: n, at: clocks[input]))
            all.append((clocks[input], input, n))
        }
        let expected = all.sorted { ($0.time, $0.input, $0.n) < ($1.time, $1.input, $1.n) }.map(\.n)
        let rig = TaskRig(try numbering(topics: inputs), histories: histories)
        for input in 0..<inputs { rig.fetch(input) }
        try rig.run()
        #expect(numbers(rig.take()) == expected)

        let choppy = TaskRig(try numbering(topics: inputs), histories: histories, runLimit: 7)
        try choppy.runAll { Int.random(in: 1...9, using: &random) }
        #expect(numbers(choppy.take()) == expected)
    }

    @Test("a run waits for an empty input that is not at its end, and not longer than told")
    func waitsForEmptyInput() throws {
        let rig = TaskRig(
            try numbering(topics: 2),
            histories: [
                [InputRecord(n: 1, at: 10), InputRecord(n: 2, at: 30)],
                [InputRecord(n: 3, at: 20), InputRecord(n: 4, at: 5)],
            ], maxIdle: .milliseconds(500))
        rig.fetch(0)
        #expect(try rig.run() == .starved)
        #expect(rig.task.isWaiting)
        rig.fetch(1, upTo: 1)
        #expect(!rig.task.isWaiting)
        // After event 3 the second input is empty again and has more to come.
        #expect(try rig.run() == .processed(records: 2))
        #expect(numbers(rig.take()) == [1, 3])
        #expect(try rig.run() == .starved)
        rig.now = rig.now.adding(milliseconds: 499)
        #expect(try rig.run() == .starved)
        rig.now = rig.now.adding(milliseconds: 1)
        #expect(try rig.run() == .processed(records: 1))
        #expect(numbers(rig.take()) == [2])
    }

    @Test("an input that is at its end is not waited for")
    func endedInput() throws {
        let rig = TaskRig(
            try numbering(topics: 2), histories: [[InputRecord(n: 1, at: 10)], []])
        rig.fetch(0)
        rig.fetch(1)
        #expect(rig.task.isAtEnd(input: 1))
        #expect(!rig.task.isAtEnd(input: 0))
        #expect(try rig.run() == .processed(records: 1))
        #expect(rig.task.isAtEnd(input: 0))
    }

    @Test("a run takes no more records than its limit")
    func runLimit() throws {
        let rig = TaskRig(
            try numbering(), histories: [(0..<10).map { InputRecord(n: $0, at: 0) }], runLimit: 4)
        rig.fetch(0)
        #expect(try rig.run() == .processed(records: 4))
        #expect(try rig.run() == .processed(records: 4))
        #expect(try rig.run() == .processed(records: 2))
        #expect(try rig.run() == .starved)
    }

    @Test("a record of several events is processed as a whole", arguments: [1, 2])
    func wholeRecords(topics: Int) throws {
        let record = InputRecord("{\"n\":1,\"t\":50}\n{\"n\":2,\"t\":10}\n{\"n\":3,\"t\":70}")
        let other = topics == 2 ? [[InputRecord(n: 9, at: 60)]] : []
        let rig = TaskRig(
            try numbering(topics: topics),
            histories: [[record, InputRecord(n: 4, at: 55)]] + other,
            runLimit: 1)
        for input in 0..<topics { rig.fetch(input) }
        #expect(try rig.run() == .processed(records: 1))
        #expect(numbers(rig.take()) == [1, 2, 3])
        #expect(rig.task.checkpoint().offsets[TopicPartition(topic: "in0", partition: 0)] == 1)
        try rig.runAll()
        #expect(numbers(rig.take()) == (topics == 2 ? [4, 9] : [4]))
    }

    // MARK: Time

    @Test("every event sees stream time as of itself")
    func streamTimeOfEvents() throws {
        let rig = TaskRig(
            try numbering(watermark: WatermarkSettings(outOfOrderness: .milliseconds(5))),
            histories: [[10, 30, 20, 31].enumerated().map { InputRecord(n: $0, at: $1) }])
        try rig.runAll()
        let texts = rig.take().texts("out")
        #expect(texts.map { $0.hasSuffix("\"stream_time\":5}") } == [true, false, false, false])
        #expect(texts[1].hasSuffix("\"stream_time\":25}"))
        #expect(texts[2].hasSuffix("\"stream_time\":25}"))
        #expect(texts[3].hasSuffix("\"stream_time\":26}"))
        #expect(rig.task.streamTime == time(26))
    }

    @Test(
        "an event too far ahead of its record comes out as failed and does not move the clock",
        arguments: [1, 2])
    func tooFarAhead(topics: Int) throws {
        let watermark = WatermarkSettings(aheadLimit: .milliseconds(100))
        let history = [
            InputRecord("{\"n\":1,\"t\":1100}", timestamp: 1000),
            InputRecord("{\"n\":2,\"t\":1101}", key: "k", timestamp: 1000),
            InputRecord("{\"n\":3,\"t\":1050}", timestamp: 1000),
        ]
        let rig = TaskRig(
            try numbering(topics: topics, watermark: watermark),
            histories: [history] + (topics == 2 ? [[InputRecord(n: 9, at: 1090)]] : []))
        try rig.runAll()
        let written = rig.take()
        #expect(Set(numbers(written)) == (topics == 2 ? [1, 3, 9] : [1, 3]))
        let dead = try #require(written.first { $0.topic == "dead" })
        #expect(dead.text == "{\"n\":2,\"t\":1101}")
        #expect(dead.header["millrace.error"] == "too_far_ahead")
        #expect(
            dead.header["millrace.reason"]
                == "the event time 1970-01-01T00:00:01.101Z is too far ahead of "
                + "1970-01-01T00:00:01.000Z (see 'ahead_limit')")
        #expect(rig.task.streamTime == time(topics == 2 ? 1090 : 1100))
    }

    @Test("where the event time is the record's timestamp, the wall clock is the measure")
    func tooFarAheadOfWallClock() throws {
        let watermark = WatermarkSettings(aheadLimit: .milliseconds(100))
        let now: Int64 = 5000
        let rig = TaskRig(
            try numbering(watermark: watermark, timestamp: nil),
            histories: [
                [
                    InputRecord("{\"n\":1}", timestamp: now + 100),
                    InputRecord("{\"n\":2}", timestamp: now + 101),
                ]
            ], now: time(now))
        try rig.runAll()
        let written = rig.take()
        #expect(numbers(written) == [1])
        #expect(written.texts("dead") == ["{\"n\":2}"])
        #expect(rig.task.streamTime == time(now + 100))
    }

    @Test("a record without any timestamp is taken at the beginning of time")
    func noTimestamp() throws {
        let rig = TaskRig(
            try numbering(timestamp: nil), histories: [[InputRecord("{\"n\":1}")]])
        try rig.runAll()
        let written = rig.take()
        #expect(numbers(written) == [1])
        #expect(written[0].timestamp == -1)
        #expect(rig.task.streamTime == .distantPast)
    }

    @Test(
        "a record that can't be decoded keeps its failure, and does not move the clock",
        arguments: [1, 2])
    func failedRecord(topics: Int) throws {
        let broken = InputRecord("{\"n\":1,", key: "kaputt", timestamp: 900)
        let rig = TaskRig(
            try numbering(topics: topics),
            histories: [[InputRecord(n: 0, at: 5), broken]]
                + (topics == 2 ? [[InputRecord(n: 9, at: 7)]] : []))
        try rig.runAll()
        let written = rig.take()
        #expect(numbers(written) == (topics == 2 ? [0, 9] : [0]))
        let dead = try #require(written.first { $0.topic == "dead" })
        #expect(dead.text == "{\"n\":1,")
        #expect(dead.key == Array("kaputt".utf8))
        #expect(dead.header["millrace.error"] == "not_json")
        #expect(dead.header["millrace.application"] == "shop")
        #expect(dead.header["millrace.operator"] == "parsed")
        #expect(dead.header["millrace.topic"] == "in0")
        #expect(dead.header["millrace.partition"] == "0")
        #expect(dead.header["millrace.offset"] == "1")
        #expect(dead.header["millrace.timestamp"] == "900")
        #expect(dead.header["millrace.attempt"] == "1")
        #expect(rig.task.streamTime == time(topics == 2 ? 5 : 5))
    }

    @Test("timers fire when idle inputs let stream time go on")
    func idleInputs() throws {
        var topology = TestTopology()
        topology.source(
            "raw", topics: ["a", "b"],
            watermark: WatermarkSettings(idleAfter: .milliseconds(1000)))
        topology.parse("parsed", from: "raw")
        topology.pause("counted", from: "parsed", by: 10)
        topology.sink("counts", from: "counted.closed")
        let rig = TaskRig(
            try topology.plan(),
            histories: [[InputRecord(n: 1, at: 100), InputRecord(n: 2, key: "l", at: 120)], []])
        try rig.runAll()
        #expect(rig.task.streamTime == .distantPast)
        #expect(rig.task.nextTimer == time(110))
        rig.now = rig.now.adding(milliseconds: 900)
        rig.append(InputRecord(n: 3, at: 121), to: 0)
        try rig.runAll()
        rig.now = rig.now.adding(milliseconds: 100)
        try rig.task.advance(now: rig.now, output: rig.output)
        #expect(rig.task.streamTime == time(121))
        #expect(rig.take().map(\.text) == [#"{"key":"k","counted":2,"due":110}"#])
        try rig.task.finish(output: rig.output)
        #expect(rig.take().map(\.text) == [#"{"key":"l","counted":1,"due":130}"#])
        #expect(rig.task.nextTimer == .distantFuture)
        #expect(rig.task.streamTime == time(121))
    }

    @Test("wall time closes what is open when the topology asks for it")
    func wallClock() throws {
        var topology = TestTopology()
        topology.source(
            "raw", topics: ["a"],
            watermark: WatermarkSettings(
                outOfOrderness: .milliseconds(20), idleAfter: .milliseconds(1000),
                whenIdle: .wallClock))
        topology.parse("parsed", from: "raw")
        topology.pause("counted", from: "parsed", by: 10)
        topology.sink("counts", from: "counted.closed")
        let start: Int64 = 5000
        let rig = TaskRig(
            try topology.plan(), histories: [[InputRecord(n: 1, at: start)]], now: time(start))
        try rig.runAll()
        rig.now = time(start + 999)
        try rig.task.advance(now: rig.now, output: rig.output)
        #expect(rig.take().isEmpty)
        rig.now = time(start + 1000)
        try rig.task.advance(now: rig.now, output: rig.output)
        #expect(rig.task.streamTime == time(start + 980))
        #expect(rig.take().map(\.text) == [#"{"key":"k","counted":1,"due":5010}"#])
    }
}
