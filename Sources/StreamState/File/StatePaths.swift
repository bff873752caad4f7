/// The files of one task's state, all in the folder of its application.
struct StatePaths: Sendable {
    let folder: String
    /// The SQLite file.
    let database: String
    let lock: String

    init(root: String, application: String, task: String) {
        let trimmed = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        folder = "\(trimmed)/\(application)"
        database = "\(folder)/\(task).sqlite"
        lock = "\(folder)/\(task).lock"
    }

    /// SQLite's write-ahead log: commits that are not copied into the database yet.
    var log: String { "\(database)-wal" }

    /// Commits that are not in the tables yet.
    var commits: String { Self.commits(of: database) }

    static func commits(of database: String) -> String { "\(database)-commits" }

    /// Entries that are restored, until they are put in order.
    static func restored(of database: String) -> String { "\(database)-restored" }

    /// What SQLite would leave behind in the mode that is only used to make a new file.
    var journal: String { "\(database)-journal" }

    /// A new file until it is complete, so that a half-made one never bears the real name.
    var draft: String { "\(database).new" }
}
