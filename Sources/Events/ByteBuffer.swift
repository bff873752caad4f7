/// Growable bytes for rendering, keys, scratch and outputs.
///
/// Emptying it keeps the memory, so a buffer that is used again and again allocates nothing. At
/// least ``padding`` readable bytes follow the contents: simdjson reads its input in blocks.
///
/// ```swift
/// var buffer = ByteBuffer()
/// buffer.append("user:")
/// buffer.append(integer: 42)
/// ```
@safe
public struct ByteBuffer: ~Copyable {
    /// Readable bytes after the contents.
    public static let padding = 64

    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int

    @usableFromInline var used = 0

    /// The day that was written last.
    var recentDay = WrittenDay()

    /// Memory that the contents moved away from and that is still there.
    private var outgrown: [UnsafeMutableRawPointer] = unsafe []
    private let keepsOutgrown: Bool

    /// An empty buffer with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        self.init(capacity: capacity, keepsOutgrown: false)
    }

    /// An empty buffer that can keep the memory that it outgrows, so that pointers into its
    /// contents outlive an append.
    init(capacity: Int, keepsOutgrown: Bool) {
        unsafe base = Self.allocate(capacity)
        self.capacity = capacity
        self.keepsOutgrown = keepsOutgrown
    }

    deinit {
        unsafe base.deallocate()
        for index in unsafe outgrown.indices { unsafe outgrown[index].deallocate() }
    }

    /// The number of bytes appended since the buffer was last emptied.
    @inlinable public var count: Int { used }

    /// Whether there are no bytes.
    @inlinable public var isEmpty: Bool { used == 0 }

    /// The contents. Valid until the buffer is next written to.
    @inlinable public var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base, count: count)
    }

    /// The contents, borrowed.
    @inlinable public var span: RawSpan {
        @_lifetime(borrow self) get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The contents as text; invalid UTF-8 is repaired. For messages and tests.
    public var string: String {
        unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// Forgets the contents and keeps the memory.
    @inlinable
    public mutating func removeAll() {
        used = 0
    }

    /// Forgets what was appended after the first `count` bytes.
    @inlinable
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "cannot truncate a buffer to more bytes")
        used = count
    }

    /// Makes room for `additional` more bytes.
    @inlinable
    public mutating func reserve(_ additional: Int) {
        if capacity - count < additional { grow(by: additional) }
    }

    /// Appends one byte.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        used += 1
    }

    /// Appends bytes that do not lie in this buffer.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        unsafe (base + count).copyMemory(from: source, byteCount: bytes.count)
        used += bytes.count
    }

    /// Appends the bytes of a span.
    @inlinable
    public mutating func append(_ span: RawSpan) {
        unsafe span.withUnsafeBytes { unsafe append($0) }
    }

    /// Appends a literal.
    @inlinable
    @inline(__always)
    public mutating func append(_ text: StaticString) {
        if text.hasPointerRepresentation {
            unsafe append(
                UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        } else {
            append(string: String(text.unicodeScalar))
        }
    }

    /// Appends the UTF-8 of a string.
    public mutating func append(string: String) {
        var string = string
        string.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a number of fixed size, least significant byte first.
    @inlinable
    public mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(
        littleEndian value: Number
    ) {
        reserve(MemoryLayout<Number>.size)
        unsafe base.storeBytes(of: value.littleEndian, toByteOffset: count, as: Number.self)
        used += MemoryLayout<Number>.size
    }

    /// Makes the JSON from `start` on one line, and ends it. A line break in JSON is white space
    /// between tokens: inside a string it is escaped.
    public mutating func endJSONLine(from start: Int) {
        for index in start..<count {
            let byte = unsafe base.load(fromByteOffset: index, as: UInt8.self)
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { continue }
            unsafe base.storeBytes(of: UInt8(ascii: " "), toByteOffset: index, as: UInt8.self)
        }
        append(UInt8(ascii: "\n"))
    }

    /// Appends what `body` writes into `limit` free bytes; `body` returns how many it wrote.
    @inlinable
    mutating func append(atMost limit: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        reserve(limit)
        used += unsafe body(base + count)
    }

    /// Counts bytes that were written into reserved memory behind the last one.
    mutating func didWrite(_ additional: Int) {
        precondition(additional <= capacity - count, "wrote beyond the reserved memory")
        used += additional
    }

    @usableFromInline
    mutating func grow(by additional: Int) {
        let larger = max(capacity * 2, count + additional)
        let moved = unsafe Self.allocate(larger)
        unsafe moved.copyMemory(from: base, byteCount: count)
        if keepsOutgrown { unsafe outgrown.append(base) } else { unsafe base.deallocate() }
        unsafe base = moved
        capacity = larger
    }

    /// Frees the memory that was outgrown.
    mutating func releaseOutgrown() {
        for index in unsafe outgrown.indices { unsafe outgrown[index].deallocate() }
        unsafe outgrown.removeAll()
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: capacity + padding, alignment: 16)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: capacity + padding)
        return unsafe memory
    }
}
