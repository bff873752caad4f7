extension PatternTranslator {
    /// How often something may come.
    struct Quantifier {
        let text: String
        /// Whether it may come more than once.
        let isRepeating: Bool
        let scalarCount: Int
    }

    mutating func takeQuantifier() throws(PatternError) -> Quantifier? {
        guard let quantifier = quantifier(at: position) else { return nil }
        let start = position
        position += quantifier.scalarCount
        if let next = peek(), next == "*" || next == "+" || next == "?" {
            throw error("ECMA-262 has no possessive and no double repetition")
        }
        if self.quantifier(at: position) != nil {
            throw error("what is repeated already can't be repeated again", at: start)
        }
        return quantifier
    }

    /// The quantifier at `start`, or `nil` when there is none; `{` alone is a literal.
    func quantifier(at start: Int) -> Quantifier? {
        guard start < scalars.count else { return nil }
        switch scalars[start] {
        case "*": return lazily("*", isRepeating: true, count: 1, at: start)
        case "+": return lazily("+", isRepeating: true, count: 1, at: start)
        case "?": return lazily("?", isRepeating: false, count: 1, at: start)
        case "{": return bounds(at: start)
        default: return nil
        }
    }

    private func bounds(at start: Int) -> Quantifier? {
        let inner = scalars[(start + 1)...].prefix { ("0"..."9") ~= $0 || $0 == "," }
        let end = start + 1 + inner.count
        guard end < scalars.count, scalars[end] == "}" else { return nil }
        let bounds = inner.split(separator: ",", omittingEmptySubsequences: false)
        let isWellFormed =
            bounds.count <= 2 && !(bounds[0].isEmpty)
            && bounds.allSatisfy { $0.allSatisfy { ("0"..."9") ~= $0 } }
        guard isWellFormed else { return nil }
        let text = "{\(String(String.UnicodeScalarView(inner)))}"
        let isOnce = bounds.last.map { $0.elementsEqual(["1"]) || $0.elementsEqual(["0"]) } ?? false
        return lazily(text, isRepeating: !isOnce, count: inner.count + 2, at: start)
    }

    private func lazily(
        _ text: String, isRepeating: Bool, count: Int, at start: Int
    ) -> Quantifier {
        let isLazy = start + count < scalars.count && scalars[start + count] == "?"
        return Quantifier(
            text: isLazy ? text + "?" : text, isRepeating: isRepeating,
            scalarCount: isLazy ? count + 1 : count)
    }
}
