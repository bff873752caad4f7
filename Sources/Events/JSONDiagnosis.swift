/// Finds the first thing that is wrong with a text that simdjson refused.
///
/// simdjson says that a document is invalid, not where. This is a plain reader of the same
/// grammar that only runs when an event has failed already.
@safe
struct JSONDiagnosis {
    /// What may come next.
    private enum Expectation {
        case value
        case valueOrEnd
        case nameOrEnd
        case name
        case commaOrEnd
    }

    private let text: UnsafeRawBufferPointer
    private let maximumDepth: Int
    private var position = 0

    /// The open containers, from the outside in; true for an object.
    private var open: [Bool] = []

    private init(_ text: UnsafeRawBufferPointer, maximumDepth: Int) {
        unsafe self.text = text
        self.maximumDepth = maximumDepth
    }

    static func failure(of text: UnsafeRawBufferPointer, maximumDepth: Int) -> ParseFailure {
        var diagnosis = unsafe JSONDiagnosis(text, maximumDepth: maximumDepth)
        do {
            try diagnosis.readDocument()
            // The two readers disagree; that the document is refused stands.
            return ParseFailure(code: .unexpectedByte)
        } catch {
            return error
        }
    }

    static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private mutating func readDocument() throws(ParseFailure) {
        skipWhiteSpace()
        if unsafe position == text.count { throw ParseFailure(code: .emptyValue) }
        var expectation = Expectation.value
        repeat {
            skipWhiteSpace()
            switch expectation {
            case .value: expectation = try readValue()
            case .valueOrEnd: expectation = takeEnd() ? .commaOrEnd : try readValue()
            case .nameOrEnd: expectation = takeEnd() ? .commaOrEnd : try readName()
            case .name: expectation = try readName()
            case .commaOrEnd: expectation = try readSeparator()
            }
        } while expectation != .commaOrEnd || !open.isEmpty
        skipWhiteSpace()
        if let byte = peek { throw failure(byte == 0 ? .nulByte : .trailingContent) }
    }

    // MARK: Structure

    private mutating func readValue() throws(ParseFailure) -> Expectation {
        guard let byte = peek else { throw failure(.truncated) }
        switch byte {
        case UInt8(ascii: "{"): return try enter(object: true)
        case UInt8(ascii: "["): return try enter(object: false)
        case UInt8(ascii: "\""): try readString()
        case UInt8(ascii: "t"): try readWord("true")
        case UInt8(ascii: "f"): try readWord("false")
        case UInt8(ascii: "n"): try readWord("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        default: throw unexpected(byte)
        }
        return .commaOrEnd
    }

    private mutating func enter(object: Bool) throws(ParseFailure) -> Expectation {
        if open.count == maximumDepth { throw failure(.tooDeep) }
        open.append(object)
        position += 1
        return object ? .nameOrEnd : .valueOrEnd
    }

    private mutating func readName() throws(ParseFailure) -> Expectation {
        guard let byte = peek else { throw failure(.truncated) }
        guard byte == UInt8(ascii: "\"") else { throw unexpected(byte) }
        try readString()
        skipWhiteSpace()
        guard let colon = peek else { throw failure(.truncated) }
        guard colon == UInt8(ascii: ":") else { throw unexpected(colon) }
        position += 1
        return .value
    }

    private mutating func readSeparator() throws(ParseFailure) -> Expectation {
        if takeEnd() { return .commaOrEnd }
        guard let byte = peek else { throw failure(.truncated) }
        guard byte == UInt8(ascii: ",") else { throw unexpected(byte) }
        position += 1
        return open.last == true ? .name : .value
    }

    /// Steps over the end of the innermost container, when it stands here.
    private mutating func takeEnd() -> Bool {
        guard let isObject = open.last, let byte = peek,
            byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        else { return false }
        position += 1
        open.removeLast()
        return true
    }

    private mutating func readWord(_ word: StaticString) throws(ParseFailure) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard let byte = peek else { throw failure(.truncated) }
            guard unsafe byte == word.utf8Start[offset] else { throw unexpected(byte) }
            position += 1
        }
        try expectEndOfScalar(.unexpectedByte)
    }

    // MARK: Bytes

    private mutating func skipWhiteSpace() {
        while let byte = peek, Self.isWhiteSpace(byte) { position += 1 }
    }

    private var peek: UInt8? {
        unsafe position < text.count ? unsafe text[position] : nil
    }

    private func failure(_ code: ParseFailure.Code) -> ParseFailure {
        ParseFailure(code: code, position: position)
    }

    private func unexpected(_ byte: UInt8) -> ParseFailure {
        if byte == 0 { return failure(.nulByte) }
        return unsafe byte >= 0x80 && text.utf8Length(at: position) == nil
            ? failure(.invalidUTF8) : failure(.unexpectedByte)
    }

    /// A scalar ends before white space, a comma, a bracket, or with the text.
    private func expectEndOfScalar(_ code: ParseFailure.Code) throws(ParseFailure) {
        guard let byte = peek, !Self.isWhiteSpace(byte) else { return }
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "{"), UInt8(ascii: "}"):
            return
        case 0: throw failure(.nulByte)
        default: throw failure(code)
        }
    }
}

// MARK: - Numbers

extension JSONDiagnosis {
    private mutating func readNumber() throws(ParseFailure) {
        let start = position
        take(UInt8(ascii: "-"))
        let leading = peek
        let digits = try readDigits()
        if leading == UInt8(ascii: "0"), digits > 1 {
            throw ParseFailure(code: .invalidNumber, position: start)
        }
        var isDecimal = false
        if take(UInt8(ascii: ".")) {
            isDecimal = true
            _ = try readDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isDecimal = true
            if !take(UInt8(ascii: "+")) { take(UInt8(ascii: "-")) }
            _ = try readDigits()
        }
        try expectEndOfScalar(.invalidNumber)
        let number = unsafe String(decoding: text[start..<position], as: UTF8.self)
        let fits =
            isDecimal
            ? Double(number)?.isFinite == true : Int64(number) != nil || UInt64(number) != nil
        if !fits { throw ParseFailure(code: .numberOutOfRange, position: start) }
    }

    private mutating func readDigits() throws(ParseFailure) -> Int {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        if position > start { return position - start }
        throw unsafe failure(position == text.count ? .truncated : .invalidNumber)
    }

    @discardableResult
    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }
}

// MARK: - Strings

extension JSONDiagnosis {
    private mutating func readString() throws(ParseFailure) {
        position += 1
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): try readEscape()
            case 0: throw failure(.nulByte)
            case 1..<0x20: throw failure(.controlCharacter)
            case 0..<0x80: position += 1
            default:
                guard let length = unsafe text.utf8Length(at: position) else {
                    throw failure(.invalidUTF8)
                }
                position += length
            }
        }
        throw failure(.truncated)
    }

    private mutating func readEscape() throws(ParseFailure) {
        let start = position
        position += 1
        guard let kind = peek else { throw failure(.truncated) }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            let first = try readCodeUnit(of: start)
            guard (0xD800..<0xE000).contains(first) else { return }
            guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")),
                (0xDC00..<0xE000).contains(try readCodeUnit(of: start))
            else { throw ParseFailure(code: .invalidEscape, position: start) }
        default: throw ParseFailure(code: .invalidEscape, position: start)
        }
    }

    /// Reads the four digits after `\u`, of the escape that starts at `start`.
    private mutating func readCodeUnit(of start: Int) throws(ParseFailure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek else { throw failure(.truncated) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw ParseFailure(code: .invalidEscape, position: start)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
