internal import StreamCore

/// A statement that writes several rows of a table. For rows that follow each other in the order of
/// their keys SQLite computes 40 % less than with a statement for each.
@safe struct RowLot: ~Copyable {
    static let rowCount = 16

    private let table: RowTable
    private let statement: Statement

    init(_ table: RowTable, on connection: Connection) throws(StoreError) {
        let rows = (0..<Int32(Self.rowCount)).map { row in
            "(?\(3 * row + 1), ?\(3 * row + 2), ?\(3 * row + 3))"
        }
        self.table = table
        statement = try Statement(
            """
            INSERT INTO \(RowTable.quoted(table.name)) VALUES \(rows.joined(separator: ", "))
            ON CONFLICT DO UPDATE SET value = excluded.value, checksum = excluded.checksum
            """, on: connection)
    }

    /// Writes as many rows as a lot has; `row` gives their keys and values.
    func write(
        _ row: (Int) -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)
    ) throws(StoreError) {
        defer { statement.reset() }
        for index in 0..<Self.rowCount {
            let (key, value) = unsafe row(index)
            let parameter = 3 * Int32(index)
            unsafe statement.bind(key, at: parameter + 1)
            unsafe statement.bind(value, at: parameter + 2)
            unsafe statement.bind(table.checksum(key, value), at: parameter + 3)
        }
        _ = try statement.step()
    }
}
