import Events
import Testing

@Suite struct ExactDecimalTests {
    @Test(
        "JSON numbers are read and printed with all digits",
        arguments: [
            ("0", "0"), ("19.990", "19.990"), ("-0.5", "-0.5"), ("-12", "-12"), ("1e3", "1000"),
            ("1.25E1", "12.5"), ("1.250e1", "12.50"), ("12e-3", "0.012"), ("1E+2", "100"),
            ("0e400", "0"), ("9223372036854775808", "9223372036854775808"),
            ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
            (
                "0.00000000000000000000000000000000000001",
                "0.00000000000000000000000000000000000001"
            ),
            ("-1.2345678901234567890123456789", "-1.2345678901234567890123456789"),
        ])
    func reads(text: String, printed: String) {
        #expect(ExactDecimal(text)?.description == printed)
    }

    @Test(
        "what is no number or has too many digits is refused",
        arguments: [
            "", "-", ".5", "1.", "1e", "1e+", "x", "1x", " 1", "+1", "1e39", "1e400", "1e-39",
            "1e99999999999999999999", "170141183460469231731687303715884105728", "1e-400",
            "0.000000000000000000000000000000000000001", "NaN", "1,5",
        ])
    func refuses(text: String) {
        #expect(ExactDecimal(text) == nil)
    }

    @Test("sums are exact and keep the longer fraction")
    func adds() {
        #expect(ExactDecimal("0.1")!.adding(ExactDecimal("0.2")!)!.description == "0.3")
        #expect(ExactDecimal("19.990")!.adding(ExactDecimal("5")!)!.description == "24.990")
        #expect(ExactDecimal("-1")!.adding(ExactDecimal("1.00")!)!.description == "0.00")
        let cents = (0..<1_000).reduce(ExactDecimal.zero) { sum, _ in
            sum.adding(ExactDecimal("0.01")!)!
        }
        #expect(cents.description == "10.00")
    }

    @Test("a sum that does not fit is none")
    func overflows() {
        let largest = ExactDecimal(mantissa: .max, scale: 0)
        #expect(largest.adding(ExactDecimal("1")!) == nil)
        #expect(largest.adding(ExactDecimal("0.5")!) == nil)
        #expect(ExactDecimal(mantissa: .min, scale: 38).description.hasPrefix("-1.70141183460469"))
    }

    @Test("numbers are ordered and equal by value")
    func compares() {
        #expect(ExactDecimal("1.0") == ExactDecimal("1.00"))
        #expect(ExactDecimal("1.0").hashValue == ExactDecimal("1.00").hashValue)
        #expect(ExactDecimal("-2")! < ExactDecimal("-1.5")!)
        #expect(ExactDecimal("-0.5")! < ExactDecimal("-0.25")!)
        let large = ExactDecimal(mantissa: .max, scale: 0)
        let small = ExactDecimal(mantissa: .max, scale: 38)
        #expect(small < large)
        #expect(ExactDecimal(mantissa: .min, scale: 0) < ExactDecimal(mantissa: .min, scale: 38))
    }

    @Test("random sums agree with whole cents", arguments: 0..<5)
    func agreesWithIntegers(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<500 {
            let left = Int64.random(in: -1_000_000...1_000_000, using: &generator)
            let right = Int64.random(in: -1_000_000...1_000_000, using: &generator)
            let sum = ExactDecimal(mantissa: Int128(left), scale: 2)
                .adding(ExactDecimal(mantissa: Int128(right), scale: 2))
            #expect(sum == ExactDecimal(mantissa: Int128(left + right), scale: 2))
            #expect(sum.flatMap { ExactDecimal($0.description) } == sum)
            #expect(
                (ExactDecimal(mantissa: Int128(left), scale: 2)
                    < ExactDecimal(mantissa: Int128(right) * 10, scale: 3)) == (left < right))
        }
    }
}
