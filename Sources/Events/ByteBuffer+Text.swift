internal import CSimdJSON

extension ByteBuffer {
    /// Appends a whole number in decimal digits.
    public mutating func append(integer: Int64) {
        if integer < 0 { append(UInt8(ascii: "-")) }
        append(unsignedInteger: integer.magnitude)
    }

    /// Appends a whole number in decimal digits.
    public mutating func append(unsignedInteger: UInt64) {
        let digits = Self.decimalDigits(of: unsignedInteger)
        reserve(digits)
        var rest = unsignedInteger
        var position = count + digits
        repeat {
            position -= 1
            let digit = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            unsafe base.storeBytes(of: digit, toByteOffset: position, as: UInt8.self)
            rest /= 10
        } while rest > 0
        used += digits
    }

    /// Appends a number in sixteen hexadecimal digits.
    public mutating func append(hexadecimal value: UInt64) {
        reserve(16)
        for position in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - position * 4)) & 15
            let character = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
            unsafe base.storeBytes(of: character, toByteOffset: count + position, as: UInt8.self)
        }
        used += 16
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
