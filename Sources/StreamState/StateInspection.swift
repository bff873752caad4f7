public import StreamCore

/// A look at the state files of an application that changes nothing: no file, no lock, no recovery.
///
/// ```swift
/// let inspection = StateInspection(root: ".millrace/state", application: "shop")
/// for task in try inspection.tasks() {
///     print(try inspection.changes(of: task, stores: stores))
/// }
/// ```
///
/// Files that a process has open can be looked at too. Only what a file says of itself is read and
/// checked, not what its stores hold.
///
/// - Throws: `StoreError` with the file, what is wrong and what to do.
public struct StateInspection: Sendable {
    /// How often a file is read anew that its owner changed meanwhile.
    private static let attemptLimit = 3
    /// What tells one round of SQLite's log from the next.
    private static let logHeaderByteCount = 32

    private let root: String
    private let application: String

    public init(root: String, application: String) {
        self.root = root
        self.application = application
    }

    /// The tasks that have a state file, in their order.
    public func tasks() throws(StoreError) -> [TaskIdentifier] {
        try FileIdentity.check(application: application, in: root)
        let folder = StatePaths(root: root, application: application, task: "").folder
        return try FileSystem.names(in: folder).compactMap(Self.task).sorted()
    }

    /// What becomes of each store, of the file or of `stores`, when the topology starts on the file
    /// of a task. Without a file all are new.
    public func changes(
        of task: TaskIdentifier, stores: [StoreSpec]
    ) throws(StoreError) -> [StoreChange] {
        StoreComparison(found: try self.stores(of: task) ?? [], wanted: stores).changes
    }

    /// The stores that the file of a task has; `nil` when there is none.
    func stores(of task: TaskIdentifier) throws(StoreError) -> [StoreSpec]? {
        try FileIdentity.check(application: application, in: root)
        let paths = StatePaths(root: root, application: application, task: "\(task)")
        guard try FileSystem.size(of: paths.database) != nil else { return nil }
        let metadata = try metadata(paths)
        try metadata.check(
            FileIdentity(application: application, task: "\(task)"), paths.database)
        return metadata.stores
    }

    /// What the file says of itself. While the log is the same one, whatever its owner copies from
    /// it into the file is read from the log.
    private func metadata(_ paths: StatePaths) throws(StoreError) -> Metadata {
        for _ in 0..<Self.attemptLimit {
            let log = try logHeader(paths)
            let result = Result { () throws(StoreError) in
                try FileHeader.check(paths.database)
                let connection = try Connection(
                    lookingAt: paths.database, hasLog: log != nil)
                return try Metadata(RowTable(Metadata.tableName, on: connection))
            }
            if try logHeader(paths) == log { return try result.get() }
        }
        throw .failed(
            path: paths.database, reason: "its owner is writing it; look at it again in a moment")
    }

    private func logHeader(_ paths: StatePaths) throws(StoreError) -> [UInt8]? {
        guard try FileSystem.size(of: paths.log) != nil else { return nil }
        return try FileSystem.read(paths.log, limit: Self.logHeaderByteCount)
    }

    private static func task(_ name: String) -> TaskIdentifier? {
        guard name.hasSuffix(".sqlite") else { return nil }
        let numbers = name.dropLast(".sqlite".count).split(separator: "_")
        guard numbers.count == 2, let subtopology = Int(numbers[0]),
            let partition = Int32(numbers[1])
        else { return nil }
        let task = TaskIdentifier(subtopology: subtopology, partition: partition)
        return "\(task).sqlite" == name ? task : nil
    }
}
