internal import Events

extension ByteBuffer {
    /// Appends a number with leading zeros.
    mutating func append(_ number: Int, width: Int) {
        var bound = 1
        for _ in 1..<width { bound *= 10 }
        while bound > 1, number < bound {
            append(UInt8(ascii: "0"))
            bound /= 10
        }
        append(integer: Int64(number))
    }

    /// Appends an amount of money with two decimals.
    mutating func append(cents: Int) {
        if cents < 0 { append(UInt8(ascii: "-")) }
        let (whole, rest) = Int(cents.magnitude).quotientAndRemainder(dividingBy: 100)
        append(integer: Int64(whole))
        append(UInt8(ascii: "."))
        append(rest, width: 2)
    }

    /// Appends the 16 hexadecimal digits of `bits`.
    mutating func append(hexadecimal bits: UInt64) {
        append(hexadecimal: bits, digits: 16)
    }

    /// Appends 128 bits as a UUID of version 4, the one for random bits.
    mutating func append(uuid bits: (high: UInt64, low: UInt64)) {
        append(hexadecimal: bits.high >> 32, digits: 8)
        append(UInt8(ascii: "-"))
        append(hexadecimal: bits.high >> 16, digits: 4)
        append(UInt8(ascii: "-"))
        append(hexadecimal: bits.high & 0x0FFF | 0x4000, digits: 4)
        append(UInt8(ascii: "-"))
        append(hexadecimal: bits.low >> 48 & 0x3FFF | 0x8000, digits: 4)
        append(UInt8(ascii: "-"))
        append(hexadecimal: bits.low, digits: 12)
    }

    /// Appends the record key of a customer.
    mutating func append(keyOf customer: Int) {
        append("c-")
        append(customer, width: 6)
    }

    /// Appends the lowest `digits` hexadecimal digits of `bits`.
    private mutating func append(hexadecimal bits: UInt64, digits: Int) {
        reserve(digits)
        var shift = UInt64(digits) * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: bits >> shift) & 0xF
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }
}
