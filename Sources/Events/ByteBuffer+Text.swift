internal import CSimdJSON

extension ByteBuffer {
    /// Appends a whole number in decimal digits.
    public mutating func append(integer: Int64) {
        if integer < 0 { append(UInt8(ascii: "-")) }
        append(unsignedInteger: integer.magnitude)
    }

    /// Appends a whole number in decimal digits.
    public mutating func append(unsignedInteger: UInt64) {
        if unsignedInteger < 10 {
            return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: unsignedInteger))
        }
        let digits = Self.decimalDigits(of: unsignedInteger)
        reserve(digits)
        var rest = unsignedInteger
        var position = count + digits
        while rest >= 100 {
            let shorter = rest / 100
            let pair = UInt32(truncatingIfNeeded: rest &- shorter &* 100)
            position &-= 2
            unsafe Self.write(pair: pair, to: base + position)
            rest = shorter
        }
        if rest >= 10 {
            unsafe Self.write(pair: UInt32(truncatingIfNeeded: rest), to: base + (position &- 2))
        } else {
            let digit = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
            unsafe base.storeBytes(of: digit, toByteOffset: position &- 1, as: UInt8.self)
        }
        used += digits
    }

    /// Writes two digits.
    @inline(__always)
    static func write(pair: UInt32, to start: UnsafeMutableRawPointer) {
        let tens = pair / 10
        let digits = 0x3030 | tens | (pair &- tens &* 10) &<< 8
        unsafe start.storeBytes(
            of: UInt16(truncatingIfNeeded: digits).littleEndian, as: UInt16.self)
    }

    /// Appends a number in eight hexadecimal digits.
    public mutating func append(hexadecimal value: UInt32) {
        unsafe append(atMost: 8) { start in
            unsafe start.storeBytes(
                of: Self.hexadecimalDigits(value).bigEndian, as: UInt64.self)
            return 8
        }
    }

    /// Appends a number in sixteen hexadecimal digits.
    public mutating func append(hexadecimal value: UInt64) {
        unsafe append(atMost: 16) { start in
            let high = Self.hexadecimalDigits(UInt32(truncatingIfNeeded: value >> 32))
            let low = Self.hexadecimalDigits(UInt32(truncatingIfNeeded: value))
            unsafe start.storeBytes(of: high.bigEndian, as: UInt64.self)
            unsafe start.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            return 16
        }
    }

    /// Eight digits, the first in the highest byte.
    @inline(__always)
    private static func hexadecimalDigits(_ value: UInt32) -> UInt64 {
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Six more than a digit from 10 on reaches the fifth bit.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* UInt64(UInt8(ascii: "a") - 58)
    }

    /// Appends a number as JSON: the shortest digits that read back as the same `Double`.
    ///
    /// There is always a point or an exponent, so that it reads back as a decimal. JSON has no
    /// infinity and no NaN: they are written as `null`.
    public mutating func append(double: Double) {
        guard double.isFinite else {
            append("null")
            return
        }
        // What is whole and short has the digits of a whole number.
        if abs(double) < 100_000, double.rounded(.towardZero) == double,
            double != 0 || double.sign == .plus
        {
            append(integer: Int64(double))
            append(".0")
            return
        }
        let start = count
        unsafe append(atMost: Int(CSIMDJSON_DOUBLE_LENGTH)) { free in
            unsafe Int(csimdjson_write_double(double, free.assumingMemoryBound(to: CChar.self)))
        }
        let isWhole = (start..<count).allSatisfy {
            let byte = unsafe base.load(fromByteOffset: $0, as: UInt8.self)
            return byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte
        }
        if isWhole { append(".0") }
    }

    /// Appends `value` in decimal with leading zeros, `width` digits at least.
    mutating func append(_ value: UInt64, width: Int) {
        for _ in 0..<max(width - Self.decimalDigits(of: value), 0) { append(UInt8(ascii: "0")) }
        append(unsignedInteger: value)
    }

    private static func decimalDigits(of value: UInt64) -> Int {
        var digits = 1
        var bound: UInt64 = 10
        while value >= bound {
            digits += 1
            if digits == 20 { break }  // ten to the twentieth does not fit
            bound *= 10
        }
        return digits
    }
}
