internal import Glibc
internal import StreamCore

/// The ownership of a task's state: a lock on a file beside it, held as long as this lives.
///
/// The kernel gives the lock back when the process dies, however it dies. The file also says who
/// the owner is, and which commit was the last: when less than that is found although the machine
/// was not restarted in between, a part of the state was lost.
@safe struct OwnerLock: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private let bootIdentifier: String
    /// What the owner before this one wrote last.
    private let previous: OwnerRecord?

    /// - Throws: `StoreError.locked` while another process, or another place of this process, has
    ///   the lock.
    init(path: String, guarding database: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.cannotOpen(path, errno) }
        let previous: OwnerRecord?
        do throws(StoreError) {
            try Self.lock(descriptor, path, database)
            previous = Self.readRecord(descriptor)
            // What the predecessor knew stays until the state was found to be whole.
            let kept = OwnerRecord(
                process: getpid(), bootIdentifier: previous?.bootIdentifier ?? "none",
                sequence: previous?.sequence ?? 0)
            try Self.write(kept, to: descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
        self.previous = previous
        bootIdentifier = Self.readBootIdentifier()
    }

    deinit { close(descriptor) }

    /// The last commit that is known to have been made since the machine started.
    var lastKnownSequence: Int64? {
        guard let previous, previous.bootIdentifier == bootIdentifier else { return nil }
        return previous.sequence
    }

    /// Writes down the last commit. Without a guarantee: a record that is too old does no harm.
    func record(sequence: Int64) {
        let record = OwnerRecord(
            process: getpid(), bootIdentifier: bootIdentifier, sequence: sequence)
        try? Self.write(record, to: descriptor, path)
    }

    private static func lock(
        _ descriptor: Int32, _ path: String, _ database: String
    ) throws(StoreError) {
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { throw cannotOpen(path, errno) }
            attempts += 1
            guard attempts < forkAttempts, readRecord(descriptor)?.process == getpid() else {
                throw .locked(path: database, owner: ownerName(descriptor))
            }
            usleep(forkPause)
        }
    }

    /// A child process that was started shares the lock of a state that is closed meanwhile, until
    /// it executes its program: an instant that is waited for.
    private static let forkAttempts = 40
    private static let forkPause: UInt32 = 5_000

    private static func write(
        _ record: OwnerRecord, to descriptor: Int32, _ path: String
    ) throws(StoreError) {
        let bytes = record.bytes
        let written = unsafe bytes.withUnsafeBytes {
            unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0)
        }
        if written != bytes.count {
            throw .full(path: path, reason: FileSystem.reason(written < 0 ? errno : ENOSPC))
        }
    }

    private static func ownerName(_ descriptor: Int32) -> String {
        guard let record = readRecord(descriptor) else { return "another process" }
        return record.process == getpid()
            ? "this process (\(record.process)) already" : "process \(record.process)"
    }

    private static func readRecord(_ descriptor: Int32) -> OwnerRecord? {
        var bytes = [UInt8](repeating: 0, count: OwnerRecord.byteCount)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
        }
        return count == bytes.count ? OwnerRecord(bytes) : nil
    }

    private static func readBootIdentifier() -> String {
        let bytes = try? FileSystem.read("/proc/sys/kernel/random/boot_id", limit: 36)
        return bytes.map { String(decoding: $0, as: UTF8.self) } ?? "unknown"
    }

    private static func cannotOpen(_ path: String, _ code: Int32) -> StoreError {
        if code == ENOSPC || code == EDQUOT {
            return .full(path: path, reason: FileSystem.reason(code))
        }
        return .cannotOpen(
            path: path, reason: FileSystem.reason(code),
            remedy: "check that the user that runs millrace may write the folder, and that its "
                + "file system supports flock")
    }
}

/// The line in the lock file: `process 4242 boot <identifier> sequence 57`, padded to one length
/// so that writing it never needs more room.
struct OwnerRecord: Equatable {
    static let byteCount = 128

    let process: Int32
    let bootIdentifier: String
    let sequence: Int64

    init(process: Int32, bootIdentifier: String, sequence: Int64) {
        self.process = process
        self.bootIdentifier = bootIdentifier
        self.sequence = sequence
    }

    init?(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 6, words[0] == "process", words[2] == "boot", words[4] == "sequence",
            let process = Int32(words[1]), let sequence = Int64(words[5])
        else { return nil }
        self.init(process: process, bootIdentifier: String(words[3]), sequence: sequence)
    }

    var bytes: [UInt8] {
        let line = "process \(process) boot \(bootIdentifier) sequence \(sequence)"
        var bytes = Array(line.utf8.prefix(Self.byteCount - 1))
        bytes += repeatElement(UInt8(ascii: " "), count: Self.byteCount - 1 - bytes.count)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
