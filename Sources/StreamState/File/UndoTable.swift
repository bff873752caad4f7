internal import StreamCore

/// What the rows of one store were before they changed: the way back from a prepared commit, and
/// the list of what changed since the last one.
///
/// A row of this table has the key of the changed row; its value is one byte, which says whether
/// there was such a row, and then what that held.
@safe final class UndoTable {
    private static let absent: UInt8 = 0
    private static let present: UInt8 = 1

    private let table: RowTable
    private let rows: RowTable
    /// The image that is being written, kept for its memory.
    private var image: [UInt8] = []

    init(_ table: RowTable, of rows: RowTable) {
        self.table = table
        self.rows = rows
    }

    /// Begins to note rows, with none.
    func begin(isEmpty: Bool) throws(StoreError) {
        if !isEmpty { try removeAll() }
    }

    /// Notes what the row of `key` is, unless it was noted before.
    func note(_ key: UnsafeRawBufferPointer) throws(StoreError) {
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

    /// Makes all rows what they were.
    func putBack() throws(StoreError) {
        var noted = try table.rows()
        while try noted.next() {
            let image = unsafe noted.value
            switch unsafe image.first {
            case Self.absent where image.count == 1: try unsafe rows.remove(noted.key)
            case Self.present:
                try unsafe rows.write(noted.key, UnsafeRawBufferPointer(rebasing: image[1...]))
            default: throw unreadable
            }
        }
    }

    /// The keys of the rows that were noted, in order.
    func keys() throws(StoreError) -> RowCursor { try table.rows() }

    func contains(_ key: UnsafeRawBufferPointer) throws(StoreError) -> Bool {
        try unsafe table.read(key) { unsafe $0 != nil }
    }

    func removeAll() throws(StoreError) { try table.removeAll() }

    private var unreadable: StoreError { table.damagedRow("what a row was cannot be told") }
}
