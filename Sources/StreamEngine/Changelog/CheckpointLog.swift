internal import Events
internal import StreamCore

/// What the checkpoints topic tells of one task, as it is read.
///
/// A task's record is found by the stores that it names: its key changes with them. Of several the
/// last that was written counts.
struct CheckpointLog {
    /// Somebody else wrote there.
    struct Foreign: Error, Equatable {
        let offset: Int64
    }

    private let checkpointKey: [UInt8]
    private let storeNames: [String]
    /// The last value of each key, in whose place it lies.
    private var values: [[UInt8]: (offset: Int64, value: [UInt8])] = [:]
    /// The last commit that is told of.
    private(set) var last: CheckpointRecord?
    /// Where the content of a store begins in its changelog, by its index; 0 where nothing is said.
    private(set) var begins: [Int: Int64] = [:]

    init(_ task: TaskIdentifier, stores: [StoreSpec], layout: ChangelogLayout) {
        checkpointKey = Array(layout.checkpointKey(of: task).utf8)
        storeNames = stores.map(\.name)
    }

    mutating func read(_ batch: RecordBatch) throws(Foreign) {
        values.removeAll(keepingCapacity: true)
        for slot in batch.slots where slot.keyCount >= 0 && slot.valueCount >= 0 {
            let key = unsafe batch.bytes[
                Int(slot.keyStart)..<Int(slot.keyStart) + Int(slot.keyCount)]
            let value = unsafe batch.bytes[
                Int(slot.valueStart)..<Int(slot.valueStart) + Int(slot.valueCount)]
            unsafe values[Array(key)] = (slot.offset, Array(value))
        }
        // Of a key only the last value counts: the others need not be understood.
        for (key, entry) in values.sorted(by: { $0.value.offset < $1.value.offset }) {
            try take(key, entry.value, at: entry.offset)
        }
    }

    private mutating func take(
        _ key: [UInt8], _ value: [UInt8], at offset: Int64
    ) throws(Foreign) {
        if let store = beginStore(key) {
            guard let begin = Int64(String(decoding: value, as: UTF8.self)) else {
                throw Foreign(offset: offset)
            }
            begins[store] = begin
        } else if let record = CheckpointRecord(json: value) {
            guard key == checkpointKey || storeNames.contains(where: { record.stores[$0] != nil })
            else { return }
            last = record
        } else if key == checkpointKey {
            throw Foreign(offset: offset)
        }
    }

    private func beginStore(_ key: [UInt8]) -> Int? {
        let parts = String(decoding: key, as: UTF8.self).split(separator: "/")
        guard parts.count == 3, "/\(parts[1])/" == ChangelogLayout.beginMark else { return nil }
        return storeNames.firstIndex(of: String(parts[2]))
    }
}
