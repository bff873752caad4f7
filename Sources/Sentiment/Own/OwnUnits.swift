/// A text as the engine `millrace` reads it: words, emoticons, and where clauses and sentences end.
struct OwnUnits {
    struct Unit {
        enum Kind: UInt8 {
            case word, emoticon
            /// A comma and the like.
            case clauseEnd
            case sentenceEnd, question
        }

        let kind: Kind
        /// The word's index in the vocabulary, -1 for an unknown one.
        var word: Int32 = -1
        /// The valence of an emoticon.
        var valence = 0.0
        var isUpper = false
        var isNegation = false
    }

    /// Words beyond this many are not read.
    static let most = 8192

    /// Whether the text is plainly in another language than English.
    var isInOtherLanguage: Bool { otherCount >= 2 && otherCount > englishCount }

    private(set) var list: [Unit] = []
    private(set) var wordCount = 0
    private(set) var upperCount = 0
    /// Small words of English, and words of another language.
    private(set) var englishCount = 0
    private(set) var otherCount = 0
    private(set) var exclamations = 0
    private var scratch: [UInt8] = []

    private let vocabulary: OwnVocabulary

    init(_ vocabulary: OwnVocabulary) { self.vocabulary = vocabulary }

    mutating func read(_ text: UnsafeRawBufferPointer) {
        list.removeAll(keepingCapacity: true)
        (wordCount, upperCount, exclamations) = (0, 0, 0)
        (englishCount, otherCount) = (0, 0)
        var position = 0
        while position < text.count, list.count < Self.most {
            let byte = unsafe text[position]
            if byte.isASCIILower || byte.isASCIIUpper || byte.isASCIIDigit {
                position = unsafe readWord(text, from: position)
            } else if byte >= 0x80 {
                position = unsafe readOther(text, from: position)
            } else if byte <= 0x20 {
                if byte == UInt8(ascii: "\n") { end(.sentenceEnd) }
                position += 1
            } else {
                position = unsafe readPunctuation(text, from: position)
            }
        }
    }

    // MARK: Words

    private mutating func readWord(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = unsafe endOfWord(text, from: start)
        // A hyphenated word is one word where the vocabulary has it.
        if end + 1 < text.count, unsafe text[end] == UInt8(ascii: "-"),
            unsafe Self.isLetter(text[end + 1])
        {
            let longer = unsafe endOfWord(text, from: end + 1)
            let word = unsafe UnsafeRawBufferPointer(rebasing: text[start..<longer])
            if unsafe vocabulary.words.find(word) >= 0 { end = longer }
        }
        unsafe append(UnsafeRawBufferPointer(rebasing: text[start..<end]))
        return end
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte.isASCIILower || byte.isASCIIUpper || byte.isASCIIDigit || byte >= 0x80
    }

    /// Letters, digits, and apostrophes between them. Of letters beyond ASCII all are taken that are
    /// no white space, no punctuation of ours and no emoji.
    private func endOfWord(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end < text.count {
            let byte = unsafe text[end]
            if byte.isASCIILower || byte.isASCIIUpper || byte.isASCIIDigit {
                end += 1
            } else if byte == UInt8(ascii: "'"), end + 1 < text.count,
                unsafe Self.isLetter(text[end + 1])
            {
                end += 1
            } else if byte >= 0x80 {
                let scalar = unsafe UTF8Scalar(text, at: end)
                guard scalar.value == 0x2019 || isWordScalar(scalar) else { break }
                end += scalar.length
            } else {
                break
            }
        }
        return end
    }

    private func isWordScalar(_ scalar: UTF8Scalar) -> Bool {
        if scalar.isSpace || vocabulary.valence(ofEmoji: scalar.value) != 0 { return false }
        switch scalar.value {
        case 0xC0...0x24F, 0x300...0x36F: return scalar.value != 0xD7 && scalar.value != 0xF7
        default: return scalar.scalar?.properties.isAlphabetic ?? false
        }
    }

    private mutating func append(_ word: UnsafeRawBufferPointer) {
        var (hasUpper, hasLower, isASCII) = (false, false, true)
        var hash = WordTable<OwnWord>.seed
        for position in 0..<word.count {
            let byte = unsafe word[position]
            hasUpper = hasUpper || byte.isASCIIUpper
            hasLower = hasLower || byte.isASCIILower
            isASCII = isASCII && byte < 0x80
            hash = WordTable<OwnWord>.mix(hash, byte.lowered)
        }
        var index =
            isASCII ? unsafe vocabulary.words.find(word, hash: hash) : unsafe findOther(word)
        if index < 0 { index = unsafe findShortened(word) }
        var unit = Unit(kind: .word, word: Int32(truncatingIfNeeded: index))
        unit.isUpper = hasUpper && !hasLower && word.count > 1
        unit.isNegation = unsafe Self.endsInNot(word)
        wordCount += 1
        if unit.isUpper { upperCount += 1 }
        if index >= 0 {
            switch vocabulary.words.values[index].tongue {
            case .unknown: break
            case .english: englishCount += 1
            case .other: otherCount += 1
            }
        } else if unsafe !isASCII && word[0] >= 0xCD {
            // No letters of Latin script.
            otherCount += 1
        }
        list.append(unit)
    }

    /// A word with letters beyond ASCII, in lower case and with plain apostrophes.
    private mutating func findOther(_ word: UnsafeRawBufferPointer) -> Int {
        scratch.removeAll(keepingCapacity: true)
        var position = 0
        while position < word.count {
            let next = unsafe UTF8Scalar(word, at: position)
            position += next.length
            if next.value == 0x2019 {
                scratch.append(UInt8(ascii: "'"))
            } else if let scalar = next.scalar {
                scratch.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
            }
        }
        return vocabulary.words.find(scratch)
    }

    /// A word that was drawn out, "sooo" or "greaaat", with its letters twice or once.
    private mutating func findShortened(_ word: UnsafeRawBufferPointer) -> Int {
        guard word.count > 3, unsafe Self.isDrawnOut(word) else { return -1 }
        for most in [2, 1] {
            scratch.removeAll(keepingCapacity: true)
            var repeats = 0
            for position in word.indices {
                let byte = unsafe word[position]
                let lower = byte.lowered
                repeats = scratch.last == lower ? repeats + 1 : 1
                if repeats <= most { scratch.append(lower) }
            }
            let index = vocabulary.words.find(scratch)
            if index >= 0 { return index }
        }
        return -1
    }

    private static func isDrawnOut(_ word: UnsafeRawBufferPointer) -> Bool {
        for position in 2..<word.count
        where unsafe word[position].lowered == word[position - 1].lowered
            && word[position].lowered == word[position - 2].lowered
        {
            return true
        }
        return false
    }

    /// "don't", "isn’t", and "n't" by itself.
    private static func endsInNot(_ word: UnsafeRawBufferPointer) -> Bool {
        let count = word.count
        guard count >= 3, unsafe word[count - 1].lowered == UInt8(ascii: "t") else { return false }
        if unsafe word[count - 2] == UInt8(ascii: "'") {
            return unsafe word[count - 3].lowered == UInt8(ascii: "n")
        }
        return unsafe count >= 6 && word[count - 2] == 0x99 && word[count - 3] == 0x80
            && word[count - 4] == 0xE2 && word[count - 5].lowered == UInt8(ascii: "n")
    }

    // MARK: Others

    private mutating func readOther(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        let scalar = unsafe UTF8Scalar(text, at: start)
        let valence = vocabulary.valence(ofEmoji: scalar.value)
        if valence != 0 {
            list.append(Unit(kind: .emoticon, valence: valence))
        } else if isWordScalar(scalar) {
            return unsafe readWord(text, from: start)
        } else {
            switch scalar.value {
            case 0x2013, 0x2014, 0x3001, 0xFF0C: end(.clauseEnd)
            case 0x2026, 0x3002, 0xFF01: end(.sentenceEnd)
            case 0xFF1F: end(.question)
            default: break
            }
        }
        return start + scalar.length
    }

    private mutating func readPunctuation(
        _ text: UnsafeRawBufferPointer, from start: Int
    ) -> Int {
        if let (valence, length) = unsafe emoticon(text, at: start) {
            list.append(Unit(kind: .emoticon, valence: valence))
            return start + length
        }
        switch unsafe text[start] {
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "/"), UInt8(ascii: "&"), UInt8(ascii: "+"):
            end(.clauseEnd)
        case UInt8(ascii: "-"):
            // Between words it is a break; a hyphen inside of one is not.
            if start > 0, unsafe text[start - 1] <= 0x20 { end(.clauseEnd) }
        case UInt8(ascii: "."):
            // Not in "3.5".
            let isInNumber =
                unsafe start + 1 < text.count && start > 0
                && text[start + 1].isASCIIDigit && text[start - 1].isASCIIDigit
            if !isInNumber { end(.sentenceEnd) }
        case UInt8(ascii: "!"):
            exclamations += 1
            end(.sentenceEnd)
        case UInt8(ascii: "?"): end(.question)
        default: break
        }
        return start + 1
    }

    /// An emoticon of up to four bytes, at the end of a run of punctuation or in front of a space.
    private func emoticon(
        _ text: UnsafeRawBufferPointer, at start: Int
    ) -> (valence: Double, length: Int)? {
        var length = min(4, text.count - start)
        while length >= 2 {
            let chunk = unsafe UnsafeRawBufferPointer(rebasing: text[start..<start + length])
            let isWhole =
                unsafe start + length == text.count || !Self.isLetter(text[start + length])
            if isWhole {
                let index = unsafe vocabulary.emoticons.find(chunk)
                if index >= 0 { return (vocabulary.emoticons.values[index], length) }
            }
            length -= 1
        }
        return nil
    }

    private mutating func end(_ kind: Unit.Kind) {
        guard let last = list.last else { return }
        switch last.kind {
        case .word, .emoticon: list.append(Unit(kind: kind))
        case .clauseEnd, .sentenceEnd:
            if kind != .clauseEnd { list[list.count - 1] = Unit(kind: kind) }
        case .question: break
        }
    }
}
