internal import Events

final class InMemoryTimerStore: TimerStore, InMemoryStore {
    private var timers = TimerHeap()
    /// As of the last decided commit.
    private var committed = TimerHeap()
    /// Timers that were set, taken or restored since then.
    private var touched: Set<InMemoryTimer> = []
    private var isPrepared = false

    var next: Timestamp { timers.first?.time ?? .distantFuture }

    func set(_ key: UnsafeRawBufferPointer, at time: Timestamp) throws(StoreError) {
        change(unsafe InMemoryTimer(time: time, key: InMemoryKey(key))) { $0.insert($1) }
    }

    func takeDue(at time: Timestamp, key: inout [UInt8]) throws(StoreError) -> Timestamp? {
        guard let first = timers.first, first.time <= time else { return nil }
        change(first) { $0.remove($1) }
        key.removeAll(keepingCapacity: true)
        key.append(contentsOf: first.key.bytes)
        return first.time
    }

    private func change(
        _ timer: InMemoryTimer, _ body: (inout TimerHeap, InMemoryTimer) -> Void
    ) {
        precondition(!isPrepared, "the timers change although a commit is prepared")
        touched.insert(timer)
        body(&timers, timer)
    }

    func commit() {
        isPrepared = false
        committed = timers
        touched.removeAll(keepingCapacity: true)
    }

    func prepare() { isPrepared = true }

    func discardPrepared() {
        isPrepared = false
        rollBack()
    }

    func rollBack() {
        timers = committed
        touched.removeAll(keepingCapacity: true)
    }

    func clear() {
        timers = TimerHeap()
        commit()
    }

    func forEachChange(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError) {
        let nothing: [UInt8] = []
        for timer in touched.sorted() where timers.contains(timer) != committed.contains(timer) {
            unsafe try timer.entryKey.withStoreBytes { (bytes) throws(StoreError) in
                guard timers.contains(timer) else { return try unsafe body(bytes, nil) }
                unsafe try nothing.withStoreBytes { (value) throws(StoreError) in
                    try unsafe body(bytes, value)
                }
            }
        }
    }

    func forEachEntry(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        precondition(touched.isEmpty, "timers are walked over although some are not committed")
        let nothing: [UInt8] = []
        for timer in timers.sorted() {
            unsafe try timer.entryKey.withStoreBytes { (bytes) throws(StoreError) in
                unsafe try nothing.withStoreBytes { (value) throws(StoreError) in
                    try unsafe body(bytes, value)
                }
            }
        }
    }

    func restore(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        guard let parts = unsafe TimerEntryKey.parts(key) else {
            throw .failed(path: "in memory", reason: "a restored timer has no time")
        }
        let timer = unsafe InMemoryTimer(time: parts.time, key: InMemoryKey(parts.key))
        let isSet = unsafe value != nil
        change(timer) { if isSet { $0.insert($1) } else { $0.remove($1) } }
    }
}

struct InMemoryTimer: Hashable, Comparable {
    let time: Timestamp
    let key: InMemoryKey

    static func < (left: Self, right: Self) -> Bool {
        (left.time, left.key) < (right.time, right.key)
    }

    /// The timer as an entry of a changelog.
    var entryKey: [UInt8] {
        var bytes: [UInt8] = []
        unsafe key.bytes.withUnsafeBytes { unsafe TimerEntryKey.append(time, $0, to: &bytes) }
        return bytes
    }
}

/// Timers with the earliest in front, each there once: a binary heap.
///
/// A timer that is removed from the middle stays in the heap until it comes to the front; the set
/// says which ones count.
struct TimerHeap {
    private var heap: [InMemoryTimer] = []
    private var members: Set<InMemoryTimer> = []

    var first: InMemoryTimer? { heap.first }

    func contains(_ timer: InMemoryTimer) -> Bool { members.contains(timer) }

    func sorted() -> [InMemoryTimer] { members.sorted() }

    mutating func insert(_ timer: InMemoryTimer) {
        guard members.insert(timer).inserted else { return }
        heap.append(timer)
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func remove(_ timer: InMemoryTimer) {
        guard members.remove(timer) != nil else { return }
        // One that was removed and set again may be in the heap twice; both go when it is removed.
        while let first = heap.first, !members.contains(first) { removeFirst() }
    }

    private mutating func removeFirst() {
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
