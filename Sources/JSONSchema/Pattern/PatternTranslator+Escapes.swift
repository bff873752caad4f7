extension PatternTranslator {
    /// What an escape stands for, inside a class and outside.
    enum EscapedItem {
        case scalar(Unicode.Scalar)
        /// A set of characters, as it is written inside a class of PCRE2.
        case set(String)
    }

    /// White space as ECMA-262 counts it. PCRE2 counts ASCII only, or, with its Unicode option,
    /// a few other characters.
    static let whiteSpace =
        "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"
        + "\\x{205f}\\x{3000}\\x{feff}"

    /// All that is not in `whiteSpace`, spelt out because a class can't hold a negated one.
    static let noWhiteSpace =
        "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"
        + "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"
        + "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

    /// Reads an escape outside a class, its backslash taken.
    mutating func escape(at start: Int) throws(PatternError) {
        switch peek() {
        case "b", "B":
            output += "\\\(advance())"
            if try takeQuantifier() != nil {
                throw error("a position such as '\\b' can't be repeated", at: start)
            }
        case "k":
            position += 1
            try namedReference(at: start)
        case let digit? where ("1"..."9") ~= digit:
            try reference(to: decimal(), at: start)
        default:
            switch try escapedItem(at: start) {
            case .scalar(let scalar): try repeatable(Self.literal(scalar))
            case .set(let set): try repeatable("[\(set)]")
            }
        }
    }

    private mutating func repeatable(_ text: String) throws(PatternError) {
        output += text
        if let quantifier = try takeQuantifier() { output += quantifier.text }
    }

    /// A number of a back reference; anything too large is larger than every group's.
    private mutating func decimal() -> Int {
        var number = 0
        while let next = peek(), ("0"..."9") ~= next {
            number = min(number * 10 + Int(next.value - 48), 1_000_000)
            position += 1
        }
        return number
    }

    /// Reads an escape that means the same inside a class and outside.
    mutating func escapedItem(at start: Int) throws(PatternError) -> EscapedItem {
        guard peek() != nil else {
            throw error("a backslash can't be the last character", at: start)
        }
        switch advance() {
        case "d": return .set("0-9")
        case "D": return .set("\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}")
        case "w": return .set("0-9A-Za-z_")
        case "W":
            return .set("\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}")
        case "s": return .set(Self.whiteSpace)
        case "S": return .set(Self.noWhiteSpace)
        case "p": return .set("\\p{\(try property(at: start))}")
        case "P": return .set("\\P{\(try property(at: start))}")
        case "t": return .scalar("\t")
        case "n": return .scalar("\n")
        case "v": return .scalar("\u{b}")
        case "f": return .scalar("\u{c}")
        case "r": return .scalar("\r")
        case "0": return .scalar(try nul(at: start))
        case "c": return .scalar(try control(at: start))
        case "x": return .scalar(try scalar(hexadecimal(2, at: start), at: start))
        case "u": return .scalar(try unicodeEscape(at: start))
        case let other where other.isASCII && !Self.isWordCharacter(other): return .scalar(other)
        case let other: throw error("ECMA-262 has no escape '\\\(other)'", at: start)
        }
    }

    private mutating func property(at start: Int) throws(PatternError) -> String {
        guard take("{") else { throw error("write \\p{Name}", at: start) }
        var text = String.UnicodeScalarView()
        while let next = peek(), next != "}" {
            text.append(next)
            position += 1
        }
        guard take("}"), let property = UnicodeProperty.translate(String(text)) else {
            throw error("ECMA-262 knows no Unicode property '\(String(text))'", at: start)
        }
        return property
    }

    private func nul(at start: Int) throws(PatternError) -> Unicode.Scalar {
        if let next = peek(), ("0"..."9") ~= next {
            throw error("ECMA-262 has no octal escapes; write \\xHH", at: start)
        }
        return "\0"
    }

    private mutating func control(at start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let letter = peek(), ("A"..."Z") ~= letter || ("a"..."z") ~= letter else {
            throw error("'\\c' needs a letter", at: start)
        }
        position += 1
        return Unicode.Scalar(UInt8(letter.value & 31))
    }

    private mutating func unicodeEscape(at start: Int) throws(PatternError) -> Unicode.Scalar {
        if take("{") {
            var value: UInt32 = 0
            while let digit = peek().flatMap(Self.hexadecimalValue), value <= 0x10FFFF {
                value = value * 16 + digit
                position += 1
            }
            guard take("}") else { throw error("write \\u{H...}, up to 10FFFF", at: start) }
            return try scalar(value, at: start)
        }
        let unit = try hexadecimal(4, at: start)
        guard (0xD800...0xDBFF).contains(unit), take("\\u") else {
            return try scalar(unit, at: start)
        }
        let low = try hexadecimal(4, at: start)
        guard (0xDC00...0xDFFF).contains(low) else {
            throw error("half of a surrogate pair matches no text", at: start)
        }
        return try scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00), at: start)
    }

    private mutating func hexadecimal(_ count: Int, at start: Int) throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = peek().flatMap(Self.hexadecimalValue) else {
                throw error("the escape needs \(count) hexadecimal digits", at: start)
            }
            value = value * 16 + digit
            position += 1
        }
        return value
    }

    private func scalar(_ value: UInt32, at start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else {
            throw error("U+\(String(value, radix: 16, uppercase: true)) matches no text", at: start)
        }
        return scalar
    }

    private static func hexadecimalValue(_ scalar: Unicode.Scalar) -> UInt32? {
        Character(scalar).hexDigitValue.flatMap { scalar.isASCII ? UInt32($0) : nil }
    }

    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z") ~= scalar || ("A"..."Z") ~= scalar || ("0"..."9") ~= scalar
    }

    /// The text that matches one character, inside a class and outside.
    static func literal(_ scalar: Unicode.Scalar) -> String {
        if !scalar.isASCII || isWordCharacter(scalar) { return String(Character(scalar)) }
        return "\\x{\(String(scalar.value, radix: 16))}"
    }
}
