internal import CSQLite
internal import Glibc
internal import StreamCore

/// An open SQLite file, used from one thread.
@safe final class Connection {
    let path: String
    private var handle: OpaquePointer?
    /// Where the commit hook leaves the number of pages in the write-ahead log.
    private let logPageCount: UnsafeMutablePointer<Int32>

    init(_ path: String, creating: Bool = false) throws(StoreError) {
        self.path = path
        unsafe logPageCount = .allocate(capacity: 1)
        unsafe logPageCount.initialize(to: 0)
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        if creating { flags |= SQLITE_OPEN_CREATE }
        let code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK else { throw failure(code) }
        // Until the file is found to be whole, closing must not copy the log into it.
        try keepLogOnClose(true)
        try check(unsafe csqlite_harden(handle))
        guard unsafe sqlite3_db_readonly(handle, "main") == 0 else {
            throw .cannotOpen(
                path: path, reason: "it is read-only",
                remedy: "give the user that runs millrace the right to write it")
        }
        try check(unsafe sqlite3_busy_timeout(handle, 1_000))
        unsafe sqlite3_wal_hook(handle, noteLogPages, logPageCount)
    }

    /// Opens a file to look at it, also while its owner has it open: it takes no lock and changes
    /// neither the file nor its log nor its folder. What it reads may be torn by what the owner
    /// writes meanwhile.
    init(lookingAt path: String, hasLog: Bool) throws(StoreError) {
        self.path = path
        unsafe logPageCount = .allocate(capacity: 1)
        unsafe logPageCount.initialize(to: 0)
        let flags =
            SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        // A log that is not there would be made, except beside a file that is said not to change;
        // one that is there would not be read beside such a file.
        let form = hasLog ? "mode=ro&vfs=unix-none" : "mode=ro&immutable=1"
        let location = "\(path.hasPrefix("/") ? "file://" : "file:")\(Self.escaped(path))?\(form)"
        let code = unsafe sqlite3_open_v2(location, &handle, flags, nil)
        guard code == SQLITE_OK else { throw failure(code) }
        try keepLogOnClose(true)
        try check(unsafe csqlite_harden(handle))
        // The index of the log then lies in our memory.
        try run("PRAGMA locking_mode = EXCLUSIVE")
    }

    private static func escaped(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }

    deinit {
        close()
        unsafe logPageCount.deallocate()
    }

    /// Closes the file once the statements are gone too. Calling it again does nothing.
    func close() {
        unsafe sqlite3_close_v2(handle)
        unsafe handle = nil
    }

    /// Pages in the write-ahead log as of the last commit.
    var pagesInLog: Int { unsafe Int(logPageCount.pointee) }

    var isInTransaction: Bool { unsafe handle != nil && sqlite3_get_autocommit(handle) == 0 }

    func keepLogOnClose(_ keep: Bool) throws(StoreError) {
        try check(unsafe csqlite_keep_log_on_close(handle, keep ? 1 : 0))
    }

    func run(_ sql: String) throws(StoreError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Copies what the write-ahead log holds into the database, so that the log begins anew.
    func emptyLog() throws(StoreError) {
        var (inLog, copied): (Int32, Int32) = (0, 0)
        let code = unsafe sqlite3_wal_checkpoint_v2(
            handle, "main", SQLITE_CHECKPOINT_PASSIVE, &inLog, &copied)
        try check(code)
        if inLog == copied { unsafe logPageCount.pointee = 0 }
    }

    func prepare(_ sql: String) throws(StoreError) -> OpaquePointer {
        var statement: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else { throw failure(code) }
        return unsafe statement
    }

    func check(_ code: Int32) throws(StoreError) {
        if code != SQLITE_OK { throw failure(code) }
    }

    /// What a result code of SQLite means for whoever has to deal with it.
    func failure(_ code: Int32) -> StoreError {
        let systemCode = unsafe sqlite3_system_errno(handle)
        let message = unsafe handle == nil ? sqlite3_errstr(code) : sqlite3_errmsg(handle)
        let text = unsafe message.map { unsafe String(cString: $0) } ?? "error \(code)"
        let detail = systemCode == 0 ? text : "\(text) (\(FileSystem.reason(systemCode)))"
        switch code & 0xff {
        case SQLITE_FULL: return .full(path: path, reason: detail)
        case SQLITE_IOERR where [ENOSPC, EDQUOT, EFBIG].contains(systemCode):
            return .full(path: path, reason: detail)
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(path, detail)
        case SQLITE_BUSY, SQLITE_LOCKED:
            return .locked(path: path, owner: "another program that opened it with SQLite")
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            return .cannotOpen(
                path: path, reason: detail,
                remedy: "check that the user that runs millrace may write the file and its folder")
        case SQLITE_IOERR:
            // SQLite does not always keep the system's reason.
            return .failed(
                path: path,
                reason: """
                    \(detail), SQLite code \(code); look at the free space on that disk, at the \
                    limit of a file's size ('ulimit -f') and at the disk's health; the state is \
                    as of the last commit
                    """)
        default: return .failed(path: path, reason: "\(detail), SQLite code \(code)")
        }
    }
}

private func noteLogPages(
    _ count: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ schema: UnsafePointer<CChar>?, _ pages: Int32
) -> Int32 {
    unsafe count?.storeBytes(of: pages, as: Int32.self)
    return SQLITE_OK
}
