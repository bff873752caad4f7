extension PatternTranslator {
    /// Reads a class, its `[` taken, and returns it in PCRE2's syntax.
    ///
    /// Every character that could mean something to PCRE2 comes out as a number, so that `[[:a:]]`
    /// stays what it is in ECMA-262: a class and a bracket.
    mutating func characterClass() throws(PatternError) -> String {
        let start = position - 1
        let isNegated = take("^")
        var items = ""
        while !take("]") {
            guard peek() != nil else { throw error("this '[' is never closed", at: start) }
            items += try classItem()
        }
        if items.isEmpty { return isNegated ? "[\\x{0}-\\x{10ffff}]" : "(?!)" }
        return isNegated ? "[^\(items)]" : "[\(items)]"
    }

    /// One character, one set, or a range of characters.
    private mutating func classItem() throws(PatternError) -> String {
        let start = position
        let first = try classAtom()
        guard peek() == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
            return Self.text(of: first)
        }
        position += 1
        let second = try classAtom()
        guard case .scalar(let low) = first, case .scalar(let high) = second else {
            // A set has no order, so the hyphen can only be itself.
            return Self.text(of: first) + Self.literal("-") + Self.text(of: second)
        }
        guard low <= high else { throw error("the range is in the wrong order", at: start) }
        return "\(Self.literal(low))-\(Self.literal(high))"
    }

    private mutating func classAtom() throws(PatternError) -> EscapedItem {
        let start = position
        guard take("\\") else { return .scalar(advance()) }
        if take("b") { return .scalar("\u{8}") }
        return try escapedItem(at: start)
    }

    private static func text(of item: EscapedItem) -> String {
        switch item {
        case .scalar(let scalar): literal(scalar)
        case .set(let set): set
        }
    }
}
