internal import StreamCore

/// Entries that are restored, as they come, and then in order: as many as the memory holds.
///
/// Entries of a restore are not read before they are written, so they need no hash table: they lie
/// one behind the other, and are put in order at the end.
@safe final class RestoreBuffer {
    /// An entry, and what decides its place in nearly every comparison.
    @safe private struct Item {
        /// The bytes of the key behind those that all keys of the store share.
        var digest: UInt64
        var record: UnsafeMutableRawBufferPointer
        /// In the order in which they came.
        var number: UInt32
        var store: UInt16
    }

    /// What is known of the keys of a store.
    @safe private struct Keys {
        var first: UnsafeRawBufferPointer?
        /// With how many bytes all begin alike.
        var sharedCount = 0
    }

    private let byteLimit: Int
    private let segmentByteCount: Int
    private var segments: [UnsafeMutableRawBufferPointer] = unsafe []
    private var segmentsByteCount = 0
    private var used = 0
    private var items: [Item] = []
    private var keys: [Keys]
    private var last: LogRecord?
    /// Whether the entries came in the order of stores and keys, each once.
    private(set) var isInOrder = true

    init(byteLimit: Int, storeCount: Int) {
        self.byteLimit = byteLimit
        segmentByteCount = min(max(byteLimit / 32, 2 << 10), 1 << 20)
        keys = Array(repeating: Keys(), count: storeCount)
    }

    deinit { removeAll() }

    var isEmpty: Bool { items.isEmpty }
    var byteCount: Int { segmentsByteCount + items.capacity * MemoryLayout<Item>.stride }

    /// Whether the memory holds no more. An entry that is too large for it is taken alone.
    func isFilled(adding count: Int) -> Bool {
        guard !isEmpty else { return false }
        let needed = LogRecord.headerByteCount + count
        let more = fits(needed) ? 0 : max(segmentByteCount, needed)
        let grown = items.count == items.capacity ? items.capacity : 0
        return byteCount + more + grown * MemoryLayout<Item>.stride > byteLimit
    }

    func add(store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        let count = unsafe LogRecord.headerByteCount + key.count + (value?.count ?? 0)
        if !fits(count) { addSegment(count) }
        guard let segment = unsafe segments.last else { return }
        let place = unsafe UnsafeMutableRawBufferPointer(rebasing: segment[used..<used + count])
        used += count
        unsafe LogRecord(store: store, key: key, value: value).write(to: place)
        guard let record = unsafe LogRecord(at: place) else { return }
        unsafe items.append(
            Item(digest: 0, record: place, number: UInt32(items.count), store: UInt16(store)))
        note(record)
    }

    func removeAll() {
        while let segment = unsafe segments.popLast() { unsafe segment.deallocate() }
        (segmentsByteCount, used) = (0, 0)
        items.removeAll(keepingCapacity: true)
        keys = Array(repeating: Keys(), count: keys.count)
        (last, isInOrder) = (nil, true)
    }

    /// Calls `body` with the entries in the order of stores and keys, of each key with the latest.
    func forEach(_ body: (LogRecord) throws(StoreError) -> Void) throws(StoreError) {
        if !isInOrder { sort() }
        for index in items.indices {
            guard let record = unsafe LogRecord(at: items[index].record) else { continue }
            if index + 1 < items.count, let next = unsafe LogRecord(at: items[index + 1].record),
                unsafe next.store == record.store && next.key.hasSameBytes(as: record.key)
            {
                continue
            }
            try body(record)
        }
    }

    private func fits(_ count: Int) -> Bool {
        guard let segment = unsafe segments.last else { return false }
        return used + count <= segment.count
    }

    private func addSegment(_ count: Int) {
        let byteCount = max(segmentByteCount, count)
        unsafe segments.append(.allocate(byteCount: byteCount, alignment: 16))
        segmentsByteCount += byteCount
        used = 0
    }

    private func note(_ record: LogRecord) {
        let store = record.store
        if let first = unsafe keys[store].first {
            keys[store].sharedCount = unsafe record.key.sharedPrefixCount(
                with: first, limit: keys[store].sharedCount)
        } else {
            keys[store] = unsafe Keys(first: record.key, sharedCount: record.key.count)
        }
        if isInOrder, let last {
            isInOrder =
                last.store < store
                || last.store == store && (unsafe last.key.compare(record.key) < 0)
        }
        last = record
    }

    private func sort() {
        for index in items.indices {
            guard let record = unsafe LogRecord(at: items[index].record) else { continue }
            let start = keys[record.store].sharedCount
            items[index].digest = unsafe record.key.digest(from: start)
        }
        items.sort { (a, b) in
            if a.store != b.store { return a.store < b.store }
            if a.digest != b.digest { return a.digest < b.digest }
            guard let first = unsafe LogRecord(at: a.record),
                let second = unsafe LogRecord(at: b.record)
            else { return false }
            let order = unsafe first.key.compare(second.key)
            return order != 0 ? order < 0 : a.number < b.number
        }
    }
}
