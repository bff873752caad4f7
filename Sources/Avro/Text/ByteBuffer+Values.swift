internal import Events

// MARK: - Times

extension ByteBuffer {
    /// Days since 1970 that are in the years 1 to 9999.
    private static let writableDays: ClosedRange<Int64> = -719_162...2_932_896

    /// Appends a date as `2024-03-13`; false when it is not in the years 1 to 9999.
    mutating func append(days: Int64) -> Bool {
        guard Self.writableDays.contains(days) else { return false }
        let date = CalendarDate(daysSince1970: days)
        append(digits: UInt64(date.year), width: 4)
        append(UInt8(ascii: "-"))
        append(digits: UInt64(date.month), width: 2)
        append(UInt8(ascii: "-"))
        append(digits: UInt64(date.day), width: 2)
        return true
    }

    /// Appends a time as `10:21:14.250`, with as many digits as its unit has.
    mutating func append(timeOfDay time: Int64, perSecond: Int64) -> Bool {
        guard time >= 0, time < 86_400 * perSecond else { return false }
        let (seconds, fraction) = time.quotientAndRemainder(dividingBy: perSecond)
        append(digits: UInt64(seconds / 3600), width: 2)
        append(UInt8(ascii: ":"))
        append(digits: UInt64(seconds / 60 % 60), width: 2)
        append(UInt8(ascii: ":"))
        append(digits: UInt64(seconds % 60), width: 2)
        append(UInt8(ascii: "."))
        append(digits: UInt64(fraction), width: TimeUnit.digits(perSecond))
        return true
    }

    /// Appends a point in time, `2024-03-13T10:21:14.250`, without a zone.
    mutating func append(pointInTime time: Int64, perSecond: Int64) -> Bool {
        let (days, rest) = time.dividedDown(by: 86_400 * perSecond)
        guard append(days: days) else { return false }
        append(UInt8(ascii: "T"))
        return append(timeOfDay: rest, perSecond: perSecond)
    }

    private mutating func append(digits value: UInt64, width: Int) {
        reserve(width)
        var unit: UInt64 = 1
        for _ in 1..<width { unit *= 10 }
        var rest = value
        while unit > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / unit))
            rest %= unit
            unit /= 10
        }
    }
}

/// How fine a time is.
enum TimeUnit {
    static func digits(_ perSecond: Int64) -> Int {
        perSecond == 1_000 ? 3 : perSecond == 1_000_000 ? 6 : 9
    }
}

// MARK: - Numbers

extension ByteBuffer {
    /// JSON has no such numbers, so they are strings, as Avro's own JSON has them.
    mutating func append(nonFinite number: Double) {
        append(number.isNaN ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"")
    }

    /// The longest decimal: writing one takes the square of its length.
    private static let longestDecimal = 512

    /// Appends a decimal whose unscaled number is written in two's complement, most significant
    /// byte first; false when it is too long.
    mutating func append(decimal bytes: UnsafeRawBufferPointer, scale: Int) -> Bool {
        guard bytes.count <= Self.longestDecimal else { return false }
        guard bytes.count <= 15, scale <= ExactDecimal.maximumScale else {
            append(longDecimal: unsafe Array(bytes), scale: scale)
            return true
        }
        var mantissa: Int128 = 0
        if let first = unsafe bytes.first, first >= 0x80 { mantissa = -1 }
        for index in 0..<bytes.count { mantissa = mantissa << 8 | Int128(unsafe bytes[index]) }
        append(ExactDecimal(mantissa: mantissa, scale: scale))
        // A whole number beyond 64 bits is refused as an integer, and read as a decimal.
        if scale == 0, mantissa < Int128(Int64.min) || mantissa > Int128(UInt64.max) {
            append(".0")
        }
        return true
    }

    private mutating func append(longDecimal bytes: [UInt8], scale: Int) {
        let isNegative = (bytes.first ?? 0) >= 0x80
        var magnitude = isNegative ? Self.negated(bytes) : bytes
        var digits: [UInt8] = []
        while let first = magnitude.firstIndex(where: { $0 != 0 }) {
            magnitude.removeFirst(first)
            var rest: UInt32 = 0
            for index in magnitude.indices {
                let part = rest << 8 | UInt32(magnitude[index])
                magnitude[index] = UInt8(part / 10)
                rest = part % 10
            }
            digits.append(UInt8(ascii: "0") + UInt8(rest))
        }
        while digits.count <= scale { digits.append(UInt8(ascii: "0")) }
        if isNegative { append(UInt8(ascii: "-")) }
        for (place, digit) in digits.reversed().enumerated() {
            if place == digits.count - scale { append(UInt8(ascii: ".")) }
            append(digit)
        }
        if scale == 0, digits.count > 18 { append(".0") }
    }

    private static func negated(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes.map { ~$0 }
        for index in result.indices.reversed() {
            result[index] &+= 1
            if result[index] != 0 { return result }
        }
        // The lowest number of its length: its magnitude has one more bit.
        return [1] + result
    }
}

// MARK: - Bytes

extension ByteBuffer {
    /// Appends a UUID of sixteen bytes, as a JSON string.
    mutating func append(uuid bytes: UnsafeRawBufferPointer) {
        append(UInt8(ascii: "\""))
        for index in 0..<bytes.count {
            if index == 4 || index == 6 || index == 8 || index == 10 { append(UInt8(ascii: "-")) }
            let byte = unsafe bytes[index]
            append(Self.hexadecimal(byte >> 4))
            append(Self.hexadecimal(byte & 15))
        }
        append(UInt8(ascii: "\""))
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    /// Appends bytes in base64, as a JSON string.
    mutating func append(base64 bytes: UnsafeRawBufferPointer) {
        reserve((bytes.count + 2) / 3 * 4 + 2)
        append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            var group = UInt32(unsafe bytes[index]) << 16
            if left > 1 { group |= UInt32(unsafe bytes[index + 1]) << 8 }
            if left > 2 { group |= UInt32(unsafe bytes[index + 2]) }
            append(Base64.character(group >> 18))
            append(Base64.character(group >> 12))
            append(left > 1 ? Base64.character(group >> 6) : UInt8(ascii: "="))
            append(left > 2 ? Base64.character(group) : UInt8(ascii: "="))
            index += 3
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends the bytes that base64 stands for; false, and some of them, when it is none.
    mutating func append(decodingBase64 text: UnsafeRawBufferPointer) -> Bool {
        guard text.count % 4 == 0 else { return false }
        var index = 0
        while index < text.count {
            var group: UInt32 = 0
            var padding = 0
            for place in index..<index + 4 {
                let character = unsafe text[place]
                if character == UInt8(ascii: "="), place >= index + 2, place + 2 >= text.count {
                    padding += 1
                    group <<= 6
                } else {
                    guard padding == 0, let bits = Base64.bits(character) else { return false }
                    group = group << 6 | bits
                }
            }
            append(UInt8(truncatingIfNeeded: group >> 16))
            if padding < 2 { append(UInt8(truncatingIfNeeded: group >> 8)) }
            if padding < 1 { append(UInt8(truncatingIfNeeded: group)) }
            index += 4
        }
        return true
    }
}

/// The alphabet of RFC 4648, section 4.
private enum Base64 {
    static func character(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 63)
        switch value {
        case 0..<26: return UInt8(ascii: "A") + value
        case 26..<52: return UInt8(ascii: "a") + value - 26
        case 52..<62: return UInt8(ascii: "0") + value - 52
        case 62: return UInt8(ascii: "+")
        default: return UInt8(ascii: "/")
        }
    }

    static func bits(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
