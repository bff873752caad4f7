internal import Events
internal import StreamCore

/// The events of one key that may still find others, in the bytes that the state keeps.
///
/// Layout, little-endian: version (1 byte), time of the pending timer (8), then the events in the
/// order in which they came: side and whether it found something (1), time (8), record key (4 bytes
/// of length, 0xFFFFFFFF for none, and the bytes), value (4 bytes of length, and JSON).
struct JoinedEvents {
    static let layoutVersion = 1
    private static let absent = UInt32.max

    struct Entry {
        var isOther: Bool
        var isMatched: Bool
        var time: Int64
        /// `nil` for none.
        var key: Range<Int>?
        var value: Range<Int>
    }

    /// The earliest timer of the key; `Int64.max` for none.
    var timer = Int64.max
    var entries: [Entry] = []
    /// Where the keys and values of the entries lie.
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() {
        timer = .max
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Loads the events of a key; there are none when nothing is stored.
    mutating func load(
        _ key: UnsafeRawBufferPointer, from store: any KeyValueStore
    ) throws(StoreError) {
        timer = .max
        entries.removeAll(keepingCapacity: true)
        guard try unsafe store.get(key, into: &bytes) else {
            bytes.removeAll(keepingCapacity: true)
            return
        }
        guard bytes.count >= 9, bytes[0] == UInt8(Self.layoutVersion) else { throw Self.damage }
        timer = number(at: 1, Int64.self)
        var position = 9
        while position < bytes.count {
            guard position + 13 <= bytes.count else { throw Self.damage }
            let flags = bytes[position]
            let time = number(at: position + 1, Int64.self)
            let keyCount = number(at: position + 9, UInt32.self)
            position += 13
            var key: Range<Int>?
            if keyCount != Self.absent {
                key = try take(Int(keyCount), from: &position)
            }
            guard position + 4 <= bytes.count else { throw Self.damage }
            let count = Int(number(at: position, UInt32.self))
            position += 4
            let value = try take(count, from: &position)
            entries.append(
                Entry(
                    isOther: flags & 1 != 0, isMatched: flags & 2 != 0, time: time, key: key,
                    value: value))
        }
    }

    private func take(_ count: Int, from position: inout Int) throws(StoreError) -> Range<Int> {
        guard count <= bytes.count - position else { throw Self.damage }
        defer { position += count }
        return position..<position + count
    }

    private func number<Number: FixedWidthInteger & BitwiseCopyable>(
        at position: Int, _: Number.Type
    ) -> Number {
        unsafe bytes.withUnsafeBytes {
            Number(
                littleEndian: unsafe $0.loadUnaligned(fromByteOffset: position, as: Number.self))
        }
    }

    private static var damage: StoreError {
        .corrupt(
            path: "of a join", reason: "the events of a key do not have the layout of this version",
            remedy: "delete the state, so that it is read anew")
    }

    /// Adds an event behind the others.
    mutating func append(
        isOther: Bool, isMatched: Bool, time: Int64, key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer
    ) {
        var keyRange: Range<Int>?
        if let key = unsafe key {
            let start = bytes.count
            unsafe bytes.append(contentsOf: key)
            keyRange = start..<bytes.count
        }
        let start = bytes.count
        unsafe bytes.append(contentsOf: value)
        entries.append(
            Entry(
                isOther: isOther, isMatched: isMatched, time: time, key: keyRange,
                value: start..<bytes.count))
    }

    /// Writes the events back, or deletes the key when none are left.
    func store(
        _ key: UnsafeRawBufferPointer, in store: any KeyValueStore, scratch: inout ByteBuffer
    ) throws(StoreError) {
        if entries.isEmpty {
            try unsafe store.delete(key)
            return
        }
        scratch.removeAll()
        scratch.append(UInt8(Self.layoutVersion))
        scratch.append(littleEndian: timer)
        unsafe bytes.withUnsafeBytes { bytes in
            for entry in entries {
                scratch.append((entry.isOther ? 1 : 0) | (entry.isMatched ? 2 : 0))
                scratch.append(littleEndian: entry.time)
                scratch.append(littleEndian: entry.key.map { UInt32($0.count) } ?? Self.absent)
                if let key = entry.key {
                    unsafe scratch.append(UnsafeRawBufferPointer(rebasing: bytes[key]))
                }
                scratch.append(littleEndian: UInt32(entry.value.count))
                unsafe scratch.append(UnsafeRawBufferPointer(rebasing: bytes[entry.value]))
            }
        }
        try unsafe store.put(key, scratch.bytes)
    }
}
