package import StreamCore

/// The state of one task: a cache of entries and queues of timers over one SQLite file.
///
/// Changes stay in memory until the commit, which appends them to the log of commits. They stay in
/// memory behind it too, as not written yet, until the tables are brought up to date: once in many
/// commits, when the log is long or memory runs short. After a crash they are read from the log.
///
/// When the changes of one commit grow beyond their share of memory they are written to the tables
/// early, into the transaction that the commit will end: a crash, or `rollBack`, undoes them with
/// it. That is called a spill here. Where commits are prepared, or changes listed, a spill first
/// brings the tables up to date with the log and then notes in the undo tables what the rows were:
/// that is the way back, and the list of what changed.
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
        /// Entries are being restored: neither the cache nor the queues are kept.
        case restoring
    }

    let database: TaskDatabase
    let stores: [StoreSpec]
    // One thread uses it, and no callback runs amid a change of these.
    @safe @exclusivity(unchecked) var cache: EntryCache
    /// By the index of the store; `nil` for a key-value store.
    let queues: [TimerQueue?]
    /// Unwritten entries in order, kept for its memory.
    var unwritten: [EntryReference] = []
    @safe @exclusivity(unchecked) var phase = Phase.open
    /// What was restored and is not written: the last of it, and what of it does not fit in memory;
    /// `nil` when all of it does.
    var restored: RestoreBuffer?
    var runs: RestoredRuns?
    /// Whether commits can be prepared, and changes listed.
    let tracksChanges: Bool
    /// Beyond this length of the log the tables are brought up to date.
    let logByteLimit: Int
    /// What a commit changes, about: the bytes of the last one.
    var commitByteCount = 0
    /// Whether the open transaction holds changes that are no longer marked as unwritten.
    @safe @exclusivity(unchecked) var hasSpilled = false
    /// Why uncommitted changes were lost.
    @safe @exclusivity(unchecked) var failure: StoreError?

    init(
        _ opening: DatabaseOpening, _ budget: MemoryBudget, tracksChanges: Bool, hashSeed: UInt64
    ) throws(StoreError) {
        let stores = opening.stores
        self.tracksChanges = tracksChanges
        logByteLimit = budget.logByteCount
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
        try readLog()
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

    package func rollBack() throws(StoreError) {
        requireDecided()
        do throws(StoreError) {
            try database.rollBack()
            if hasSpilled || failure != nil || phase == .restoring {
                cache.removeAll()
            } else if hasChanges {
                cache.removeDirty()
            } else {
                return
            }
            try readAgain()
            failure = nil
        } catch {
            lose(error)
            throw error
        }
    }

    package func close() {
        if failure == nil { try? bringUpToDate() }
        database.close()
        lose(.failed(path: database.path, reason: "it was closed"))
    }

    /// Memory that entries and timers take; SQLite's own comes on top of it.
    package var memoryByteCount: Int {
        cache.byteCount + (restored?.byteCount ?? 0)
            + queues.reduce(0) { $0 + ($1?.byteCount ?? 0) }
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
        hasSpilled || cache.hasFresh || queues.contains { $0?.hasChanges == true }
    }

    func requireCommittable() {
        requireDecided()
        precondition(
            phase != .restoring && restoreProgress?.isComplete != false,
            "the restore of \(database.path) is unfinished")
    }

    /// Forgets what is in memory and reads what must be there.
    func reload() throws(StoreError) {
        cache.removeAll()
        try readAgain()
    }

    private func readAgain() throws(StoreError) {
        hasSpilled = false
        forgetRestored()
        try readTables()
        try readLog()
    }

    private func readTables() throws(StoreError) {
        for (store, spec) in stores.enumerated()
        where spec.kind == .keyValue && !cache.isComplete(store) {
            cache.setComplete(store, try database.table(store).isEmpty())
        }
        for case let queue? in queues { try queue.reload(from: database) }
    }

    /// Takes what the log holds into memory; when it does not fit there, into the tables.
    private func readLog() throws(StoreError) {
        phase = .open
        let fits = try database.log.replay { (change, _) throws(StoreError) in
            if let queue = queues[change.store] {
                try queue.replay(change, from: database)
                return !queue.isOverLimit
            }
            if let value = unsafe change.value {
                unsafe cache.put(change.key, value, store: change.store)
            } else {
                unsafe cache.delete(change.key, store: change.store)
            }
            return !cache.mustWrite
        }
        if fits {
            cache.markAllLogged()
        } else {
            try database.absorbLog()
            cache.removeAll()
            try readTables()
        }
        if prepared != nil { phase = .prepared }
    }

    /// Forgets what is in memory, since it no longer says what the file will say.
    func lose(_ error: StoreError) {
        failure = error
        hasSpilled = false
        forgetRestored()
        cache.removeAll()
        for case let queue? in queues { queue.suspend() }
    }
}
