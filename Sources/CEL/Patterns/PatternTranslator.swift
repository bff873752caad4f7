/// Turns a regular expression of RE2 into one of PCRE2 that matches the same strings.
///
/// The two are close. What PCRE2 has beyond RE2 is refused, since it would not run elsewhere:
/// look-around, back references, possessive and atomic groups, recursion, verbs. What means
/// something else in PCRE2 is spelt out.
struct PatternTranslator {
    private static let largestRepetition = 1_000

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var output = String.UnicodeScalarView()

    static func translate(_ source: String) throws(PatternError) -> String {
        var translator = PatternTranslator(source)
        while translator.position < translator.scalars.count { try translator.step() }
        return String(translator.output)
    }

    private init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    private mutating func step() throws(PatternError) {
        let scalar = scalars[position]
        switch scalar {
        case "\\": try escape(isInClass: false)
        case "[": try characterClass()
        case "(": try group()
        case "*", "+", "?": try quantifier(String(scalar), count: 1)
        case "{":
            if let count = repetitionCount() {
                try checkRepetition(count)
                let text = String(
                    String.UnicodeScalarView(scalars[position..<position + count]))
                try quantifier(text, count: count)
            } else {
                // Not a repetition, so a brace; newer versions of PCRE2 take `{,3}` for one.
                append("\\{")
                position += 1
            }
        default:
            output.append(scalar)
            position += 1
        }
    }

    // MARK: Repetitions

    private mutating func quantifier(_ text: String, count: Int) throws(PatternError) {
        append(text)
        position += count
        if peek() == "?" {
            output.append("?")
            position += 1
        }
        if let next = peek(), ["*", "+", "?"].contains(next) || repetitionCount() != nil {
            throw error("a repetition can't be repeated; put it in brackets")
        }
    }

    /// The characters of `{n}`, `{n,}` or `{n,m}` here.
    private func repetitionCount() -> Int? {
        guard peek() == "{" else { return nil }
        var index = position + 1
        var digits = 0
        var commas = 0
        while index < scalars.count {
            switch scalars[index] {
            case "0"..."9": digits += commas == 0 ? 1 : 0
            case ",": commas += 1
            case "}": return digits > 0 && commas < 2 ? index - position + 1 : nil
            default: return nil
            }
            index += 1
        }
        return nil
    }

    private func checkRepetition(_ count: Int) throws(PatternError) {
        let text = String(String.UnicodeScalarView(scalars[position + 1..<position + count - 1]))
        for number in text.split(separator: ",") {
            guard let value = Int(number), value <= Self.largestRepetition else {
                throw error("a repetition is at most \(Self.largestRepetition) times")
            }
        }
    }

    // MARK: Groups

    private mutating func group() throws(PatternError) {
        position += 1
        output.append("(")
        if peek() == "*" { throw error("a group can't start with '*'") }
        guard peek() == "?" else { return }
        position += 1
        output.append("?")
        if peek() == "P", peek(1) == "<" {
            append("P<")
            position += 2
            return
        }
        if peek() == "<", let next = peek(1), next != "=", next != "!" {
            append("<")
            position += 1
            return
        }
        while let flag = peek(), ["i", "m", "s", "U", "-"].contains(flag) {
            output.append(flag)
            position += 1
        }
        guard let end = peek(), end == ":" || end == ")" else {
            throw error("RE2 has no such group")
        }
        output.append(end)
        position += 1
    }

    // MARK: Classes

    private mutating func characterClass() throws(PatternError) {
        let start = position
        position += 1
        output.append("[")
        if peek() == "^" {
            output.append("^")
            position += 1
        }
        // A bracket that comes first is one of the characters.
        var isFirst = true
        while let scalar = peek() {
            if scalar == "]", !isFirst {
                output.append("]")
                position += 1
                return
            }
            isFirst = false
            if scalar == "\\" {
                try escape(isInClass: true)
            } else if scalar == "[", peek(1) == ":" {
                try namedClass()
            } else {
                if scalar == "[" || scalar == "]" { output.append("\\") }
                output.append(scalar)
                position += 1
            }
        }
        throw PatternError("this '[' is never closed", column: start + 1)
    }

    private mutating func namedClass() throws(PatternError) {
        var index = position + 2
        while index < scalars.count, scalars[index] != "]" { index += 1 }
        guard index < scalars.count, scalars[index - 1] == ":" else {
            throw error("this class has no end")
        }
        output.append(contentsOf: scalars[position...index])
        position = index + 1
    }

    // MARK: Escapes

    private mutating func escape(isInClass: Bool) throws(PatternError) {
        guard let letter = peek(1) else {
            throw error("a backslash can't be the last character")
        }
        switch letter {
        // PCRE2 counts the vertical tab as white space, RE2 doesn't.
        case "s": append(isInClass ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]")
        case "S":
            let others = "\\x{0}-\\x{8}\\x{b}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}"
            append(isInClass ? others : "[\(others)]")
        case "v": append("\\x{b}")
        case "d", "D", "w", "W", "a", "f", "t", "n", "r":
            append("\\")
            output.append(letter)
        case "b", "B", "A", "z":
            if isInClass { throw error("'\\\(letter)' is no character") }
            append("\\")
            output.append(letter)
        case "Q":
            quotation()
            return
        case "x", "p", "P", "0"..."7":
            try longEscape(letter)
            return
        case let other where other.isASCII && !Self.isWord(other):
            append("\\")
            output.append(other)
        default: throw error("RE2 has no escape '\\\(letter)'")
        }
        position += 2
    }

    /// `\Q...\E`: the characters as they are.
    private mutating func quotation() {
        position += 2
        while let scalar = peek() {
            if scalar == "\\", peek(1) == "E" {
                position += 2
                return
            }
            if scalar.isASCII, !Self.isWord(scalar) { output.append("\\") }
            output.append(scalar)
            position += 1
        }
    }

    /// Escapes that both know, of a character by its number and of a Unicode class.
    private mutating func longEscape(_ letter: Unicode.Scalar) throws(PatternError) {
        if ("1"..."7").contains(letter) {
            guard let second = peek(2), ("0"..."7").contains(second) else {
                throw error("RE2 has no back references")
            }
        }
        append("\\")
        output.append(letter)
        position += 2
        guard letter == "x" || letter == "p" || letter == "P", peek() == "{" else { return }
        while let scalar = peek() {
            output.append(scalar)
            position += 1
            if scalar == "}" { return }
        }
        throw error("this '{' is never closed")
    }

    // MARK: Reading

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar)
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private mutating func append(_ text: String) {
        output.append(contentsOf: text.unicodeScalars)
    }

    private func error(_ reason: String) -> PatternError {
        PatternError(reason, column: position + 1)
    }
}
