/// A number of any size and precision, read from its JSON text and never rounded.
///
/// The value is 0.d1d2d3... times ten to the power ``exponent``, with the first and the last
/// digit not zero. Comparing two of them is comparing signs, exponents and digits, so no number
/// that JSON can write is out of range.
///
/// It points into the text and is valid as long as that is.
@safe
package struct DecimalText {
    /// The text from the first digit that counts to the last one; a point may stand in it.
    private let digits: UnsafeRawBufferPointer
    private let isNegative: Bool
    private let exponent: Int

    /// Exponents beyond this are all the same to a reader; the limit keeps sums from overflowing.
    private static let exponentLimit = 1 << 40

    /// Reads JSON's form of a number; `nil` for anything else.
    package init?(_ text: UnsafeRawBufferPointer) {
        var reader = unsafe DecimalReader(text)
        guard reader.read() else { return nil }
        unsafe digits = UnsafeRawBufferPointer(rebasing: text[reader.digits])
        isNegative = reader.isNegative && !reader.digits.isEmpty
        let limited = min(max(reader.exponent, -Self.exponentLimit), Self.exponentLimit)
        exponent = reader.digits.isEmpty ? 0 : limited + reader.integerDigits
    }

    /// Whether the number is zero, with or without a sign.
    package var isZero: Bool { unsafe digits.isEmpty }

    /// Whether there are only zeros behind the point: `1.0` and `1e2` are whole.
    package var isInteger: Bool { isZero || exponent >= digitCount }

    /// The value, when it is whole and fits.
    package var integer: Int64? {
        if isZero { return 0 }
        guard isInteger, exponent <= 19 else { return nil }
        var magnitude: UInt64 = 0
        var scale = exponent
        var cursor = unsafe DigitCursor(digits)
        while scale > 0 {
            let digit = cursor.next() ?? 0
            let product = magnitude.multipliedReportingOverflow(by: 10)
            let sum = product.partialValue.addingReportingOverflow(UInt64(digit))
            guard !product.overflow, !sum.overflow else { return nil }
            magnitude = sum.partialValue
            scale -= 1
        }
        if isNegative { return Int64(exactly: -Int128(magnitude)) }
        return Int64(exactly: magnitude)
    }

    /// The number of digits that count.
    private var digitCount: Int {
        var count = 0
        var cursor = unsafe DigitCursor(digits)
        while cursor.next() != nil { count += 1 }
        return count
    }

    /// -1, 0 or 1 as this number is less than, equal to or greater than `other`.
    package func compared(to other: DecimalText) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let order = comparedMagnitude(to: other)
        return isNegative ? -order : order
    }

    private func comparedMagnitude(to other: DecimalText) -> Int {
        if isZero || other.isZero { return (isZero ? 0 : 1) - (other.isZero ? 0 : 1) }
        if exponent != other.exponent { return exponent < other.exponent ? -1 : 1 }
        var (left, right) = unsafe (DigitCursor(digits), DigitCursor(other.digits))
        while true {
            switch (left.next(), right.next()) {
            case (nil, nil): return 0
            // A number that goes on is larger: its last digit is not zero.
            case (nil, _): return -1
            case (_, nil): return 1
            case (let a?, let b?): if a != b { return a < b ? -1 : 1 }
            }
        }
    }
}

extension DecimalText {
    /// A number to divide by: whole digits times a power of ten.
    package struct Divisor: Sendable, BitwiseCopyable {
        let mantissa: UInt64
        let exponent: Int
    }

    /// This number as a divisor; `nil` when it is not above zero or has more than 18 digits.
    package var divisor: Divisor? {
        guard !isZero, !isNegative, digitCount <= 18 else { return nil }
        var mantissa: UInt64 = 0
        var cursor = unsafe DigitCursor(digits)
        while let digit = cursor.next() { mantissa = mantissa * 10 + UInt64(digit) }
        return Divisor(mantissa: mantissa, exponent: exponent - digitCount)
    }

    /// Whether the number is a whole multiple of the divisor.
    package func isMultiple(of divisor: Divisor) -> Bool {
        if isZero { return true }
        // The digits end with one that is not zero, so no power of ten divides them.
        let shift = exponent - digitCount - divisor.exponent
        guard shift >= 0 else { return false }
        let modulus = UInt128(divisor.mantissa)
        var remainder: UInt128 = 0
        var cursor = unsafe DigitCursor(digits)
        while let digit = cursor.next() {
            remainder = (remainder * 10 + UInt128(digit)) % modulus
        }
        return remainder * Self.powerOfTen(shift, modulo: modulus) % modulus == 0
    }

    private static func powerOfTen(_ exponent: Int, modulo modulus: UInt128) -> UInt128 {
        var result = 1 % modulus
        var base = 10 % modulus
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = result * base % modulus }
            base = base * base % modulus
            rest >>= 1
        }
        return result
    }
}

/// The digits of a text, its point passed over.
@safe
private struct DigitCursor {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) { unsafe self.text = text }

    mutating func next() -> UInt8? {
        if unsafe position < text.count, unsafe text[position] == UInt8(ascii: ".") {
            position += 1
        }
        guard unsafe position < text.count else { return nil }
        defer { position += 1 }
        return unsafe text[position] - UInt8(ascii: "0")
    }
}

extension DecimalText {
    /// A number that equal numbers share, however they are written.
    var fingerprint: UInt64 {
        if isZero { return 0 }
        var sum = UInt64(bitPattern: Int64(exponent)) &+ (isNegative ? 1 << 63 : 0)
        var cursor = unsafe DigitCursor(digits)
        while let digit = cursor.next() { sum = sum &* 31 &+ UInt64(digit) }
        return sum
    }
}
