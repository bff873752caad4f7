public import Events

/// Why the bytes of a sketch can't be read.
public struct SketchError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with them, without a full stop.
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Reads bytes that the encoders of this module wrote. Whatever they hold, it reads none but them.
@safe public struct SketchReader {
    private let bytes: UnsafeRawBufferPointer
    public private(set) var position = 0

    /// The bytes must stay as they are while the reader is used.
    public init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    public var isAtEnd: Bool { unsafe position == bytes.count }
    private var rest: Int { unsafe bytes.count - position }

    public mutating func byte() throws(SketchError) -> UInt8 {
        guard rest >= 1 else { throw SketchError("it is cut short") }
        defer { position += 1 }
        return unsafe bytes[position]
    }

    /// A number of fixed size, least significant byte first.
    @inline(__always)
    public mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type
    ) throws(SketchError) -> Number {
        let size = MemoryLayout<Number>.size
        guard rest >= size else { throw SketchError("it is cut short") }
        defer { position += size }
        return unsafe Number(
            littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    /// A number in groups of seven bits (LEB128).
    public mutating func variable() throws(SketchError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || (shift == 63 && next < 2) else {
                throw SketchError("a number has more than 64 bits")
            }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    /// A count of things that take `size` bytes each at least.
    public mutating func count(
        ofSize size: Int, atMost limit: Int
    ) throws(SketchError) -> Int {
        let count = try variable()
        guard count <= UInt64(limit), Int(count) * size <= rest else {
            throw SketchError("it counts \(count) things, more than there can be")
        }
        return Int(count)
    }

    public mutating func double() throws(SketchError) -> Double {
        Double(bitPattern: try number(UInt64.self))
    }

    /// The next `count` bytes, where they lie.
    public mutating func take(_ count: Int) throws(SketchError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= rest else { throw SketchError("it is cut short") }
        defer { position += count }
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
}

extension ByteBuffer {
    /// Appends a number in groups of seven bits (LEB128).
    public mutating func append(variable value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
