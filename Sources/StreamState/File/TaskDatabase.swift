internal import StreamCore

/// The SQLite file of one task: its tables, its transaction and its checkpoint.
///
/// Reads and writes run in one transaction that is begun by the first of them after a commit:
/// outside a transaction SQLite would take a lock and read the file's header for each.
final class TaskDatabase {
    /// After a commit that leaves more pages than this in the write-ahead log, the log is copied
    /// into the file and begins anew.
    private static let logPageLimit = 2_048
    /// Beyond this a commit is refused until the log could be copied.
    private static let logPageMaximum = 4 * logPageLimit

    struct Tables {
        let metadata: RowTable
        /// In the order of the stores that the task was opened with.
        let stores: [RowTable]
    }

    private let connection: Connection
    private var lock: OwnerLock?
    /// `nil` once the file is closed.
    private var tables: Tables?
    /// As of the last commit.
    private(set) var checkpoint: TaskCheckpoint?

    init(
        _ connection: Connection, _ lock: consuming OwnerLock, _ tables: Tables,
        _ checkpoint: TaskCheckpoint?
    ) {
        self.connection = connection
        self.lock = consume lock
        self.tables = tables
        self.checkpoint = checkpoint
    }

    deinit { close() }

    var path: String { connection.path }

    /// The table of a store, inside the transaction.
    func table(_ store: Int) throws(StoreError) -> RowTable { try begun().stores[store] }

    /// Ends the transaction: everything that was written, and the checkpoint, become durable.
    ///
    /// - Throws: `StoreError`; the transaction is then undone or must be: call `rollBack`.
    func commit(_ next: TaskCheckpoint) throws(StoreError) {
        let metadata = try begun().metadata
        try Metadata.write(next, after: checkpoint, to: metadata)
        try connection.run("COMMIT")
        checkpoint = next
        lock?.record(sequence: next.sequence)
        // The commit is made, whatever happens now: when the log cannot be copied, because the
        // disk is full for example, the next commit tries again.
        if connection.pagesInLog > Self.logPageLimit { try? connection.emptyLog() }
    }

    /// Undoes what was written since the last commit.
    func rollBack() throws(StoreError) {
        guard tables != nil else { throw closed }
        if connection.isInTransaction { try connection.run("ROLLBACK") }
    }

    /// Gives the file back. What was not committed is undone.
    func close() {
        tables = nil
        connection.close()
        lock = nil
    }

    private var closed: StoreError { .failed(path: path, reason: "it was closed") }

    private func begun() throws(StoreError) -> Tables {
        guard let tables else { throw closed }
        if !connection.isInTransaction {
            if connection.pagesInLog > Self.logPageMaximum { try connection.emptyLog() }
            try connection.run("BEGIN")
        }
        return tables
    }
}
