/// A decimal number without rounding: an amount of money, a sum of amounts.
///
/// It has up to 38 digits, up to 38 of them after the point. `19.990` keeps its last zero, and
/// `0.1 + 0.2` is `0.3`.
public struct ExactDecimal: Sendable, BitwiseCopyable {
    /// The most digits after the point.
    public static let maximumScale = 38

    /// The digits, without the point.
    public let mantissa: Int128

    /// How many of the digits stand after the point.
    public let scale: Int

    /// The number `mantissa` / 10^`scale`.
    ///
    /// - Precondition: `scale` is from 0 to ``maximumScale``.
    public init(mantissa: Int128, scale: Int) {
        precondition(
            (0...Self.maximumScale).contains(scale),
            "a decimal has 0 to \(Self.maximumScale) digits after the point, not \(scale)")
        self.mantissa = mantissa
        self.scale = scale
    }

    /// Zero.
    public static var zero: ExactDecimal { ExactDecimal(mantissa: 0, scale: 0) }

    /// The number that JSON text writes, or `nil` when it has too many digits or is no number.
    public init?(_ text: UnsafeRawBufferPointer) {
        var reader = unsafe DecimalReader(text)
        guard let number = reader.read() else { return nil }
        self = number
    }

    /// The number that JSON text writes, or `nil` when it has too many digits or is no number.
    public init?(_ text: String) {
        var text = text
        let number = text.withUTF8 { unsafe ExactDecimal(UnsafeRawBufferPointer($0)) }
        guard let number else { return nil }
        self = number
    }

    /// The exact sum, with the longer of both fractions; `nil` when it has too many digits.
    public func adding(_ other: ExactDecimal) -> ExactDecimal? {
        let scale = max(self.scale, other.scale)
        guard let left = mantissa(at: scale), let right = other.mantissa(at: scale) else {
            return nil
        }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : ExactDecimal(mantissa: sum, scale: scale)
    }

    /// The digits that the number has with `scale` of them after the point.
    private func mantissa(at scale: Int) -> Int128? {
        let (product, overflow) = mantissa.multipliedReportingOverflow(
            by: Self.powerOfTen(scale - self.scale))
        return overflow ? nil : product
    }

    /// 10^`exponent` for exponents from 0 to 38, which all fit.
    fileprivate static func powerOfTen(_ exponent: Int) -> Int128 {
        var power: Int128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}

extension ExactDecimal: Comparable, Hashable {
    /// Numbers are equal by value: `1.0` equals `1.00`.
    public static func == (left: ExactDecimal, right: ExactDecimal) -> Bool {
        left.parts == right.parts
    }

    /// Numbers are ordered by value.
    public static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        left.parts < right.parts
    }

    /// Feeds the value, so that equal numbers have one hash.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(parts.whole)
        hasher.combine(parts.fraction)
    }

    /// The whole part, and the fraction in units of 10^-38. Both fit for every number, while
    /// bringing two numbers to one scale may not.
    private var parts: (whole: Int128, fraction: Int128) {
        let (whole, rest) = mantissa.quotientAndRemainder(dividingBy: Self.powerOfTen(scale))
        return (whole, rest * Self.powerOfTen(Self.maximumScale - scale))
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// The digits, as JSON writes numbers.
    public var description: String {
        var buffer = ByteBuffer(capacity: 48)
        buffer.append(self)
        return buffer.string
    }
}

extension ByteBuffer {
    /// Appends a decimal with all digits of its fraction, as JSON writes numbers.
    public mutating func append(_ decimal: ExactDecimal) {
        if decimal.mantissa < 0 { append(UInt8(ascii: "-")) }
        let unit = ExactDecimal.powerOfTen(decimal.scale).magnitude
        let (whole, fraction) = decimal.mantissa.magnitude.quotientAndRemainder(dividingBy: unit)
        append(digits: whole, width: 1)
        guard decimal.scale > 0 else { return }
        append(UInt8(ascii: "."))
        append(digits: fraction, width: decimal.scale)
    }

    private mutating func append(digits value: UInt128, width: Int) {
        let half: UInt128 = 10_000_000_000_000_000_000
        let (upper, lower) = value.quotientAndRemainder(dividingBy: half)
        if upper == 0, width <= 19 {
            append(UInt64(lower), width: width)
        } else if upper < half {
            append(UInt64(upper), width: width - 19)
            append(UInt64(lower), width: 19)
        } else {
            append(UInt64(upper / half), width: 1)
            append(UInt64(upper % half), width: 19)
            append(UInt64(lower), width: 19)
        }
    }
}

/// Reads one JSON number.
@safe
private struct DecimalReader {
    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var magnitude: Int128 = 0
    private var fitsSoFar = true

    init(_ text: UnsafeRawBufferPointer) {
        unsafe self.text = text
    }

    mutating func read() -> ExactDecimal? {
        let isNegative = take("-")
        guard readDigits() > 0 else { return nil }
        var scale = 0
        if take(".") {
            scale = readDigits()
            guard scale > 0 else { return nil }
        }
        if take("e") || take("E") {
            guard let exponent = readExponent() else { return nil }
            scale -= exponent
        }
        guard unsafe position == text.count, fitsSoFar else { return nil }
        if scale < 0 { scale = raise(by: -scale) ? 0 : -1 }
        guard (0...ExactDecimal.maximumScale).contains(scale) else { return nil }
        return ExactDecimal(mantissa: isNegative ? -magnitude : magnitude, scale: scale)
    }

    /// Multiplies by 10^`exponent`; false when the product does not fit.
    private mutating func raise(by exponent: Int) -> Bool {
        if magnitude == 0 { return true }
        guard exponent <= ExactDecimal.maximumScale else { return false }
        let (product, overflow) = magnitude.multipliedReportingOverflow(
            by: ExactDecimal.powerOfTen(exponent))
        magnitude = product
        return !overflow
    }

    private mutating func readDigits() -> Int {
        let start = position
        while let digit = readDigit() {
            let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int128(digit))
            fitsSoFar = fitsSoFar && !overflow && !carry
            magnitude = sum
        }
        return position - start
    }

    private mutating func readExponent() -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard var exponent = readDigit() else { return nil }
        // Beyond a thousand all exponents are out of range alike.
        while let digit = readDigit() { exponent = min(exponent * 10 + digit, 1_000) }
        return isNegative ? -exponent : exponent
    }

    private mutating func readDigit() -> Int? {
        guard unsafe position < text.count else { return nil }
        let digit = unsafe text[position] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        position += 1
        return Int(digit)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard unsafe position < text.count, unsafe text[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }
}
