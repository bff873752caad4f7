internal import Events

extension ExactDecimal {
    /// So many more digits behind the point than the sum has.
    private static let moreDigits = 6

    /// This sum divided by how many numbers it is of: up to six more digits behind the point than
    /// it has, rounded to the nearest, of two equally near to the even one; without zeros at the
    /// end that the sum does not have.
    func average(of count: UInt64) -> ExactDecimal {
        let divisor = UInt128(max(count, 1))
        var (quotient, rest) = mantissa.magnitude.quotientAndRemainder(dividingBy: divisor)
        var digits = scale
        while rest > 0, digits < min(scale + Self.moreDigits, Self.maximumScale) {
            let (next, overflow) = quotient.multipliedReportingOverflow(by: 10)
            guard !overflow, next < UInt128(Int128.max) - 10 else { break }
            // The rest is below 2^64, so ten times it fits.
            let (digit, left) = (rest * 10).quotientAndRemainder(dividingBy: divisor)
            (quotient, rest) = (next + digit, left)
            digits += 1
        }
        if rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 == 1) {
            quotient += 1
            while digits > scale, quotient % 10 == 0 {
                quotient /= 10
                digits -= 1
            }
        }
        let result = Int128(clamping: quotient)
        return ExactDecimal(mantissa: mantissa < 0 ? -result : result, scale: digits)
    }
}
