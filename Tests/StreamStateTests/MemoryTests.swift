import CMallocCount
import Events
import StreamCore
import StreamState
import Testing

/// Memory: bounded, and none asked for at work.
@Suite struct MemoryTests {
    private let folder = TemporaryFolder()

    @Test("entries and timers many times as large as the memory stay within it")
    func staysWithinItsLimit() throws {
        let limit = 1 << 20
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: limit)
        let opened = try storage.open(.first, stores: [.sessions, .closing])
        let state = try #require(opened as? SQLiteTaskState)
        let store = state.keyValueStore("sessions.open")
        let timers = state.timerStore("sessions.closing")
        var dice = Dice(seed: 5)
        var highest = 0
        for number in 0..<20_000 {
            try store.put(key(dice.below(30_000)), Array(repeating: 1, count: dice.below(600)))
            try timers.set(key(dice.below(30_000)), at: Int64(dice.below(1_000_000)))
            _ = try store.value(key(dice.below(30_000)))
            if number % 7_000 == 6_999 { try state.commit(.number(Int64(number))) }
            highest = max(highest, state.memoryByteCount)
        }
        // SQLite's pages take a quarter of the limit.
        #expect(highest < limit)
        #expect(highest > limit / 2)
        state.close()
    }

    @Test("each task has the whole limit for itself, as the documentation of 'cache_size' says")
    func limitIsOfATask() throws {
        let limit = 1 << 20
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: limit)
        var states: [SQLiteTaskState] = []
        for partition in 0..<3 as Range<Int32> {
            let task = TaskIdentifier(subtopology: 0, partition: partition)
            let opened = try storage.open(task, stores: [.sessions])
            let state = try #require(opened as? SQLiteTaskState)
            let store = state.keyValueStore("sessions.open")
            for number in 0..<1_200 {
                try store.put(key(number), Array(repeating: 1, count: 500))
            }
            try state.commit(.number(1))
            states.append(state)
        }
        for state in states {
            #expect(state.memoryByteCount > limit / 2)
            #expect(state.memoryByteCount < limit)
            state.close()
        }
    }

    @Test("an entry larger than the memory is kept, and its memory given back")
    func takesOversizedEntries() throws {
        let storage = SQLiteStateStorage(in: folder)
        let opened = try storage.open(.first, stores: [.sessions])
        let state = try #require(opened as? SQLiteTaskState)
        let store = state.keyValueStore("sessions.open")
        for number in 0..<10 {
            try store.put(key(number), Array(repeating: UInt8(number), count: 1 << 20))
        }
        try state.commit(.number(1))
        for number in 0..<10 {
            #expect(try store.value(key(number))?.count == 1 << 20)
        }
        for number in 100..<2_000 { try store.put(key(number), [1]) }
        try state.commit(.number(2))
        for number in 100..<2_000 { _ = try store.value(key(number)) }
        #expect(state.memoryByteCount < 64 << 10)
        state.close()
    }

    @Test(
        "reading, writing and timers ask for no memory once they have run for a while",
        .enabled(if: isOptimized, "only optimized code is free of temporary memory"))
    func asksForNoMemory() throws {
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: 16 << 20)
        let state = try storage.open(.first, stores: [.sessions, .closing])
        let store = state.keyValueStore("sessions.open")
        let timers = state.timerStore("sessions.closing")
        var work = SteadyWork()
        defer { work.free() }
        for _ in 0..<3 {
            try work.run(store, timers, 10_000)
            try state.commit(.number(1))
        }
        for _ in 0..<5 { try work.run(store, timers, 10_000) }
        let before = malloc_count_this_thread()
        try work.run(store, timers, 10_000)
        #expect(malloc_count_this_thread() - before == 0)
        state.close()
    }

    private func key(_ number: Int) -> [UInt8] { Array("user-\(number)".utf8) }
}

private let isOptimized: Bool = {
    #if DEBUG
    false
    #else
    true
    #endif
}()

/// Gets, puts, deletes, and timers that are taken and set again; without memory of its own.
@safe private struct SteadyWork {
    private let key = UnsafeMutableRawBufferPointer.allocate(byteCount: 12, alignment: 1)
    private let value = UnsafeMutableRawBufferPointer.allocate(byteCount: 300, alignment: 1)
    private var found: [UInt8] = []
    private var time: Int64 = 0
    private var dice = Dice(seed: 11)

    init() {
        found.reserveCapacity(300)
        unsafe key.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "u"))
        unsafe value.initializeMemory(as: UInt8.self, repeating: 7)
    }

    func free() {
        unsafe key.deallocate()
        unsafe value.deallocate()
    }

    mutating func run(
        _ store: any KeyValueStore, _ timers: any TimerStore, _ count: Int
    ) throws(StoreError) {
        for _ in 0..<count {
            let number = dice.below(5_000)
            for digit in 1...4 {
                unsafe key[key.count - digit] = UInt8(ascii: "0") + UInt8(number >> (digit * 3) & 7)
            }
            try unsafe take(
                dice.below(10), store, timers, UnsafeRawBufferPointer(key),
                UnsafeRawBufferPointer(value))
        }
    }

    private mutating func take(
        _ choice: Int, _ store: any KeyValueStore, _ timers: any TimerStore,
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws(StoreError) {
        switch choice {
        case 0..<4: _ = try unsafe store.get(key, into: &found)
        case 4..<8:
            let length = 100 + dice.below(200)
            try unsafe store.put(key, UnsafeRawBufferPointer(rebasing: value[..<length]))
        case 8: try unsafe store.delete(key)
        default:
            time += 1
            try unsafe timers.set(key, at: Timestamp(milliseconds: time + 500))
            _ = try timers.takeDue(at: Timestamp(milliseconds: time), key: &found)
        }
    }
}
