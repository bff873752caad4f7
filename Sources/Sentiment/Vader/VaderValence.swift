/// The valence of one word among those in front of it.
struct VaderValence {
    let tokens: [VaderTokens.Token]
    let index: Int
    let hasSomeCapitals: Bool

    var value: Double {
        let token = tokens[index]
        guard let word = token.word, word.boost == 0, word.isInLexicon else { return 0 }
        if word.name == .kind, name(1) == .of { return 0 }
        var valence = word.valence
        if word.name == .no, index + 1 < tokens.count, tokens[index + 1].isInLexicon { valence = 0 }
        if isBehindNo { valence = word.valence * VaderRules.negation }
        if token.isUpper, hasSomeCapitals {
            valence += valence > 0 ? VaderRules.capitals : -VaderRules.capitals
        }
        for distance in 1...3 where index >= distance && !tokens[index - distance].isInLexicon {
            valence += influence(of: tokens[index - distance], on: valence, at: distance)
            valence = negated(valence, at: distance)
            if distance == 3 { valence = idiomatic(valence) }
        }
        if name(-1) == .least, !tokens[index - 1].isInLexicon,
            index < 2 || name(-2) != .at && name(-2) != .very
        {
            valence *= VaderRules.negation
        }
        return valence
    }

    /// The word at a distance from this one, when it is one that the rules name.
    private func name(_ offset: Int) -> VaderWord.Name {
        tokens.indices.contains(index + offset) ? tokens[index + offset].name : .other
    }

    private var isBehindNo: Bool {
        name(-1) == .no || name(-2) == .no
            || name(-3) == .no && (name(-1) == .or || name(-1) == .nor)
    }

    /// What a word in front adds to the valence.
    private func influence(
        of token: VaderTokens.Token, on valence: Double, at distance: Int
    ) -> Double {
        guard let word = token.word, word.boost != 0 else { return 0 }
        var influence = valence < 0 ? -word.boost : word.boost
        if token.isUpper, hasSomeCapitals {
            influence += valence > 0 ? VaderRules.capitals : -VaderRules.capitals
        }
        return distance == 1 ? influence : influence * (distance == 2 ? 0.95 : 0.9)
    }

    private func negated(_ valence: Double, at distance: Int) -> Double {
        switch distance {
        case 2:
            if name(-2) == .never, name(-1) == .so || name(-1) == .this { return valence * 1.25 }
            if name(-2) == .without, name(-1) == .doubt { return valence }
        case 3:
            // The reference lets "so" and "this" right in front stand for all of the condition.
            if name(-3) == .never, name(-2) == .so || name(-2) == .this { return valence * 1.25 }
            if name(-1) == .so || name(-1) == .this { return valence * 1.25 }
            if name(-3) == .without, name(-2) == .doubt || name(-1) == .doubt { return valence }
        default: break
        }
        return tokens[index - distance].isNegation ? valence * VaderRules.negation : valence
    }

    /// The valence of a sequence of words, in place of the word's own.
    private func idiomatic(_ valence: Double) -> Double {
        var valence = valence
        // The sequences by where they begin and end, in the order in which they count.
        for (start, end) in [(-1, 0), (-2, 0), (-2, -1), (-3, -1), (-3, -2)] {
            if let found = idiom(from: start, to: end) {
                valence = found
                break
            }
        }
        valence = idiom(from: 0, to: 1) ?? valence
        valence = idiom(from: 0, to: 2) ?? valence
        for (start, end) in [(-3, -1), (-3, -2), (-2, -1)]
        where VaderRules.weakenings.contains(where: { isSequence($0, from: start, to: end) }) {
            valence -= VaderRules.boost
        }
        return valence
    }

    private func idiom(from start: Int, to end: Int) -> Double? {
        // None begins or ends with a word without a name.
        if name(start) == .other || name(end) == .other { return nil }
        return VaderRules.idioms.first { isSequence($0.words, from: start, to: end) }?.valence
    }

    private func isSequence(_ words: [VaderWord.Name], from start: Int, to end: Int) -> Bool {
        guard words.count == end - start + 1 else { return false }
        for (offset, word) in words.enumerated() where name(start + offset) != word { return false }
        return true
    }
}
