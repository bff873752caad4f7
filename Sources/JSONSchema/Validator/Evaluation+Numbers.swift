internal import Events

extension Evaluation {
    mutating func evaluateNumber(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32
    ) -> Bool {
        let number = unsafe tables.numberRules.pointer(Int(rule.pointee.number))
        if unsafe number.pointee.multipleOf < 0, unsafe isBetween(node, number) { return true }
        return unsafe evaluateText(node, number.pointee, index)
    }

    /// Whether the index alone tells that a number is between the bounds.
    private func isBetween(_ node: Int32, _ number: UnsafePointer<NumberRule>) -> Bool {
        switch reader.kindCode(of: node) {
        case FieldValue.Kind.integer.rawValue:
            let integer = Int64(bitPattern: reader.payload(of: node))
            return unsafe !number.pointee.excludesIntegers
                && integer >= number.pointee.lowest && integer <= number.pointee.highest
        case FieldValue.Kind.decimal.rawValue:
            let rounded = Double(bitPattern: reader.payload(of: node))
            return unsafe rounded > number.pointee.lowestRounded
                && rounded < number.pointee.highestRounded
        default: return false
        }
    }

    /// Compares the number's text with the bounds, exactly.
    private mutating func evaluateText(
        _ node: Int32, _ number: NumberRule, _ index: Int32
    ) -> Bool {
        guard let decimal = unsafe DecimalText(reader.rawBytes(of: node)) else { return true }
        let comparison = Comparison(node: node, decimal: decimal, rule: index)
        return check(comparison, with: number.minimum, .minimum) { $0 >= 0 }
            && check(comparison, with: number.exclusiveMinimum, .exclusiveMinimum) { $0 > 0 }
            && check(comparison, with: number.maximum, .maximum) { $0 <= 0 }
            && check(comparison, with: number.exclusiveMaximum, .exclusiveMaximum) { $0 < 0 }
            && checkMultiple(comparison, of: number.multipleOf)
    }

    private struct Comparison {
        let node: Int32
        let decimal: DecimalText
        let rule: Int32
    }

    private mutating func check(
        _ comparison: Comparison, with bound: Int32, _ keyword: Finding.Keyword,
        _ isMet: (Int) -> Bool
    ) -> Bool {
        guard bound >= 0 else { return true }
        let order = unsafe DecimalText(tables.number(bound)).map {
            comparison.decimal.compared(to: $0)
        }
        if let order, isMet(order) { return true }
        return sink.report(
            Finding(keyword: keyword, node: comparison.node, rule: comparison.rule), reader)
    }

    private mutating func checkMultiple(_ comparison: Comparison, of divisor: Int32) -> Bool {
        if divisor < 0 || comparison.decimal.isMultiple(of: tables.divisors[divisor]) {
            return true
        }
        return sink.report(
            Finding(keyword: .multipleOf, node: comparison.node, rule: comparison.rule), reader)
    }
}
