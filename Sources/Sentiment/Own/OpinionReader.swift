/// One opinion of a text: a word or emoticon with what stands around it.
struct FoundOpinion {
    var value: Double
    let clause: Int32
    let sentence: Int32
    var isFaint: Bool
}

/// Finds the opinions in the units of a text.
struct OpinionReader {
    private(set) var opinions: [FoundOpinion] = []
    /// The aspects that clauses speak of.
    private(set) var mentions: [(aspect: Int16, clause: Int32)] = []

    private let vocabulary: OwnVocabulary
    private var clause: Int32 = 0
    private var sentence: Int32 = 0
    private var clauseStart = 0
    private var sentenceStart = 0

    // What the words of the clause so far do to the next opinion.
    private var negation = 0
    /// Whether something was negated that says nothing by itself: "does not charge".
    private var hasIdleNegation = false
    private var hasAbsence = false
    private var strength = 1.0
    private var hedge = 0
    private var tooDistance = 0
    private var hasSomeCapitals = false

    /// For how many words a negation holds, and what makes a word stronger or weaker.
    private static let negationReach = 4

    init(_ vocabulary: OwnVocabulary) { self.vocabulary = vocabulary }

    mutating func read(_ units: borrowing OwnUnits) {
        opinions.removeAll(keepingCapacity: true)
        mentions.removeAll(keepingCapacity: true)
        (clause, sentence, clauseStart, sentenceStart) = (0, 0, 0, 0)
        hasSomeCapitals = units.upperCount > 0 && units.upperCount * 2 < units.wordCount
        forget()
        var position = 0
        let list = units.list
        while position < list.count {
            let unit = list[position]
            switch unit.kind {
            case .clauseEnd: endClause()
            case .sentenceEnd: endSentence(isQuestion: false)
            case .question: endSentence(isQuestion: true)
            case .emoticon: add(unit.valence, isFaint: false, isStrong: false)
            case .word:
                if let length = readPhrase(at: position, of: list) {
                    position += length
                    continue
                }
                readWord(unit, hasNext: hasWord(after: position, of: list))
            }
            position += 1
        }
        endSentence(isQuestion: false)
    }

    private func hasWord(after position: Int, of list: [OwnUnits.Unit]) -> Bool {
        position + 1 < list.count && list[position + 1].kind == .word
    }

    // MARK: Words

    /// Takes a sequence of words that the vocabulary has; returns how many.
    private mutating func readPhrase(at start: Int, of list: [OwnUnits.Unit]) -> Int? {
        let first = Int(list[start].word)
        guard first >= 0, vocabulary.words.values[first].phrases >= 0 else { return nil }
        for phrase in vocabulary.phrases[Int(vocabulary.words.values[first].phrases)]
        where isThere(phrase.words, at: start, of: list) {
            if phrase.aspect >= 0 {
                mentions.append((phrase.aspect, clause))
                step()
            } else if phrase.valence != 0 {
                add(phrase.valence, isFaint: false, isStrong: list[start].isUpper)
            } else {
                step()
            }
            return phrase.words.count
        }
        return nil
    }

    private func isThere(_ words: [Int], at start: Int, of list: [OwnUnits.Unit]) -> Bool {
        guard start + words.count <= list.count else { return false }
        for (offset, word) in words.enumerated() {
            let unit = list[start + offset]
            if unit.kind != .word || Int(unit.word) != word { return false }
        }
        return true
    }

    private mutating func readWord(_ unit: OwnUnits.Unit, hasNext: Bool) {
        let word = unit.word >= 0 ? vocabulary.words.values[Int(unit.word)] : OwnWord()
        if word.aspect >= 0 { mentions.append((word.aspect, clause)) }
        if unit.isNegation || word.role == .negation {
            // "not" twice says what it says.
            negation = negation > 0 ? 0 : Self.negationReach
            return
        }
        switch word.role {
        case .absence:
            if hasNext {
                negation = Self.negationReach
                hasAbsence = true
            }
            return
        case .intensifier: strength = min(strength * 1.25, 2)
        case .dampener: strength *= 0.6
        case .hedge:
            strength *= 0.6
            hedge = 3
        case .too: if hasNext { tooDistance = 3 }
        case .enough:
            if negation > 0 {
                negation = 0
                add(-1.5, isFaint: false, isStrong: false)
                return
            }
        case .contrast: turn()
        case .none, .filler, .negation: break
        }
        if word.valence != 0 {
            add(word.valence, isFaint: word.isFaint, isStrong: unit.isUpper)
        } else if word.role == .none {
            passNeutral()
        }
    }

    /// A word that says nothing by itself may say something where it stands: "no viewfinder",
    /// "too small", "a bit large".
    private mutating func passNeutral() {
        if hasAbsence {
            hasAbsence = false
            record(-1, isFaint: true)
        } else if negation > 0 {
            hasIdleNegation = true
            tooDistance = 0
        } else if tooDistance > 0 {
            tooDistance = 0
            record(-1.5, isFaint: false)
        } else if hedge > 0 {
            hedge = 0
            record(-1, isFaint: false)
        }
        step()
    }

    private mutating func step() {
        if negation > 0 { negation -= 1 }
        if hedge > 0 { hedge -= 1 }
        if tooDistance > 0 { tooDistance -= 1 }
    }

    private mutating func add(_ valence: Double, isFaint: Bool, isStrong: Bool) {
        var value = valence * strength
        if isStrong, hasSomeCapitals { value *= 1.25 }
        if tooDistance > 0 { value = value > 0 ? -1 : value * 1.2 }
        if negation > 0 {
            hasIdleNegation = false
            value =
                value > 0
                ? -0.6 * value
                : hasAbsence
                    ? 0.6 * abs(value) : valence <= -3 ? 0.25 * abs(value) : 0.4 * abs(value)
        }
        record(value, isFaint: isFaint && negation == 0)
        strength = 1
        step()
        hasAbsence = false
        (hedge, tooDistance) = (0, 0)
    }

    private mutating func record(_ value: Double, isFaint: Bool) {
        opinions.append(
            FoundOpinion(value: value, clause: clause, sentence: sentence, isFaint: isFaint))
    }

    // MARK: Clauses and sentences

    private mutating func forget() {
        (negation, hasAbsence, strength, hedge, tooDistance) = (0, false, 1, 0, 0)
        hasIdleNegation = false
    }

    /// A "but" ends the clause, and takes weight from what the sentence said before.
    private mutating func turn() {
        endClause()
        for index in opinions.indices[sentenceStart...] { opinions[index].value *= 0.6 }
    }

    private mutating func endClause() {
        if hasIdleNegation { record(-0.8, isFaint: true) }
        let own = opinions.indices[clauseStart...]
        if own.contains(where: { !opinions[$0].isFaint }) {
            for index in own where opinions[index].isFaint { opinions[index].value = 0 }
        }
        clause += 1
        clauseStart = opinions.count
        forget()
    }

    private mutating func endSentence(isQuestion: Bool) {
        endClause()
        if isQuestion {
            for index in opinions.indices[sentenceStart...] { opinions[index].value *= 0.4 }
        }
        sentence += 1
        sentenceStart = opinions.count
    }
}
