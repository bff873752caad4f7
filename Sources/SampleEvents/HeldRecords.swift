internal import Events

/// Records that are still on their way, in the order in which they will arrive.
///
/// A binary heap over slots whose memory is used again, so that a sample of any length holds no
/// more than its largest number of records on their way.
struct HeldRecords: Sendable {
    private struct Entry {
        let due: Int64
        /// Among records due at one time the order in which they were held.
        let order: Int
        let slot: Int
    }

    private struct Slot {
        var channel = SampleChannel.web
        var customer = 0
        var value: [UInt8] = []
        var occurredAt = Timestamp.distantPast
        var fault: SampleFault?
        var isDuplicate = false
    }

    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var held = 0

    /// When the next record arrives, in microseconds; `nil` when none is on its way.
    var nextDue: Int64? { heap.first?.due }

    /// Keeps a copy of `record` until `due`, in microseconds.
    mutating func hold(_ record: borrowing SampleRecord, until due: Int64, isDuplicate: Bool) {
        let slot = free.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].channel = record.channel
        slots[slot].customer = record.customer
        slots[slot].occurredAt = record.occurredAt
        slots[slot].fault = record.fault
        slots[slot].isDuplicate = isDuplicate
        slots[slot].value.removeAll(keepingCapacity: true)
        unsafe slots[slot].value.append(contentsOf: record.value.bytes)
        heap.append(Entry(due: due, order: held, slot: slot))
        held += 1
        siftUp(from: heap.count - 1)
    }

    /// Moves the record that arrives next into `record`, but for its key and its timestamp.
    mutating func takeNext(into record: inout SampleRecord) {
        let slot = heap[0].slot
        record.channel = slots[slot].channel
        record.customer = slots[slot].customer
        record.occurredAt = slots[slot].occurredAt
        record.fault = slots[slot].fault
        record.isDuplicate = slots[slot].isDuplicate
        record.value.removeAll()
        unsafe slots[slot].value.withUnsafeBytes { unsafe record.value.append($0) }
        free.append(slot)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (heap[a].due, heap[a].order) < (heap[b].due, heap[b].order)
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if isBefore(child, first) { first = child }
            }
            if first == parent { return }
            heap.swapAt(parent, first)
            parent = first
        }
    }
}
