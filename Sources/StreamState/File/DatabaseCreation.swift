internal import StreamCore

/// Makes a state file: under another name first, so that under its own name it is always whole.
struct DatabaseCreation {
    private static let pageByteCount = 8_192

    let paths: StatePaths
    let identity: FileIdentity

    func run() throws(StoreError) {
        // What an interrupted creation left; nobody else uses these names, and we have the lock.
        for suffix in ["", "-wal", "-journal"] { FileSystem.remove(paths.draft + suffix) }
        try writeDraft()
        try FileSystem.rename(paths.draft, to: paths.database)
        try FileSystem.synchronizeFolder(paths.folder)
    }

    private func writeDraft() throws(StoreError) {
        let connection = try Connection(paths.draft, creating: true)
        defer { connection.close() }
        try connection.run("PRAGMA page_size = \(Self.pageByteCount)")
        try connection.run("PRAGMA auto_vacuum = NONE")
        try connection.run("PRAGMA locking_mode = EXCLUSIVE")
        try connection.run("PRAGMA synchronous = FULL")
        try connection.run("BEGIN IMMEDIATE")
        try connection.run("PRAGMA application_id = \(FileHeader.applicationIdentifier)")
        try connection.run("PRAGMA user_version = \(FileHeader.layoutVersion)")
        try connection.run(RowTable.definition(Metadata.tableName))
        try Metadata.write(identity, to: RowTable(Metadata.tableName, on: connection))
        try connection.run("COMMIT")
        // The mode is kept in the file, which is why it comes last: everything is in the file
        // then, and nothing in a log.
        try connection.run("PRAGMA journal_mode = WAL")
        try connection.keepLogOnClose(false)
    }
}
