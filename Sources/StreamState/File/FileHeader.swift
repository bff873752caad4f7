internal import StreamCore

/// The first bytes of an SQLite file, looked at before SQLite is: opening a file can change it,
/// when its log has to be worked in, and a file that is not ours must stay as it is.
struct FileHeader {
    /// `MILR`; SQLite keeps a place in its header for the program that a file belongs to.
    static let applicationIdentifier: UInt32 = 0x4d49_4c52
    /// Raised when the tables of the file change their form or meaning.
    static let layoutVersion: UInt32 = 3
    static let byteCount = 100

    private static let magic = Array("SQLite format 3\0".utf8)
    private static let writeAheadLogVersion: UInt8 = 2

    /// - Throws: `StoreError.corrupt` or `.foreign` unless `path` begins as a state file of this
    ///   layout does.
    static func check(_ path: String) throws(StoreError) {
        let bytes = try FileSystem.read(path, limit: byteCount)
        guard bytes.count == byteCount else {
            throw .damaged(path, "it is cut off after \(bytes.count) bytes")
        }
        guard bytes.starts(with: magic) else {
            throw .foreign(
                path: path, found: "some program that does not use SQLite",
                expected: "millrace", remedy: StoreError.moveAway(path))
        }
        let application = word(bytes, at: 68)
        guard application == applicationIdentifier else {
            throw .foreign(
                path: path,
                found: "another program (SQLite application_id \(application))",
                expected: "millrace", remedy: StoreError.moveAway(path))
        }
        try checkLayout(Int64(word(bytes, at: 60)), path)
        guard bytes[18] == writeAheadLogVersion, bytes[19] == writeAheadLogVersion else {
            throw .damaged(path, "its header says that it has no write-ahead log")
        }
    }

    static func checkLayout(_ found: Int64, _ path: String) throws(StoreError) {
        guard found != layoutVersion else { return }
        throw .foreign(
            path: path, found: "file layout \(found)", expected: "file layout \(layoutVersion)",
            remedy: "run the version of millrace that wrote it, or start from nothing: "
                + StoreError.setAside(path))
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
