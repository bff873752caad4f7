internal import Foundation

/// A file that a run over files can't read or write.
struct UnusableFile: Error, CustomStringConvertible {
    let path: String
    /// A clause, with its remedy.
    let reason: String

    var description: String { "\(path): \(reason)" }

    /// What the system said last.
    static func systemReason() -> String { unsafe String(cString: strerror(errno)) }
}

/// Which file a path leads to, whatever the path.
struct FileIdentity: Equatable {
    let device: UInt64
    let number: UInt64
    let isFolder: Bool
    let isRegular: Bool
    let size: Int

    /// `nil` when there is none, or when it can't be reached: `errno` says why.
    init?(path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of an open file.
    init?(descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isRegular = status.st_mode & S_IFMT == S_IFREG
        size = Int(status.st_size)
    }

    func isSameFile(as other: FileIdentity) -> Bool {
        device == other.device && number == other.number
    }
}
