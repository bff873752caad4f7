internal import StreamCore

/// A walk over one run of ``RestoredRuns``.
@safe final class RunReader {
    private let file: RawFile
    private var offset: Int
    private let end: Int
    /// Counts from the latest run on.
    private let age: Int
    private var memory: UnsafeMutableRawBufferPointer
    /// What was read and is no record yet.
    private var rest: UnsafeRawBufferPointer
    /// Valid until the next one; `nil` before the first and behind the last.
    private var current: LogRecord?
    private var keptStore = 0
    private var keptKey: [UInt8] = []

    init(_ file: RawFile, _ run: Range<Int>, age: Int, byteCount: Int) {
        self.file = file
        offset = run.lowerBound
        end = run.upperBound
        self.age = age
        unsafe memory = .allocate(byteCount: byteCount, alignment: 16)
        unsafe rest = .empty
    }

    deinit { unsafe memory.deallocate() }

    var record: LogRecord {
        guard let current else { preconditionFailure("there is no record") }
        return current
    }

    /// Goes to the next record; false when there are no more.
    func advance() throws(StoreError) -> Bool {
        while true {
            var next = unsafe rest
            if let record = unsafe LogRecord(&next) {
                current = record
                unsafe rest = next
                return true
            }
            current = nil
            guard offset < end else { return false }
            try fill()
        }
    }

    /// Keeps the key of the record for `hasKey`, since the record is left meanwhile.
    func keepKey() {
        keptStore = record.store
        unsafe keptKey.assign(record.key)
    }

    /// Whether the record here has the key that the other one kept.
    func hasKey(of other: RunReader) -> Bool {
        guard record.store == other.keptStore else { return false }
        return unsafe other.keptKey.withBytes { unsafe record.key.hasSameBytes(as: $0) }
    }

    /// Whether this record comes first; of two with one key that of the later run does.
    func precedes(_ other: RunReader) -> Bool {
        let (a, b) = (record, other.record)
        if a.store != b.store { return a.store < b.store }
        let order = unsafe a.key.compare(b.key)
        return order != 0 ? order < 0 : age < other.age
    }

    /// Reads on behind the rest, into twice the memory when the rest fills it.
    private func fill() throws(StoreError) {
        let (old, restCount) = unsafe (memory, rest.count)
        let isTooSmall = restCount > old.count / 2
        if isTooSmall {
            unsafe memory = .allocate(byteCount: 2 * old.count, alignment: 16)
        }
        if let start = unsafe rest.baseAddress, restCount > 0 {
            unsafe memory.baseAddress?.copyMemory(from: start, byteCount: restCount)
        }
        if isTooSmall { unsafe old.deallocate() }
        let count = min(unsafe memory.count - restCount, end - offset)
        unsafe rest = UnsafeRawBufferPointer(rebasing: memory[..<restCount])
        try unsafe file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: memory[restCount..<restCount + count]),
            at: offset)
        offset += count
        unsafe rest = UnsafeRawBufferPointer(rebasing: memory[..<(restCount + count)])
    }
}
