internal import StreamCore

/// Entries that are restored, in runs: each is in order, and they lie one behind the other in a file
/// that is gone when it is closed.
///
/// A changelog comes in the order of its last changes, and what memory holds of it reaches nearly
/// every page of a large table. Merged, the runs give all entries in order, so that each page is
/// written once.
@safe final class RestoredRuns {
    private static let bufferByteCount = 64 << 10
    private static let runLimit = 64

    private let file: RawFile
    /// What each run has to be read with, so that all together have no more than the memory.
    private let readByteCount: Int
    private let limit: Int
    private var runs: [Range<Int>] = []
    private var buffer: [UInt8] = []

    init(_ path: String, of owner: String, memoryByteCount: Int) throws(StoreError) {
        file = try RawFile(path, of: owner, isTemporary: true)
        readByteCount = min(max(memoryByteCount / (2 * Self.runLimit), 4 << 10), 64 << 10)
        limit = min(max(memoryByteCount / (2 * readByteCount), 2), Self.runLimit)
    }

    var isEmpty: Bool { runs.isEmpty }

    /// Whether more runs could not be merged within the memory.
    var isFull: Bool { runs.count >= limit }

    func removeAll() { runs.removeAll() }

    /// Adds a run of records that `body` gives in the order of stores and keys.
    func addRun(
        _ body: ((LogRecord) throws(StoreError) -> Void) throws(StoreError) -> Void
    ) throws(StoreError) {
        let start = runs.last?.upperBound ?? 0
        var end = start
        buffer.removeAll(keepingCapacity: true)
        try body { (record) throws(StoreError) in
            record.append(to: &buffer)
            if buffer.count >= Self.bufferByteCount { try write(at: &end) }
        }
        try write(at: &end)
        if end > start { runs.append(start..<end) }
    }

    private func write(at end: inout Int) throws(StoreError) {
        let offset = end
        try unsafe buffer.withBytes { (bytes) throws(StoreError) in
            try unsafe file.write(bytes, at: offset)
        }
        end += buffer.count
        buffer.removeAll(keepingCapacity: buffer.capacity <= 2 * Self.bufferByteCount)
    }

    /// Calls `body` with all records in the order of stores and keys; of those that have the same
    /// key with that of the latest run.
    func merge(_ body: (LogRecord) throws(StoreError) -> Void) throws(StoreError) {
        // A heap of the readers, the one with the least record in front.
        var heap: [RunReader] = []
        for (age, run) in runs.reversed().enumerated() {
            let reader = RunReader(file, run, age: age, byteCount: readByteCount)
            if try reader.advance() { heap.append(reader) }
        }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sift(&heap, index) }
        while let first = heap.first {
            try body(first.record)
            let previous = first
            previous.keepKey()
            while let reader = heap.first, reader.hasKey(of: previous) {
                if try !reader.advance() {
                    heap[0] = heap[heap.count - 1]
                    heap.removeLast()
                }
                sift(&heap, 0)
            }
        }
    }

    private func sift(_ heap: inout [RunReader], _ start: Int) {
        var index = start
        while true {
            var least = index
            for child in 2 * index + 1...2 * index + 2
            where child < heap.count && heap[child].precedes(heap[least]) { least = child }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
