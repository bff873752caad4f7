/// All that the engine `millrace` looks up: words, sequences of words, emoticons and emoji.
struct OwnVocabulary: Sendable {
    /// A sequence of words, by their indices in ``words``.
    struct Phrase: Sendable {
        let words: [Int]
        let valence: Double
        let aspect: Int16
    }

    private(set) var words = WordTable<OwnWord>()
    /// The sequences, a list for each first word; the longest first.
    private(set) var phrases: [[Phrase]] = []
    private(set) var emoticons = WordTable<Double>()
    private var emoji: [UInt32: Double] = [:]

    /// - Parameters:
    ///   - lexicon: Entries that are added, or that replace those of the engine's own lexicon.
    ///   - aspects: Names of aspects and the terms that speak of them.
    init(lexicon: ValenceLexicon?, aspects: [SentimentAspect]) {
        for (word, valence) in OwnLexicon.entries { change(word) { $0.valence = valence } }
        for (valence, list) in OwnRules.faint {
            for word in list.split(separator: " ") {
                change(String(word)) {
                    $0.valence = valence
                    $0.isFaint = true
                }
            }
        }
        for entry in lexicon?.entries ?? [] { add(entry) }
        for (role, list) in OwnRules.roles {
            for word in list.split(separator: " ") {
                change(String(word)) {
                    $0.role = role
                    // "pretty bad" is bad.
                    $0.valence = 0
                }
            }
        }
        for (tongue, list) in [
            (OwnWord.Tongue.other, OwnRules.otherTongues), (.english, OwnRules.english),
        ] {
            for word in list.split(separator: " ") { change(String(word)) { $0.tongue = tongue } }
        }
        for (valence, list) in OwnRules.phrases {
            for phrase in list { add(phrase: phrase, valence: valence, aspect: -1) }
        }
        for (valence, list) in OwnRules.emoticons {
            for text in list.split(separator: " ") {
                emoticons[Array(text.lowercased().utf8), default: 0] = valence
            }
        }
        for (valence, list) in OwnRules.emoji {
            for scalar in list.unicodeScalars where scalar.value != 0xFE0F {
                emoji[scalar.value] = valence
            }
        }
        for (index, aspect) in aspects.enumerated() {
            for term in aspect.terms { add(term: term, aspect: Int16(index)) }
        }
        for index in phrases.indices {
            phrases[index].sort { $0.words.count > $1.words.count }
        }
    }

    func valence(ofEmoji scalar: UInt32) -> Double {
        scalar < 0x203C ? 0 : emoji[scalar, default: 0]
    }

    // MARK: Making

    private mutating func change(_ word: String, _ body: (inout OwnWord) -> Void) {
        body(&words[Array(word.lowercased().utf8), default: OwnWord()])
    }

    private mutating func add(_ entry: ValenceLexicon.Entry) {
        let text = entry.text.lowercased()
        if text.contains(" ") {
            add(phrase: text, valence: entry.valence, aspect: -1)
        } else if Self.isEmoticon(text) {
            emoticons[Array(text.utf8), default: 0] = entry.valence
        } else {
            change(text) {
                $0.valence = entry.valence
                $0.isFaint = false
            }
        }
    }

    /// A few signs that no word begins or ends with.
    private static func isEmoticon(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 4 else {
            return false
        }
        return first.isASCIIPunctuation || last.isASCIIPunctuation
    }

    private mutating func add(term: String, aspect: Int16) {
        if term.contains(" ") {
            add(phrase: term, valence: .nan, aspect: aspect)
        } else {
            change(term) { $0.aspect = aspect }
        }
    }

    private mutating func add(phrase: String, valence: Double, aspect: Int16) {
        let texts = phrase.lowercased().split(separator: " ").map(String.init)
        let indices = texts.map { word in
            change(word) { _ in }
            return words.find(Array(word.utf8))
        }
        guard let first = texts.first else { return }
        let next = Int32(phrases.count)
        var list = next
        change(first) {
            if $0.phrases < 0 { $0.phrases = next }
            list = $0.phrases
        }
        if list == next { phrases.append([]) }
        phrases[Int(list)].append(Phrase(words: indices, valence: valence, aspect: aspect))
    }
}

/// Something that opinions are about, and the words and sequences of words that name it.
public struct SentimentAspect: Hashable, Sendable {
    public let name: String
    public let terms: [String]

    public init(name: String, terms: [String]) {
        self.name = name
        self.terms = terms
    }
}
