package import StreamCore

/// The state of one task: a cache of entries and queues of timers over one SQLite file.
///
/// Changes stay in memory until the commit. When they grow beyond their share of memory they are
/// written earlier, into the transaction that the commit will end: a crash, or `rollBack`, undoes
/// them with it. That is called a spill here.
///
/// A prepared commit is written as any other, and what the rows were before goes to the undo tables
/// in the same transaction. A spill notes that too: to prepare, it is needed from the first change
/// on, and it is also the list of what changed. A state that is to do neither notes nothing.
///
/// When a write fails, the transaction is undone. Without a spill nothing is lost by that: the
/// changes are still in memory and the commit can be tried again. After a spill they are lost, and
/// every call throws the failure again until `rollBack`.
package final class SQLiteTaskState: TaskState {
    enum Phase {
        /// The stores can be used.
        case open
        /// A commit is prepared: the stores can be read.
        case prepared
        /// Entries are being restored: the cache holds those that are not written yet, timers too,
        /// and the queues are not kept.
        case restoring
    }

    /// What is kept of the rows that are written.
    enum Noting {
        case nothing
        /// What they were, one by one: some may be written again before the commit.
        case rows
        /// What they were, many together: each is written once since the last commit.
        case packs
    }

    let database: TaskDatabase
    let stores: [StoreSpec]
    var cache: EntryCache
    /// By the index of the store; `nil` for a key-value store.
    let queues: [TimerQueue?]
    /// Unwritten entries in order, kept for its memory.
    var unwritten: [EntryReference] = []
    var phase = Phase.open
    /// Whether commits can be prepared, and changes listed.
    private let tracksChanges: Bool
    /// Whether the open transaction holds changes that are no longer marked as unwritten.
    var hasSpilled = false
    /// Why uncommitted changes were lost.
    var failure: StoreError?

    init(
        _ opening: DatabaseOpening, _ budget: MemoryBudget, tracksChanges: Bool, hashSeed: UInt64
    ) throws(StoreError) {
        let stores = opening.stores
        self.tracksChanges = tracksChanges
        var cache = EntryCache(
            byteLimit: budget.entryByteCount, storeCount: stores.count, seed: hashSeed)
        for (store, spec) in stores.enumerated() {
            cache.setComplete(store, spec.kind == .keyValue)
        }
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
        if database.standing.prepared != nil { phase = .prepared }
    }

    package var checkpoint: TaskCheckpoint? { database.standing.checkpoint }
    package var prepared: TaskCheckpoint? { database.standing.prepared }
    package var restoreProgress: RestoreProgress? { database.standing.restoreProgress }

    package func keyValueStore(_ name: String) -> any KeyValueStore {
        SQLiteKeyValueStore(self, store: index(name, .keyValue))
    }

    package func timerStore(_ name: String) -> any TimerStore {
        let index = index(name, .timers)
        guard let queue = queues[index] else { preconditionFailure("'\(name)' has no queue") }
        return SQLiteTimerStore(self, queue)
    }

    package func commit(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        requireCommittable()
        try write(noting: .nothing) { (database) throws(StoreError) in
            try database.commit(checkpoint)
        }
        hasSpilled = false
    }

    package func prepare(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        requireCommittable()
        requireTracking()
        try write(noting: hasSpilled ? .rows : .packs) { (database) throws(StoreError) in
            try database.prepare(checkpoint)
        }
        hasSpilled = false
        phase = .prepared
    }

    package func applyPrepared() throws(StoreError) {
        precondition(prepared != nil, "nothing is prepared in \(database.path)")
        try database.applyPrepared()
        phase = .open
    }

    package func discardPrepared() throws(StoreError) {
        precondition(prepared != nil, "nothing is prepared in \(database.path)")
        try database.discardPrepared()
        phase = .open
        // It is discarded, whatever happens now: that the file cannot be read, the next call says.
        do throws(StoreError) { try reload() } catch { lose(error) }
    }

    package func rollBack() throws(StoreError) {
        requireDecided()
        do throws(StoreError) {
            try database.rollBack()
            if hasSpilled || failure != nil || phase == .restoring {
                cache.removeAll()
            } else {
                cache.removeDirty()
            }
            try readAgain()
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
    func requireDecided() {
        precondition(
            prepared == nil, "commit \(prepared?.sequence ?? 0) of \(database.path) is prepared")
    }

    func requireTracking() {
        precondition(tracksChanges, "\(database.path) was opened without tracking its changes")
    }

    /// Whether anything was changed since the last commit.
    var hasChanges: Bool {
        hasSpilled || !cache.dirty.isEmpty || queues.contains { $0?.hasChanges == true }
    }

    private func requireCommittable() {
        requireDecided()
        precondition(
            phase != .restoring && restoreProgress?.isComplete != false,
            "the restore of \(database.path) is unfinished")
    }

    func spill() throws(StoreError) {
        let isTracked = tracksChanges && phase != .restoring
        try write(noting: isTracked ? .rows : .nothing) { (_) throws(StoreError) in }
        hasSpilled = true
    }

    /// Writes all changes into the transaction, and ends it when `finish` does. What the rows were
    /// before is noted if asked for.
    func write(
        noting: Noting, _ finish: (TaskDatabase) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let failure { throw failure }
        do throws(StoreError) {
            if phase == .restoring { try writeRestored() } else { try writeEntries(noting) }
            for (store, queue) in queues.enumerated() {
                guard let queue, queue.hasChanges else { continue }
                try queue.writeChanges(
                    to: database.table(store),
                    noting: noting == .nothing ? nil : database.undo(store),
                    isPacked: noting == .packs)
            }
            try finish(database)
        } catch {
            try? database.rollBack()
            if hasSpilled { lose(error) }
            throw error
        }
        cache.markAllClean()
        for case let queue? in queues { queue.markWritten() }
    }

    private func writeEntries(_ noting: Noting) throws(StoreError) {
        // In the order of the keys: rows of one page are written one after the other.
        cache.collectDirty(into: &unwritten)
        for reference in unwritten {
            let store = cache.store(reference)
            let table = try database.table(store)
            let key = unsafe cache.key(reference)
            if noting != .nothing {
                try unsafe database.undo(store).note(key, isPacked: noting == .packs)
            }
            try write(reference, to: table)
        }
    }

    func write(_ reference: EntryReference, to table: RowTable) throws(StoreError) {
        let key = unsafe cache.key(reference)
        if let value = unsafe cache.value(reference) {
            try unsafe table.write(key, value)
        } else {
            try unsafe table.remove(key)
        }
    }

    /// Forgets what is in memory and reads what must be there.
    func reload() throws(StoreError) {
        cache.removeAll()
        try readAgain()
    }

    private func readAgain() throws(StoreError) {
        hasSpilled = false
        phase = .open
        for (store, spec) in stores.enumerated()
        where spec.kind == .keyValue && !cache.isComplete(store) {
            cache.setComplete(store, try database.table(store).isEmpty())
        }
        for case let queue? in queues { try queue.reload(from: database) }
    }

    /// Forgets what is in memory, since it no longer says what the file will say.
    func lose(_ error: StoreError) {
        failure = error
        hasSpilled = false
        cache.removeAll()
        for case let queue? in queues { queue.suspend() }
    }
}
