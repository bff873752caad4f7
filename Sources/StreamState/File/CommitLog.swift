internal import StreamCore

/// The commits since the tables were last written: a file to which each commit is appended.
///
/// To append a commit costs a hundredth of what its rows cost in the tables, so the tables are
/// written once for many commits, and a commit that waits for its decision is in no table. The file
/// belongs to the tables by a number, the salt, that the transaction writes which brings the tables
/// up to date: with that the log is empty, whatever the file holds.
///
/// ```
/// file    = frame*                        as far as the checksums are right
/// commit  = stores? changes* (committed | prepared)
/// frame   = payload size, kind, checksum, payload
/// ```
///
/// The checksum of a frame covers the one before it, and that of the first the salt. So what an
/// attempt that failed left behind is never read as part of what was written over it. `stores`
/// names the stores whose indexes follow; it comes first after each opening. `discarded` takes back
/// the `prepared` before it.
@safe final class CommitLog {
    enum Kind: UInt32 {
        case stores = 1
        case changes, committed, prepared, discarded
    }

    /// A frame is written when it is this long.
    static let frameByteCount = 256 << 10
    static let headerByteCount = 16

    let file: RawFile
    let stores: [StoreSpec]
    private let isSynchronized: Bool
    /// What the checksum of the first frame covers.
    private(set) var salt: UInt64
    /// Where the next commit begins, and what its first checksum covers.
    var end = 0
    var chain: UInt64
    /// The commit at the end that is not decided.
    var prepared: Range<Int>?
    /// The commits that were discarded.
    var discarded: [Range<Int>] = []
    /// Whether the stores were named since the opening.
    private var hasNamedStores = false
    private var next: (offset: Int, chain: UInt64) = (0, 0)
    /// The frame that is being written, with its header.
    private var frame: [UInt8] = []

    init(
        _ path: String, of owner: String, salt: UInt64, stores: [StoreSpec], durability: Durability
    ) throws(StoreError) {
        file = try RawFile(path, of: owner)
        self.stores = stores
        isSynchronized = durability == .full
        self.salt = salt
        chain = salt
        beginFrame()
    }

    var isEmpty: Bool { end == 0 }
    var byteCount: Int { end }

    /// The tables are up to date: nothing in the file counts any more.
    func restart(salt: UInt64) {
        self.salt = salt
        (end, chain) = (0, salt)
        (prepared, discarded, hasNamedStores) = (nil, [], false)
    }

    /// Begins a commit. What was added to one that was not finished is forgotten.
    func begin() throws(StoreError) {
        next = (end, chain)
        beginFrame()
        guard !hasNamedStores else { return }
        for store in stores {
            unsafe try Array(store.name.utf8).withBytes { (name) throws(StoreError) in
                try unsafe add(store: 0, key: name, value: nil)
            }
        }
        try writeFrame(.stores)
    }

    /// Adds a change: a value, or `nil` for what is gone.
    func add(
        store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        let byteCount = unsafe LogRecord.headerByteCount + key.count + (value?.count ?? 0)
        if frame.count > Self.headerByteCount, frame.count + byteCount > Self.frameByteCount {
            try writeFrame(.changes)
        }
        unsafe LogRecord(store: store, key: key, value: value).append(to: &frame)
    }

    /// Ends the commit: from now on it is durable.
    func finish(_ checkpoint: TaskCheckpoint, isPrepared: Bool) throws(StoreError) {
        if frame.count > Self.headerByteCount { try writeFrame(.changes) }
        let rows = StandingRows(Standing(checkpoint: checkpoint), stores: stores).rows
        for (name, value) in rows.sorted(by: { $0.key < $1.key }) {
            unsafe try Array(name.utf8).withBytes { (name) throws(StoreError) in
                unsafe try value.withBytes { (value) throws(StoreError) in
                    unsafe LogRecord(store: 0, key: name, value: value).append(to: &frame)
                }
            }
        }
        try writeFrame(isPrepared ? .prepared : .committed)
        if isSynchronized { try file.synchronize() }
        prepared = isPrepared ? end..<next.offset : nil
        (end, chain) = next
        hasNamedStores = true
    }

    /// It was decided for the prepared commit; the next commit says so.
    func applyPrepared() { prepared = nil }

    func discardPrepared() throws(StoreError) {
        guard let prepared else { preconditionFailure("nothing in the log is prepared") }
        next = (end, chain)
        beginFrame()
        try writeFrame(.discarded)
        if isSynchronized { try file.synchronize() }
        discarded.append(prepared)
        self.prepared = nil
        (end, chain) = next
    }

    private func beginFrame() {
        frame.removeAll(keepingCapacity: frame.capacity <= 2 * Self.frameByteCount)
        frame.append(contentsOf: repeatElement(0, count: Self.headerByteCount))
    }

    private func writeFrame(_ kind: Kind) throws(StoreError) {
        let payloadCount = UInt32(frame.count - Self.headerByteCount)
        let chain = next.chain
        let checksum = unsafe frame.withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: payloadCount.littleEndian, as: UInt32.self)
            unsafe bytes.storeBytes(
                of: kind.rawValue.littleEndian, toByteOffset: 4, as: UInt32.self)
            let checksum = unsafe Self.checksum(UnsafeRawBufferPointer(bytes), after: chain)
            unsafe bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 8, as: UInt64.self)
            return checksum
        }
        let offset = next.offset
        unsafe try frame.withBytes { (bytes) throws(StoreError) in
            try unsafe file.write(bytes, at: offset)
        }
        next = (offset + frame.count, checksum)
        beginFrame()
    }

    /// The checksum of a frame, whose own place in the header is not looked at.
    static func checksum(_ frame: UnsafeRawBufferPointer, after chain: UInt64) -> UInt64 {
        let sizeAndKind = unsafe UnsafeRawBufferPointer(rebasing: frame[..<8])
        let payload = unsafe UnsafeRawBufferPointer(rebasing: frame[headerByteCount...])
        return unsafe ByteHash.hash(payload, seed: ByteHash.hash(sizeAndKind, seed: chain))
    }
}
