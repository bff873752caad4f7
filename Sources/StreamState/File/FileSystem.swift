internal import Glibc
internal import StreamCore

/// The few calls on files that SQLite does not make for us.
enum FileSystem {
    /// The size of a file in bytes; `nil` when there is none for certain.
    static func size(of path: String) throws(StoreError) -> Int? {
        var status = stat()
        if unsafe stat(path, &status) == 0 { return Int(status.st_size) }
        if errno == ENOENT { return nil }
        throw unreadable(path, errno)
    }

    /// Makes a folder and those above it, durably.
    static func makeFolder(_ path: String) throws(StoreError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            let above = made.isEmpty ? "." : made
            made += made.isEmpty || made.hasSuffix("/") ? String(part) : "/\(part)"
            if unsafe mkdir(made, 0o755) == 0 {
                try synchronizeFolder(above)
            } else if errno != EEXIST {
                throw folderFailure(path, made, errno)
            }
        }
    }

    private static func folderFailure(
        _ path: String, _ made: String, _ code: Int32
    ) -> StoreError {
        if code == ENOSPC || code == EDQUOT { return .full(path: made, reason: reason(code)) }
        return .cannotOpen(
            path: path, reason: "the folder \(made) could not be made: \(reason(code))",
            remedy: "make it yourself, or set another 'state_directory'")
    }

    /// At most `limit` bytes from the beginning of a file.
    static func read(_ path: String, limit: Int) throws(StoreError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let more = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress! + count, limit - count, off_t(count))
            }
            if more < 0, errno == EINTR { continue }
            if more < 0 { throw unreadable(path, errno) }
            if more == 0 { break }
            count += more
        }
        bytes.removeLast(limit - count)
        return bytes
    }

    /// The names in a folder; none when it is not there.
    static func names(in path: String) throws(StoreError) -> [String] {
        guard let folder = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw unreadable(path, errno)
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }

    static func rename(_ path: String, to newPath: String) throws(StoreError) {
        guard unsafe Glibc.rename(path, newPath) == 0 else {
            throw .failed(path: newPath, reason: "it could not be named: \(reason(errno))")
        }
    }

    /// Makes the names in a folder as durable as the files are.
    static func synchronizeFolder(_ path: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw .failed(path: path, reason: "fsync of the folder: \(reason(errno))")
        }
    }

    static func remove(_ path: String) { _ = unsafe unlink(path) }

    static func reason(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    private static func unreadable(_ path: String, _ code: Int32) -> StoreError {
        .cannotOpen(
            path: path, reason: reason(code),
            remedy: "check that the user that runs millrace may read and write it")
    }
}
