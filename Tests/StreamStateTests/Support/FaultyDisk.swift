import CSQLite
import Glibc
import Synchronization

/// A disk that fails when it is told to, for the files below one folder: a file system of SQLite
/// that lies over the real one.
///
/// Every write, truncation and synchronization counts as one operation. From the chosen one on
/// they fail, until the disk is repaired. A write fails halfway: its first half is on the disk.
final class FaultyDisk: Sendable {
    private struct Fault {
        var remaining: Int?
        var code: Int32 = SQLITE_OK
        var operationCount = 0
    }

    let folder: String
    private let fault = Mutex(Fault())

    /// - Parameter folder: Files below it that are opened from now on are on this disk.
    init(under folder: String) {
        self.folder = folder
        Self.disks.withLock { $0.append(self) }
        FaultyFileSystem.register()
    }

    /// Operations since the disk was made.
    var operationCount: Int { fault.withLock { $0.operationCount } }

    /// Lets the operations fail that come after `count` more.
    func fail(after count: Int, code: Int32) {
        fault.withLock { ($0.remaining, $0.code) = (count, code) }
    }

    func repair() { fault.withLock { $0.remaining = nil } }

    fileprivate func nextOperation() -> Int32 {
        fault.withLock { fault in
            fault.operationCount += 1
            guard let remaining = fault.remaining else { return SQLITE_OK }
            if remaining == 0 { return fault.code }
            fault.remaining = remaining - 1
            return SQLITE_OK
        }
    }

    private static let disks = Mutex<[FaultyDisk]>([])

    fileprivate static func holding(_ path: String) -> FaultyDisk? {
        disks.withLock { $0.first { path.hasPrefix($0.folder + "/") } }
    }
}

/// The functions that SQLite calls. Files on no faulty disk are handed to the real system as they
/// are.
private enum FaultyFileSystem {
    /// What SQLite allocates for an open file; that of the real system follows it.
    @safe struct File {
        var base: sqlite3_file
        var disk: Unmanaged<FaultyDisk>
    }

    static let fileByteCount = (MemoryLayout<File>.stride + 15) & ~15
    static nonisolated(unsafe) let real = unsafe sqlite3_vfs_find("unix")!
    static nonisolated(unsafe) let methods = unsafe makeMethods()

    static func register() { _ = registered }

    private static let registered: Bool = {
        let system = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        unsafe system.initialize(to: real.pointee)
        unsafe system.pointee.pNext = nil
        unsafe system.pointee.zName = UnsafePointer(strdup("faulty")!)
        unsafe system.pointee.szOsFile += Int32(fileByteCount)
        unsafe system.pointee.xOpen = { (_, path, file, flags, outFlags) in
            unsafe FaultyFileSystem.open(path, file!, flags, outFlags)
        }
        return unsafe sqlite3_vfs_register(system, 1) == SQLITE_OK
    }()

    static func open(
        _ path: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let disk = unsafe path.flatMap { unsafe FaultyDisk.holding(String(cString: $0)) }
        guard let disk else { return unsafe real.pointee.xOpen(real, path, file, flags, outFlags) }
        let code = unsafe real.pointee.xOpen(real, path, inner(file), flags, outFlags)
        guard unsafe inner(file).pointee.pMethods != nil else {
            unsafe file.pointee.pMethods = nil
            return code
        }
        unsafe UnsafeMutableRawPointer(file).initializeMemory(
            as: File.self,
            to: File(base: sqlite3_file(pMethods: methods), disk: .passUnretained(disk)))
        return code
    }

    /// Version 1: without shared memory, which a file that is locked exclusively does not need.
    private static func makeMethods() -> UnsafeMutablePointer<sqlite3_io_methods> {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        unsafe methods.initialize(to: sqlite3_io_methods())
        unsafe methods.pointee.iVersion = 1
        unsafe methods.pointee.xClose = {
            unsafe inner($0).pointee.pMethods.pointee.xClose(inner($0))
        }
        unsafe methods.pointee.xRead = {
            unsafe inner($0).pointee.pMethods.pointee.xRead(inner($0), $1, $2, $3)
        }
        unsafe methods.pointee.xWrite = { (file, bytes, count, offset) in
            let code = unsafe nextOperation(file)
            let written = code == SQLITE_OK ? count : count / 2
            let real = unsafe inner(file).pointee.pMethods.pointee.xWrite(
                inner(file), bytes, written, offset)
            return code == SQLITE_OK ? real : code
        }
        unsafe methods.pointee.xTruncate = { (file, size) in
            let code = unsafe nextOperation(file)
            guard code == SQLITE_OK else { return SQLITE_IOERR }
            return unsafe inner(file).pointee.pMethods.pointee.xTruncate(inner(file), size)
        }
        unsafe methods.pointee.xSync = { (file, flags) in
            let code = unsafe nextOperation(file)
            guard code == SQLITE_OK else { return code }
            return unsafe inner(file).pointee.pMethods.pointee.xSync(inner(file), flags)
        }
        unsafe methods.pointee.xFileSize = {
            unsafe inner($0).pointee.pMethods.pointee.xFileSize(inner($0), $1)
        }
        unsafe methods.pointee.xLock = {
            unsafe inner($0).pointee.pMethods.pointee.xLock(inner($0), $1)
        }
        unsafe methods.pointee.xUnlock = {
            unsafe inner($0).pointee.pMethods.pointee.xUnlock(inner($0), $1)
        }
        unsafe methods.pointee.xCheckReservedLock = {
            unsafe inner($0).pointee.pMethods.pointee.xCheckReservedLock(inner($0), $1)
        }
        unsafe methods.pointee.xFileControl = {
            unsafe inner($0).pointee.pMethods.pointee.xFileControl(inner($0), $1, $2)
        }
        unsafe methods.pointee.xSectorSize = {
            unsafe inner($0).pointee.pMethods.pointee.xSectorSize(inner($0))
        }
        unsafe methods.pointee.xDeviceCharacteristics = {
            unsafe inner($0).pointee.pMethods.pointee.xDeviceCharacteristics(inner($0))
        }
        return unsafe methods
    }
}

/// The real system's file behind one of ours.
private func inner(
    _ file: UnsafeMutablePointer<sqlite3_file>?
) -> UnsafeMutablePointer<sqlite3_file> {
    unsafe (UnsafeMutableRawPointer(file!) + FaultyFileSystem.fileByteCount)
        .assumingMemoryBound(to: sqlite3_file.self)
}

private func nextOperation(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
    unsafe UnsafeMutableRawPointer(file!).assumingMemoryBound(to: FaultyFileSystem.File.self)
        .pointee.disk.takeUnretainedValue().nextOperation()
}
