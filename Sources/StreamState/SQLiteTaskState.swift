internal import Events
package import StreamCore

/// The state of one task: a cache of entries and queues of timers over one SQLite file.
///
/// Changes stay in memory until the commit. When they grow beyond their share of memory they are
/// written earlier, into the transaction that the commit will end: a crash, or `rollBack`, undoes
/// them with it. That is called a spill here.
///
/// When a write fails, the transaction is undone. Without a spill nothing is lost by that: the
/// changes are still in memory and the commit can be tried again. After a spill they are lost, and
/// every call throws the failure again until `rollBack`.
package final class SQLiteTaskState: TaskState {
    private let database: TaskDatabase
    private let stores: [StoreSpec]
    private var cache: EntryCache
    /// By the index of the store; `nil` for a key-value store.
    private let queues: [TimerQueue?]
    /// Unwritten entries in order, kept for its memory.
    private var unwritten: [EntryReference] = []
    /// Whether the open transaction holds changes that are no longer marked as unwritten.
    private var hasSpilled = false
    /// Why uncommitted changes were lost.
    private var failure: StoreError?

    /// SQLite's limit of a row is 1,000,000,000 bytes; some are for its own use.
    private static let entryByteLimit = 999_000_000

    init(_ opening: DatabaseOpening, _ budget: MemoryBudget, hashSeed: UInt64) throws(StoreError) {
        let stores = opening.stores
        var cache = EntryCache(
            byteLimit: budget.entryByteCount, storeCount: stores.count, seed: hashSeed)
        for store in stores.indices { cache.setComplete(store, true) }
        var isFull = false
        database = try unsafe opening.open { (store, key, value) in
            guard stores[store].kind == .keyValue else { return }
            isFull = isFull || !cache.hasRoom(keyCount: key.count, valueCount: value.count)
            if isFull {
                cache.setComplete(store, false)
            } else {
                unsafe cache.insertClean(key, value, store: store)
            }
        }
        self.cache = cache
        self.stores = stores
        queues = stores.enumerated().map { (index, store) in
            store.kind == .timers
                ? TimerQueue(store: index, byteLimit: budget.timerByteCount) : nil
        }
        for case let queue? in queues { try queue.reload(from: database) }
    }

    package var checkpoint: TaskCheckpoint? { database.checkpoint }

    package func keyValueStore(_ name: String) -> any KeyValueStore {
        SQLiteKeyValueStore(self, store: index(name, .keyValue))
    }

    package func timerStore(_ name: String) -> any TimerStore {
        let index = index(name, .timers)
        guard let queue = queues[index] else { preconditionFailure("'\(name)' has no queue") }
        return SQLiteTimerStore(self, queue)
    }

    package func commit(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        try write { (database) throws(StoreError) in try database.commit(checkpoint) }
        hasSpilled = false
    }

    package func rollBack() throws(StoreError) {
        do throws(StoreError) {
            try database.rollBack()
            if hasSpilled || failure != nil { cache.removeAll() } else { cache.removeDirty() }
            hasSpilled = false
            for (store, spec) in stores.enumerated()
            where spec.kind == .keyValue && !cache.isComplete(store) {
                cache.setComplete(store, try database.table(store).isEmpty())
            }
            for case let queue? in queues { try queue.reload(from: database) }
            failure = nil
        } catch {
            lose(error)
            throw error
        }
    }

    package func close() {
        database.close()
        lose(.failed(path: database.path, reason: "it was closed"))
    }

    /// Memory that entries and timers take; SQLite's own comes on top of it.
    package var memoryByteCount: Int {
        cache.byteCount + queues.reduce(0) { $0 + ($1?.byteCount ?? 0) }
    }

    private func index(_ name: String, _ kind: StoreSpec.Kind) -> Int {
        let found = stores.firstIndex { $0.name == name && $0.kind == kind }
        guard let found else { preconditionFailure("no \(kind.rawValue) store '\(name)'") }
        return found
    }
}

extension SQLiteTaskState {
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
        if let failure { throw failure }
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
        if let failure { throw failure }
        try unsafe checkSize(point.key.count, of: "a timer")
        queue.set(point)
        guard queue.isOverLimit else { return }
        try spill()
        queue.shrink()
    }

    func takeDueTimer(
        _ queue: TimerQueue, at time: Timestamp, key: inout [UInt8]
    ) throws(StoreError) -> Timestamp? {
        if let failure { throw failure }
        return try queue.takeDue(at: time, key: &key, from: database)
    }

    /// Reads an entry that is not in the cache, and remembers what was found.
    private func fetch(
        _ store: Int, _ key: UnsafeRawBufferPointer, into value: inout [UInt8]
    ) throws(StoreError) -> Bool {
        if let failure { throw failure }
        return try unsafe database.table(store).read(key) { found in
            if let found = unsafe found { unsafe value.assign(found) }
            unsafe cache.insertClean(key, found, store: store)
            return unsafe found != nil
        }
    }

    @inline(__always)
    private func checkSize(_ byteCount: Int, of what: StaticString) throws(StoreError) {
        if byteCount > Self.entryByteLimit {
            throw .failed(
                path: database.path,
                reason: "\(what) of \(byteCount) bytes; SQLite takes \(Self.entryByteLimit)")
        }
    }

    private func makeWritable() throws(StoreError) {
        if let failure { throw failure }
        if cache.mustWrite { try spill() }
    }

    private func spill() throws(StoreError) {
        try write { (_) throws(StoreError) in }
        hasSpilled = true
    }

    /// Writes all changes into the transaction, and ends it when `finish` does.
    private func write(
        _ finish: (TaskDatabase) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let failure { throw failure }
        do throws(StoreError) {
            try writeEntries()
            for case let queue? in queues { try queue.writeChanges(to: database) }
            try finish(database)
        } catch {
            try? database.rollBack()
            if hasSpilled { lose(error) }
            throw error
        }
        cache.markAllClean()
        for case let queue? in queues { queue.markWritten() }
    }

    private func writeEntries() throws(StoreError) {
        // In the order of the keys: rows of one page are written one after the other.
        cache.collectDirty(into: &unwritten)
        for reference in unwritten {
            let table = try database.table(cache.store(reference))
            let key = unsafe cache.key(reference)
            if let value = unsafe cache.value(reference) {
                try unsafe table.write(key, value)
            } else {
                try unsafe table.remove(key)
            }
        }
    }

    /// Forgets what is in memory, since it no longer says what the file will say.
    private func lose(_ error: StoreError) {
        failure = error
        hasSpilled = false
        cache.removeAll()
        for case let queue? in queues { queue.suspend() }
    }
}
