internal import StreamCore

/// A walk over the rows of a table that checks order and checksum of each.
@safe struct RowCursor: ~Copyable {
    private let table: RowTable
    private let statement: Statement
    private let start: UnsafeMutableRawBufferPointer
    private var previousKey: [UInt8] = []
    private var isFirst = true

    init(_ table: RowTable, from key: [UInt8], on connection: Connection) throws(StoreError) {
        statement = try Statement(
            """
            SELECT key, value, checksum FROM \(RowTable.quoted(table.name))
            WHERE key >= ?1 ORDER BY key
            """, on: connection)
        self.table = table
        unsafe start = .allocate(byteCount: max(1, key.count), alignment: 1)
        unsafe start.copyBytes(from: key)
        unsafe statement.bind(UnsafeRawBufferPointer(rebasing: start[..<key.count]), at: 1)
    }

    deinit { unsafe start.deallocate() }

    /// Goes to the next row; false when there are no more.
    mutating func next() throws(StoreError) -> Bool {
        guard try statement.step() else { return false }
        let isInOrder = unsafe previousKey.withUnsafeBytes { unsafe $0.compare(key) < 0 }
        guard isFirst || isInOrder else { throw table.damagedRow("keys are out of order") }
        guard unsafe statement.integer(2) == table.checksum(key, value) else {
            throw table.damagedRow("a row has another checksum than its bytes")
        }
        unsafe previousKey.assign(key)
        isFirst = false
        return true
    }

    /// The key of the row: valid until the next one.
    var key: UnsafeRawBufferPointer { unsafe statement.bytes(0) }
    var value: UnsafeRawBufferPointer { unsafe statement.bytes(1) }
}
