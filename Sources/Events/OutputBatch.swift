/// The records that a task wants to be produced: flat bytes, and slots that point into them.
///
/// Emptying it keeps the memory. A producer walks `slots` and hands `bytes` to its client
/// library, which copies what it needs.
@safe
public final class OutputBatch {
    /// Where one record's parts lie, and where it goes.
    @frozen
    public struct Slot: BitwiseCopyable, Sendable {
        /// The topic, as an index into the application's topic table.
        public var topic: Int32
        /// The partition; -1 lets the key decide.
        public var partition: Int32
        /// The offset of the key in the batch's bytes.
        public var keyStart: UInt32
        /// The bytes of the key; -1 when the record has no key.
        public var keyCount: Int32
        /// The offset of the value in the batch's bytes.
        public var valueStart: UInt32
        /// The bytes of the value; -1 for a tombstone.
        public var valueCount: Int32
        /// The offset of the headers, in the form of ``RecordHeaders``.
        public var headersStart: UInt32
        /// The bytes of the headers; 0 when there are none.
        public var headersCount: Int32
        /// The record's timestamp in milliseconds since 1970; -1 lets the broker decide.
        public var timestamp: Int64
    }

    // One thread writes a batch and no method calls back into it, so accesses cannot overlap.
    // Checking that at run time cost as much as rendering a small event.

    /// The records, in the order in which they were appended.
    @safe @exclusivity(unchecked) public private(set) var slots: [Slot] = []

    @safe @exclusivity(unchecked) private var buffer = ByteBuffer(capacity: 4096)

    /// An empty batch.
    public init() {}

    /// The number of records.
    public var count: Int { slots.count }

    /// The number of bytes that the slots point into.
    public var byteCount: Int { buffer.count }

    /// The bytes that the slots point into. Valid until the batch is next written to.
    public var bytes: UnsafeRawBufferPointer { unsafe buffer.bytes }

    /// Forgets the records and keeps the memory.
    public func removeAll() {
        slots.removeAll(keepingCapacity: true)
        buffer.removeAll()
    }

    /// Appends an event as it is now: its value with all changes, its headers, its timestamp.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arena: The arena that it lives in.
    ///   - topic: The topic, as an index into the application's topic table.
    ///   - key: The key in the arena; `nil` takes the event's.
    ///   - partition: The partition; -1 lets the key decide.
    ///   - firstHeaders: Headers to put in front of the event's, in the form of
    ///     ``RecordHeaders``.
    ///   - skippedHeaderBytes: How many bytes of the event's encoded headers to leave out at
    ///     their start.
    public func append(
        _ event: Event, of arena: EventArena, topic: Int32, key: ByteRange? = nil,
        partition: Int32 = -1, firstHeaders: UnsafeRawBufferPointer? = nil,
        skippedHeaderBytes: Int = 0
    ) {
        let key = key ?? event.key
        let keyStart = buffer.count
        unsafe buffer.append(arena.bytes(key))
        let valueStart = buffer.count
        arena.render(event, into: &buffer)
        let headersStart = buffer.count
        if let firstHeaders = unsafe firstHeaders { unsafe buffer.append(firstHeaders) }
        arena.renderHeaders(of: event, skippingBytes: skippedHeaderBytes, into: &buffer)
        let isTombstone = arena.isTombstone(event)
        appendSlot(
            topic: topic, partition: partition,
            key: (keyStart, key.isAbsent ? nil : key.count),
            value: (valueStart, isTombstone ? nil : headersStart - valueStart),
            headersStart: headersStart,
            timestamp: event.timestamp == .distantPast ? -1 : event.timestamp.milliseconds)
    }

    /// Appends an event whose value is written as these bytes.
    public func append(
        _ event: Event, of arena: EventArena, value: UnsafeRawBufferPointer, topic: Int32,
        skippedHeaderBytes: Int = 0
    ) {
        let keyStart = buffer.count
        unsafe buffer.append(arena.bytes(event.key))
        let valueStart = buffer.count
        unsafe buffer.append(value)
        let headersStart = buffer.count
        arena.renderHeaders(of: event, skippingBytes: skippedHeaderBytes, into: &buffer)
        appendSlot(
            topic: topic, partition: -1,
            key: (keyStart, event.key.isAbsent ? nil : event.key.count),
            value: (valueStart, value.count), headersStart: headersStart,
            timestamp: event.timestamp == .distantPast ? -1 : event.timestamp.milliseconds)
    }

    /// Appends a record of these parts, which are copied.
    ///
    /// - Parameters:
    ///   - key: The key, or `nil` for none.
    ///   - value: The value, or `nil` for a tombstone.
    ///   - headers: The headers in the form of ``RecordHeaders``, or `nil` for none.
    ///   - topic: The topic, as an index into the application's topic table.
    ///   - partition: The partition; -1 lets the key decide.
    ///   - timestamp: Milliseconds since 1970; -1 lets the broker decide.
    public func append(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: UnsafeRawBufferPointer? = nil, topic: Int32, partition: Int32 = -1,
        timestamp: Int64
    ) {
        let keyStart = buffer.count
        if let key = unsafe key { unsafe buffer.append(key) }
        let valueStart = buffer.count
        if let value = unsafe value { unsafe buffer.append(value) }
        let headersStart = buffer.count
        if let headers = unsafe headers { unsafe buffer.append(headers) }
        unsafe appendSlot(
            topic: topic, partition: partition, key: (keyStart, key?.count),
            value: (valueStart, value?.count), headersStart: headersStart, timestamp: timestamp)
    }

    /// Appends a record of another batch.
    public func append(_ other: OutputBatch, record index: Int) {
        let slot = other.slots[index]
        unsafe append(
            key: other.key(of: index), value: other.value(of: index),
            headers: other.headers(of: index), topic: slot.topic, partition: slot.partition,
            timestamp: slot.timestamp)
    }

    /// The key of a record, or `nil` when it has none. Valid until the batch is next written to.
    public func key(of index: Int) -> UnsafeRawBufferPointer? {
        unsafe part(slots[index].keyStart, slots[index].keyCount)
    }

    /// The value of a record, or `nil` for a tombstone. Valid until the batch is next written to.
    public func value(of index: Int) -> UnsafeRawBufferPointer? {
        unsafe part(slots[index].valueStart, slots[index].valueCount)
    }

    /// The encoded headers of a record. Valid until the batch is next written to.
    public func headers(of index: Int) -> UnsafeRawBufferPointer {
        unsafe part(slots[index].headersStart, slots[index].headersCount)!
    }

    private func part(_ start: UInt32, _ count: Int32) -> UnsafeRawBufferPointer? {
        guard count >= 0 else { return nil }
        return unsafe UnsafeRawBufferPointer(
            rebasing: buffer.bytes[Int(start)..<Int(start) + Int(count)])
    }

    private func appendSlot(
        topic: Int32, partition: Int32, key: (start: Int, count: Int?),
        value: (start: Int, count: Int?), headersStart: Int, timestamp: Int64
    ) {
        precondition(
            buffer.count <= Int(UInt32.max),
            "an output batch holds at most 4 GiB; produce its records before \(buffer.count)")
        slots.append(
            Slot(
                topic: topic, partition: partition, keyStart: UInt32(key.start),
                keyCount: Int32(key.count ?? -1), valueStart: UInt32(value.start),
                valueCount: Int32(value.count ?? -1), headersStart: UInt32(headersStart),
                headersCount: Int32(buffer.count - headersStart), timestamp: timestamp))
    }
}
