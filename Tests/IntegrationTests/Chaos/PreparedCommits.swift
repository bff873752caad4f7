import CSQLite
import Foundation

/// The commits that the state files of a process hold as prepared, and not yet as applied.
///
/// To die there is right, and a broker that forgets the offsets of aborted transactions, as Apache
/// Kafka does, bears it.
struct PreparedCommits {
    struct Unreadable: Error {
        let path: String
        let reason: String
    }

    /// It was in the same commit whenever it was looked at.
    struct NoEnd: Error {
        let log: String
    }

    /// How many of them a process has that stands still.
    static func count(of process: MillraceProcess) throws -> Int {
        try ProcessFiles(process.processID).openFiles.filter { $0.hasSuffix(".sqlite") }
            .filter(holdsPrepared).count
    }

    /// The owner locks its file, so a copy is read, with the log that belongs to it.
    private static func holdsPrepared(_ path: String) throws -> Bool {
        let folder = try TestFolder()
        let copy = folder.path("state.sqlite")
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
        }
        var database: OpaquePointer?
        defer { unsafe sqlite3_close(database) }
        func refuse() -> Unreadable {
            let message = unsafe sqlite3_errmsg(database).map { unsafe String(cString: $0) }
            return Unreadable(path: path, reason: message ?? "")
        }
        guard unsafe sqlite3_open(copy, &database) == SQLITE_OK else { throw refuse() }
        var statement: OpaquePointer?
        defer { unsafe sqlite3_finalize(statement) }
        let query = "SELECT count(*) FROM _meta WHERE substr(CAST(key AS TEXT), 1, 9) = 'prepared/'"
        guard unsafe sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK else {
            // It was stopped while it made the file.
            let refusal = refuse()
            if refusal.reason == "no such table: _meta" { return false }
            throw refusal
        }
        guard unsafe sqlite3_step(statement) == SQLITE_ROW else { throw refuse() }
        return unsafe sqlite3_column_int(statement, 0) > 0
    }
}

extension MillraceProcess {
    /// Stops it at a moment that is not within a commit; returns how often it had to go on.
    func freezeBetweenCommits(atMost limit: Duration) throws -> Int {
        let deadline = ContinuousClock.now + limit
        var attempts = 0
        while isRunning {
            freeze()
            if try PreparedCommits.count(of: self) == 0 { break }
            attempts += 1
            thaw()
            guard ContinuousClock.now < deadline else {
                throw PreparedCommits.NoEnd(log: logTail())
            }
            Self.waitBriefly()
        }
        return attempts
    }
}
