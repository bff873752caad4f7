package import StreamCore

// How changes become durable: appended to the log, or written to the tables.
extension SQLiteTaskState {
    package func commit(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        requireCommittable()
        if let failure { throw failure }
        if hasSpilled || shouldWriteTables {
            try write(isNoted: false) { (database) throws(StoreError) in
                try database.commit(checkpoint)
            }
            hasSpilled = false
            shrinkQueues()
        } else {
            try append(checkpoint, isPrepared: false)
        }
    }

    package func prepare(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        requireCommittable()
        requireTracking()
        if let failure { throw failure }
        if hasSpilled {
            try write(isNoted: true) { (database) throws(StoreError) in
                try database.prepare(checkpoint)
            }
            hasSpilled = false
        } else {
            try append(checkpoint, isPrepared: true)
        }
        phase = .prepared
    }

    package func applyPrepared() throws(StoreError) {
        precondition(prepared != nil, "nothing is prepared in \(database.path)")
        try database.applyPrepared()
        phase = .open
        // It is applied, whatever happens now: when the tables cannot be written, the next commit
        // tries again.
        if shouldWriteTables { try? writeTables() }
    }

    package func discardPrepared() throws(StoreError) {
        precondition(prepared != nil, "nothing is prepared in \(database.path)")
        try database.discardPrepared()
        phase = .open
        // It is discarded, whatever happens now: that the file cannot be read, the next call says.
        do throws(StoreError) { try reload() } catch { lose(error) }
    }

    /// Whether it is time to bring the tables up to date: the log is long, or what is not written
    /// leaves no room for another commit.
    private var shouldWriteTables: Bool {
        database.log.byteCount > logByteLimit
            || cache.isCrowded(adding: max(commitByteCount, cache.freshByteCount))
            || queues.contains { $0?.isCrowded == true }
    }

    private func append(
        _ checkpoint: TaskCheckpoint, isPrepared: Bool
    ) throws(StoreError) {
        try database.append(checkpoint, isPrepared: isPrepared) { (log) throws(StoreError) in
            try cache.forEachFresh { (reference) throws(StoreError) in
                try unsafe log.add(
                    store: cache.store(reference), key: cache.key(reference),
                    value: cache.value(reference))
            }
            for (store, queue) in queues.enumerated() {
                guard let queue else { continue }
                try unsafe queue.journal.forEach { (key, isSet) throws(StoreError) in
                    try unsafe log.add(store: store, key: key, value: isSet ? .empty : nil)
                }
            }
        }
        commitByteCount = cache.freshByteCount
        cache.markAllLogged()
        for case let queue? in queues { queue.markLogged() }
    }

    /// Writes what is in the log only to the tables, from memory.
    ///
    /// - Precondition: nothing was changed since the last commit, and that one is decided.
    func writeTables() throws(StoreError) {
        guard !database.log.isEmpty, let checkpoint else { return }
        try write(isNoted: false) { (database) throws(StoreError) in
            try database.commit(checkpoint)
        }
        shrinkQueues()
    }

    private func shrinkQueues() {
        for case let queue? in queues where queue.isCrowded { queue.shrink() }
    }

    /// Writes what is in the log only to the tables, and forgets what is not.
    func bringUpToDate() throws(StoreError) {
        guard phase == .open, !database.log.isEmpty else { return }
        if hasChanges {
            try database.rollBack()
            try database.absorbLog()
        } else {
            try writeTables()
        }
    }

    /// Makes room in memory before the commit.
    func relieve() throws(StoreError) {
        if tracksChanges, !hasSpilled, !database.log.isEmpty {
            // The tables must hold the last commit before the rows are noted. What is in memory may
            // be newer, so they are written from the log.
            try database.absorbLog()
            cache.markLoggedClean()
            for case let queue? in queues { queue.markLoggedWritten() }
            if !cache.mustWrite, !queues.contains(where: { $0?.isOverLimit == true }) { return }
        }
        try spill()
    }

    /// Writes all changes into the transaction.
    func spill() throws(StoreError) {
        try write(isNoted: tracksChanges && phase != .restoring) { (_) throws(StoreError) in }
        hasSpilled = true
    }

    /// Writes all that is not written into the transaction, and ends it when `finish` does. What the
    /// rows were before is noted if asked for.
    func write(
        isNoted: Bool, _ finish: (TaskDatabase) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let failure { throw failure }
        do throws(StoreError) {
            if phase == .restoring {
                try writeRestored()
            } else if isNoted {
                try writeNoted()
            } else {
                try writeInLots()
            }
            for (store, queue) in queues.enumerated() {
                guard let queue, queue.isUnwritten else { continue }
                try queue.writeChanges(
                    to: database.table(store), noting: isNoted ? database.undo(store) : nil)
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

    private func writeNoted() throws(StoreError) {
        // In the order of the keys: rows of one page are written one after the other.
        cache.collectDirty(into: &unwritten)
        for reference in unwritten {
            let store = cache.store(reference)
            try unsafe database.undo(store).note(cache.key(reference))
            try write(reference, to: database.table(store))
        }
    }

    private func write(_ reference: EntryReference, to table: RowTable) throws(StoreError) {
        let key = unsafe cache.key(reference)
        if let value = unsafe cache.value(reference) {
            try unsafe table.write(key, value)
        } else {
            try unsafe table.remove(key)
        }
    }

    /// Writes the entries in lots, as far as they follow each other without a deletion.
    private func writeInLots() throws(StoreError) {
        cache.collectDirty(into: &unwritten)
        var next = 0
        for store in stores.indices
        where next < unwritten.count && cache.store(unwritten[next]) == store {
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
}
