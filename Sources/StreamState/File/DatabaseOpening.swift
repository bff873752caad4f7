internal import StreamCore

/// The way from a path to an open ``TaskDatabase``.
///
/// Every step up to the last only reads. Whatever is wrong with the file is found before anything
/// is written to it, and it is left as it was.
struct DatabaseOpening {
    /// A row that was read on the way: the index of its store, its key and its value.
    typealias Visitor = (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void

    let paths: StatePaths
    let identity: FileIdentity
    let stores: [StoreSpec]
    let durability: Durability
    let pageCacheByteCount: Int

    /// Opens the file, or makes it when there is none.
    ///
    /// Every row of every store is read once, to check it; `visit` sees them, store by store in
    /// the order of the keys.
    func open(_ visit: Visitor) throws(StoreError) -> TaskDatabase {
        try checkStoreNames()
        try FileSystem.makeFolder(paths.folder)
        let lock = try OwnerLock(path: paths.lock, guarding: paths.database)
        let isNew = try FileSystem.size(of: paths.database) == nil
        if isNew {
            try refuseLeftLog()
            try DatabaseCreation(paths: paths, identity: identity).run()
        }
        try FileHeader.check(paths.database)
        let connection = try Connection(paths.database)
        try configure(connection)
        try checkStructure(connection)
        let metadataTable = try RowTable(Metadata.tableName, on: connection)
        let metadata = try Metadata(metadataTable)
        try metadata.check(identity, paths.database)
        try checkTables(connection, metadata)
        try checkStores(metadata)
        let recorded = try metadata.standingRows.standing(stores: stores, metadataTable)
        let log = try CommitLog(
            paths.commits, of: paths.database, salt: metadata.salt, stores: stores,
            durability: durability)
        let standing = try log.scan(recorded, metadataTable)
        if !isNew { try checkSequence(standing.lastSequence, lock.lastKnownSequence) }
        try unsafe readRows(connection, metadata, visit)

        // From here on the file is ours and whole.
        try makeMissingStores(connection, metadata, metadataTable)
        try connection.keepLogOnClose(false)
        lock.record(sequence: standing.lastSequence)
        return TaskDatabase(
            connection, lock, try tables(connection, metadataTable), log, recorded: recorded,
            standing: standing, stores: stores)
    }

    private func tables(
        _ connection: Connection, _ metadata: RowTable
    ) throws(StoreError) -> TaskDatabase.Tables {
        var tables: [RowTable] = []
        var undo: [UndoTable] = []
        for store in stores {
            let table = try RowTable(store.tableName, on: connection)
            tables.append(table)
            undo.append(UndoTable(try RowTable(store.undoTableName, on: connection), of: table))
        }
        return TaskDatabase.Tables(metadata: metadata, stores: tables, undo: undo)
    }

    private func configure(_ connection: Connection) throws(StoreError) {
        // Alone with the file: the index of the log lies in our memory, no other program can hold
        // the log back from beginning anew, and none can write between our commits.
        try connection.run("PRAGMA locking_mode = EXCLUSIVE")
        try connection.run("PRAGMA cell_size_check = ON")
        try connection.run("PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
        try connection.run("PRAGMA wal_autocheckpoint = 0")
        try connection.run("PRAGMA journal_size_limit = \(16 << 20)")
        try connection.run("PRAGMA cache_size = -\(max(64, pageCacheByteCount >> 10))")
        try connection.run("PRAGMA temp_store = MEMORY")
    }
}

extension DatabaseOpening {
    /// SQLite's names of tables are the same whether in small letters or in capitals.
    private func checkStoreNames() throws(StoreError) {
        var seen: [String: String] = [:]
        for store in stores {
            let folded = store.name.lowercased()
            if let other = seen.updateValue(store.name, forKey: folded) {
                throw .cannotOpen(
                    path: paths.database,
                    reason: "the stores '\(other)' and '\(store.name)' differ at most by capitals",
                    remedy: "rename one of the operators")
            }
        }
    }

    /// A log without its file belongs to state that somebody removed; SQLite would work its own
    /// into the new file.
    private func refuseLeftLog() throws(StoreError) {
        for path in [paths.log, paths.journal, paths.commits]
        where try FileSystem.size(of: path) ?? 0 > 0 {
            throw .damaged(paths.database, "it is gone, but its log \(path) is there")
        }
    }

    /// Lets SQLite walk over every page.
    private func checkStructure(_ connection: Connection) throws(StoreError) {
        let check = try Statement("PRAGMA quick_check(1)", on: connection)
        guard try check.step() else { throw .damaged(paths.database, "the check gave no answer") }
        let answer = check.text(0)
        // A message is one line, so that the last line of a process that stops is all of it.
        guard answer == "ok" else {
            throw .damaged(
                paths.database, answer.split(separator: "\n").joined(separator: " "))
        }
    }

    /// The tables of the file are those that `_meta` lists, in the form that we give them.
    private func checkTables(
        _ connection: Connection, _ metadata: Metadata
    ) throws(StoreError) {
        var expected = Set(
            [Metadata.tableName] + metadata.stores.flatMap { [$0.tableName, $0.undoTableName] })
        let schema = try Statement("SELECT name, sql FROM sqlite_schema", on: connection)
        while try schema.step() {
            let name = schema.text(0)
            guard expected.remove(name) != nil, schema.text(1) == RowTable.definition(name) else {
                throw .damaged(
                    paths.database, "it has a table '\(name)' that does not belong to it")
            }
        }
        if let missing = expected.min() {
            throw .damaged(paths.database, "its table '\(missing)' is missing")
        }
    }

    /// A file that ends before a commit that is known to have been made has lost its log.
    private func checkSequence(
        _ found: Int64, _ lastKnown: Int64?
    ) throws(StoreError) {
        guard let lastKnown, found < lastKnown else { return }
        throw .corrupt(
            path: paths.database,
            reason: """
                it ends with commit \(found), but commit \(lastKnown) was made; \(paths.log) or \
                \(paths.commits) was removed or is damaged
                """,
            remedy: """
                restore all three from a backup, or remove \(paths.lock) to go on from commit \(found): \
                what came after it is then lost unless the input is read again from there
                """)
    }

    /// Stores that are new to the file do not keep the topology from using it: they begin empty.
    ///
    /// - Throws: `StoreError.foreign` with the list of all stores, when some are dropped or changed.
    private func checkStores(_ metadata: Metadata) throws(StoreError) {
        let changes = StoreComparison(found: metadata.stores, wanted: stores).changes
        guard let list = changes.differences else { return }
        throw .foreign(
            path: paths.database, found: "a topology with other stores (\(list))",
            expected: "this topology",
            remedy: """
                run the topology that wrote it, give this one another 'application', delete what is \
                dropped and begin what is changed empty with --confirm-state-changes, or start from \
                nothing: \(StoreError.setAside(paths.database))
                """)
    }

    private func readRows(
        _ connection: Connection, _ metadata: Metadata, _ visit: Visitor
    ) throws(StoreError) {
        let found = Set(metadata.stores.map(\.name))
        for (index, store) in stores.enumerated() where found.contains(store.name) {
            var rows = try RowTable(store.tableName, on: connection).rows()
            while try rows.next() { unsafe visit(index, rows.key, rows.value) }
            // What a prepared commit can be taken back with is checked before it is needed.
            var undo = try RowTable(store.undoTableName, on: connection).rows()
            while try undo.next() {}
        }
    }

    private func makeMissingStores(
        _ connection: Connection, _ metadata: Metadata, _ table: RowTable
    ) throws(StoreError) {
        let missing = StoreComparison(found: metadata.stores, wanted: stores).unrecorded
        guard !missing.isEmpty else { return }
        let found = Set(metadata.stores.map(\.name))
        try connection.run("BEGIN IMMEDIATE")
        for store in missing {
            if !found.contains(store.name) {
                try connection.run(RowTable.definition(store.tableName))
                try connection.run(RowTable.definition(store.undoTableName))
            }
            try Metadata.write(store, to: table)
        }
        try connection.run("COMMIT")
    }
}

extension StoreSpec {
    /// A prefix keeps the stores apart from `_meta` and from the names that SQLite reserves.
    var tableName: String { "store:\(name)" }
    var undoTableName: String { "undo:\(name)" }
}
