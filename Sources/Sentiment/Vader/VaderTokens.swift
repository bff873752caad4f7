/// The words of a text as VADER cuts it: at white space, with the punctuation around them removed
/// unless two characters or fewer would be left.
struct VaderTokens {
    struct Token {
        /// What is known of the word; `nil` for one that no table has.
        var word: VaderWord?
        /// Whether its letters are all capitals.
        var isUpper: Bool
        var isNegation: Bool

        var name: VaderWord.Name { word?.name ?? .other }
        var isInLexicon: Bool { word?.isInLexicon ?? false }
    }

    /// Words beyond this many are not read.
    static let most = 4096

    private(set) var list: [Token] = []
    private(set) var exclamations = 0
    private(set) var questions = 0
    /// The lower case of a word that is not ASCII.
    private var lowered: [UInt8] = []

    private let table: WordTable<VaderWord>

    init(_ table: WordTable<VaderWord>) { self.table = table }

    mutating func read(_ text: UnsafeRawBufferPointer) {
        list.removeAll(keepingCapacity: true)
        exclamations = 0
        questions = 0
        var position = 0
        while list.count < Self.most, unsafe skipSpace(text, &position) {
            unsafe readToken(text, &position)
        }
        while position < text.count {
            unsafe count(text[position])
            position += 1
        }
    }

    private mutating func count(_ byte: UInt8) {
        if byte == UInt8(ascii: "!") { exclamations += 1 }
        if byte == UInt8(ascii: "?") { questions += 1 }
    }

    /// Goes to the next word; false at the end.
    private func skipSpace(_ text: UnsafeRawBufferPointer, _ position: inout Int) -> Bool {
        while position < text.count {
            let scalar = unsafe UTF8Scalar(text, at: position)
            if !scalar.isSpace { return true }
            position += scalar.length
        }
        return false
    }

    private mutating func readToken(_ text: UnsafeRawBufferPointer, _ position: inout Int) {
        let start = position
        var isASCII = true
        while position < text.count {
            let byte = unsafe text[position]
            if byte < 0x80 {
                if byte <= 0x20, byte >= 0x1C || byte &- 0x09 < 5 { break }
                if byte < 0x40 { count(byte) }
                position += 1
            } else {
                let scalar = unsafe UTF8Scalar(text, at: position)
                if scalar.isSpace { break }
                isASCII = false
                position += scalar.length
            }
        }
        let chunk = unsafe UnsafeRawBufferPointer(rebasing: text[start..<position])
        let word = unsafe Self.stripped(chunk)
        unsafe list.append(isASCII ? token(ascii: word) : token(other: word))
    }

    private static func stripped(_ chunk: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, chunk.count)
        while start < end, unsafe chunk[start].isASCIIPunctuation { start += 1 }
        while end > start, unsafe chunk[end - 1].isASCIIPunctuation { end -= 1 }
        if start == 0, end == chunk.count { return unsafe chunk }
        var characters = 0
        var position = start
        while position < end, characters < 3 {
            position += unsafe UTF8Scalar(chunk, at: position).length
            characters += 1
        }
        return characters < 3
            ? unsafe chunk : unsafe UnsafeRawBufferPointer(rebasing: chunk[start..<end])
    }

    private func token(ascii word: UnsafeRawBufferPointer) -> Token {
        var hash = WordTable<VaderWord>.seed
        var (hasUpper, hasLower, hasApostrophe) = (false, false, false)
        for position in 0..<word.count {
            let byte = unsafe word[position]
            hasUpper = hasUpper || byte.isASCIIUpper
            hasLower = hasLower || byte.isASCIILower
            hasApostrophe = hasApostrophe || byte == UInt8(ascii: "'")
            hash = WordTable<VaderWord>.mix(hash, byte.lowered)
        }
        let index = unsafe table.find(word, hash: hash)
        let found = index < 0 ? nil : table.values[index]
        return Token(
            word: found, isUpper: hasUpper && !hasLower,
            isNegation: unsafe found?.isNegation == true || hasApostrophe && Self.saysNot(word))
    }

    /// A word with letters of other alphabets: compared by the lower case that Unicode gives.
    private mutating func token(other word: UnsafeRawBufferPointer) -> Token {
        lowered.removeAll(keepingCapacity: true)
        var (hasUpper, hasOther) = (false, false)
        var position = 0
        while position < word.count {
            let next = unsafe UTF8Scalar(word, at: position)
            position += next.length
            guard let scalar = next.scalar else { continue }
            if scalar.properties.isUppercase { hasUpper = true }
            if scalar.properties.isLowercase
                || scalar.properties.generalCategory == .titlecaseLetter
            {
                hasOther = true
            }
            lowered.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
        }
        let index = table.find(lowered)
        let found = index < 0 ? nil : table.values[index]
        let saysNot = unsafe lowered.withUnsafeBytes { unsafe Self.saysNot($0) }
        return Token(
            word: found, isUpper: hasUpper && !hasOther,
            isNegation: found?.isNegation == true || saysNot)
    }

    /// Whether `n't` is in the word.
    private static func saysNot(_ word: UnsafeRawBufferPointer) -> Bool {
        guard word.count >= 3 else { return false }
        for position in 0...(word.count - 3)
        where unsafe word[position].lowered == UInt8(ascii: "n")
            && word[position + 1] == UInt8(ascii: "'")
            && word[position + 2].lowered == UInt8(ascii: "t")
        {
            return true
        }
        return false
    }
}
