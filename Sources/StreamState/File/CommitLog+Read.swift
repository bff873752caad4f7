internal import StreamCore

// Reading what was appended: at opening, and when changes are forgotten.
extension CommitLog {
    /// Reads the file as far as it belongs to the tables, which say `base`, and returns how far the
    /// task had come with it. Only reads.
    func scan(_ base: Standing, _ metadata: RowTable) throws(StoreError) -> Standing {
        var reader = try FrameReader(self)
        var standing = base
        var begin = 0
        while let kind = try reader.next() {
            switch kind {
            case .stores, .changes: continue
            case .committed, .prepared:
                // Another commit follows only when the one before it was decided for.
                let decided = standing.prepared ?? standing.checkpoint
                let checkpoint = try reader.checkpoint(metadata)
                standing =
                    kind == .committed
                    ? Standing(checkpoint: checkpoint)
                    : Standing(checkpoint: decided, prepared: checkpoint)
                prepared = kind == .committed ? nil : begin..<reader.offset
            case .discarded:
                guard let range = prepared else { throw metadata.unreadableLog }
                discarded.append(range)
                prepared = nil
                standing = Standing(checkpoint: standing.checkpoint)
            }
            begin = reader.offset
            (end, chain) = (reader.offset, reader.chain)
        }
        return standing
    }

    /// Calls `body` with every change of the decided commits, in their order, then with those of
    /// the prepared one, until it returns false. Whether it came to the end.
    func replay(
        _ body: (_ change: LogRecord, _ isPrepared: Bool) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        var reader = try FrameReader(self)
        while reader.offset < end, let kind = try reader.next() {
            guard kind == .changes else { continue }
            let isDiscarded = discarded.contains { $0.contains(reader.frameOffset) }
            let isPrepared = prepared?.contains(reader.frameOffset) == true
            if isDiscarded { continue }
            let goesOn = try reader.forEachRecord { (record) throws(StoreError) in
                try body(record, isPrepared)
            }
            if !goesOn { return false }
        }
        guard reader.offset == end else {
            throw .damaged(file.owner, "its log of commits changed while it was in use")
        }
        return true
    }
}

/// A walk over the frames of a log whose checksums are right.
private struct FrameReader: ~Copyable {
    private let log: CommitLog
    private let fileByteCount: Int
    private var frame: [UInt8] = []
    /// The stores by the indexes that the records have.
    private var indexes: [Int] = []
    private(set) var frameOffset = 0
    /// Behind the frame.
    private(set) var offset = 0
    private(set) var chain: UInt64

    init(_ log: CommitLog) throws(StoreError) {
        self.log = log
        fileByteCount = try log.file.byteCount()
        chain = log.salt
    }

    /// Goes to the next frame; `nil` when there is none that belongs to the log.
    mutating func next() throws(StoreError) -> CommitLog.Kind? {
        let headerByteCount = CommitLog.headerByteCount
        guard fileByteCount - offset >= headerByteCount else { return nil }
        try read(headerByteCount)
        let payloadCount = Int(word(at: 0))
        guard fileByteCount - offset - headerByteCount >= payloadCount,
            let kind = CommitLog.Kind(rawValue: word(at: 4))
        else { return nil }
        try read(headerByteCount + payloadCount)
        let stated = UInt64(word(at: 8)) | UInt64(word(at: 12)) << 32
        let chain = chain
        let checksum = unsafe frame.withUnsafeBytes {
            unsafe CommitLog.checksum($0, after: chain)
        }
        guard checksum == stated else { return nil }
        self.chain = checksum
        frameOffset = offset
        offset += frame.count
        if kind == .stores { try readStores() }
        return kind
    }

    func forEachRecord(
        _ body: (LogRecord) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        try forEach { (record) throws(StoreError) in
            guard indexes.indices.contains(record.store) else { throw unreadable }
            return try unsafe body(
                LogRecord(store: indexes[record.store], key: record.key, value: record.value))
        }
    }

    func checkpoint(_ metadata: RowTable) throws(StoreError) -> TaskCheckpoint {
        var rows: [String: [UInt8]] = [:]
        _ = try forEach { (record) throws(StoreError) in
            rows[unsafe String(decoding: record.key, as: UTF8.self)] = unsafe Array(
                record.value ?? .empty)
            return true
        }
        let standing = try StandingRows(rows: rows).standing(stores: log.stores, metadata)
        guard let checkpoint = standing.checkpoint else { throw metadata.unreadableLog }
        return checkpoint
    }

    private mutating func readStores() throws(StoreError) {
        var names: [String] = []
        _ = try forEach { (record) throws(StoreError) in
            names.append(unsafe String(decoding: record.key, as: UTF8.self))
            return true
        }
        indexes.removeAll()
        for name in names {
            guard let index = log.stores.firstIndex(where: { $0.name == name }) else {
                throw .damaged(log.file.owner, "its log names a store '\(name)' that it has not")
            }
            indexes.append(index)
        }
    }

    private func forEach(
        _ body: (LogRecord) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        unsafe try frame.withBytes { (frame) throws(StoreError) in
            var rest = unsafe UnsafeRawBufferPointer(rebasing: frame[CommitLog.headerByteCount...])
            while unsafe !rest.isEmpty {
                guard let record = unsafe LogRecord(&rest) else { throw unreadable }
                if try !body(record) { return false }
            }
            return true
        }
    }

    private mutating func read(_ count: Int) throws(StoreError) {
        if frame.count > count { frame.removeLast(frame.count - count) }
        if frame.count < count {
            frame.append(contentsOf: repeatElement(0, count: count - frame.count))
        }
        let (file, offset) = (log.file, offset)
        let result = unsafe frame.withUnsafeMutableBytes { bytes in
            Result { () throws(StoreError) in try unsafe file.read(into: bytes, at: offset) }
        }
        try result.get()
    }

    private func word(at position: Int) -> UInt32 {
        unsafe frame.withUnsafeBytes {
            UInt32(
                littleEndian: unsafe $0.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        }
    }

    private var unreadable: StoreError { .damaged(log.file.owner, "its log cannot be read") }
}

extension RowTable {
    fileprivate var unreadableLog: StoreError { damagedRow("the log of commits does not go on") }
}
