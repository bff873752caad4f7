internal import Events
internal import StreamCore

/// Keys of a run of events, one behind the other; those of each event stand together.
@safe struct KeyList: ~Copyable {
    private var bytes = ByteBuffer(capacity: 16 << 10)
    /// Where each key ends.
    private var ends: [Int] = []
    /// Where the keys of each event end, as numbers of keys.
    private var eventEnds: [Int] = []
    private var pointers: [UnsafeRawBufferPointer] = unsafe []

    mutating func removeAll() {
        bytes.removeAll()
        ends.removeAll(keepingCapacity: true)
        eventEnds.removeAll(keepingCapacity: true)
    }

    mutating func append(_ key: UnsafeRawBufferPointer) {
        unsafe bytes.append(key)
        ends.append(bytes.count)
    }

    /// What was appended since the last event is of the next one.
    mutating func endEvent() { eventEnds.append(ends.count) }

    var count: Int { ends.count }

    /// The numbers of an event's keys.
    func keys(ofEvent event: Int) -> Range<Int> {
        (event == 0 ? 0 : eventEnds[event - 1])..<eventEnds[event]
    }

    /// Valid until a key is appended.
    subscript(key: Int) -> UnsafeRawBufferPointer {
        let start = key == 0 ? 0 : ends[key - 1]
        return unsafe UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<ends[key]])
    }

    /// Says that a store is read for all of them, in their order.
    mutating func prefetch(in store: any KeyValueStore) {
        unsafe pointers.removeAll(keepingCapacity: true)
        for key in 0..<count { unsafe pointers.append(self[key]) }
        unsafe store.prefetch(pointers)
    }

    func arrays(_ keys: Range<Int>) -> [[UInt8]] { keys.map { unsafe Array(self[$0]) } }
}
