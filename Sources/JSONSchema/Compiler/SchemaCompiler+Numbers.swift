extension SchemaCompiler {
    mutating func compileNumber(_ keyword: Keyword, into rule: inout Rule) {
        guard case .number(let text) = keyword.operand else {
            report(
                keyword.place, "a number is needed here, not \(keyword.operand.kindName)")
            return
        }
        if rule.number < 0 { rule.number = builder.add(NumberRule(), to: \.numberRules) }
        rule.applies.insert(.numbers)
        let index = Int(rule.number)
        let number = builder.add(text, to: \.numbers)
        switch keyword.name {
        case "minimum": builder.numberRules[index].minimum = number
        case "exclusiveMinimum": builder.numberRules[index].exclusiveMinimum = number
        case "maximum": builder.numberRules[index].maximum = number
        case "exclusiveMaximum": builder.numberRules[index].exclusiveMaximum = number
        default:
            builder.numberRules[index].multipleOfText = number
            compileDivisor(text, into: index, at: keyword.place)
            return
        }
        narrowIntegers(keyword.name, text, in: index)
        let rounded = Double(String(decoding: text, as: UTF8.self)) ?? .nan
        var rule = builder.numberRules[index]
        if keyword.name == "minimum" || keyword.name == "exclusiveMinimum" {
            rule.lowestRounded = max(rule.lowestRounded, rounded)
        } else {
            rule.highestRounded = min(rule.highestRounded, rounded)
        }
        builder.numberRules[index] = rule
    }

    private mutating func compileDivisor(_ text: [UInt8], into index: Int, at place: SchemaPlace) {
        let divisor = unsafe text.withUnsafeBytes { unsafe DecimalText($0)?.divisor }
        guard let divisor else {
            report(place, "'multipleOf' needs a number above 0 of at most 18 digits")
            return
        }
        builder.numberRules[index].multipleOf = builder.add(divisor, to: \.divisors)
    }

    /// Says with integers what a bound says, so that most numbers need no look at their text.
    private mutating func narrowIntegers(_ keyword: String, _ bound: [UInt8], in index: Int) {
        var rule = builder.numberRules[index]
        switch keyword {
        case "minimum": narrow(&rule, lowest: Self.first { Self.compare($0, bound) >= 0 })
        case "exclusiveMinimum": narrow(&rule, lowest: Self.first { Self.compare($0, bound) > 0 })
        case "maximum": narrow(&rule, firstAbove: Self.first { Self.compare($0, bound) > 0 })
        default: narrow(&rule, firstAbove: Self.first { Self.compare($0, bound) >= 0 })
        }
        builder.numberRules[index] = rule
    }

    private func narrow(_ rule: inout NumberRule, lowest: Int64?) {
        guard let lowest else {
            rule.excludesIntegers = true
            return
        }
        rule.lowest = max(rule.lowest, lowest)
    }

    private func narrow(_ rule: inout NumberRule, firstAbove: Int64?) {
        guard let firstAbove else { return }
        guard firstAbove > .min else {
            rule.excludesIntegers = true
            return
        }
        rule.highest = min(rule.highest, firstAbove - 1)
    }

    /// The first integer that meets a condition which all later ones meet, too; `nil` when none
    /// does.
    private static func first(_ condition: (Int64) -> Bool) -> Int64? {
        guard condition(.max) else { return nil }
        // Counted from the least integer, so that the middle of two never overflows.
        var (low, high) = (UInt64.min, UInt64.max)
        while low < high {
            let middle = low + (high - low) / 2
            if condition(integer(middle)) { high = middle } else { low = middle + 1 }
        }
        return integer(low)
    }

    private static func integer(_ ordinal: UInt64) -> Int64 {
        Int64(bitPattern: ordinal ^ (1 << 63))
    }

    private static func compare(_ integer: Int64, _ bound: [UInt8]) -> Int {
        let text = Array(String(integer).utf8)
        return unsafe text.withUnsafeBytes { left in
            unsafe bound.withUnsafeBytes { right in
                guard let left = unsafe DecimalText(left), let right = unsafe DecimalText(right)
                else { preconditionFailure("a number of a parsed document is not a number") }
                return left.compared(to: right)
            }
        }
    }
}
