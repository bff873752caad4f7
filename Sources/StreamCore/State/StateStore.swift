public import Events

/// A store that an operator needs, named after the operator.
public struct StoreSpec: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case keyValue = "key-value"
        case timers
    }

    /// Unique inside a topology: the operator's name, a dot, and what is kept (`sessions.open`).
    public let name: String
    public let kind: Kind
    /// Raised when the bytes that the operator stores change their meaning.
    public let layoutVersion: Int
    /// What the meaning of the bytes depends on besides the layout, in words: the key that they
    /// are kept by (`by user.id`). Not what may be tuned without harm, such as a gap. Empty where
    /// nothing is known.
    public let definition: String

    public init(name: String, kind: Kind, layoutVersion: Int = 1, definition: String = "") {
        self.name = name
        self.kind = kind
        self.layoutVersion = layoutVersion
        self.definition = definition
    }
}

/// Bytes by key. Used by one task on one thread.
///
/// Changes are seen by later reads at once and become durable with the task's next commit.
public protocol KeyValueStore: AnyObject {
    /// Replaces the content of `value` with what is stored under `key`; returns whether there is
    /// anything.
    func get(_ key: UnsafeRawBufferPointer, into value: inout [UInt8]) throws(StoreError) -> Bool

    /// Stores a copy of `value` under a copy of `key`.
    func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError)

    func delete(_ key: UnsafeRawBufferPointer) throws(StoreError)

    /// Says which keys are read next, so that the store can bring what it has of them near all at
    /// once. Nothing comes of it but time.
    func prefetch(_ keys: [UnsafeRawBufferPointer])

    /// Calls `body` with every entry as of now, uncommitted changes included, in the order of the
    /// keys' bytes. For tests, queries and migrations; `body` must not change the store.
    func forEach(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) throws(StoreError)
}

extension KeyValueStore {
    public func prefetch(_: [UnsafeRawBufferPointer]) {}

    /// Deletes what is stored under `key`; returns how many entries that were, 0 or 1.
    public func erase(_ key: UnsafeRawBufferPointer) throws(StoreError) -> Int {
        var value: [UInt8] = []
        guard try unsafe get(key, into: &value) else { return 0 }
        try unsafe delete(key)
        return 1
    }
}

/// Timers by event time and key. Used by one task on one thread.
///
/// A pair of time and key is there once, however often it is set. Timers of one time come in
/// the order of their keys' bytes.
public protocol TimerStore: AnyObject {
    /// The time of the earliest timer; `.distantFuture` when there is none.
    var next: Timestamp { get }

    func set(_ key: UnsafeRawBufferPointer, at time: Timestamp) throws(StoreError)

    /// Removes the earliest timer when it is due at `time`, replaces the content of `key` with its
    /// key and returns its time.
    func takeDue(at time: Timestamp, key: inout [UInt8]) throws(StoreError) -> Timestamp?
}

extension TimerStore {
    /// The same, with the key in a buffer; `scratch` is memory that is used again.
    public func takeDue(
        at time: Timestamp, into key: inout ByteBuffer, scratch: inout [UInt8]
    ) throws(StoreError) -> Timestamp? {
        guard let due = try takeDue(at: time, key: &scratch) else { return nil }
        key.removeAll()
        let bytes = scratch
        key.append(unsafe bytes.span.bytes)
        return due
    }
}

/// Why a store could not be opened, read or written.
public enum StoreError: Error, Sendable, Equatable {
    case cannotOpen(path: String, reason: String, remedy: String)
    /// The file belongs to another application, task or layout; it was left as it is.
    case foreign(path: String, found: String, expected: String, remedy: String)
    case corrupt(path: String, reason: String, remedy: String)
    case full(path: String, reason: String)
    /// Another process or thread has it open.
    case locked(path: String, owner: String)
    case failed(path: String, reason: String)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason, let remedy):
            "cannot open the state file \(path): \(reason); \(remedy)."
        case .foreign(let path, let found, let expected, let remedy):
            "the state file \(path) is of \(found), not of \(expected); it was left as it is; \(remedy)."
        case .corrupt(let path, let reason, let remedy):
            "the state file \(path) is damaged: \(reason); it was left as it is; \(remedy)."
        case .full(let path, let reason):
            """
            no room to write the state file \(path): \(reason); free space on that disk and start \
            again: the state is as of the last commit and nothing is lost.
            """
        case .locked(let path, let owner):
            "the state file \(path) is in use by \(owner); stop it, or set another 'state_directory'."
        case .failed(let path, let reason): "the state file \(path) failed: \(reason)."
        }
    }
}
