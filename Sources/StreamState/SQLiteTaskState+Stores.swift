internal import Events
internal import StreamCore

// What the stores of a task do: reads and changes, all in memory as far as it can be.
extension SQLiteTaskState {
    /// SQLite's limit of a row is 1,000,000,000 bytes; some are for its own use.
    private static let entryByteLimit = 999_000_000

    func get(
        _ store: Int, _ key: UnsafeRawBufferPointer, into value: inout [UInt8]
    ) throws(StoreError) -> Bool {
        switch unsafe cache.read(key, store: store, into: &value) {
        case .present: return true
        case .absent: return false
        case .unknown: return try unsafe fetch(store, key, into: &value)
        }
    }

    func put(
        _ store: Int, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws(StoreError) {
        try checkSize(key.count + value.count, of: "an entry")
        try makeWritable()
        unsafe cache.put(key, value, store: store)
    }

    func delete(_ store: Int, _ key: UnsafeRawBufferPointer) throws(StoreError) {
        try makeWritable()
        unsafe cache.delete(key, store: store)
    }

    /// Walks over the rows of the file and the unwritten entries together: where both have a key,
    /// the entry is newer.
    func forEach(
        _ store: Int,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        try requireReadable()
        cache.collectDirty(store: store, into: &unwritten)
        var rows = try database.table(store).rows()
        var hasRow = try rows.next()
        for reference in unwritten {
            let key = unsafe cache.key(reference)
            while hasRow, unsafe rows.key.compare(key) < 0 {
                unsafe body(rows.key, rows.value)
                hasRow = try rows.next()
            }
            if hasRow, unsafe rows.key.compare(key) == 0 { hasRow = try rows.next() }
            if let value = unsafe cache.value(reference) { unsafe body(key, value) }
        }
        while hasRow {
            unsafe body(rows.key, rows.value)
            hasRow = try rows.next()
        }
    }

    func setTimer(_ queue: TimerQueue, _ point: TimerPoint) throws(StoreError) {
        try requireChangeable()
        try unsafe checkSize(point.key.count, of: "a timer")
        queue.set(point)
        if queue.isOverLimit { try relieve(queue) }
    }

    func takeDueTimer(
        _ queue: TimerQueue, at time: Timestamp, key: inout [UInt8]
    ) throws(StoreError) -> Timestamp? {
        try requireChangeable()
        if queue.isOverLimit { try relieve(queue) }
        return try queue.takeDue(at: time, key: &key, from: database)
    }

    private func relieve(_ queue: TimerQueue) throws(StoreError) {
        try relieve()
        if queue.isOverLimit { try spill() }
        if queue.isOverLimit { queue.shrink() }
    }

    /// Reads an entry that is not in the cache, and remembers what was found.
    private func fetch(
        _ store: Int, _ key: UnsafeRawBufferPointer, into value: inout [UInt8]
    ) throws(StoreError) -> Bool {
        try requireReadable()
        return try unsafe database.table(store).read(key) { found in
            if let found = unsafe found { unsafe value.assign(found) }
            unsafe cache.insertClean(key, found, store: store)
            return unsafe found != nil
        }
    }

    @inline(__always)
    func checkSize(_ byteCount: Int, of what: StaticString) throws(StoreError) {
        if byteCount > Self.entryByteLimit {
            throw .failed(
                path: database.path,
                reason: "\(what) of \(byteCount) bytes; SQLite takes \(Self.entryByteLimit)")
        }
    }

    private func requireReadable() throws(StoreError) {
        if let failure { throw failure }
        precondition(
            restored?.isEmpty != false && runs == nil,
            "a store of \(database.path) is read although restored entries are not durable")
    }

    private func makeWritable() throws(StoreError) {
        try requireChangeable()
        if cache.mustWrite { try relieve() }
    }

    private func requireChangeable() throws(StoreError) {
        if let failure { throw failure }
        precondition(
            phase == .open, "a store of \(database.path) changes while the state is \(phase)")
    }
}
