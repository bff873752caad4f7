internal import Events
internal import StreamCore

/// What the checkpoints topic tells of one task, as it is read.
struct CheckpointLog {
    /// Somebody else wrote there.
    struct Foreign: Error, Equatable {
        let offset: Int64
    }

    private let checkpointKey: [UInt8]
    private let beginKeys: [[UInt8]]
    /// The last commit that is told of.
    private(set) var last: CheckpointRecord?
    /// Where the content of a store begins in its changelog, by its index; 0 where nothing is said.
    private(set) var begins: [Int: Int64] = [:]

    init(_ task: TaskIdentifier, stores: [StoreSpec], layout: ChangelogLayout) {
        checkpointKey = Array(layout.checkpointKey(of: task).utf8)
        beginKeys = stores.map { Array(layout.beginKey(of: task, store: $0).utf8) }
    }

    mutating func read(_ batch: RecordBatch) throws(Foreign) {
        for slot in batch.slots where slot.keyCount >= 0 && slot.valueCount >= 0 {
            let key = unsafe UnsafeRawBufferPointer(
                rebasing: batch.bytes[Int(slot.keyStart)..<Int(slot.keyStart) + Int(slot.keyCount)])
            let value = unsafe UnsafeRawBufferPointer(
                rebasing: batch.bytes[
                    Int(slot.valueStart)..<Int(slot.valueStart) + Int(slot.valueCount)])
            if unsafe key.elementsEqual(checkpointKey) {
                guard let record = unsafe CheckpointRecord(json: value) else {
                    throw Foreign(offset: slot.offset)
                }
                last = record
            } else if let store = beginKeys.firstIndex(where: { unsafe key.elementsEqual($0) }) {
                let text = unsafe String(decoding: value, as: UTF8.self)
                guard let offset = Int64(text) else { throw Foreign(offset: slot.offset) }
                begins[store] = offset
            }
        }
    }
}
