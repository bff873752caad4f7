internal import Events

/// State that lives as long as the process: for the driver, tests of topologies, and examples.
///
/// Behaves as a durable one: changes since the last commit can be rolled back, and a state that
/// was closed can be opened again with what was committed.
public final class InMemoryStateStorage: StateStorage, @unchecked Sendable {
    // The dictionary is only touched while tasks are opened and closed, on one thread: the driver
    // and the tests that use this storage have no other.
    private var states: [TaskIdentifier: InMemoryTaskState] = [:]

    public init() {}

    public func open(_ task: TaskIdentifier, stores: [StoreSpec]) throws(StoreError)
        -> any TaskState
    {
        let state = states[task] ?? InMemoryTaskState()
        state.add(stores)
        states[task] = state
        return state
    }
}

final class InMemoryTaskState: TaskState {
    private(set) var checkpoint: TaskCheckpoint?
    private var keyValueStores: [String: InMemoryKeyValueStore] = [:]
    private var timerStores: [String: InMemoryTimerStore] = [:]

    func add(_ stores: [StoreSpec]) {
        for store in stores {
            switch store.kind {
            case .keyValue where keyValueStores[store.name] == nil:
                keyValueStores[store.name] = InMemoryKeyValueStore()
            case .timers where timerStores[store.name] == nil:
                timerStores[store.name] = InMemoryTimerStore()
            default: break
            }
        }
    }

    func keyValueStore(_ name: String) -> any KeyValueStore {
        guard let store = keyValueStores[name] else { preconditionFailure("no store '\(name)'") }
        return store
    }

    func timerStore(_ name: String) -> any TimerStore {
        guard let store = timerStores[name] else { preconditionFailure("no store '\(name)'") }
        return store
    }

    func commit(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        self.checkpoint = checkpoint
        for store in keyValueStores.values { store.commit() }
        for store in timerStores.values { store.commit() }
    }

    func rollBack() throws(StoreError) {
        for store in keyValueStores.values { store.rollBack() }
        for store in timerStores.values { store.rollBack() }
    }

    func close() {
        for store in keyValueStores.values { store.rollBack() }
        for store in timerStores.values { store.rollBack() }
    }
}

final class InMemoryKeyValueStore: KeyValueStore {
    private var entries: [InMemoryKey: [UInt8]] = [:]
    /// What the entries that were changed since the last commit were before; nil for none.
    private var before: [InMemoryKey: [UInt8]?] = [:]

    func get(_ key: UnsafeRawBufferPointer, into value: inout [UInt8]) throws(StoreError) -> Bool {
        guard let found = entries[unsafe InMemoryKey(key)] else { return false }
        value.removeAll(keepingCapacity: true)
        value.append(contentsOf: found)
        return true
    }

    func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError) {
        let key = unsafe InMemoryKey(key)
        note(entries.updateValue(unsafe Array(value), forKey: key), before: key)
    }

    func delete(_ key: UnsafeRawBufferPointer) throws(StoreError) {
        let key = unsafe InMemoryKey(key)
        note(entries.removeValue(forKey: key), before: key)
    }

    private func note(_ value: [UInt8]?, before key: InMemoryKey) {
        if before[key] == nil { before[key] = .some(value) }
    }

    func forEach(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            unsafe key.bytes.withUnsafeBytes { key in
                unsafe value.withUnsafeBytes { unsafe body(key, $0) }
            }
        }
    }

    func commit() { before.removeAll(keepingCapacity: true) }

    func rollBack() {
        for (key, value) in before { entries[key] = value }
        before.removeAll(keepingCapacity: true)
    }
}

/// Bytes that are hashed as a whole; an array hashes them one by one.
struct InMemoryKey: Hashable, Comparable {
    let bytes: [UInt8]

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = unsafe Array(bytes) }

    func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

final class InMemoryTimerStore: TimerStore {
    private var timers = TimerHeap()
    private var committed = TimerHeap()

    var next: Timestamp { timers.first?.time ?? .distantFuture }

    func set(_ key: UnsafeRawBufferPointer, at time: Timestamp) throws(StoreError) {
        timers.insert(unsafe InMemoryTimer(time: time, key: InMemoryKey(key)))
    }

    func takeDue(at time: Timestamp, key: inout [UInt8]) throws(StoreError) -> Timestamp? {
        guard let first = timers.first, first.time <= time else { return nil }
        timers.removeFirst()
        key.removeAll(keepingCapacity: true)
        key.append(contentsOf: first.key.bytes)
        return first.time
    }

    func commit() { committed = timers }

    func rollBack() { timers = committed }
}

struct InMemoryTimer: Hashable, Comparable {
    let time: Timestamp
    let key: InMemoryKey

    static func < (left: Self, right: Self) -> Bool {
        (left.time, left.key) < (right.time, right.key)
    }
}

/// Timers with the earliest in front, each there once: a binary heap.
struct TimerHeap {
    private var heap: [InMemoryTimer] = []
    private var members: Set<InMemoryTimer> = []

    var first: InMemoryTimer? { heap.first }

    mutating func insert(_ timer: InMemoryTimer) {
        guard members.insert(timer).inserted else { return }
        heap.append(timer)
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func removeFirst() {
        members.remove(heap[0])
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while let child = earlierChild(of: index), heap[child] < heap[index] {
            heap.swapAt(index, child)
            index = child
        }
    }

    private func earlierChild(of index: Int) -> Int? {
        let left = 2 * index + 1
        guard left < heap.count else { return nil }
        let right = left + 1
        return right < heap.count && heap[right] < heap[left] ? right : left
    }
}
