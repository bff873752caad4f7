import Events
import StreamCore
import Testing

@Suite("The clock of a task")
struct TaskClockTests {
    private static let start: Int64 = 1_000_000

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func clock(
        inputs: Int = 1, outOfOrderness: Int64 = 0, idleAfter: Int64 = 1000,
        whenIdle: WatermarkSettings.IdlePolicy = .hold, writers: [Int] = []
    ) -> TaskClock {
        let settings = WatermarkSettings(
            outOfOrderness: .milliseconds(outOfOrderness), idleAfter: .milliseconds(idleAfter),
            whenIdle: whenIdle)
        return TaskClock(
            settings: Array(repeating: settings, count: inputs), writerCounts: writers,
            now: time(Self.start))
    }

    private func writer(_ partition: Int32, of subtopology: Int = 0) -> TaskIdentifier {
        TaskIdentifier(subtopology: subtopology, partition: partition)
    }

    @Test("stream time follows the latest event, less the out-of-orderness")
    func followsLatest() {
        var clock = clock(outOfOrderness: 10)
        #expect(clock.streamTime == .distantPast)
        _ = clock.observe(time(100), input: 0)
        #expect(clock.streamTime == time(90))
        _ = clock.observe(time(95), input: 0)
        #expect(clock.streamTime == time(90))
        _ = clock.observe(time(130), input: 0)
        #expect(clock.streamTime == time(120))
    }

    @Test("event times at the ends of time saturate")
    func saturates() {
        var clock = clock(outOfOrderness: 10)
        _ = clock.observe(time(.min + 3), input: 0)
        #expect(clock.streamTime == .distantPast)
        _ = clock.observe(.distantFuture, input: 0)
        #expect(clock.streamTime == time(.max - 10))
    }

    @Test("stream time is the minimum over the inputs, and waits for one without records")
    func minimum() {
        var clock = clock(inputs: 2)
        _ = clock.observe(time(100), input: 0)
        #expect(clock.streamTime == .distantPast)
        _ = clock.observe(time(40), input: 1)
        #expect(clock.streamTime == time(40))
        _ = clock.observe(time(60), input: 1)
        #expect(clock.streamTime == time(60))
        _ = clock.observe(time(200), input: 1)
        #expect(clock.streamTime == time(100))
    }

    @Test("an input without records for its idle time is left out, until records come")
    func idleInput() {
        var clock = clock(inputs: 2)
        _ = clock.observe(time(100), input: 0)
        clock.setNow(time(Self.start + 999))
        clock.noteArrival(input: 0, recordCount: 1, isAtEnd: false)
        clock.advance()
        #expect(clock.streamTime == .distantPast)
        clock.setNow(time(Self.start + 1000))
        clock.advance()
        #expect(clock.streamTime == time(100))

        clock.noteArrival(input: 1, recordCount: 1, isAtEnd: false)
        _ = clock.observe(time(50), input: 1)
        #expect(clock.streamTime == time(100))
        _ = clock.observe(time(300), input: 0)
        #expect(clock.streamTime == time(100))
        _ = clock.observe(time(250), input: 1)
        #expect(clock.streamTime == time(250))
    }

    @Test("an input whose records wait is not idle, however long that takes")
    func backlog() {
        var clock = clock(inputs: 2)
        _ = clock.observe(time(100), input: 0)
        clock.setNow(time(Self.start + 5000))
        clock.noteBacklog(input: 1)
        clock.advance()
        #expect(clock.streamTime == .distantPast)
    }

    @Test("when all inputs are idle stream time holds")
    func allIdle() {
        var clock = clock(inputs: 2)
        _ = clock.observe(time(100), input: 0)
        _ = clock.observe(time(80), input: 1)
        clock.setNow(time(Self.start + 60_000))
        clock.advance()
        #expect(clock.streamTime == time(80))
        #expect(!clock.mayFollowWallTime)
    }

    @Test("wall time may move the clock when it is asked for, all is idle and read to its end")
    func wallClock() {
        var clock = clock(inputs: 2, outOfOrderness: 10, whenIdle: .wallClock)
        _ = clock.observe(time(100), input: 0)
        clock.noteArrival(input: 0, recordCount: 1, isAtEnd: true)
        clock.noteArrival(input: 1, recordCount: 0, isAtEnd: false)
        clock.setNow(time(Self.start + 1000))
        #expect(!clock.mayFollowWallTime)
        clock.noteArrival(input: 1, recordCount: 0, isAtEnd: true)
        #expect(clock.mayFollowWallTime)
        clock.followWallTime()
        #expect(clock.streamTime == time(Self.start + 990))
        clock.noteBacklog(input: 0)
        #expect(!clock.mayFollowWallTime)
    }

    @Test("one input that holds keeps wall time out")
    func mixedPolicies() {
        var clock = TaskClock(
            settings: [
                WatermarkSettings(idleAfter: .seconds(1), whenIdle: .wallClock),
                WatermarkSettings(idleAfter: .seconds(1), whenIdle: .hold),
            ], now: time(Self.start))
        clock.noteArrival(input: 0, recordCount: 0, isAtEnd: true)
        clock.noteArrival(input: 1, recordCount: 0, isAtEnd: true)
        clock.setNow(time(Self.start + 10_000))
        #expect(!clock.mayFollowWallTime)
    }

    @Test("the wall clock never goes back")
    func wallClockMonotone() {
        var clock = clock()
        clock.setNow(time(5))
        #expect(clock.wallClock == time(Self.start))
    }

    @Test("a clock that starts at the beginning of time and is turned to its end does not trap")
    func extremeWallClock() {
        var clock = TaskClock(
            settings: [WatermarkSettings(whenIdle: .wallClock), WatermarkSettings()],
            now: .distantPast)
        _ = clock.observe(time(7), input: 0)
        clock.setNow(.distantFuture)
        clock.advance()
        #expect(clock.streamTime == .distantPast)
    }

    @Test("stream time never goes back, whatever is observed", arguments: 0..<20)
    func monotone(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var clock = clock(inputs: 3, outOfOrderness: 5, idleAfter: 50, writers: [0, 0, 2])
        var before = clock.streamTime
        var now = Self.start
        for _ in 0..<2000 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                now += Int64.random(in: 0...40, using: &random)
                clock.setNow(time(now))
                clock.advance()
            case 1:
                let input = Int.random(in: 0..<3, using: &random)
                clock.noteArrival(
                    input: input, recordCount: 1, isAtEnd: Bool.random(using: &random))
            case 2:
                let watermark = time(Int64.random(in: 0...10_000, using: &random))
                let partition = Int32.random(in: 0..<3, using: &random)
                _ = clock.observe(writer: writer(partition), watermark: watermark, input: 2)
            default:
                let timestamp = time(Int64.random(in: 0...10_000, using: &random))
                let observed = clock.observe(
                    timestamp, input: Int.random(in: 0..<2, using: &random))
                #expect(observed == clock.streamTime)
            }
            #expect(clock.streamTime >= before)
            before = clock.streamTime
        }
    }

    // MARK: Writers of a repartition topic

    @Test("a repartition input is as far as its slowest writer")
    func writers() {
        var clock = clock(writers: [2])
        _ = clock.observe(writer: writer(0), watermark: time(100), input: 0)
        _ = clock.observe(writer: writer(1), watermark: time(30), input: 0)
        #expect(clock.streamTime == time(30))
        _ = clock.observe(writer: writer(0), watermark: time(200), input: 0)
        #expect(clock.streamTime == time(30))
        _ = clock.observe(writer: writer(1), watermark: time(150), input: 0)
        #expect(clock.streamTime == time(150))
    }

    @Test("the event times of a repartition input do not move the clock by themselves")
    func onlyWatermarks() {
        var clock = clock(writers: [1])
        _ = clock.observe(time(900), input: 0)
        #expect(clock.streamTime == .distantPast)
        _ = clock.observe(writer: writer(0), watermark: time(40), input: 0)
        #expect(clock.streamTime == time(40))
    }

    @Test("a writer that was not heard of yet holds the clock back for the idle time")
    func unknownWriter() {
        var clock = clock(writers: [2])
        _ = clock.observe(writer: writer(0), watermark: time(100), input: 0)
        #expect(clock.streamTime == .distantPast)
        clock.setNow(time(Self.start + 1000))
        clock.noteArrival(input: 0, recordCount: 1, isAtEnd: false)
        _ = clock.observe(writer: writer(0), watermark: time(110), input: 0)
        #expect(clock.streamTime == time(110))
    }

    @Test("a writer that is idle no longer holds the clock back")
    func idleWriter() {
        var clock = clock(writers: [2])
        _ = clock.observe(writer: writer(0), watermark: time(100), input: 0)
        _ = clock.observe(writer: writer(1), watermark: time(30), input: 0)
        clock.setNow(time(Self.start + 1500))
        clock.noteArrival(input: 0, recordCount: 1, isAtEnd: false)
        _ = clock.observe(writer: writer(0), watermark: time(120), input: 0)
        #expect(clock.streamTime == time(120))
    }

    @Test("tasks of two sub-topologies are two writers, also on the same partition")
    func writersOfTwoSubtopologies() {
        var clock = clock(writers: [2])
        _ = clock.observe(writer: writer(0, of: 0), watermark: time(100), input: 0)
        _ = clock.observe(writer: writer(0, of: 1), watermark: time(30), input: 0)
        #expect(clock.streamTime == time(30))
    }

    // MARK: Checkpoint

    @Test("a clock that is restored goes on as the one that was encoded")
    func roundTrip() {
        var clock = clock(inputs: 2, outOfOrderness: 5, writers: [0, 2])
        _ = clock.observe(time(100), input: 0)
        _ = clock.observe(writer: writer(0, of: 3), watermark: time(80), input: 1)
        _ = clock.observe(writer: writer(7, of: 3), watermark: time(90), input: 1)
        #expect(clock.streamTime == time(80))

        var restored = self.clock(inputs: 2, outOfOrderness: 5, writers: [0, 2])
        let isTaken = restored.restore(clock.encoded())
        #expect(isTaken)
        #expect(restored.streamTime == time(80))
        #expect(restored.encoded() == clock.encoded())
        _ = restored.observe(writer: writer(0, of: 3), watermark: time(200), input: 1)
        #expect(restored.streamTime == time(90))
    }

    @Test("writers that were not heard of before a checkpoint are waited for behind it")
    func unknownWriterAfterRestore() {
        var clock = clock(writers: [2])
        _ = clock.observe(writer: writer(0), watermark: time(100), input: 0)
        clock.setNow(time(Self.start + 1000))
        clock.advance()
        var restored = self.clock(writers: [2])
        let isTaken = restored.restore(clock.encoded())
        #expect(isTaken)
        _ = restored.observe(writer: writer(0), watermark: time(120), input: 0)
        #expect(restored.streamTime == clock.streamTime)
        restored.setNow(time(Self.start + 2000))
        restored.noteArrival(input: 0, recordCount: 1, isAtEnd: false)
        _ = restored.observe(writer: writer(0), watermark: time(130), input: 0)
        #expect(restored.streamTime == time(130))
    }

    @Test("bytes of other inputs are refused and change nothing")
    func otherInputs() {
        var one = clock(inputs: 1)
        _ = one.observe(time(50), input: 0)
        var two = clock(inputs: 2)
        let isTaken = two.restore(one.encoded())
        #expect(!isTaken)
        #expect(two.encoded() == clock(inputs: 2).encoded())
    }

    @Test("junk bytes are refused or taken, but never trap", arguments: 0..<50)
    func junk(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var original = clock(inputs: 2, writers: [0, 3])
        _ = original.observe(time(100), input: 0)
        _ = original.observe(writer: writer(1), watermark: time(80), input: 1)
        for _ in 0..<200 {
            var bytes = original.encoded()
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            case 1:
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                        in: .min ... .max, using: &random)
                }
            default:
                bytes = (0..<Int.random(in: 0...20, using: &random) * 8).map { _ in
                    UInt8.random(in: .min ... .max, using: &random)
                }
            }
            var clock = clock(inputs: 2, writers: [0, 3])
            let isTaken = clock.restore(bytes)
            if !isTaken {
                #expect(clock.encoded() == self.clock(inputs: 2, writers: [0, 3]).encoded())
            }
            clock.advance()
            _ = clock.observe(time(200), input: 0)
            _ = clock.observe(writer: writer(2), watermark: time(150), input: 1)
        }
    }
}
