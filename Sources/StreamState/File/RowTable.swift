internal import StreamCore

/// A table of keys and values, each row with a checksum: the one form that all tables have.
///
/// SQLite sees damage to its own structure, not to the bytes that it stores. The checksum covers
/// those, and the name of the table with them.
@safe final class RowTable {
    let name: String
    private let connection: Connection
    private let select: Statement
    private let upsert: Statement
    private let insert: Statement
    private let delete: Statement
    private let deleteThrough: Statement
    private let checksumSeed: UInt64

    init(_ name: String, on connection: Connection) throws(StoreError) {
        let table = Self.quoted(name)
        self.name = name
        self.connection = connection
        select = try Statement(
            "SELECT value, checksum FROM \(table) WHERE key = ?1", on: connection)
        upsert = try Statement(
            """
            INSERT INTO \(table) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET value = ?2, checksum = ?3
            """, on: connection)
        insert = try Statement(
            "INSERT INTO \(table) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", on: connection)
        delete = try Statement("DELETE FROM \(table) WHERE key = ?1", on: connection)
        deleteThrough = try Statement("DELETE FROM \(table) WHERE key <= ?1", on: connection)
        checksumSeed = Self.seed(name)
    }

    /// The SQL that makes the table. SQLite keeps it as it is, so it also tells the form of a
    /// table that was found.
    static func definition(_ name: String) -> String {
        """
        CREATE TABLE \(quoted(name)) (key BLOB PRIMARY KEY, value BLOB NOT NULL, \
        checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID
        """
    }

    /// Calls `body` with the value of a key, or with `nil`; the bytes are valid inside it only.
    func read<Result>(
        _ key: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer?) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        defer { select.reset() }
        unsafe select.bind(key, at: 1)
        guard try select.step() else { return try body(nil) }
        let value = unsafe select.bytes(0)
        guard unsafe select.integer(1) == checksum(key, value) else {
            throw damagedRow("a row has another checksum than its bytes")
        }
        return try unsafe body(value)
    }

    func write(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError) {
        try unsafe run(upsert, key, value)
    }

    func lot() throws(StoreError) -> RowLot { try RowLot(self, on: connection) }

    /// Writes a row unless there is one of this key.
    func writeIfAbsent(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws(StoreError) {
        try unsafe run(insert, key, value)
    }

    private func run(
        _ statement: borrowing Statement, _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) throws(StoreError) {
        defer { statement.reset() }
        unsafe statement.bind(key, at: 1)
        unsafe statement.bind(value, at: 2)
        unsafe statement.bind(checksum(key, value), at: 3)
        _ = try statement.step()
    }

    func remove(_ key: UnsafeRawBufferPointer) throws(StoreError) {
        defer { delete.reset() }
        unsafe delete.bind(key, at: 1)
        _ = try delete.step()
    }

    /// Removes all rows up to and with `key`.
    func removeThrough(_ key: UnsafeRawBufferPointer) throws(StoreError) {
        defer { deleteThrough.reset() }
        unsafe deleteThrough.bind(key, at: 1)
        _ = try deleteThrough.step()
    }

    /// Removes all rows; SQLite gives the pages back as a whole.
    func removeAll() throws(StoreError) {
        try connection.run("DELETE FROM \(Self.quoted(name))")
    }

    func isEmpty() throws(StoreError) -> Bool {
        try !Statement("SELECT 1 FROM \(Self.quoted(name)) LIMIT 1", on: connection).step()
    }

    /// The rows from `key` on, in the order of the keys' bytes.
    func rows(from key: [UInt8] = []) throws(StoreError) -> RowCursor {
        try RowCursor(self, from: key, on: connection)
    }

    func checksum(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int64 {
        let keyHash = unsafe ByteHash.hash(key, seed: checksumSeed)
        let hash = unsafe ByteHash.hash(value, seed: keyHash)
        return Int64(Int32(truncatingIfNeeded: hash))
    }

    func damagedRow(_ reason: String) -> StoreError {
        .damaged(connection.path, "in table '\(name)', \(reason)")
    }

    static func quoted(_ name: String) -> String {
        let parts = name.split(separator: "\"", omittingEmptySubsequences: false)
        return "\"\(parts.joined(separator: "\"\""))\""
    }

    private static func seed(_ name: String) -> UInt64 {
        unsafe Array(name.utf8).withUnsafeBytes { unsafe ByteHash.hash($0, seed: 0) }
    }
}

extension RowTable {
    func write(_ key: [UInt8], _ value: [UInt8]) throws(StoreError) {
        unsafe try key.withBytes { (key) throws(StoreError) in
            unsafe try value.withBytes { (value) throws(StoreError) in
                try unsafe write(key, value)
            }
        }
    }

    func remove(_ key: [UInt8]) throws(StoreError) {
        unsafe try key.withBytes { (key) throws(StoreError) in
            try unsafe remove(key)
        }
    }

    func removeThrough(_ key: [UInt8]) throws(StoreError) {
        unsafe try key.withBytes { (key) throws(StoreError) in
            try unsafe removeThrough(key)
        }
    }
}
