/// The records of one topic partition, as they came: flat bytes, and slots that point into them.
///
/// The bytes are either the batch's own (`append(key:value:headers:...)`) or memory that a
/// client library owns for a while (`borrow` and `append(_:)`). A batch that is filled again
/// after `removeAll()` allocates nothing.
@safe
public final class RecordBatch {
    /// Where one record's parts lie, and what came with it.
    @frozen
    public struct Slot: BitwiseCopyable, Sendable {
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
        /// The record's offset in its partition.
        public var offset: Int64
        /// The record's own timestamp in milliseconds since 1970; -1 when it has none.
        public var timestamp: Int64

        /// A slot of these parts.
        @inlinable
        public init(
            keyStart: UInt32, keyCount: Int32, valueStart: UInt32, valueCount: Int32,
            headersStart: UInt32, headersCount: Int32, offset: Int64, timestamp: Int64
        ) {
            self.keyStart = keyStart
            self.keyCount = keyCount
            self.valueStart = valueStart
            self.valueCount = valueCount
            self.headersStart = headersStart
            self.headersCount = headersCount
            self.offset = offset
            self.timestamp = timestamp
        }
    }

    // No method calls back out, so accesses cannot overlap; they are made for each record.

    /// The topic, as an index into the application's topic table.
    @safe @exclusivity(unchecked) public var topic: Int32 = 0

    /// The partition.
    @safe @exclusivity(unchecked) public var partition: Int32 = 0

    /// The records, in the order of their offsets.
    @safe @exclusivity(unchecked) public private(set) var slots: [Slot] = []

    @safe @exclusivity(unchecked) private var owned = ByteBuffer()
    @exclusivity(unchecked) private var borrowed: UnsafeRawBufferPointer?

    /// An empty batch.
    public init() {}

    /// The number of records.
    public var count: Int { slots.count }

    /// The bytes that the slots point into.
    ///
    /// Valid until the batch is next written to, and while borrowed memory is.
    public var bytes: UnsafeRawBufferPointer {
        unsafe borrowed ?? owned.bytes
    }

    /// Forgets the records, and borrowed memory; keeps the batch's own memory.
    public func removeAll() {
        slots.removeAll(keepingCapacity: true)
        owned.removeAll()
        unsafe borrowed = nil
    }

    /// Appends a record, copying its parts into the batch's own memory.
    ///
    /// - Parameters:
    ///   - key: The key, or `nil` when the record has none.
    ///   - value: The value, or `nil` for a tombstone.
    ///   - headers: The headers in the form of ``RecordHeaders``, or `nil` when there are none.
    ///   - offset: The record's offset in its partition.
    ///   - timestamp: Milliseconds since 1970; -1 when the record has none.
    public func append(
        key: RawSpan?, value: RawSpan?, headers: RawSpan?, offset: Int64, timestamp: Int64
    ) {
        unsafe precondition(borrowed == nil, "a batch that borrows memory takes slots only")
        let (keyStart, keyCount) = copy(key)
        let (valueStart, valueCount) = copy(value)
        let (headersStart, headersCount) = copy(headers)
        slots.append(
            Slot(
                keyStart: keyStart, keyCount: keyCount, valueStart: valueStart,
                valueCount: valueCount, headersStart: headersStart,
                headersCount: max(headersCount, 0), offset: offset, timestamp: timestamp))
    }

    /// Appends a copy of a record that a task wrote.
    public func append(_ written: OutputBatch, record index: Int, offset: Int64) {
        unsafe precondition(borrowed == nil, "a batch that borrows memory takes slots only")
        let (keyStart, keyCount) = unsafe copy(written.key(of: index))
        let (valueStart, valueCount) = unsafe copy(written.value(of: index))
        let (headersStart, headersCount) = unsafe copy(written.headers(of: index))
        slots.append(
            Slot(
                keyStart: keyStart, keyCount: keyCount, valueStart: valueStart,
                valueCount: valueCount, headersStart: headersStart, headersCount: headersCount,
                offset: offset, timestamp: written.slots[index].timestamp))
    }

    /// Appends copies of the records of another batch, those from an offset on.
    public func append(contentsOf other: RecordBatch, from offset: Int64 = .min) {
        unsafe precondition(borrowed == nil, "a batch that borrows memory takes slots only")
        let bytes = unsafe other.bytes
        for slot in other.slots where slot.offset >= offset {
            let (keyStart, keyCount) = unsafe copy(bytes, slot.keyStart, slot.keyCount)
            let (valueStart, valueCount) = unsafe copy(bytes, slot.valueStart, slot.valueCount)
            let (headersStart, headersCount) = unsafe copy(
                bytes, slot.headersStart, slot.headersCount)
            slots.append(
                Slot(
                    keyStart: keyStart, keyCount: keyCount, valueStart: valueStart,
                    valueCount: valueCount, headersStart: headersStart,
                    headersCount: headersCount, offset: slot.offset, timestamp: slot.timestamp))
        }
    }

    private func copy(
        _ bytes: UnsafeRawBufferPointer, _ start: UInt32, _ count: Int32
    ) -> (start: UInt32, count: Int32) {
        guard count > 0 else { return (0, count) }
        return unsafe copy(
            UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<(Int(start) + Int(count))]))
    }

    private func copy(_ part: UnsafeRawBufferPointer?) -> (start: UInt32, count: Int32) {
        guard let part = unsafe part else { return (0, -1) }
        return unsafe copy(RawSpan(_unsafeBytes: part))
    }

    /// Lets the slots that follow point into memory that somebody else owns.
    ///
    /// The memory must stay as it is until the next `borrow` or `removeAll`, and at least
    /// ``ByteBuffer/padding`` readable bytes must follow it. Forgets all earlier records.
    public func borrow(bytes: UnsafeRawBufferPointer) {
        removeAll()
        unsafe borrowed = bytes
    }

    /// Appends a record whose parts lie in the borrowed memory.
    public func append(_ slot: Slot) {
        let size = unsafe borrowed?.count ?? 0
        precondition(
            Self.fits(slot.keyStart, slot.keyCount, in: size)
                && Self.fits(slot.valueStart, slot.valueCount, in: size)
                && Self.fits(slot.headersStart, slot.headersCount, in: size),
            "record at offset \(slot.offset) points outside the \(size) borrowed bytes")
        slots.append(slot)
    }

    private static func fits(_ start: UInt32, _ count: Int32, in size: Int) -> Bool {
        count <= 0 || Int(start) + Int(count) <= size
    }

    private func copy(_ part: RawSpan?) -> (start: UInt32, count: Int32) {
        guard let part else { return (0, -1) }
        let start = owned.count
        precondition(
            start + part.byteCount <= ByteRange.largestOffset,
            "a batch holds at most 2 GiB; remove its records before appending more")
        owned.append(part)
        return (UInt32(start), Int32(part.byteCount))
    }
}
