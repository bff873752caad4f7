internal import StreamCore

/// What the rows of one store were before they changed: the way back from a prepared commit, and
/// the list of what changed since the last one.
///
/// Rows that may change again before the commit are noted one by one: a row of this table has the
/// key of the changed row; its value is one byte, which says whether there was such a row, and then
/// what that held. Rows that change this once are packed, many into one row of this table, which
/// costs less: its key is a number, its value begins with a byte of its own, and then come for
/// each row the sizes of key and value, and both. A commit does one or the other.
@safe final class UndoTable {
    private static let absent: UInt8 = 0
    private static let present: UInt8 = 1
    private static let packed: UInt8 = 2
    private static let absentByteCount = UInt32.max
    private static let packByteLimit = 64 << 10

    private let table: RowTable
    private let rows: RowTable
    /// The image that is being written, kept for its memory.
    private var image: [UInt8] = []
    /// Packed rows that are not written yet.
    private var pack: [UInt8] = []
    private var packCount: UInt64 = 0

    init(_ table: RowTable, of rows: RowTable) {
        self.table = table
        self.rows = rows
    }

    /// Begins to note rows, with none.
    func begin(isEmpty: Bool) throws(StoreError) {
        pack.removeAll(keepingCapacity: true)
        packCount = 0
        if !isEmpty { try removeAll() }
    }

    /// Notes what the row of `key` is, unless it was noted before. If one note of a commit is packed,
    /// all are, and a row that is noted twice must be the same both times.
    func note(_ key: UnsafeRawBufferPointer, isPacked: Bool) throws(StoreError) {
        if isPacked {
            return try unsafe rows.read(key) { (value) throws(StoreError) in
                try unsafe add(key, value)
            }
        }
        image.removeAll(keepingCapacity: true)
        try unsafe rows.read(key) { value in
            guard let value = unsafe value else { return image.append(Self.absent) }
            image.append(Self.present)
            unsafe image.append(contentsOf: value)
        }
        try unsafe image.withBytes { (image) throws(StoreError) in
            try unsafe table.writeIfAbsent(key, image)
        }
    }

    /// Writes what was packed and is not written yet.
    func flush() throws(StoreError) {
        guard !pack.isEmpty else { return }
        try unsafe withUnsafeBytes(of: packCount.bigEndian) { key in
            Result { () throws(StoreError) in
                try unsafe pack.withBytes { (pack) throws(StoreError) in
                    try unsafe table.write(key, pack)
                }
            }
        }.get()
        packCount += 1
        pack.removeAll(keepingCapacity: pack.capacity <= 2 * Self.packByteLimit)
    }

    /// Makes all rows what they were.
    func putBack() throws(StoreError) {
        var noted = try table.rows()
        while try noted.next() {
            let image = unsafe noted.value
            switch unsafe image.first {
            case Self.absent where image.count == 1: try unsafe rows.remove(noted.key)
            case Self.present:
                try unsafe rows.write(noted.key, UnsafeRawBufferPointer(rebasing: image[1...]))
            case Self.packed: try unsafe putBack(pack: image)
            default: throw unreadable
            }
        }
    }

    /// The keys of the rows that were noted one by one, in order.
    func keys() throws(StoreError) -> RowCursor { try table.rows() }

    func contains(_ key: UnsafeRawBufferPointer) throws(StoreError) -> Bool {
        try unsafe table.read(key) { unsafe $0 != nil }
    }

    func removeAll() throws(StoreError) { try table.removeAll() }

    private func add(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        let byteCount = unsafe 2 * MemoryLayout<UInt32>.size + key.count + (value?.count ?? 0)
        if !pack.isEmpty, pack.count + byteCount > Self.packByteLimit { try flush() }
        if pack.isEmpty { pack.append(Self.packed) }
        append(UInt32(key.count))
        append(unsafe value.map { UInt32($0.count) } ?? Self.absentByteCount)
        unsafe pack.append(contentsOf: key)
        if let value = unsafe value { unsafe pack.append(contentsOf: value) }
    }

    private func append(_ number: UInt32) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe pack.append(contentsOf: $0) }
    }

    private func putBack(pack: UnsafeRawBufferPointer) throws(StoreError) {
        var rest = unsafe pack[1...]
        func take(_ count: Int) throws(StoreError) -> UnsafeRawBufferPointer {
            guard unsafe rest.count >= count else { throw unreadable }
            defer { unsafe rest = rest.dropFirst(count) }
            return unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        }
        func takeCount() throws(StoreError) -> UInt32 {
            UInt32(littleEndian: try unsafe take(4).loadUnaligned(as: UInt32.self))
        }
        while unsafe !rest.isEmpty {
            let (keyCount, valueCount) = (try takeCount(), try takeCount())
            let key = try unsafe take(Int(keyCount))
            if valueCount == Self.absentByteCount {
                try unsafe rows.remove(key)
            } else {
                try unsafe rows.write(key, take(Int(valueCount)))
            }
        }
    }

    private var unreadable: StoreError { table.damagedRow("what a row was cannot be told") }
}
