public import StreamCore

/// State of tasks in SQLite files: one file per task, `<root>/<application>/<task>.sqlite`.
///
/// ```swift
/// let storage = SQLiteStateStorage(root: ".millrace/state", application: "omnichannel")
/// let state = try storage.open(
///     TaskIdentifier(subtopology: 0, partition: 3),
///     stores: [StoreSpec(name: "sessions.open", kind: .keyValue)])
/// ```
///
/// A file holds two tables per store, for its rows and for what they were before a prepared commit
/// that did not fit in memory, and `_meta`, which says whose file it is and how far the task had come.
/// Beside it lies the log of commits (`-commits`): a commit is appended to it, and the tables are
/// brought up to date once in many commits, in one transaction over all of them. SQLite's own
/// write-ahead log (`-wal`) and a lock file lie there too; by the lock several processes may share a
/// root: each task has one owner. A state that was closed is in its file alone.
///
/// A process or machine may die at any time; the next `open` finds the last commit (see
/// ``Durability``). Opening reads and checks the whole file: its structure, the checksum of every
/// row, that it belongs to the application, task and stores, and that no commit that was made
/// since the machine started is missing. A file that fails is left as it is, byte for byte. Rows
/// that were read for the check fill the cache, so the time is not lost.
///
/// - Units: the check takes about one second per gigabyte of state plus half a second per million
///   rows when the file is in the page cache, and the time to read it when it is not. The log of
///   commits is at most as long as the memory of the task, and never longer than 64 MiB by more than
///   a commit.
/// - Throws: from `open`, `StoreError` with the file, what is wrong and what to do.
public struct SQLiteStateStorage: StateStorage {
    private let root: String
    private let application: String
    private let cacheByteLimit: Int
    private let durability: Durability
    private let tracksChanges: Bool
    private let hashSeed: UInt64

    /// - Parameters:
    ///   - root: The folder of the states of all applications. It is made when it is not there.
    ///   - application: The name of the application's folder in it.
    ///   - cacheByteLimit: The memory that a task's state may take: entries, timers and SQLite's
    ///     pages together. At least 64 KiB; a larger entry may exceed it for as long as it is used.
    ///   - durability: What a commit survives.
    ///   - tracksChanges: Whether `prepare` and `forEachChange` may be called. At least once
    ///     without changelogs needs neither, and changes beyond the memory then cost less.
    public init(
        root: String, application: String, cacheByteLimit: Int = 64 << 20,
        durability: Durability = .normal, tracksChanges: Bool = true
    ) {
        self.root = root
        self.application = application
        self.cacheByteLimit = cacheByteLimit
        self.durability = durability
        self.tracksChanges = tracksChanges
        // Nothing that the stores give depends on the seed: it only keeps the senders of keys from
        // choosing such that collide.
        var generator = SystemRandomNumberGenerator()
        hashSeed = generator.next()
    }

    public func path(of task: TaskIdentifier) -> String {
        StatePaths(root: root, application: application, task: "\(task)").database
    }

    public func open(
        _ task: TaskIdentifier, stores: [StoreSpec]
    ) throws(StoreError) -> any TaskState {
        try FileIdentity.check(application: application, in: root)
        return try SQLiteTaskState(
            opening(task, stores: stores), MemoryBudget(byteLimit: cacheByteLimit, stores: stores),
            tracksChanges: tracksChanges, hashSeed: hashSeed)
    }

    private func opening(_ task: TaskIdentifier, stores: [StoreSpec]) -> DatabaseOpening {
        DatabaseOpening(
            paths: StatePaths(root: root, application: application, task: "\(task)"),
            identity: FileIdentity(application: application, task: "\(task)"), stores: stores,
            durability: durability,
            pageCacheByteCount: MemoryBudget(byteLimit: cacheByteLimit, stores: stores)
                .pageByteCount)
    }

    private var inspection: StateInspection {
        StateInspection(root: root, application: application)
    }

    public func tasks() throws(StoreError) -> [TaskIdentifier] { try inspection.tasks() }

    public func changes(
        of task: TaskIdentifier, stores: [StoreSpec]
    ) throws(StoreError) -> [StoreChange] {
        try inspection.changes(of: task, stores: stores)
    }

    public func adopt(_ stores: [StoreSpec], for task: TaskIdentifier) throws(StoreError) {
        guard let found = try inspection.stores(of: task) else { return }
        let comparison = StoreComparison(found: found, wanted: stores)
        guard !comparison.fits else { return }
        // As what it is, so that all of it is checked, and what lies in its log comes to the tables.
        let database = try unsafe opening(task, stores: found).open { _, _, _ in }
        defer { database.close() }
        if !database.log.isEmpty { try database.absorbLog() }
        try database.adopt(comparison)
    }

    public func remove(_ task: TaskIdentifier) throws(StoreError) {
        try FileIdentity.check(application: application, in: root)
        let paths = StatePaths(root: root, application: application, task: "\(task)")
        guard try FileSystem.size(of: paths.database) != nil else { return }
        let lock = try OwnerLock(path: paths.lock, guarding: paths.database)
        // The file itself goes last: what a crash leaves is found again, and removed then. Without its
        // logs it is behind the commit that the lock file and the group know of, so nobody goes on
        // from it either.
        let restored = StatePaths.restored(of: paths.database)
        let parts = [paths.log, paths.commits, paths.journal, restored]
        for path in parts + [paths.database] { FileSystem.remove(path) }
        guard try FileSystem.size(of: paths.database) == nil else {
            throw .cannotOpen(
                path: paths.database, reason: "it could not be removed",
                remedy: "check that the user that runs millrace may write the folder")
        }
        try FileSystem.synchronizeFolder(paths.folder)
        lock.record(sequence: 0)
    }
}
