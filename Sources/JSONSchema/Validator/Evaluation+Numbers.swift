internal import Events

extension Evaluation {
    mutating func evaluateNumber(_ value: FieldValue, _ rule: Rule, _ index: Int) -> Bool {
        let number = program.numberRules[Int(rule.number)]
        if number.multipleOf < 0, !number.excludesIntegers, let integer = value.integer,
            integer >= number.lowest, integer <= number.highest
        {
            return true
        }
        return evaluateText(value, number, index)
    }

    /// Compares the number's text with the bounds, exactly.
    private mutating func evaluateText(
        _ value: FieldValue, _ number: NumberRule, _ index: Int
    ) -> Bool {
        guard let decimal = unsafe DecimalText(arena.bytes(value.raw)) else { return true }
        let comparison = Comparison(value: value, decimal: decimal, rule: index)
        return check(comparison, with: number.minimum, .minimum) { $0 >= 0 }
            && check(comparison, with: number.exclusiveMinimum, .exclusiveMinimum) { $0 > 0 }
            && check(comparison, with: number.maximum, .maximum) { $0 <= 0 }
            && check(comparison, with: number.exclusiveMaximum, .exclusiveMaximum) { $0 < 0 }
            && checkMultiple(comparison, of: number.multipleOf)
    }

    private struct Comparison {
        let value: FieldValue
        let decimal: DecimalText
        let rule: Int
    }

    private mutating func check(
        _ comparison: Comparison, with bound: Int32, _ keyword: Finding.Keyword,
        _ isMet: (Int) -> Bool
    ) -> Bool {
        guard bound >= 0 else { return true }
        let order = unsafe program.numbers[Int(bound)].withUnsafeBytes { text in
            unsafe DecimalText(text).map { comparison.decimal.compared(to: $0) }
        }
        if let order, isMet(order) { return true }
        return sink.report(
            Finding(keyword: keyword, value: comparison.value, rule: comparison.rule))
    }

    private mutating func checkMultiple(_ comparison: Comparison, of divisor: Int32) -> Bool {
        if divisor < 0 || comparison.decimal.isMultiple(of: program.divisors[Int(divisor)]) {
            return true
        }
        return sink.report(
            Finding(keyword: .multipleOf, value: comparison.value, rule: comparison.rule))
    }
}
