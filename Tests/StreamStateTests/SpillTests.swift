import Events
import StreamCore
import StreamState
import Testing

/// Changes that outgrow the memory before their commit, behind commits that are in the log only.
@Suite struct SpillTests {
    private let folder = TemporaryFolder()
    private let stores: [StoreSpec] = [.sessions, .closing]

    @Test("changes beyond the memory are listed and taken back without those of the commit before")
    func tellsCommitsApart() throws {
        let state = try SQLiteStateStorage(in: folder, cacheByteLimit: littleMemory)
            .open(.first, stores: stores)
        let store = state.keyValueStore("sessions.open")
        let timers = state.timerStore("sessions.closing")
        for number in 1...9 as ClosedRange<UInt8> {
            try store.put([number], [1])
            try timers.set([number], at: Int64(number))
        }
        #expect(try timers.takeDue(at: 1) == TimerEntry(time: 1, key: [1]))
        try state.commit(.number(1))
        try store.put([1], [2])
        try state.commit(.number(2))

        var expected: [Change] = []
        for number in 0..<400 as Range<Int> {
            let key = [7, UInt8(number >> 8), UInt8(number & 255)]
            let value = Array(repeating: 3 as UInt8, count: 900)
            try store.put(key, value)
            expected.append(Change(store: 0, key: key, value: value))
            if number == 0 { #expect(try timers.takeDue(at: 2) == TimerEntry(time: 2, key: [2])) }
        }
        try store.put([1], [4])
        try timers.set([2], at: 77)
        expected.insert(Change(store: 0, key: [1], value: [4]), at: 0)
        let changes = try state.changes()
        #expect(changes.filter { $0.store == 0 } == expected)
        let timerChanges = changes.filter { $0.store == 1 }
        #expect(timerChanges.count == 2)
        #expect(
            timerChanges.contains(
                Change(store: 1, key: TimerEntry(time: 2, key: [2]).place.key, value: nil)))
        #expect(
            timerChanges.contains(
                Change(store: 1, key: TimerEntry(time: 77, key: [2]).place.key, value: [])))

        try state.prepare(.number(3))
        try state.discardPrepared()
        let content =
            (1...9 as ClosedRange<UInt8>).map {
                Change(store: 0, key: [$0], value: [$0 == 1 ? 2 : 1])
            }
            + (2...9 as ClosedRange<UInt8>).map {
                let timer = TimerEntry(time: Int64($0), key: [$0])
                return Change(store: 1, key: timer.place.key, value: [])
            }
        #expect(try state.committedEntries(stores: stores) == content)
        #expect(timers.next.milliseconds == 2)
        state.close()
        let again = try SQLiteStateStorage(in: folder).open(.first, stores: stores)
        #expect(again.checkpoint == .number(2))
        #expect(try again.committedEntries(stores: stores) == content)
    }
}
