internal import Events

extension ByteBuffer {
    /// Appends a whole number as Avro writes `int` and `long`.
    @inline(__always)
    mutating func append(zigZag value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(float: Float) { append(littleEndian: float.bitPattern) }

    mutating func append(ieee double: Double) {
        append(littleEndian: Int64(bitPattern: double.bitPattern))
    }
}
