internal import CSQLite
internal import StreamCore

/// A prepared statement: compiled once, run many times.
@safe struct Statement: ~Copyable {
    private let handle: OpaquePointer
    private let connection: Connection

    init(_ sql: String, on connection: Connection) throws(StoreError) {
        unsafe handle = try connection.prepare(sql)
        self.connection = connection
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Binds without copying: the bytes must stay where they are until `reset`.
    borrowing func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        // An empty blob needs a base that is not nil, or SQLite would store NULL.
        let start = unsafe bytes.baseAddress ?? UnsafeRawBufferPointer.empty.baseAddress
        let code = unsafe sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), nil)
        precondition(code == SQLITE_OK || code == SQLITE_TOOBIG, "binding failed with \(code)")
    }

    borrowing func bind(_ integer: Int64, at index: Int32) {
        let code = unsafe sqlite3_bind_int64(handle, index, integer)
        precondition(code == SQLITE_OK, "binding failed with \(code)")
    }

    /// Whether the statement came to a row.
    borrowing func step() throws(StoreError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw connection.failure(code)
        }
    }

    /// Ends the run, and with it the validity of what the columns gave.
    borrowing func reset() { _ = unsafe sqlite3_reset(handle) }

    /// The bytes of a column: valid until the next step or reset.
    borrowing func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // The order matters: asking for the size first would give that of a converted value.
        let start = unsafe sqlite3_column_blob(handle, column)
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe start == nil ? .empty : UnsafeRawBufferPointer(start: start, count: count)
    }

    borrowing func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    borrowing func text(_ column: Int32) -> String {
        unsafe String(decoding: bytes(column), as: UTF8.self)
    }
}
