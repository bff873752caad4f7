/// Where an entry lies in the cache. Valid until the cache next makes room or forgets entries.
struct EntryReference: Equatable, BitwiseCopyable {
    let rawValue: UInt32

    /// Stands for an empty slot; no entry ever lies there.
    static let none = EntryReference(rawValue: .max)
}

/// What stands before the bytes of an entry in the cache: the key follows the header, the value
/// follows the key.
struct EntryHeader: BitwiseCopyable {
    var hash: UInt32
    var keyCount: UInt32
    /// Negative when the entry says that there is no such key: it was deleted, or looked for in
    /// vain.
    var valueCount: Int32
    /// Bytes that the value may grow to in place.
    var valueCapacity: UInt32
    /// The entry's position in the list of unwritten entries, or `clean`.
    var dirtyIndex: UInt32
    var store: UInt16
    /// False once a longer copy took the entry's place.
    var isLive: Bool
    /// Whether the entry was used since the cache last looked at it to make room.
    var isReferenced: Bool

    static let clean = UInt32.max
    static let byteCount = MemoryLayout<EntryHeader>.stride

    var isDirty: Bool { dirtyIndex != Self.clean }
    var isAbsent: Bool { valueCount < 0 }

    /// The bytes that the entry takes: a multiple of 8, so that the next header is aligned.
    var footprint: Int {
        Self.footprint(keyCount: Int(keyCount), valueCapacity: Int(valueCapacity))
    }

    static func footprint(keyCount: Int, valueCapacity: Int) -> Int {
        (byteCount + keyCount + valueCapacity + 7) & ~7
    }
}
