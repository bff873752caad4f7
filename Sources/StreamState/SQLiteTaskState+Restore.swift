package import StreamCore

// Entries come from a changelog in the order of their last changes; rows are written fast in the
// order of their keys. So the cache collects as many as it can hold, entries and timers alike, in
// order. If that is not all of them they go to a run, and the runs are merged into the tables.
extension SQLiteTaskState {
    package func restore(
        store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        if let failure { throw failure }
        if phase != .restoring { try beginRestore() }
        let valueCount = unsafe value?.count ?? 0
        try checkSize(key.count + valueCount, of: "an entry")
        if queues[store] != nil { try checkTimer(store, keyCount: key.count, valueCount) }
        if cache.isFilled(keyCount: key.count, valueCount: valueCount) {
            try addRun()
        }
        if let value = unsafe value {
            unsafe cache.put(key, value, store: store)
        } else {
            unsafe cache.delete(key, store: store)
        }
    }

    package func commitRestored(
        _ progress: RestoreProgress, checkpoint: TaskCheckpoint?
    ) throws(StoreError) {
        if let failure { throw failure }
        if phase != .restoring { try beginRestore() }
        precondition(
            progress.isComplete == (checkpoint != nil),
            "\(progress) does not go with checkpoint \(String(describing: checkpoint))")
        if runs != nil { try addRun() }
        try write(isNoted: false) { (database) throws(StoreError) in
            try database.commitRestored(progress, checkpoint)
        }
        hasSpilled = false
        runs = nil
        cache.removeAll()
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

    /// Moves what is in memory to a run. When there are as many as can be merged, they go to the
    /// tables, and the commit of the restore will decide on them.
    private func addRun() throws(StoreError) {
        if self.runs == nil { self.runs = try makeRuns() }
        guard let runs else { return }
        if runs.isFull {
            try spill()
            runs.removeAll()
        }
        cache.collectDirty(into: &unwritten)
        try runs.addRun { (add: (LogRecord) throws(StoreError) -> Void) throws(StoreError) in
            for reference in unwritten {
                try unsafe add(
                    LogRecord(
                        store: cache.store(reference), key: cache.key(reference),
                        value: cache.value(reference)))
            }
        }
        // Nothing of it is read again, and room is worth more: the next run is as long.
        cache.removeAll()
    }

    private func makeRuns() throws(StoreError) -> RestoredRuns {
        try RestoredRuns(
            StatePaths.restored(of: database.path), of: database.path,
            memoryByteCount: cache.byteLimit)
    }

    func writeRestored(_ runs: RestoredRuns) throws(StoreError) {
        var store = 0
        var lot = try database.table(store).lot()
        try runs.merge { (record) throws(StoreError) in
            if record.store != store {
                try lot.flush()
                store = record.store
                lot = try database.table(store).lot()
            }
            try unsafe lot.add(record.key, record.value)
        }
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
