internal import Events
internal import StreamCore

/// The rows of a table that comes as a stream, by the record key, in the operator's store.
///
/// The last row of a key in the order of the stream counts, and a tombstone deletes it. Layout of a
/// row: version (1 byte), time of the record (8 bytes, little-endian), the row as JSON.
final class TableStore {
    static let layoutVersion = 1
    private static let headBytes = 9
    /// A row that is longer is refused.
    static let largestRow = 1 << 20

    enum Change {
        case applied
        case missingKey
        case noObject
        case tooLong
    }

    private let store: any KeyValueStore
    private let columns: RowColumns
    private var value: [UInt8] = []
    private var row = ByteBuffer(capacity: 512)

    init(_ store: any KeyValueStore, columns: RowColumns) {
        self.store = store
        self.columns = columns
    }

    static func spec(named name: String) -> StoreSpec {
        StoreSpec(
            name: name, kind: .keyValue, layoutVersion: layoutVersion,
            definition: "by the record key")
    }

    /// Takes over what a record of the table says.
    func apply(_ event: Event, in arena: EventArena) throws(StoreError) -> Change {
        guard !event.key.isAbsent else { return .missingKey }
        if arena.isTombstone(event) {
            try unsafe store.delete(arena.bytes(event.key))
            return .applied
        }
        row.removeAll()
        row.append(UInt8(Self.layoutVersion))
        row.append(littleEndian: event.timestamp.milliseconds)
        guard columns.append(event, in: arena, to: &row) else { return .noObject }
        guard row.count - Self.headBytes <= Self.largestRow else { return .tooLong }
        try unsafe store.put(arena.bytes(event.key), row.bytes)
        return .applied
    }

    /// Calls `body` with the row of a key, when there is one.
    func withRow<Result>(
        of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StoreError) -> Result? {
        guard try unsafe store.get(key, into: &value) else { return nil }
        guard value.count >= Self.headBytes, value[0] == UInt8(Self.layoutVersion) else {
            throw .corrupt(
                path: "of a table", reason: "a row does not have the layout of this version",
                remedy: "delete the state, so that it is read anew")
        }
        return unsafe value.withUnsafeBytes {
            unsafe body(UnsafeRawBufferPointer(rebasing: $0[Self.headBytes...]))
        }
    }

    func erase(_ key: UnsafeRawBufferPointer) throws(StoreError) -> Int {
        try unsafe store.erase(key)
    }
}

extension TableStore {
    /// Takes over a run of the table's records; those that it can't take are refused.
    func apply(
        _ events: [Event], refusingTo output: Int, in context: OperatorContext
    ) throws(OperatorError) {
        for event in events {
            let change: Change
            do {
                change = try apply(event, in: context.arena)
            } catch {
                throw .store(error)
            }
            let failure: (error: String, reason: String)? =
                switch change {
                case .applied: nil
                case .missingKey: ("missing_key", "the record of the table has no key")
                case .noObject: ("no_row", "the record of the table is no object")
                case .tooLong:
                    ("too_long", "the row has more than \(Self.largestRow) bytes")
                }
            guard let failure else { continue }
            try context.refuse(event, to: output, error: failure.error) { failure.reason }
        }
    }
}
