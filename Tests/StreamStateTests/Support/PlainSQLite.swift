import CSQLite

/// Runs SQL on a file as any other program would.
func runPlainSQLite(_ sql: String, on path: String) -> Bool {
    var handle: OpaquePointer?
    defer { unsafe sqlite3_close_v2(handle) }
    return unsafe sqlite3_open(path, &handle) == SQLITE_OK
        && sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK
}

/// Calls `body` while another connection reads the file.
func withPlainReader(of path: String, _ body: () throws -> Void) throws {
    var handle: OpaquePointer?
    defer { unsafe sqlite3_close_v2(handle) }
    guard unsafe sqlite3_open(path, &handle) == SQLITE_OK,
        unsafe sqlite3_exec(handle, "BEGIN; SELECT * FROM _meta", nil, nil, nil) == SQLITE_OK
    else { preconditionFailure("cannot read \(path)") }
    try body()
}
