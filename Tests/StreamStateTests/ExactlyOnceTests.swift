import Events
import StreamCore
import StreamState
import Testing

/// Commits that are prepared first and decided later, and changelogs.
@Suite struct ExactlyOnceTests {
    private let folder = TemporaryFolder()
    private static let stores: [StoreSpec] = [.sessions, .closing]

    @Test(
        "a state with the least memory does what its model does, prepared commits and restores too",
        arguments: 1...12 as ClosedRange<UInt64>)
    func behavesAsItsModel(seed: UInt64) throws {
        let storage = SQLiteStateStorage(in: folder)
        try run(ExactlyOnceWorkload(seed: seed, storage: storage))
    }

    @Test(
        "a state with room for a few commits does what its model does",
        arguments: 20...31 as ClosedRange<UInt64>)
    func behavesAsItsModelInLittleMemory(seed: UInt64) throws {
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: littleMemory)
        try run(ExactlyOnceWorkload(seed: seed, storage: storage))
    }

    @Test(
        "a state with room for everything does what its model does",
        arguments: 100...105 as ClosedRange<UInt64>)
    func behavesAsItsModelInMemory(seed: UInt64) throws {
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
        try run(ExactlyOnceWorkload(seed: seed, storage: storage))
    }

    @Test(
        "a state without a file does what its model does",
        arguments: 200...205 as ClosedRange<UInt64>)
    func behavesAsItsModelWithoutFile(seed: UInt64) throws {
        try run(ExactlyOnceWorkload(seed: seed, storage: InMemoryStateStorage()))
    }

    @Test("what the log holds is read with less memory than it was written with, prepared or not")
    func readsItsLogWithLessMemory() throws {
        let state = try SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
            .open(.first, stores: Self.stores)
        for sequence in 1...3 as ClosedRange<Int64> {
            for number in 0..<300 as Range<Int64> {
                try state.keyValueStore("sessions.open").put(
                    Array("\(number)".utf8), .init(repeating: UInt8(sequence), count: 900))
                try state.timerStore("sessions.closing").set(
                    Array("\(number)".utf8), at: sequence * 1_000 + number)
            }
            while try state.timerStore("sessions.closing").takeDue(at: sequence * 1_000) != nil {}
            try state.prepare(.number(sequence))
            for isApplied in [true, false] {
                let copy = try folder.copy()
                let found = try SQLiteStateStorage(in: copy).open(.first, stores: Self.stores)
                if isApplied { try found.applyPrepared() } else { try found.discardPrepared() }
                let expected = isApplied ? sequence : sequence - 1
                #expect(found.checkpoint == (expected == 0 ? nil : .number(expected)))
                let value = try found.keyValueStore("sessions.open").value(Array("7".utf8))
                #expect(value?.first == (expected == 0 ? nil : UInt8(expected)))
                #expect(
                    found.timerStore("sessions.closing").next.milliseconds
                        == (expected == 0 ? Int64.max : expected * 1_000 + 1))
            }
            try state.applyPrepared()
        }
    }

    @Test("a prepared commit is found at the next opening, and can be decided either way")
    func isDecidedLater() throws {
        let state = try open()
        try fill(state, 1)
        try state.commit(.number(1))
        try fill(state, 2)
        try state.prepare(.number(2))
        #expect(state.checkpoint == .number(1))
        #expect(state.prepared == .number(2))
        for isApplied in [true, false] {
            let copy = try folder.copy()
            let found = try SQLiteStateStorage(in: copy).open(.first, stores: Self.stores)
            #expect(found.checkpoint == .number(1))
            #expect(found.prepared == .number(2))
            if isApplied { try found.applyPrepared() } else { try found.discardPrepared() }
            #expect(found.prepared == nil)
            #expect(found.checkpoint == .number(isApplied ? 2 : 1))
            try expectContent(found, isApplied ? 2 : 1)
            found.close()
            // It was written down, so nobody has to decide it again.
            let again = try SQLiteStateStorage(in: copy).open(.first, stores: Self.stores)
            #expect(again.prepared == nil)
            #expect(again.checkpoint == .number(isApplied ? 2 : 1))
            try expectContent(again, isApplied ? 2 : 1)
        }
    }

    @Test("a commit that was applied when the process died is found prepared, and applied again")
    func isAppliedAgain() throws {
        let state = try open()
        try fill(state, 1)
        try state.prepare(.number(1))
        try state.applyPrepared()
        #expect(state.checkpoint == .number(1))
        let copy = try folder.copy()
        let found = try SQLiteStateStorage(in: copy).open(.first, stores: Self.stores)
        #expect(found.checkpoint == nil)
        #expect(found.prepared == .number(1))
        try found.applyPrepared()
        try expectContent(found, 1)
    }

    @Test("changes beyond the memory do not take the way back of a prepared commit with them")
    func keepsTheWayBack() throws {
        var state = try open()
        try fill(state, 1)
        try state.commit(.number(1))
        // Twice: what is prepared in the tables, and what was applied since, is noted there.
        for sequence in 2...3 as ClosedRange<Int64> {
            for number in 0..<200 as Range<UInt8> {
                try state.keyValueStore("sessions.open").put(
                    [number, 1], .init(repeating: UInt8(sequence), count: 900))
            }
            try state.prepare(.number(sequence))
            let copy = try folder.copy()
            let found = try SQLiteStateStorage(in: copy).open(.first, stores: Self.stores)
            #expect(found.prepared == .number(sequence))
            try found.discardPrepared()
            if sequence == 2 { try expectContent(found, 1) }
            #expect(
                try found.keyValueStore("sessions.open").value([7, 1])?.first
                    == (sequence == 2 ? nil : 2))
            try state.applyPrepared()
        }
        try fill(state, 4)
        try state.prepare(.number(4))
        try state.applyPrepared()
        let copy = try folder.copy()
        state = try SQLiteStateStorage(in: copy).open(.first, stores: Self.stores)
        if state.prepared != nil { try state.applyPrepared() }
        try expectContent(state, 4)
    }

    @Test("commits at least once can follow prepared ones, and the other way round")
    func changesItsGuarantee() throws {
        var state = try open()
        for round in 0..<4 as Range<Int64> {
            try fill(state, UInt8(4 * round + 1))
            try state.prepare(.number(4 * round + 1))
            try state.applyPrepared()
            try fill(state, UInt8(4 * round + 2))
            try state.commit(.number(4 * round + 2))
            try fill(state, UInt8(4 * round + 3))
            try state.prepare(.number(4 * round + 3))
            try state.discardPrepared()
            try expectContent(state, UInt8(4 * round + 2))
            state.close()
            state = try open()
            #expect(state.checkpoint == .number(4 * round + 2))
            try expectContent(state, UInt8(4 * round + 2))
        }
    }

    @Test("a restore that was interrupted is recognised, and goes on where it stopped")
    func restoresInPieces() throws {
        var state = try open()
        try fill(state, 1)
        try state.commit(.number(1))
        let changes = [
            Change(store: 0, key: [1], value: nil), Change(store: 0, key: [2], value: [7]),
            Change(store: 1, key: TimerEntry(time: 1, key: [1]).place.key, value: nil),
            Change(store: 1, key: TimerEntry(time: -3, key: [8]).place.key, value: []),
        ]
        for (index, change) in changes.enumerated() {
            let progress = RestoreProgress(offsets: [0: Int64(index), 1: 5], isComplete: false)
            try state.restore(change)
            try state.commitRestored(progress, checkpoint: nil)
            state.close()
            state = try open()
            #expect(state.checkpoint == nil)
            #expect(state.restoreProgress == progress)
        }
        let whole = RestoreProgress(offsets: [0: 4, 1: 6], isComplete: true)
        try state.commitRestored(whole, checkpoint: .number(9))
        #expect(state.restoreProgress == whole)
        #expect(try state.keyValueStore("sessions.open").entries() == [Entry(key: [2], value: [7])])
        #expect(state.timerStore("sessions.closing").next.milliseconds == -3)
        try state.commit(.number(10))
        #expect(state.restoreProgress == nil)
    }

    @Test("what a state gives to a changelog makes another one equal, in a file or without")
    func exchangesChangelogs() throws {
        let elsewhere = TemporaryFolder()
        let states = [
            try open(), try InMemoryStateStorage().open(.first, stores: Self.stores),
            try SQLiteStateStorage(in: elsewhere).open(.first, stores: Self.stores),
        ]
        try fill(states[0], 3)
        try states[0].timerStore("sessions.closing").set([5, 5], at: .min)
        for (from, to) in zip(states, states.dropFirst()) {
            for change in try from.changes() { try to.restore(change) }
            try to.commitRestored(RestoreProgress(isComplete: true), checkpoint: .number(1))
            #expect(try to.keyValueStore("sessions.open").entries() == entries(3))
            let timers = to.timerStore("sessions.closing")
            #expect(try timers.takeDue(at: .max) == TimerEntry(time: .min, key: [5, 5]))
            #expect(try timers.takeDue(at: .max) == TimerEntry(time: 3, key: [3]))
            #expect(try timers.takeDue(at: .max) == nil)
            // The same again as changes of this one, for the next.
            try to.clear()
            try to.commitRestored(RestoreProgress(isComplete: true), checkpoint: .number(2))
            try fill(to, 3)
            try timers.set([5, 5], at: .min)
        }
    }

    @Test("a changelog that is turned on later gets every entry, and what it throws ends the walk")
    func walksOverEntries() throws {
        for state in [try open(), try InMemoryStateStorage().open(.first, stores: Self.stores)] {
            #expect(try state.committedEntries(stores: Self.stores).isEmpty)
            try fill(state, 3)
            try state.timerStore("sessions.closing").set([5, 5], at: .min)
            try state.prepare(.number(1))
            try state.applyPrepared()
            let timers = [TimerEntry(time: .min, key: [5, 5]), TimerEntry(time: 3, key: [3])]
            #expect(
                try state.committedEntries(stores: Self.stores) == [
                    Change(store: 0, key: [1], value: [3]), Change(store: 0, key: [3], value: []),
                    Change(store: 1, key: timers[0].place.key, value: []),
                    Change(store: 1, key: timers[1].place.key, value: []),
                ])
            var count = 0
            let full = StoreError.full(path: "", reason: "the topic is")
            #expect(throws: full) {
                try unsafe state.forEachEntry(store: 0) { (_, _) throws(StoreError) in
                    count += 1
                    throw full
                }
            }
            #expect(count == 1)
        }
    }

    @Test("an entry that cannot be a timer is not restored as one")
    func refusesBrokenTimers() throws {
        for state in [try open(), try InMemoryStateStorage().open(.first, stores: Self.stores)] {
            #expect(throws: StoreError.self) {
                try state.restore(Change(store: 1, key: [1, 2, 3], value: []))
            }
            try state.rollBack()
            #expect(state.timerStore("sessions.closing").next == .distantFuture)
        }
    }

    @Test("a state that tracks no changes commits what left memory early, and prepares nothing")
    func commitsUntracked() async throws {
        let storage = SQLiteStateStorage(
            root: folder.path, application: "shop", cacheByteLimit: 0, tracksChanges: false)
        var workload = try Workload(seed: 17, storage: storage)
        for _ in 0..<20 {
            try workload.run(steps: 300)
            try workload.expectSameContent()
        }
        await #expect(processExitsWith: .failure) {
            let folder = TemporaryFolder()
            let storage = SQLiteStateStorage(
                root: folder.path, application: "shop", cacheByteLimit: 0, tracksChanges: false)
            try storage.open(.first, stores: [.sessions]).prepare(.number(1))
        }
    }

    @Test("a timer that was taken and set again is there after its commit was discarded")
    func putsTimersBack() throws {
        let state = try SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
            .open(.first, stores: Self.stores)
        let timers = state.timerStore("sessions.closing")
        try timers.set([1], at: 1)
        try timers.set([2], at: 2)
        try state.commit(.number(1))
        #expect(try timers.takeDue(at: 2)?.key == [1])
        #expect(try timers.takeDue(at: 2)?.key == [2])
        try timers.set([1], at: 1)
        try timers.set([3], at: 1)
        try state.prepare(.number(2))
        try state.discardPrepared()
        #expect(try timers.takeDue(at: 2)?.key == [1])
        #expect(try timers.takeDue(at: 2)?.key == [2])
        #expect(try timers.takeDue(at: 2) == nil)
    }

    @Test("a discarded commit of more rows than one pack holds leaves nothing behind")
    func putsManyRowsBack() throws {
        let state = try SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
            .open(.first, stores: Self.stores)
        let store = state.keyValueStore("sessions.open")
        func change(_ round: Int) throws {
            for number in 0..<2_000 as Range<Int> where number % 3 != round {
                let size = number % 500 == 0 ? 100_000 : number % 300
                try store.put(
                    Array("\(number)".utf8), .init(repeating: UInt8(round), count: size))
            }
            for number in 0..<2_000 as Range<Int> where number % 7 == round {
                try store.delete(Array("\(number)".utf8))
            }
        }
        try change(0)
        try state.commit(.number(1))
        let before = try store.entries()
        for _ in 0..<2 {
            try change(1)
            try state.prepare(.number(2))
            #expect(try store.entries() != before)
            try state.discardPrepared()
            #expect(try store.entries() == before)
        }
    }

    @Test("a state is not processed with while it is prepared, or half restored")
    func refusesToMix() async {
        await #expect(processExitsWith: .failure) {
            let folder = TemporaryFolder()
            let state = try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions])
            try state.prepare(.number(1))
            try state.keyValueStore("sessions.open").put([1], [1])
        }
        await #expect(processExitsWith: .failure) {
            let folder = TemporaryFolder()
            let state = try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions])
            try state.commitRestored(RestoreProgress(isComplete: false), checkpoint: nil)
            try state.commit(.number(1))
        }
    }

    private func open() throws -> any TaskState {
        try SQLiteStateStorage(in: folder).open(.first, stores: Self.stores)
    }

    private func run(_ workload: consuming ExactlyOnceWorkload) throws {
        var workload = workload
        for _ in 0..<20 {
            try workload.run(steps: 300)
            try workload.expectSameContent()
        }
    }

    private func entries(_ number: UInt8) -> [Entry] {
        [Entry(key: [1], value: [number]), Entry(key: [number], value: [])]
            .filter { number != 1 || $0.value != [] }
    }

    /// Makes the state's content that of `number`, whatever it was.
    private func fill(_ state: any TaskState, _ number: UInt8) throws {
        let store = state.keyValueStore("sessions.open")
        for entry in try store.entries() { try store.delete(entry.key) }
        for entry in entries(number) { try store.put(entry.key, entry.value) }
        let timers = state.timerStore("sessions.closing")
        while try timers.takeDue(at: .max) != nil {}
        try timers.set([number], at: Int64(number))
    }

    private func expectContent(_ state: any TaskState, _ number: UInt8) throws {
        #expect(try state.keyValueStore("sessions.open").entries() == entries(number))
        let timers = state.timerStore("sessions.closing")
        #expect(try timers.takeDue(at: .max) == TimerEntry(time: Int64(number), key: [number]))
        #expect(try timers.takeDue(at: .max) == nil)
        try state.rollBack()
    }
}
