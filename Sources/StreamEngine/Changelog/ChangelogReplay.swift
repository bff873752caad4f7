internal import Events
internal import StreamCore

/// Brings a task's state forward by the records of its changelogs.
///
/// Records count up to a commit, the last that the checkpoints tell of. What lies behind it in a
/// changelog was written by a commit that never came to its end, or is not told of yet.
struct ChangelogReplay {
    enum Failure: Error, Equatable {
        /// The record was not written by a task of this application.
        case foreign(store: Int, offset: Int64)
        case state(StoreError)
    }

    /// What becomes of records behind the commit up to which they count.
    enum Remainder {
        /// They are passed over: their commit never came to its end.
        case skip
        /// They wait until the checkpoints tell of their commit.
        case keep
    }

    private let state: any TaskState
    private let logged: Set<Int>
    private(set) var limit: ChangeTag
    /// The offset of the next record to take, by store.
    private(set) var positions: [Int64]
    /// How many records were taken.
    private(set) var recordCount = 0
    /// The highest number of a commit so far, by store: a record of an earlier one behind it was
    /// written by a former owner who did not know better.
    private var highest: [Int64]
    /// The header that was looked at last, and whether its records count: they come in runs.
    private var lastHeader: [UInt8] = []
    private var lastCounts = false
    private var lastSequence: Int64 = 0

    init(_ state: any TaskState, positions: [Int64], logged: Set<Int>, limit: ChangeTag) {
        self.state = state
        self.logged = logged
        self.positions = positions
        self.limit = limit
        highest = Array(repeating: .min, count: positions.count)
    }

    /// The checkpoints tell of a further commit.
    mutating func extend(to limit: ChangeTag) {
        self.limit = limit
        lastHeader.removeAll(keepingCapacity: true)
    }

    /// Takes the records of a batch from `first` on; `position` is the offset behind the batch.
    /// Returns the index of the first that has to wait, or the number of records.
    mutating func take(
        _ batch: RecordBatch, from first: Int = 0, position: Int64, store: Int,
        remainder: Remainder
    ) throws(Failure) -> Int {
        let bytes = unsafe batch.bytes
        for index in first..<batch.count {
            let slot = batch.slots[index]
            guard slot.keyCount >= 0 else { throw .foreign(store: store, offset: slot.offset) }
            let header = unsafe Self.part(slot.headersStart, slot.headersCount, of: bytes)
            if unsafe !header.elementsEqual(lastHeader) {
                try unsafe readTag(header, store: store, offset: slot.offset)
            }
            guard lastCounts else {
                if remainder == .skip { continue }
                positions[store] = slot.offset
                return index
            }
            guard lastSequence >= highest[store] else { continue }
            highest[store] = lastSequence
            recordCount += 1
            let key = unsafe Self.part(slot.keyStart, slot.keyCount, of: bytes)
            let value: UnsafeRawBufferPointer? =
                unsafe slot.valueCount >= 0
                ? Self.part(slot.valueStart, slot.valueCount, of: bytes) : nil
            do {
                try unsafe state.restore(store: store, key: key, value: value)
            } catch {
                throw .state(error)
            }
        }
        positions[store] = position
        return batch.count
    }

    private mutating func readTag(
        _ header: UnsafeRawBufferPointer, store: Int, offset: Int64
    ) throws(Failure) {
        guard let tag = unsafe ChangeTag(headers: header) else {
            throw .foreign(store: store, offset: offset)
        }
        lastHeader.removeAll(keepingCapacity: true)
        unsafe lastHeader.append(contentsOf: header)
        lastSequence = tag.sequence
        lastCounts = tag.counts(upTo: limit)
    }

    private static func part(
        _ start: UInt32, _ count: Int32, of bytes: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(start) + Int(count)])
    }

    /// The progress to note with what was taken.
    var progress: RestoreProgress {
        RestoreProgress(offsets: changelogOffsets, isComplete: false)
    }

    /// Of the stores that are logged. What another one is to be a part of its changelog, the commit
    /// that begins it says: until then nothing of it is known.
    var changelogOffsets: [Int: Int64] {
        Dictionary(uniqueKeysWithValues: logged.map { ($0, positions[$0]) })
    }
}
