internal import StreamCore

/// The SQLite file of one task: its tables, its transaction and how far the task had come.
///
/// Reads and writes run in one transaction that is begun by the first of them after a commit:
/// outside a transaction SQLite would take a lock and read the file's header for each.
///
/// A commit is appended to the ``CommitLog``, or brings the tables up to date in a transaction, which
/// empties the log. A commit that is prepared in the tables has the way back in the undo tables. That
/// a prepared commit was decided for is written down by the next one only: to apply costs nothing,
/// and a file that still says "prepared" after a crash is decided again, in the same way.
final class TaskDatabase {
    /// After a commit that leaves more pages than this in the write-ahead log, the log is copied
    /// into the file and begins anew.
    private static let logPageLimit = 2_048
    /// Beyond this a commit is refused until the log could be copied.
    private static let logPageMaximum = 4 * logPageLimit

    struct Tables {
        let metadata: RowTable
        /// In the order of the stores that the task was opened with, as `undo`.
        let stores: [RowTable]
        let undo: [UndoTable]
    }

    let log: CommitLog
    private let connection: Connection
    private var lock: OwnerLock?
    /// `nil` once the file is closed.
    private var tables: Tables?
    private let stores: [StoreSpec]
    private(set) var standing: Standing
    /// What the tables say.
    private var recorded: Standing
    /// The last decided commit that the lock file was told.
    private var lastSequence: Int64
    /// Whether the undo tables hold anything as of the last commit of a transaction.
    private var hasUndo: Bool
    /// Whether the transaction noted rows in the undo tables, after it had emptied them.
    private var isNoting = false

    init(
        _ connection: Connection, _ lock: consuming OwnerLock, _ tables: Tables, _ log: CommitLog,
        recorded: Standing, standing: Standing, stores: [StoreSpec]
    ) {
        self.connection = connection
        self.lock = consume lock
        self.tables = tables
        self.log = log
        self.stores = stores
        self.standing = standing
        self.recorded = recorded
        lastSequence = standing.lastSequence
        hasUndo = recorded.prepared != nil
    }

    deinit { close() }

    var path: String { connection.path }

    /// The table of a store, inside the transaction.
    func table(_ store: Int) throws(StoreError) -> RowTable { try begun().stores[store] }

    /// Where the rows of a store are to be noted before they change.
    func undo(_ store: Int) throws(StoreError) -> UndoTable {
        let tables = try begun()
        if !isNoting {
            for undo in tables.undo { try undo.begin(isEmpty: !hasUndo) }
            isNoting = true
        }
        return tables.undo[store]
    }

    /// The rows of a store that were noted in this transaction; `nil` when it noted none.
    func noted(_ store: Int) throws(StoreError) -> UndoTable? {
        let tables = try begun()
        return isNoting ? tables.undo[store] : nil
    }

    /// Ends the transaction: everything that was written, and the checkpoint, become durable.
    ///
    /// - Throws: `StoreError`; the transaction is then undone or must be: call `rollBack`. The same
    ///   goes for the other calls that end the transaction.
    func commit(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        try end(Standing(checkpoint: checkpoint), keepingUndo: false)
    }

    /// As `commit`, but undecided.
    ///
    /// - Precondition: every row was noted before it changed.
    func prepare(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        if !stores.isEmpty { _ = try undo(0) }
        try end(
            Standing(checkpoint: standing.checkpoint, prepared: checkpoint), keepingUndo: true)
    }

    /// Makes a commit durable in the log: `changes` adds them. The transaction goes on, and must
    /// not have written anything.
    func append(
        _ checkpoint: TaskCheckpoint, isPrepared: Bool,
        _ changes: (CommitLog) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard tables != nil else { throw closed }
        let next =
            isPrepared
            ? Standing(checkpoint: standing.checkpoint, prepared: checkpoint)
            : Standing(checkpoint: checkpoint)
        try log.begin()
        try changes(log)
        recordDecrease(next.lastSequence)
        try log.finish(checkpoint, isPrepared: isPrepared)
        standing = next
        recordIncrease(next.lastSequence)
    }

    /// Brings the tables up to date with what the log holds, row by row. Of a commit that is not
    /// decided the rows are noted.
    ///
    /// - Precondition: the transaction wrote nothing.
    func absorbLog() throws(StoreError) {
        do throws(StoreError) {
            _ = try log.replay { (change, isPrepared) throws(StoreError) in
                let table = try table(change.store)
                if isPrepared { try unsafe undo(change.store).note(change.key) }
                if let value = unsafe change.value {
                    try unsafe table.write(change.key, value)
                } else {
                    try unsafe table.remove(change.key)
                }
                return true
            }
            if standing.prepared != nil, !stores.isEmpty { _ = try undo(0) }
            try end(standing, keepingUndo: standing.prepared != nil)
        } catch {
            try? rollBack()
            throw error
        }
    }

    func applyPrepared() throws(StoreError) {
        guard tables != nil else { throw closed }
        standing = Standing(checkpoint: standing.prepared)
        log.applyPrepared()
    }

    func discardPrepared() throws(StoreError) {
        if log.prepared != nil {
            guard tables != nil else { throw closed }
            try log.discardPrepared()
            standing = Standing(checkpoint: standing.checkpoint)
            return
        }
        do throws(StoreError) {
            // What reads have begun would do, but this one must not hold anything unwritten.
            try rollBack()
            for undo in try begun().undo { try undo.putBack() }
            try end(Standing(checkpoint: standing.checkpoint), keepingUndo: false)
        } catch {
            try? rollBack()
            throw error
        }
    }

    func commitRestored(
        _ progress: RestoreProgress, _ checkpoint: TaskCheckpoint?
    ) throws(StoreError) {
        try end(
            Standing(checkpoint: checkpoint, restoreProgress: progress), keepingUndo: false)
    }

    func clear() throws(StoreError) {
        do throws(StoreError) {
            try rollBack()
            for table in try begun().stores { try table.removeAll() }
            try end(
                Standing(restoreProgress: RestoreProgress(isComplete: false)), keepingUndo: false)
        } catch {
            try? rollBack()
            throw error
        }
    }

    /// Deletes the stores that are dropped, empties those that changed, whatever is prepared of them
    /// included, and writes down what the file holds now: in one transaction.
    ///
    /// - Precondition: nothing was changed since the last commit, the log is empty, and the file is
    ///   closed next, since it has other tables then.
    func adopt(_ comparison: StoreComparison) throws(StoreError) {
        precondition(log.isEmpty && standing == recorded, "\(path) is not up to date")
        do throws(StoreError) {
            try rollBack()
            let tables = try begun()
            var next = standing
            for change in comparison.changes where change.difference != nil {
                guard let store = stores.firstIndex(where: { $0.name == change.store })
                else { continue }
                next.forgetChangelog(of: store)
                if let wanted = comparison.wanted.first(where: { $0.name == change.store }) {
                    try tables.stores[store].removeAll()
                    try tables.undo[store].removeAll()
                    try Metadata.write(wanted, to: tables.metadata)
                } else {
                    for name in [stores[store].tableName, stores[store].undoTableName] {
                        try connection.run("DROP TABLE \(RowTable.quoted(name))")
                    }
                    try Metadata.remove(stores[store], from: tables.metadata)
                }
            }
            try end(next, keepingUndo: next.prepared != nil)
        } catch {
            try? rollBack()
            throw error
        }
    }

    /// Undoes what was written since the last commit.
    func rollBack() throws(StoreError) {
        guard tables != nil else { throw closed }
        isNoting = false
        if connection.isInTransaction { try connection.run("ROLLBACK") }
    }

    /// Gives the file back. What was not committed is undone.
    func close() {
        if tables != nil, log.isEmpty, standing != recorded {
            // Not needed, since whoever decided can be asked again: it saves the question.
            do throws(StoreError) {
                try rollBack()
                try end(standing, keepingUndo: false)
            } catch {}
        }
        let isOpen = tables != nil
        tables = nil
        connection.close()
        if isOpen, log.isEmpty { FileSystem.remove(StatePaths.commits(of: path)) }
        lock = nil
    }

    private var closed: StoreError { .failed(path: path, reason: "it was closed") }

    private func begun() throws(StoreError) -> Tables {
        guard let tables else { throw closed }
        if !connection.isInTransaction {
            guard !isNoting else {
                // After some errors SQLite undoes the whole transaction, and says so in this way.
                throw .failed(path: path, reason: "its transaction was undone after an error")
            }
            if connection.pagesInLog > Self.logPageMaximum { try connection.emptyLog() }
            try connection.run("BEGIN")
        }
        return tables
    }

    private func end(_ next: Standing, keepingUndo: Bool) throws(StoreError) {
        let tables = try begun()
        if !keepingUndo, hasUndo || isNoting {
            for undo in tables.undo { try undo.removeAll() }
        }
        try StandingRows(next, stores: stores).write(
            after: StandingRows(recorded, stores: stores), to: tables.metadata)
        let salt = Metadata.makeSalt()
        try Metadata.write(salt: salt, to: tables.metadata)
        recordDecrease(next.lastSequence)
        try connection.run("COMMIT")
        (standing, recorded) = (next, next)
        (hasUndo, isNoting) = (keepingUndo, false)
        log.restart(salt: salt)
        recordIncrease(next.lastSequence)
        // The commit is made, whatever happens now: when the log cannot be copied, because the
        // disk is full for example, the next commit tries again.
        if connection.pagesInLog > Self.logPageLimit { try? connection.emptyLog() }
    }

    // A record that is ahead of the files would say that a commit was lost; one that is behind says
    // nothing. So it is told before the number falls, and after it rises.
    private func recordDecrease(_ sequence: Int64) {
        if sequence < lastSequence { record(sequence) }
    }

    private func recordIncrease(_ sequence: Int64) {
        if sequence > lastSequence { record(sequence) }
    }

    private func record(_ sequence: Int64) {
        lock?.record(sequence: sequence)
        lastSequence = sequence
    }
}

extension Standing {
    /// The sequence of the last decided commit; 0 when there is none.
    var lastSequence: Int64 { checkpoint?.sequence ?? 0 }
}
