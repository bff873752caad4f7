public import Events

/// One sub-topology on one partition.
public struct TaskIdentifier: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let subtopology: Int
    public let partition: Int32

    public init(subtopology: Int, partition: Int32) {
        self.subtopology = subtopology
        self.partition = partition
    }

    public var description: String { "\(subtopology)_\(partition)" }

    public static func < (a: Self, b: Self) -> Bool {
        (a.subtopology, a.partition) < (b.subtopology, b.partition)
    }
}

public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32

    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public var description: String { "\(topic)-\(partition)" }

    public static func < (a: Self, b: Self) -> Bool {
        (a.topic, a.partition) < (b.topic, b.partition)
    }
}

/// How far a task had come at a commit.
public struct TaskCheckpoint: Sendable, Equatable {
    /// Counts the task's commits; 0 before the first.
    public var sequence: Int64
    public var streamTime: Timestamp
    /// The offset of the next record to read, by source partition.
    public var offsets: [TopicPartition: Int64]
    /// What the task needs besides to go on as it was: a small opaque value.
    public var clock: [UInt8]
    /// The offset of the first changelog record behind this commit, by the index of the store in
    /// the list that the state was opened with: a restore of what came later begins there. Empty
    /// without changelogs.
    public var changelogOffsets: [Int: Int64]

    public init(
        sequence: Int64 = 0, streamTime: Timestamp = .distantPast,
        offsets: [TopicPartition: Int64] = [:], clock: [UInt8] = [],
        changelogOffsets: [Int: Int64] = [:]
    ) {
        self.sequence = sequence
        self.streamTime = streamTime
        self.offsets = offsets
        self.clock = clock
        self.changelogOffsets = changelogOffsets
    }
}

/// How far a state had been rebuilt from its changelogs.
public struct RestoreProgress: Sendable, Equatable {
    /// The offset of the next changelog record to take, by the index of the store.
    public var offsets: [Int: Int64]
    /// Whether the state is whole. Until then it mixes two commits, or misses entries: it can be
    /// restored further, or cleared, and nothing else.
    public var isComplete: Bool

    public init(offsets: [Int: Int64] = [:], isComplete: Bool) {
        self.offsets = offsets
        self.isComplete = isComplete
    }
}

/// The state of one task: its stores and its checkpoint, changed together.
///
/// ```
///            commit                      changes: put, delete, set, takeDue
///           ┌──────┐
///           ▼      │   prepare
///        decided ──┴───────────▶ prepared          the stores are only read
///         ▲   ▲                   │    │
///         │   └── applyPrepared ──┘    │           `prepared` becomes `checkpoint`
///         └────── discardPrepared ─────┘           as of `checkpoint` again
///
///        decided ── clear, or commitRestored(checkpoint: nil) ──▶ restoring
///        restoring ── commitRestored(checkpoint: ...) ──▶ decided
/// ```
///
/// A process that dies leaves `decided`, `prepared` or `restoring` behind, each as of the last call
/// that returned, or of the one that was running; `applyPrepared` may be forgotten, since whoever
/// decided can be asked again.
///
/// - Throws: `StoreError`. A `commit`, `prepare`, `applyPrepared`, `discardPrepared`,
///   `commitRestored` or `clear` that throws has not happened. Calls that throw because uncommitted
///   changes were lost do so until `rollBack`.
public protocol TaskState: AnyObject {
    /// As of the last commit that is decided; `nil` when there was none, and while the state is
    /// being restored.
    var checkpoint: TaskCheckpoint? { get }

    /// A commit that was prepared and is not decided yet, also one that was found at opening.
    var prepared: TaskCheckpoint? { get }

    /// How far the last restore came; `nil` when there was none, and from the next commit or
    /// prepare on, since its checkpoint's `changelogOffsets` go further.
    var restoreProgress: RestoreProgress? { get }

    /// - Precondition: the store is one of those that the state was opened with.
    func keyValueStore(_ name: String) -> any KeyValueStore
    func timerStore(_ name: String) -> any TimerStore

    /// At least once: makes all changes since the last commit, and the checkpoint, durable in one
    /// transaction.
    ///
    /// - Precondition: nothing is prepared, and no restore is unfinished.
    func commit(_ checkpoint: TaskCheckpoint) throws(StoreError)

    /// Exactly once, first half: makes all changes since the last commit, and the checkpoint,
    /// durable, but undecided. Until it is decided the stores can be read, not changed.
    ///
    /// - Precondition: nothing is prepared, and no restore is unfinished.
    func prepare(_ checkpoint: TaskCheckpoint) throws(StoreError)

    /// It was decided for the prepared commit: `prepared` becomes `checkpoint`.
    ///
    /// - Precondition: there is a prepared commit.
    func applyPrepared() throws(StoreError)

    /// It was decided against the prepared commit: stores and timers are again as of `checkpoint`.
    ///
    /// - Precondition: there is a prepared commit.
    func discardPrepared() throws(StoreError)

    /// Forgets all changes since the last commit, or since the last `commitRestored`.
    ///
    /// - Precondition: nothing is prepared.
    func rollBack() throws(StoreError)

    /// Calls `body` once for each entry, timers included, that was changed since the last commit,
    /// however often it was changed: for the changelog.
    ///
    /// `store` is the index in the list that the state was opened with; `value` is `nil` for what
    /// was deleted. The key of a timer is a ``TimerEntryKey``, its value empty. What was put and
    /// deleted again may come as deleted although no commit ever had it. The bytes are valid inside
    /// `body` only, and `body` must not use the state.
    ///
    /// - Precondition: nothing is prepared.
    func forEachChange(
        _ body: (
            _ store: Int, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
        ) throws(StoreError) -> Void
    ) throws(StoreError)

    /// Calls `body` with every entry of a store as of the last commit, timers included, in the order
    /// of the keys' bytes: for a changelog that is turned on when there is state already.
    ///
    /// Keys and values are those of `forEachChange`; the bytes are valid inside `body` only, and
    /// `body` must not use the state. The entries are read as they are needed, so a large store takes
    /// no memory, and an error that `body` throws ends the walk.
    ///
    /// - Precondition: nothing is prepared, nothing was changed since the last commit, and no
    ///   restore is unfinished.
    func forEachEntry(
        store: Int,
        _ body: (
            _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
        ) throws(StoreError) -> Void
    ) throws(StoreError)

    /// Takes an entry as `forEachChange` gave it, or its deletion. It becomes durable with
    /// `commitRestored`; until then the stores and timers must not be used.
    ///
    /// - Throws: `StoreError` also for an entry that no such state can have given.
    /// - Precondition: nothing is prepared, and nothing was changed since the last commit.
    func restore(
        store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError)

    /// Makes what was restored durable. `checkpoint` is what the state is as of now; `nil` in the
    /// middle of a restore.
    ///
    /// - Precondition: nothing is prepared, nothing was changed since the last commit, and the
    ///   progress is complete exactly when there is a checkpoint.
    func commitRestored(
        _ progress: RestoreProgress, checkpoint: TaskCheckpoint?
    ) throws(StoreError)

    /// Empties all stores, durably, for a restore from the beginning. A prepared commit and changes
    /// are forgotten with the rest; `restoreProgress` is without offsets and not complete.
    func clear() throws(StoreError)

    /// Releases the file for its next owner. Changes are forgotten; what is prepared stays so.
    func close()
}

/// Opens the state of tasks.
public protocol StateStorage: Sendable {
    /// - Throws: `StoreError.locked` while another owner has the task's state open;
    ///   `StoreError.foreign` when stores were dropped or changed since: see `adopt`.
    func open(_ task: TaskIdentifier, stores: [StoreSpec]) throws(StoreError) -> any TaskState

    /// Where the state of a task lies, for messages; empty when it lies in no file.
    func path(of task: TaskIdentifier) -> String

    /// The tasks whose state is here, in their order.
    func tasks() throws(StoreError) -> [TaskIdentifier]

    /// What becomes of each store when the task is opened with `stores`. Looks only: also at what an
    /// owner has open. All are new where there is no state.
    func changes(
        of task: TaskIdentifier, stores: [StoreSpec]
    ) throws(StoreError) -> [StoreChange]

    /// Makes the state of a task one that can be opened with `stores`: what is dropped is deleted, what
    /// is changed is emptied, durably and all at once. Whatever else the state holds, its checkpoint
    /// and a prepared commit included, stays; the changelog offsets of what begins empty go.
    ///
    /// - Throws: `StoreError.locked` while an owner has it open.
    func adopt(_ stores: [StoreSpec], for task: TaskIdentifier) throws(StoreError)

    /// Deletes the state of a task.
    ///
    /// - Throws: `StoreError.locked` while an owner has it open.
    func remove(_ task: TaskIdentifier) throws(StoreError)
}

extension StateStorage {
    public func path(of task: TaskIdentifier) -> String { "" }
}
