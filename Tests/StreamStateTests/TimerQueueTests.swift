import Events
import StreamCore
import StreamState
import Testing

@Suite struct TimerQueueTests {
    private let folder = TemporaryFolder()

    @Test("timers come by time, and those of one time by the bytes of their keys")
    func comeInOrder() throws {
        let state = try open()
        let timers = state.timerStore("sessions.closing")
        let keys: [[UInt8]] = [[], [0], [0, 0], [0, 1], [1], [127], [128], [255], [255, 0]]
        for time in [5, -5, Int64.max, 0, Int64.min] {
            for key in keys.shuffled() { try timers.set(key, at: time) }
        }
        try state.commit(.number(1))
        for time in [Int64.min, -5, 0, 5, Int64.max] {
            for key in keys {
                #expect(timers.next.milliseconds == time)
                #expect(try timers.takeDue(at: time) == TimerEntry(time: time, key: key))
            }
            if time < .max { #expect(try timers.takeDue(at: time) == nil) }
        }
        #expect(timers.next == .distantFuture)
        #expect(try timers.takeDue(at: .max) == nil)
    }

    @Test("a pair of time and key is there once, however often it is set, and where it was set")
    func areThereOnce() throws {
        var state = try open()
        for round in 0..<3 {
            let timers = state.timerStore("sessions.closing")
            for time in 0..<500 as Range<Int64> { try timers.set([7], at: time) }
            for time in 0..<500 as Range<Int64> { try timers.set([7], at: time) }
            if round == 0 { try state.commit(.number(1)) }
            if round == 1 {
                try state.commit(.number(2))
                state.close()
                state = try open()
            }
        }
        let timers = state.timerStore("sessions.closing")
        for time in 0..<500 as Range<Int64> {
            #expect(try timers.takeDue(at: 1_000) == TimerEntry(time: time, key: [7]))
        }
        #expect(try timers.takeDue(at: 1_000) == nil)
    }

    @Test("a timer that was taken comes back with a roll-back, and not after a commit")
    func comeBackWithARollBack() throws {
        var state = try open()
        try state.timerStore("sessions.closing").set([1], at: 10)
        try state.commit(.number(1))
        #expect(try state.timerStore("sessions.closing").takeDue(at: 10) != nil)
        try state.timerStore("sessions.closing").set([2], at: 5)
        try state.rollBack()
        #expect(state.timerStore("sessions.closing").next.milliseconds == 10)
        #expect(try state.timerStore("sessions.closing").takeDue(at: 10) != nil)
        try state.commit(.number(2))
        state.close()
        state = try open()
        #expect(state.timerStore("sessions.closing").next == .distantFuture)
    }

    @Test("a timer set again while it is taken, in one commit, is there after it")
    func mayBeSetAgain() throws {
        var state = try open()
        let timers = state.timerStore("sessions.closing")
        for key in 0..<10 as Range<UInt8> { try timers.set([key], at: Int64(key)) }
        try state.commit(.number(1))
        for key in 0..<10 as Range<UInt8> {
            #expect(try timers.takeDue(at: 100)?.key == [key])
        }
        try timers.set([3], at: 3)
        try timers.set([8], at: 1)
        #expect(try timers.takeDue(at: 100) == TimerEntry(time: 1, key: [8]))
        try state.commit(.number(2))
        state.close()
        state = try open()
        let again = state.timerStore("sessions.closing")
        #expect(try again.takeDue(at: 100) == TimerEntry(time: 3, key: [3]))
        #expect(try again.takeDue(at: 100) == nil)
    }

    @Test(
        "far more timers than there is memory for come in order, set in any order",
        arguments: [0, 1, 2])
    func comeInOrderBeyondMemory(order: Int) throws {
        let count = 20_000
        let state = try open()
        let timers = state.timerStore("sessions.closing")
        for number in 0..<count {
            let time = [number, count - 1 - number, number * 7_919 % count][order]
            try timers.set(Array("key-\(time % 10)".utf8), at: Int64(time))
            if number % 6_000 == 5_999 { try state.commit(.number(Int64(number))) }
        }
        for time in 0..<count {
            let taken = try timers.takeDue(at: .max)
            #expect(taken == TimerEntry(time: Int64(time), key: Array("key-\(time % 10)".utf8)))
            if time % 7_000 == 6_999 { try state.commit(.number(Int64(count + time))) }
        }
        #expect(timers.next == .distantFuture)
    }

    @Test("a key longer than a page has its place in the order")
    func takesLongKeys() throws {
        var state = try open()
        var expected = SortedTimers()
        for number in 0..<60 {
            let length = number % 3 == 0 ? 30_000 : number * 100
            let timer = TimerEntry(
                time: Int64(number * 37 % 7), key: Array(repeating: UInt8(number), count: length))
            try state.timerStore("sessions.closing").set(timer.key, at: timer.time)
            expected.insert(timer)
        }
        try state.commit(.number(1))
        state.close()
        state = try open()
        while let timer = expected.takeDue(at: .max) {
            #expect(try state.timerStore("sessions.closing").takeDue(at: .max) == timer)
        }
    }

    private func open() throws -> any TaskState {
        try SQLiteStateStorage(in: folder).open(.first, stores: [.closing, .sessions])
    }
}
