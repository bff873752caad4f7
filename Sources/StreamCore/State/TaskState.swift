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

    public init(
        sequence: Int64 = 0, streamTime: Timestamp = .distantPast,
        offsets: [TopicPartition: Int64] = [:], clock: [UInt8] = []
    ) {
        self.sequence = sequence
        self.streamTime = streamTime
        self.offsets = offsets
        self.clock = clock
    }
}

/// The state of one task: its stores and its checkpoint, changed together.
public protocol TaskState: AnyObject {
    /// As of the last commit; `nil` when there was none.
    var checkpoint: TaskCheckpoint? { get }

    /// - Precondition: the store is one of those that the state was opened with.
    func keyValueStore(_ name: String) -> any KeyValueStore
    func timerStore(_ name: String) -> any TimerStore

    /// Makes all changes since the last commit, and the checkpoint, durable in one transaction.
    func commit(_ checkpoint: TaskCheckpoint) throws(StoreError)

    /// Forgets all changes since the last commit.
    func rollBack() throws(StoreError)

    /// Releases the file for its next owner; uncommitted changes are forgotten.
    func close()
}

/// Opens the state of tasks.
public protocol StateStorage: Sendable {
    /// - Throws: `StoreError.locked` while another owner has the task's state open.
    func open(_ task: TaskIdentifier, stores: [StoreSpec]) throws(StoreError) -> any TaskState

    /// Where the state of a task lies, for messages; empty when it lies in no file.
    func path(of task: TaskIdentifier) -> String
}

extension StateStorage {
    public func path(of task: TaskIdentifier) -> String { "" }
}
