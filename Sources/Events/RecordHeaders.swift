/// The headers of one record, in the flat form in which batches carry them.
///
/// Each header is the length of its name (four bytes, least significant first), the name, the
/// length of its value (the same, -1 for a null value), and the value. A name may occur twice.
///
/// ```swift
/// var headers = RecordHeaders(arena.bytes(arena.headers(of: event)))
/// while let header = headers.next() { ... }
/// ```
@safe
public struct RecordHeaders {
    /// One header. Its bytes are valid as long as the flat form that it was read from.
    @safe
    public struct Header {
        /// The name.
        public let name: UnsafeRawBufferPointer

        /// The value, or `nil` when the header has a null value.
        public let value: UnsafeRawBufferPointer?
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// A reader at the first header of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
    }

    /// The next header, or `nil` at the end. Bytes that are no header end the walk.
    public mutating func next() -> Header? {
        guard let nameLength = readLength(), let name = unsafe read(nameLength),
            let valueLength = readLength()
        else { return nil }
        if valueLength == -1 { return unsafe Header(name: name, value: nil) }
        guard let value = unsafe read(valueLength) else { return nil }
        return unsafe Header(name: name, value: value)
    }

    /// The first header called `name`, looked for from the start.
    public func first(named name: UnsafeRawBufferPointer) -> Header? {
        var reader = unsafe RecordHeaders(bytes)
        while let header = reader.next() {
            if unsafe header.name.elementsEqual(name) { return header }
        }
        return nil
    }

    /// The first header called `name`, looked for from the start.
    public func first(named name: StaticString) -> Header? {
        unsafe first(
            named: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private mutating func readLength() -> Int? {
        guard let field = unsafe read(4) else { return nil }
        return Int(Int32(littleEndian: unsafe field.loadUnaligned(as: Int32.self)))
    }

    private mutating func read(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, unsafe count <= bytes.count - position else { return nil }
        defer { position += count }
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
}

extension ByteBuffer {
    /// Appends one header in the flat form; `nil` writes a null value.
    public mutating func append(
        headerName name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) {
        append(littleEndian: UInt32(name.count))
        unsafe append(name)
        guard let value = unsafe value else {
            append(littleEndian: UInt32.max)
            return
        }
        append(littleEndian: UInt32(value.count))
        unsafe append(value)
    }
}
