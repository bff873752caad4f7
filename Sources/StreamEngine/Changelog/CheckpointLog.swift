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
    /// The offset of the first record that was not read yet.
    private(set) var position: Int64 = 0
    /// The last commit that is told of.
    private(set) var last: CheckpointRecord?
    /// Where the content of a store begins in its changelog, by its index; 0 where nothing is said.
    private(set) var begins: [Int: Int64] = [:]

    init(_ task: TaskIdentifier, stores: [StoreSpec], layout: ChangelogLayout) {
        checkpointKey = Array(layout.checkpointKey(of: task).utf8)
        storeNames = stores.map(\.name)
    }

    /// Reads what has come since the last time. Of a key only the last value counts: the others need
    /// not be understood.
    mutating func read(_ records: CheckpointRecords) throws(Foreign) {
        guard records.end > position else { return }
        for entry in records.entries(from: position) {
            try take(entry.key, entry.value, at: entry.offset)
        }
        position = records.end
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
