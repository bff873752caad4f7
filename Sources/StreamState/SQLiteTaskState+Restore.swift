package import StreamCore

// Entries come from a changelog in the order of their last changes; rows are written fast in the
// order of their keys. So the cache collects as many as it can hold, entries and timers alike, and
// writes them in order.
extension SQLiteTaskState {
    package func restore(
        store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        if let failure { throw failure }
        if phase != .restoring { beginRestore() }
        let valueCount = unsafe value?.count ?? 0
        try checkSize(key.count + valueCount, of: "an entry")
        if queues[store] != nil { try checkTimer(store, keyCount: key.count, valueCount) }
        if cache.isFilled(keyCount: key.count, valueCount: valueCount) {
            try spill()
            // Nothing of it is read again, and room is worth more: the next batch is as large.
            cache.removeAll()
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
        if phase != .restoring { beginRestore() }
        precondition(
            progress.isComplete == (checkpoint != nil),
            "\(progress) does not go with checkpoint \(String(describing: checkpoint))")
        try write(noting: .nothing) { (database) throws(StoreError) in
            try database.commitRestored(progress, checkpoint)
        }
        hasSpilled = false
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

    /// Writes the entries in lots, as far as they follow each other without a deletion.
    func writeRestored() throws(StoreError) {
        cache.collectDirty(into: &unwritten)
        var next = 0
        for store in stores.indices {
            let table = try database.table(store)
            let lot = try table.lot()
            while next < unwritten.count, cache.store(unwritten[next]) == store {
                let count = putCount(from: next, store)
                if count == RowLot.rowCount {
                    try unsafe lot.write { (index) in
                        // `putCount` saw that there is a value.
                        unsafe (
                            cache.key(unwritten[next + index]),
                            cache.value(unwritten[next + index]) ?? .empty
                        )
                    }
                } else {
                    for index in next..<next + count { try write(unwritten[index], to: table) }
                }
                next += count
                if count < RowLot.rowCount, next < unwritten.count,
                    cache.store(unwritten[next]) == store
                {
                    try write(unwritten[next], to: table)
                    next += 1
                }
            }
        }
    }

    /// How many entries of the store from this one on hold a value, up to a lot.
    private func putCount(from first: Int, _ store: Int) -> Int {
        let end = min(first + RowLot.rowCount, unwritten.count)
        var index = first
        while index < end, cache.store(unwritten[index]) == store,
            unsafe cache.value(unwritten[index]) != nil
        {
            index += 1
        }
        return index - first
    }

    private func beginRestore() {
        requireDecided()
        precondition(!hasChanges, "\(database.path) has changes that a restore would mix with")
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
