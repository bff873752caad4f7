internal import CSQLite
internal import Glibc
internal import StreamCore

/// A file beside the SQLite file, read and written through SQLite's layer over the system, so that
/// whatever stands in for that layer, the faulty disk of the tests for example, covers it too.
@safe final class RawFile {
    /// SQLite's layer takes no more at once than it needs for a page.
    private static let pieceByteCount = 64 << 10

    /// The state file that errors name.
    let owner: String
    /// Kept as long as the file is open: the layer keeps the pointer.
    private let name: UnsafeMutablePointer<CChar>
    private let file: UnsafeMutablePointer<sqlite3_file>

    /// Opens the file, and makes it when there is none.
    init(_ path: String, of owner: String, isTemporary: Bool = false) throws(StoreError) {
        self.owner = owner
        guard let system = unsafe sqlite3_vfs_find(nil), let name = unsafe strdup(path) else {
            throw .failed(path: owner, reason: "SQLite has no file system")
        }
        let byteCount = unsafe Int(system.pointee.szOsFile)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        unsafe self.name = name
        unsafe file = memory.assumingMemoryBound(to: sqlite3_file.self)
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL
        if isTemporary { flags |= SQLITE_OPEN_DELETEONCLOSE }
        errno = 0
        try check(unsafe system.pointee.xOpen(system, name, file, flags, nil))
    }

    deinit {
        if unsafe file.pointee.pMethods != nil {
            _ = unsafe file.pointee.pMethods.pointee.xClose(file)
        }
        unsafe UnsafeMutableRawPointer(file).deallocate()
        unsafe free(name)
    }

    func byteCount() throws(StoreError) -> Int {
        var count: sqlite3_int64 = 0
        try check(unsafe file.pointee.pMethods.pointee.xFileSize(file, &count))
        return Int(count)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
        errno = 0
        for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
            let end = min(start + Self.pieceByteCount, bytes.count)
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            try check(
                unsafe file.pointee.pMethods.pointee.xWrite(
                    file, piece.baseAddress, Int32(piece.count), Int64(offset + start)))
        }
    }

    /// - Precondition: the file is that long.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(StoreError) {
        errno = 0
        for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
            let end = min(start + Self.pieceByteCount, bytes.count)
            let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end])
            try check(
                unsafe file.pointee.pMethods.pointee.xRead(
                    file, piece.baseAddress, Int32(piece.count), Int64(offset + start)))
        }
    }

    func synchronize() throws(StoreError) {
        errno = 0
        try check(unsafe file.pointee.pMethods.pointee.xSync(file, SQLITE_SYNC_NORMAL))
    }

    private func check(_ code: Int32) throws(StoreError) {
        guard code != SQLITE_OK else { return }
        let systemCode = errno
        let text = unsafe sqlite3_errstr(code).map { unsafe String(cString: $0) } ?? "error"
        let reason = systemCode == 0 ? text : "\(text) (\(FileSystem.reason(systemCode)))"
        switch code & 0xff {
        case SQLITE_FULL: throw .full(path: owner, reason: reason)
        case SQLITE_IOERR where [ENOSPC, EDQUOT, EFBIG].contains(systemCode):
            throw .full(path: owner, reason: reason)
        case SQLITE_CANTOPEN:
            throw .cannotOpen(
                path: owner, reason: "a file beside it: \(reason)",
                remedy: "check that the user that runs millrace may write the folder")
        default:
            throw .failed(
                path: owner, reason: "a file beside it: \(reason), SQLite code \(code)")
        }
    }
}
