/// Cuts the text of an expression into words.
struct Lexer {
    let text: [UInt8]
    var position = 0

    /// The words of `text`, the end among them.
    static func tokens(of text: [UInt8]) throws(SyntaxError) -> [Token] {
        var lexer = Lexer(text: text)
        var tokens: [Token] = []
        repeat {
            tokens.append(try lexer.next())
        } while tokens.last?.kind != .end
        return tokens
    }

    init(text: [UInt8]) {
        self.text = text
    }

    private mutating func next() throws(SyntaxError) -> Token {
        skipSpace()
        let start = position
        guard let byte = peek() else { return Token(kind: .end, start: start) }
        if byte.isDigit || (byte == UInt8(ascii: ".") && peek(1)?.isDigit == true) {
            return Token(kind: try number(), start: start)
        }
        if let prefix = stringPrefix() {
            position += prefix.length
            let content = try quoted(isRaw: prefix.isRaw, isBytes: prefix.isBytes, from: start)
            return Token(kind: prefix.isBytes ? .bytes(content) : .string(content), start: start)
        }
        if byte.isNameStart { return Token(kind: .identifier(name()), start: start) }
        if byte == UInt8(ascii: "`") {
            return Token(kind: .quotedIdentifier(try quotedName()), start: start)
        }
        for symbol in Token.Symbol.allCases where take(symbol.rawValue) {
            return Token(kind: .symbol(symbol), start: start)
        }
        throw unknownCharacter(at: start)
    }

    /// White space and comments, which go from `//` to the end of the line.
    private mutating func skipSpace() {
        while let byte = peek() {
            if byte == UInt8(ascii: "/"), peek(1) == byte {
                while let next = peek(), next != UInt8(ascii: "\n") { position += 1 }
            } else if [0x09, 0x0A, 0x0C, 0x0D, 0x20].contains(byte) {
                position += 1
            } else {
                return
            }
        }
    }

    private mutating func name() -> String {
        let start = position
        while let byte = peek(), byte.isNameStart || byte.isDigit { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func quotedName() throws(SyntaxError) -> String {
        let start = position
        position += 1
        while let byte = peek(), byte != UInt8(ascii: "`"), byte != UInt8(ascii: "\n") {
            position += 1
        }
        guard take("`"), position - start > 2 else {
            throw SyntaxError(
                "this name in backquotes is empty or has no end", at: start,
                remedy: "close it with a backquote")
        }
        return String(decoding: text[start + 1..<position - 1], as: UTF8.self)
    }

    /// How many bytes stand before the quotes of a string that starts here, and what they say.
    private func stringPrefix() -> (length: Int, isRaw: Bool, isBytes: Bool)? {
        var length = 0
        var isBytes = false
        var isRaw = false
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "b") {
            isBytes = true
            length += 1
        }
        if let byte = peek(length), byte | 0x20 == UInt8(ascii: "r") {
            isRaw = true
            length += 1
        }
        guard let quote = peek(length), quote.isQuote else { return nil }
        return (length, isRaw, isBytes)
    }

    private func unknownCharacter(at start: Int) -> SyntaxError {
        let character = String(decoding: text[start...].prefix(4), as: UTF8.self).first ?? "?"
        let remedy =
            switch character {
            case "=": "compare with '=='"
            case "&": "write '&&'"
            case "|": "write '||'"
            default: nil as String?
            }
        return SyntaxError("'\(character)' means nothing here", at: start, remedy: remedy)
    }

    // MARK: Reading

    func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < text.count ? text[position + ahead] : nil
    }

    mutating func take(_ word: String) -> Bool {
        guard text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }
}

extension UInt8 {
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    var isNameStart: Bool {
        (self | 0x20) &- UInt8(ascii: "a") < 26 || self == UInt8(ascii: "_")
    }

    var isQuote: Bool { self == UInt8(ascii: "'") || self == UInt8(ascii: "\"") }

    /// The value of a hexadecimal digit.
    var hexadecimalValue: UInt32? {
        if isDigit { return UInt32(self - UInt8(ascii: "0")) }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? UInt32(letter) + 10 : nil
    }
}
