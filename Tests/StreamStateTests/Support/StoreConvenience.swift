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

extension TimerEntry {
    /// How a changelog names the timer of the store that the tests use.
    var place: StateModel.Place {
        let ordered = UInt64(bitPattern: time) ^ 1 << 63
        let bytes = (0..<8).reversed().map { UInt8(truncatingIfNeeded: ordered >> ($0 * 8)) }
        return StateModel.Place(store: StoreSpec.closing.name, key: bytes + key)
    }

    init(_ place: StateModel.Place) {
        let ordered = place.key.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        self.init(time: Int64(bitPattern: ordered ^ 1 << 63), key: Array(place.key.dropFirst(8)))
    }
}

/// A change as it goes to a changelog; the value is `nil` for what was deleted.
struct Change: Equatable {
    var store: Int
    var key: [UInt8]
    var value: [UInt8]?
}

extension TaskState {
    func changes() throws -> [Change] {
        var changes: [Change] = []
        try unsafe forEachChange { (store, key, value) throws(StoreError) in
            unsafe changes.append(
                Change(store: store, key: Array(key), value: value.map { unsafe Array($0) }))
        }
        return changes
    }

    /// All committed entries of all stores, as changes of an empty state.
    func committedEntries(stores: [StoreSpec]) throws -> [Change] {
        var entries: [Change] = []
        for store in stores.indices {
            try unsafe forEachEntry(store: store) { (key, value) throws(StoreError) in
                unsafe entries.append(Change(store: store, key: Array(key), value: Array(value)))
            }
        }
        return entries
    }

    func restore(_ change: Change) throws {
        try unsafe change.key.withUnsafeBytes { key in
            guard let value = change.value else {
                return try unsafe restore(store: change.store, key: key, value: nil)
            }
            try unsafe value.withUnsafeBytes {
                try unsafe restore(store: change.store, key: key, value: $0)
            }
        }
    }
}

extension StateModel.Content {
    /// Does what a changelog's record says.
    mutating func take(_ place: StateModel.Place, _ value: [UInt8]?) {
        if place.store != StoreSpec.closing.name {
            self[place.store, place.key] = value
        } else if value != nil {
            timers.insert(TimerEntry(place))
        } else {
            timers.remove(TimerEntry(place))
        }
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

/// So much that the log holds some commits, and so little that others outgrow it.
let littleMemory = 160 << 10

extension SQLiteStateStorage {
    /// The least memory that there can be, so that everything that limits it happens.
    init(in folder: TemporaryFolder, cacheByteLimit: Int = 0, application: String = "shop") {
        self.init(root: folder.path, application: application, cacheByteLimit: cacheByteLimit)
    }
}
