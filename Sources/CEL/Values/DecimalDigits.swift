/// All the decimal digits of a double, of which there are finitely many, so that it can be rounded
/// exactly.
struct DecimalDigits {
    private let isNegative: Bool
    /// From the most significant one on; no zero in front.
    private var digits: [UInt8]
    /// How many of the digits stand after the point; may be more than there are.
    private var decimals: Int

    /// What finding the digits of a number costs, in multiplications of sixteen digits.
    static func cost(of double: Double) -> Int {
        // Zero has no exponent.
        guard double != 0 else { return 1 }
        let exponent = abs(Int(double.exponent) - 52)
        return 1 + exponent * exponent / 64
    }

    /// - Precondition: the number is finite.
    init(_ double: Double) {
        precondition(double.isFinite, "\(double) has no digits")
        isNegative = double.sign == .minus
        let magnitude = double.magnitude
        guard magnitude > 0 else {
            digits = []
            decimals = 0
            return
        }
        // The number is `significand` times two to the power of `exponent`.
        let exponent = Int(magnitude.exponent) - 52
        let significand = UInt64(magnitude.significand * 0x1p52)
        var reversed = String(significand).utf8.reversed().map { $0 - UInt8(ascii: "0") }
        // A negative power of two is a power of five over one of ten.
        for _ in 0..<abs(exponent) { Self.multiply(&reversed, by: exponent < 0 ? 5 : 2) }
        digits = reversed.reversed()
        decimals = max(0, -exponent)
    }

    private static func multiply(_ reversed: inout [UInt8], by factor: UInt8) {
        var carry: UInt8 = 0
        for index in reversed.indices {
            let product = reversed[index] * factor + carry
            reversed[index] = product % 10
            carry = product / 10
        }
        while carry > 0 {
            reversed.append(carry % 10)
            carry /= 10
        }
    }

    /// The number with so many digits after the point.
    func fixed(decimals wanted: Int) -> String {
        var rounded = self
        rounded.round(toDecimals: wanted)
        let padding = max(0, wanted + 1 - rounded.digits.count)
        let all = [UInt8](repeating: 0, count: padding) + rounded.digits
        let text = all.map { Character(Unicode.Scalar($0 + UInt8(ascii: "0"))) }
        let sign = isNegative ? "-" : ""
        let whole = String(text.dropLast(wanted))
        return wanted == 0 ? sign + whole : "\(sign)\(whole).\(String(text.suffix(wanted)))"
    }

    /// The number with one digit before the point, so many after it, and a power of ten.
    func scientific(decimals wanted: Int) -> String {
        var scaled = self
        var exponent = digits.isEmpty ? 0 : digits.count - 1 - decimals
        scaled.decimals = max(digits.count - 1, 0)
        let length = digits.count
        scaled.round(toDecimals: wanted)
        // Rounding 9.99 up makes a digit more.
        if length > 0, scaled.digits.count > wanted + 1 {
            exponent += 1
            scaled.digits.removeLast()
        }
        let sign = exponent < 0 ? "-" : "+"
        let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return "\(scaled.fixed(decimals: wanted))e\(sign)\(power)"
    }

    /// Rounds to the nearest, and to the even one of two that are equally near.
    private mutating func round(toDecimals wanted: Int) {
        if decimals <= wanted {
            if !digits.isEmpty {
                digits.append(contentsOf: [UInt8](repeating: 0, count: wanted - decimals))
            }
            decimals = wanted
            return
        }
        let dropped = decimals - wanted
        decimals = wanted
        guard dropped <= digits.count else {
            digits = []
            return
        }
        let tail = digits.suffix(dropped)
        var kept = Array(digits.dropLast(dropped))
        let isTie = tail.first == 5 && tail.dropFirst().allSatisfy { $0 == 0 }
        let isUp = isTie ? (kept.last ?? 0) % 2 == 1 : (tail.first ?? 0) >= 5
        if isUp {
            var index = kept.count - 1
            while index >= 0, kept[index] == 9 {
                kept[index] = 0
                index -= 1
            }
            if index >= 0 { kept[index] += 1 } else { kept.insert(1, at: 0) }
        }
        digits = Array(kept.drop { $0 == 0 })
    }
}
