internal import Events
internal import Sketches

/// What is remembered of an event that was the first with its id: 28 bytes.
struct SeenEvent: Equatable, BitwiseCopyable {
    /// Of scope and key.
    var id: Murmur3
    var payload: UInt64
    /// Event time in milliseconds.
    var time: Int64

    /// Whether it still counts at `streamTime`: it is at most `within` old.
    func isRemembered(at streamTime: Timestamp, within: Int64) -> Bool {
        Timestamp(milliseconds: time).adding(milliseconds: within) >= streamTime
    }
}

/// A page of seen events, as the store holds it: a byte for the layout, then entries of hash (16),
/// payload (8) and time from the start of the slice on (4), least significant byte first.
@safe struct SeenPage {
    static let layoutVersion = 1
    /// A page with as many entries is full, and further ones go to pages below it.
    static let capacity = 24
    private static let entryByteCount = 28

    private let bytes: UnsafeRawBufferPointer
    private let sliceStart: Int64
    let count: Int

    /// The bytes must stay as they are while the page is used.
    init(_ bytes: UnsafeRawBufferPointer, sliceStart: Int64) throws(SketchError) {
        guard bytes.count > 0, unsafe bytes[0] == UInt8(Self.layoutVersion) else {
            throw SketchError("a page of ids has another layout than \(Self.layoutVersion)")
        }
        guard (bytes.count - 1) % Self.entryByteCount == 0 else {
            throw SketchError("a page of ids ends within an id")
        }
        unsafe self.bytes = bytes
        self.sliceStart = sliceStart
        count = (bytes.count - 1) / Self.entryByteCount
    }

    var isFull: Bool { count >= Self.capacity }

    /// Whether the page of so many bytes is full.
    static func isFull(byteCount: Int) -> Bool { byteCount >= offset(of: capacity) }

    subscript(index: Int) -> SeenEvent {
        let offset = Self.offset(of: index)
        let time = UInt32(littleEndian: load(offset + 24))
        return SeenEvent(
            id: Murmur3(
                low: UInt64(littleEndian: load(offset)),
                high: UInt64(littleEndian: load(offset + 8))),
            payload: UInt64(littleEndian: load(offset + 16)),
            time: sliceStart &+ Int64(time))
    }

    /// The entry of an id, if there is one: a page never has two.
    func index(of id: Murmur3) -> Int? {
        for index in 0..<count {
            let offset = Self.offset(of: index)
            if UInt64(littleEndian: load(offset)) == id.low,
                UInt64(littleEndian: load(offset + 8)) == id.high
            {
                return index
            }
        }
        return nil
    }

    private func load<Value: BitwiseCopyable>(_ offset: Int) -> Value {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    }

    // MARK: Writing

    /// Where an entry begins.
    static func offset(of index: Int) -> Int { 1 + index * entryByteCount }

    static func begin(_ buffer: inout ByteBuffer) { buffer.append(UInt8(layoutVersion)) }

    static func append(_ event: SeenEvent, sliceStart: Int64, to buffer: inout ByteBuffer) {
        buffer.append(littleEndian: event.id.low)
        buffer.append(littleEndian: event.id.high)
        buffer.append(littleEndian: event.payload)
        buffer.append(littleEndian: UInt32(truncatingIfNeeded: event.time &- sliceStart))
    }
}
