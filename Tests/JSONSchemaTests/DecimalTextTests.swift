import JSONSchema
import Testing

@Suite("Decimal text")
struct DecimalTextTests {
    private func with<Result>(
        _ text: String, _ body: (DecimalText?) throws -> Result
    ) rethrows -> Result {
        try unsafe Array(text.utf8).withUnsafeBytes { try body(unsafe DecimalText($0)) }
    }

    private func compare(_ left: String, _ right: String) -> Int? {
        with(left) { left in
            with(right) { right in
                left.flatMap { left in right.map { left.compared(to: $0) } }
            }
        }
    }

    @Test(
        "what JSON does not write as a number is none",
        arguments: [
            "", "-", "+1", ".5", "5.", "01", "-01", "1e", "1e+", "0x1", "1 ", "NaN", "1.2.3",
        ])
    func notNumbers(text: String) {
        with(text) { #expect($0 == nil) }
    }

    @Test("numbers of one value are equal, and the others are in order")
    func order() {
        let ordered = [
            ["-1e1000000000000"], ["-10", "-1e1", "-100e-1", "-10.000"], ["-9.99"], ["-1e-1000000"],
            ["0", "-0", "0.0", "0e99", "-0.000e-5"], ["1e-400", "0.1e-399"], ["0.1", "1e-1"],
            ["0.10000000000000000000000000000000000000000001"], ["0.11"], ["1", "1.0", "0.1e1"],
            ["1.05"], ["1.5"], ["9007199254740993"], ["9007199254740993.5"],
            ["123456789012345678901234567890123456789012345678901234567890"],
            ["1e60", "1000000000000000000000000000000000000000000000000000000000000"],
            ["1e99999999999999999999"],
        ]
        for (i, lefts) in ordered.enumerated() {
            for (j, rights) in ordered.enumerated() {
                for left in lefts {
                    for right in rights {
                        #expect(compare(left, right) == (i - j).signum(), "\(left) and \(right)")
                    }
                }
            }
        }
    }

    @Test("random numbers compare as their fractions do")
    func random() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let (left, right) = (Fraction(using: &generator), Fraction(using: &generator))
            let expected = (left.scaled - right.scaled).signum()
            #expect(compare(left.text, right.text) == Int(expected), "\(left) \(right)")
            with(left.text) { number in
                #expect(number?.isInteger == (left.scaled % Fraction.scale == 0), "\(left)")
                let whole = left.scaled % Fraction.scale == 0 ? left.scaled / Fraction.scale : nil
                #expect(number?.integer == whole.flatMap { Int64(exactly: $0) }, "\(left)")
            }
        }
    }

    @Test("random numbers are multiples as their fractions are")
    func multiples() {
        var generator = SeededGenerator(seed: 2)
        var multiples = 0
        for _ in 0..<20_000 {
            let (number, divisor) = (Fraction(using: &generator), Fraction(using: &generator))
            guard divisor.scaled > 0 else { continue }
            let expected = number.scaled % divisor.scaled == 0
            multiples += expected ? 1 : 0
            with(number.text) { number in
                with(divisor.text) { divisor in
                    let found = divisor?.divisor.map { number?.isMultiple(of: $0) }
                    #expect(found == expected)
                }
            }
        }
        #expect(multiples > 200)
    }

    @Test("integers at the ends of 64 bits are read")
    func ends() {
        for integer in [Int64.min, .min + 1, -1, 0, 1, .max] {
            with("\(integer)") { #expect($0?.integer == integer) }
            with("\(integer).0") { #expect($0?.integer == integer) }
        }
        for text in ["9223372036854775808", "-9223372036854775809", "1e19", "1e30", "0.5"] {
            with(text) { #expect($0?.integer == nil) }
        }
        with("9.2e18") { #expect($0?.integer == 9_200_000_000_000_000_000) }
    }

    /// A number with its text and its exact value, in units of 10^-9.
    private struct Fraction {
        static let scale: Int128 = 1_000_000_000
        let text: String
        let scaled: Int128

        init(using generator: inout SeededGenerator) {
            let digits = Int.random(in: 1...6, using: &generator)
            let largest = (0..<digits).reduce(Int64(1)) { power, _ in power * 10 }
            let mantissa = Int64.random(in: (-largest / 4)...largest, using: &generator)
            let decimals = Int.random(in: 0...3, using: &generator)
            let exponent = Int.random(in: -3...3, using: &generator)
            var plain = String(mantissa.magnitude)
            if decimals > 0 {
                plain = String(repeating: "0", count: max(0, decimals + 1 - plain.count)) + plain
                plain.insert(".", at: plain.index(plain.endIndex, offsetBy: -decimals))
            }
            let sign = mantissa < 0 ? "-" : ""
            text = sign + plain + (exponent == 0 ? "" : "e\(exponent)")
            let shift = 9 - decimals + exponent
            scaled = (0..<shift).reduce(Int128(mantissa)) { power, _ in power * 10 }
        }
    }
}
