import Events
import StreamCore
import StreamState

extension KeyValueStore {
    func value(_ key: [UInt8]) throws -> [UInt8]? {
        var value: [UInt8] = [1, 2, 3]
        return try unsafe key.withUnsafeBytes { try unsafe get($0, into: &value) } ? value : nil
    }

    func put(_ key: [UInt8], _ value: [UInt8]) throws {
        try unsafe key.withUnsafeBytes { key in
            try unsafe value.withUnsafeBytes { try unsafe put(key, $0) }
        }
    }

    func delete(_ key: [UInt8]) throws {
        try unsafe key.withUnsafeBytes { try unsafe delete($0) }
    }

    /// All entries, in the order in which `forEach` gives them.
    func entries() throws -> [Entry] {
        var entries: [Entry] = []
        try unsafe forEach { (key, value) in
            unsafe entries.append(Entry(key: Array(key), value: Array(value)))
        }
        return entries
    }
}

extension TimerStore {
    func set(_ key: [UInt8], at time: Int64) throws {
        try unsafe key.withUnsafeBytes { try unsafe set($0, at: Timestamp(milliseconds: time)) }
    }

    func takeDue(at time: Int64) throws -> TimerEntry? {
        var key: [UInt8] = [9]
        guard let taken = try takeDue(at: Timestamp(milliseconds: time), key: &key) else {
            return nil
        }
        return TimerEntry(time: taken.milliseconds, key: key)
    }
}

struct Entry: Equatable {
    var key: [UInt8]
    var value: [UInt8]
}

struct TimerEntry: Hashable, Comparable {
    var time: Int64
    var key: [UInt8]

    static func < (a: Self, b: Self) -> Bool {
        a.time != b.time ? a.time < b.time : a.key.lexicographicallyPrecedes(b.key)
    }
}

extension TaskIdentifier {
    static let first = TaskIdentifier(subtopology: 0, partition: 1)
}

extension StoreSpec {
    static let sessions = StoreSpec(name: "sessions.open", kind: .keyValue)
    static let profiles = StoreSpec(name: "profiles.known", kind: .keyValue, layoutVersion: 3)
    static let closing = StoreSpec(name: "sessions.closing", kind: .timers)
}

extension TaskCheckpoint {
    static func number(_ sequence: Int64) -> TaskCheckpoint {
        TaskCheckpoint(
            sequence: sequence, streamTime: Timestamp(milliseconds: sequence * 1_000),
            offsets: [
                TopicPartition(topic: "events.web", partition: 1): sequence * 10,
                TopicPartition(topic: "a topic/with all sorts", partition: 0): -sequence,
            ],
            clock: [0, 255, UInt8(truncatingIfNeeded: sequence)])
    }
}

extension SQLiteStateStorage {
    /// The least memory that there can be, so that everything that limits it happens.
    init(in folder: TemporaryFolder, cacheByteLimit: Int = 0, application: String = "shop") {
        self.init(root: folder.path, application: application, cacheByteLimit: cacheByteLimit)
    }
}
