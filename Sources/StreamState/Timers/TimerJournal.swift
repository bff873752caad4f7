internal import StreamCore

/// What happened to the timers of a store since the last commit, in order: which were set, and which
/// were taken.
struct TimerJournal {
    private static let set: UInt8 = 1
    private static let taken: UInt8 = 0
    private static let headerByteCount = 5

    /// Of each change a byte that says which, the size of the key as four bytes, and the key.
    private var bytes: [UInt8] = []

    /// - Parameter capacity: Bytes that are asked for once, so that none are at work.
    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    var isEmpty: Bool { bytes.isEmpty }
    var byteCount: Int { bytes.count }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func add(_ point: TimerPoint, isSet: Bool) {
        let keyCount = unsafe UInt32(TimerEntryKey.timeByteCount + point.key.count)
        let ordered = TimerEntryKey.ordered(point.time)
        var head = InlineArray<16, UInt8>(repeating: 0)
        unsafe withUnsafeMutableBytes(of: &head) { head in
            unsafe head[0] = isSet ? Self.set : Self.taken
            unsafe head.storeBytes(of: keyCount.littleEndian, toByteOffset: 1, as: UInt32.self)
            unsafe head.storeBytes(
                of: ordered.bigEndian, toByteOffset: Self.headerByteCount, as: UInt64.self)
            unsafe bytes.append(
                contentsOf: head[..<(Self.headerByteCount + TimerEntryKey.timeByteCount)])
        }
        unsafe bytes.append(contentsOf: point.key)
    }

    /// Calls `body` with each change in order; a key is a ``TimerEntryKey``.
    func forEach<Failure>(
        _ body: (_ key: UnsafeRawBufferPointer, _ isSet: Bool) throws(Failure) -> Void
    ) throws(Failure) {
        try unsafe bytes.withBytes { (bytes) throws(Failure) in
            var offset = 0
            while offset < bytes.count {
                let (key, isSet) = unsafe Self.change(bytes, at: offset)
                offset += Self.headerByteCount + key.count
                try unsafe body(key, isSet)
            }
        }
    }

    /// Calls `body` once for each timer, in order, with whether it is there now.
    func forEachTimer<Failure>(
        _ body: (_ key: UnsafeRawBufferPointer, _ isSet: Bool) throws(Failure) -> Void
    ) throws(Failure) {
        try unsafe bytes.withBytes { (bytes) throws(Failure) in
            var offsets: [Int] = []
            var offset = 0
            while offset < bytes.count {
                offsets.append(offset)
                offset += unsafe Self.headerByteCount + Self.change(bytes, at: offset).key.count
            }
            offsets.sort { (a, b) in
                let order = unsafe Self.change(bytes, at: a).key
                    .compare(Self.change(bytes, at: b).key)
                return order != 0 ? order < 0 : a < b
            }
            for (index, offset) in offsets.enumerated() {
                let (key, isSet) = unsafe Self.change(bytes, at: offset)
                // Of the changes of one timer the last one counts.
                if index + 1 < offsets.count,
                    unsafe Self.change(bytes, at: offsets[index + 1]).key.hasSameBytes(as: key)
                {
                    continue
                }
                try unsafe body(key, isSet)
            }
        }
    }

    private static func change(
        _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) -> (key: UnsafeRawBufferPointer, isSet: Bool) {
        let keyCount = UInt32(
            littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self))
        let start = offset + headerByteCount
        let key = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(keyCount)])
        return unsafe (key, bytes[offset] == set)
    }
}
