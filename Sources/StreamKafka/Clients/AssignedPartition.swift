internal import CKafka
internal import Events
internal import StreamCore
internal import StreamEngine

/// A partition that the consumer has, and the memory that its records are lent from.
@safe
final class AssignedPartition {
    let index: Int32
    private let memory: UnsafeMutablePointer<ckafka_batch>
    /// Who reads our memory at this moment. Not weak: a weak reference makes every other reference
    /// to the batch slow, and it is retained for each record.
    private var borrower: RecordBatch?
    private var position: Int64
    private var isAtEnd = false

    /// `position` is the first offset, or -1 while the broker has yet to tell.
    init(index: Int32, position: Int64) {
        guard let memory = unsafe ckafka_batch_create() else { fatalError("no memory for a batch") }
        unsafe self.memory = memory
        self.index = index
        self.position = position
    }

    /// Takes the memory back, so that nobody reads what is freed.
    deinit {
        borrower?.removeAll()
        unsafe ckafka_batch_destroy(memory)
    }

    /// Replaces the content of `batch` with the next records.
    func fetch(
        from consumer: OpaquePointer, into batch: RecordBatch, recordLimit: Int, byteLimit: Int,
        error: inout ckafka_error
    ) -> FetchStatus? {
        if borrower !== batch { borrower?.removeAll() }
        batch.removeAll()
        borrower = batch
        guard
            unsafe ckafka_consumer_fetch(
                consumer, index, memory, recordLimit, byteLimit, &error)
        else { return nil }
        lend(to: batch)
        return status
    }

    private func lend(to batch: RecordBatch) {
        let count = unsafe memory.pointee.count
        guard count > 0 else { return }
        unsafe batch.borrow(
            bytes: UnsafeRawBufferPointer(
                start: memory.pointee.bytes, count: memory.pointee.byte_count))
        let slots = unsafe UnsafeBufferPointer(start: memory.pointee.slots, count: count)
        for index in slots.indices {
            let slot = unsafe slots[index]
            batch.append(
                RecordBatch.Slot(
                    keyStart: slot.key_start, keyCount: slot.key_count,
                    valueStart: slot.value_start, valueCount: slot.value_count,
                    headersStart: slot.headers_start, headersCount: slot.headers_count,
                    offset: slot.offset, timestamp: slot.timestamp))
        }
    }

    /// The end stays reached until records come: the client reports it once.
    private var status: FetchStatus {
        let count = unsafe memory.pointee.count
        let next = unsafe memory.pointee.position
        if next >= 0 { position = next }
        if unsafe memory.pointee.reached_end {
            isAtEnd = true
        } else if count > 0 {
            isAtEnd = false
        }
        return FetchStatus(recordCount: count, position: position, isAtEnd: isAtEnd)
    }

    /// What a fetch tells that brought nothing.
    var emptyStatus: FetchStatus {
        FetchStatus(recordCount: 0, position: position, isAtEnd: isAtEnd)
    }

    /// What was known of the end is void after a jump.
    func move(to offset: Int64) {
        position = offset
        isAtEnd = false
    }
}
