package import StreamCore

// Entries come from a changelog in the order of their last changes; rows are written fast in the
// order of their keys. So as many as the memory holds are collected, entries and timers alike, and
// put in order. If that is not all of them they go to a run, and the runs are merged into the tables.
extension SQLiteTaskState {
    package func restore(
        store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        if let failure { throw failure }
        if phase != .restoring { try beginRestore() }
        let valueCount = unsafe value?.count ?? 0
        try checkSize(key.count + valueCount, of: "an entry")
        if queues[store] != nil { try checkTimer(store, keyCount: key.count, valueCount) }
        let restored =
            restored
            ?? RestoreBuffer(
                byteLimit: cache.byteLimit, storeCount: stores.count)
        self.restored = restored
        if restored.isFilled(adding: key.count + valueCount) { try makeRoom(restored) }
        unsafe restored.add(store: store, key: key, value: value)
    }

    package func commitRestored(
        _ progress: RestoreProgress, checkpoint: TaskCheckpoint?
    ) throws(StoreError) {
        if let failure { throw failure }
        if phase != .restoring { try beginRestore() }
        precondition(
            progress.isComplete == (checkpoint != nil),
            "\(progress) does not go with checkpoint \(String(describing: checkpoint))")
        if runs != nil, let restored { try addRun(restored) }
        try write(isNoted: false) { (database) throws(StoreError) in
            try database.commitRestored(progress, checkpoint)
        }
        hasSpilled = false
        forgetRestored()
        guard progress.isComplete else { return }
        // It is durable, whatever happens now: that the file cannot be read, the next call says.
        do throws(StoreError) { try reload() } catch { lose(error) }
    }

    package func clear() throws(StoreError) {
        do throws(StoreError) {
            try database.clear()
        } catch {
            // The attempt undid the transaction, and what had been spilled into it.
            if prepared == nil { lose(error) }
            throw error
        }
        failure = nil
        do throws(StoreError) { try reload() } catch { lose(error) }
    }

    func forgetRestored() { (restored, runs) = (nil, nil) }

    /// Empties the memory for more entries.
    private func makeRoom(_ restored: RestoreBuffer) throws(StoreError) {
        if runs == nil, restored.isInOrder {
            // They seem to come in order. Then they can be written right away, and if others come
            // that belong between them, that is slower and no error.
            try spill()
            restored.removeAll()
        } else {
            try addRun(restored)
        }
    }

    /// Moves what is in memory to a run. When there are as many as can be merged, they go to the
    /// tables first; the commit of the restore will decide on them.
    private func addRun(_ restored: RestoreBuffer) throws(StoreError) {
        if self.runs == nil { self.runs = try makeRuns() }
        guard let runs else { return }
        if runs.isFull {
            try spill()
            runs.removeAll()
        }
        try runs.addRun { (add: (LogRecord) throws(StoreError) -> Void) throws(StoreError) in
            try restored.forEach(add)
        }
        restored.removeAll()
    }

    private func makeRuns() throws(StoreError) -> RestoredRuns {
        try RestoredRuns(
            StatePaths.restored(of: database.path), of: database.path,
            memoryByteCount: cache.byteLimit)
    }

    /// Writes the runs, or when there are none what is in memory.
    func writeRestored() throws(StoreError) {
        var store = 0
        var lot = try database.table(store).lot()
        let add = { (record: LogRecord) throws(StoreError) in
            if record.store != store {
                try lot.flush()
                store = record.store
                lot = try self.database.table(store).lot()
            }
            try unsafe lot.add(record.key, record.value)
        }
        if let runs { try runs.merge(add) } else { try restored?.forEach(add) }
        try lot.flush()
    }

    private func beginRestore() throws(StoreError) {
        requireDecided()
        precondition(!hasChanges, "\(database.path) has changes that a restore would mix with")
        try writeTables()
        phase = .restoring
        cache.removeAll()
        for case let queue? in queues { queue.suspend() }
    }

    private func checkTimer(
        _ store: Int, keyCount: Int, _ valueCount: Int
    ) throws(StoreError) {
        guard keyCount >= TimerEntryKey.timeByteCount, valueCount == 0 else {
            throw .failed(
                path: database.path,
                reason: """
                    an entry restored to the timers '\(stores[store].name)' is none: its key has \
                    \(keyCount) bytes, its value \(valueCount)
                    """)
        }
    }
}
