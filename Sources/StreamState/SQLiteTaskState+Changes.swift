package import StreamCore

// The changes since the last commit, for the changelog.
extension SQLiteTaskState {
    package func forEachChange(
        _ body: (
            _ store: Int, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
        ) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let failure { throw failure }
        requireDecided()
        requireTracking()
        precondition(phase == .open, "what is restored into \(database.path) is no change")
        for store in stores.indices {
            if let queue = queues[store] {
                try unsafe forEachTimerChange(store, queue, body)
            } else {
                try unsafe forEachEntryChange(store, body)
            }
        }
    }

    package func forEachEntry(
        store: Int,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let failure { throw failure }
        requireDecided()
        precondition(phase == .open, "what is restored into \(database.path) is not committed")
        precondition(!hasChanges, "entries of \(database.path) are not committed")
        try writeTables()
        var rows = try database.table(store).rows()
        while try rows.next() { try unsafe body(rows.key, rows.value) }
    }

    /// Walks over the entries that were changed, and over the keys of those that were written before the
    /// commit, together: where both have a key, the entry is newer.
    private func forEachEntryChange(
        _ store: Int,
        _ body: (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError) {
        cache.collectDirty(store: store, isFresh: true, into: &unwritten)
        guard hasSpilled, let noted = try database.noted(store) else {
            for reference in unwritten {
                try unsafe body(store, cache.key(reference), cache.value(reference))
            }
            return
        }
        let table = try database.table(store)
        var keys = try noted.keys()
        var hasKey = try keys.next()
        for reference in unwritten {
            let key = unsafe cache.key(reference)
            while hasKey, unsafe keys.key.compare(key) < 0 {
                try unsafe table.read(keys.key) { (value) throws(StoreError) in
                    try unsafe body(store, keys.key, value)
                }
                hasKey = try keys.next()
            }
            if hasKey, unsafe keys.key.compare(key) == 0 { hasKey = try keys.next() }
            try unsafe body(store, key, cache.value(reference))
        }
        while hasKey {
            try unsafe table.read(keys.key) { (value) throws(StoreError) in
                try unsafe body(store, keys.key, value)
            }
            hasKey = try keys.next()
        }
    }

    private func forEachTimerChange(
        _ store: Int, _ queue: TimerQueue,
        _ body: (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard hasSpilled, let noted = try database.noted(store) else {
            return try unsafe queue.journal.forEachTimer { (key, isSet) throws(StoreError) in
                try unsafe body(store, key, isSet ? .empty : nil)
            }
        }
        try unsafe queue.forEachChange(in: database.table(store), undo: noted) {
            (key, isSet) throws(StoreError) in
            try unsafe body(store, key, isSet ? .empty : nil)
        }
    }
}
