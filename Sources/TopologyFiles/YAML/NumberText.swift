/// A number as JSON writes it, exact whatever its size.
///
/// Two are equal when they are the same number: `1.0` is `1`, `1e2` is `100`.
struct NumberText: Hashable {
    /// Without an exponent and without a fraction.
    let isInteger: Bool
    private let isNegative: Bool
    /// The digits without zeros at either end; empty for zero.
    private let digits: [UInt8]
    /// The power of ten of the last digit.
    private let exponent: Int

    /// `nil` when `text` is not a number by the grammar of JSON (RFC 8259).
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        isNegative = Self.take("-", from: &rest)
        let whole = Self.takeDigits(from: &rest)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else {
            return nil
        }
        var fraction: ArraySlice<UInt8> = []
        let hasFraction = Self.take(".", from: &rest)
        if hasFraction {
            fraction = Self.takeDigits(from: &rest)
            guard !fraction.isEmpty else { return nil }
        }
        guard let power = Self.takeExponent(from: &rest), rest.isEmpty else { return nil }
        isInteger = !hasFraction && power.isAbsent
        let all = whole + fraction
        let significant = all.drop { $0 == UInt8(ascii: "0") }
        let end = significant.lastIndex { $0 != UInt8(ascii: "0") }
        guard let end else {
            (digits, exponent) = ([], 0)
            return
        }
        digits = Array(significant[...end])
        exponent = power.value - fraction.count + (all.endIndex - 1 - end)
    }

    static func == (a: Self, b: Self) -> Bool {
        if a.digits.isEmpty { return b.digits.isEmpty }
        return a.isNegative == b.isNegative && a.exponent == b.exponent && a.digits == b.digits
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(digits)
        hasher.combine(exponent)
    }

    private static func take(_ character: Unicode.Scalar, from rest: inout ArraySlice<UInt8>)
        -> Bool
    {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func takeDigits(from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest[digits.endIndex...]
        return digits
    }

    /// `nil` when an exponent begins and does not end well, or is beyond every use.
    private static func takeExponent(
        from rest: inout ArraySlice<UInt8>
    ) -> (value: Int, isAbsent: Bool)? {
        guard take("e", from: &rest) || take("E", from: &rest) else { return (0, true) }
        let isNegative = take("-", from: &rest)
        if !isNegative { _ = take("+", from: &rest) }
        let digits = takeDigits(from: &rest)
        guard !digits.isEmpty, let value = Int32(String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        return (isNegative ? -Int(value) : Int(value), false)
    }
}
