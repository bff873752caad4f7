/// Turns a regular expression of ECMA-262 into one of PCRE2 that matches the same strings.
///
/// It reads the Unicode mode of ECMA-262 and, where they can mean only one thing, the older
/// forms that JavaScript takes without it (`\-` outside a class, a lone `]`). What only other
/// engines know (`\A`, `(?i)`, `a++`, `[[:alpha:]]`) is refused and not passed on, since it would
/// match something else than the author's editor and other validators say.
///
/// - Source: ECMA-262, 15th edition, section 22.2.1; JSON Schema 2020-12 core, section 6.4.
struct PatternTranslator {
    /// Deeper groups are refused, so that no pattern can exhaust the stack.
    private static let maximumDepth = 100
    /// Longer patterns are refused: reading one may take the square of its length.
    private static let maximumCount = 10_000

    let scalars: [Unicode.Scalar]
    let groups: PatternGroups
    var position = 0
    var output = ""

    /// For each capturing group that has been met: the groups that it stands in, and itself.
    private var ancestors: [[Int]] = []
    /// All groups that are open, capturing or not, by their order of opening.
    private var openGroups: [Int] = []
    private var openedCount = 0
    private var repeatedGroups: Set<Int> = []
    private var references: [(number: Int, column: Int)] = []

    /// The pattern in PCRE2's syntax, for the options that ``Pattern`` sets.
    static func translate(_ pattern: String) throws(PatternError) -> String {
        var translator = try PatternTranslator(pattern)
        try translator.read()
        try translator.checkReferences()
        return translator.output
    }

    /// Whether the text is a pattern of ECMA-262, also one that PCRE2 could not match.
    static func isPattern(_ text: String) -> Bool {
        do {
            var translator = try PatternTranslator(text)
            try translator.read()
            return true
        } catch {
            return false
        }
    }

    private mutating func read() throws(PatternError) {
        try disjunction()
        if peek() != nil { throw error("there is no '(' for this ')'") }
    }

    private init(_ pattern: String) throws(PatternError) {
        guard pattern.utf8.count <= Self.maximumCount else {
            throw PatternError("the pattern has more than \(Self.maximumCount) bytes")
        }
        scalars = Array(pattern.unicodeScalars)
        groups = try PatternGroups(scalars)
    }

    private mutating func disjunction() throws(PatternError) {
        while let next = peek(), next != ")" {
            if take("|") {
                output += "|"
            } else {
                try term()
            }
        }
    }

    private mutating func term() throws(PatternError) {
        let start = position
        switch advance() {
        case "^": try assertion("^", at: start)
        case "$": try assertion("\\z", at: start)
        case "(": try group(at: start)
        case ".": try atom("[^\\n\\r\\x{2028}\\x{2029}]")
        case "[": try atom(characterClass())
        case "\\": try escape(at: start)
        case "*", "+", "?": throw error("there is nothing to repeat", at: start)
        case "{" where quantifier(at: start) != nil:
            throw error("there is nothing to repeat", at: start)
        case let scalar: try atom(Self.literal(scalar))
        }
    }

    private mutating func assertion(_ text: String, at start: Int) throws(PatternError) {
        output += text
        if try takeQuantifier() != nil {
            throw error("a position such as '^' can't be repeated", at: start)
        }
    }

    private mutating func atom(_ text: String) throws(PatternError) {
        output += text
        if let quantifier = try takeQuantifier() { output += quantifier.text }
    }

    // MARK: Groups

    private mutating func group(at start: Int) throws(PatternError) {
        guard openGroups.count < Self.maximumDepth else {
            throw error("groups are nested more than \(Self.maximumDepth) deep", at: start)
        }
        let identifier = openedCount
        openedCount += 1
        openGroups.append(identifier)
        let isAssertion = try groupStart(at: start)
        try disjunction()
        guard take(")") else { throw error("this '(' is never closed", at: start) }
        output += ")"
        openGroups.removeLast()
        guard let quantifier = try takeQuantifier() else { return }
        if isAssertion { throw error("a look-around can't be repeated", at: start) }
        if quantifier.isRepeating { repeatedGroups.insert(identifier) }
        output += quantifier.text
    }

    /// Reads what follows the parenthesis; returns whether the group is a look-around.
    private mutating func groupStart(at start: Int) throws(PatternError) -> Bool {
        guard take("?") else {
            openCapture()
            return false
        }
        for (mark, isAssertion) in [
            (":", false), ("=", true), ("!", true), ("<=", true), ("<!", true),
        ]
        where take(mark) {
            output += "(?\(mark)"
            return isAssertion
        }
        guard take("<") else {
            throw error("ECMA-262 has no group that starts like this", at: start)
        }
        _ = try groupName(at: start)
        openCapture()
        return false
    }

    private mutating func openCapture() {
        output += "("
        ancestors.append(openGroups)
    }

    private mutating func groupName(at start: Int) throws(PatternError) -> String {
        var name = String.UnicodeScalarView()
        while let next = peek(), next != ">", name.count < PatternGroups.longestName {
            name.append(next)
            position += 1
        }
        guard take(">"), !name.isEmpty else {
            throw error("a group's name needs to be written '<name>'", at: start)
        }
        return String(name)
    }

    // MARK: Back references

    mutating func reference(to number: Int, at start: Int) throws(PatternError) {
        guard number <= groups.count else {
            throw error("there is no group \(number)", at: start)
        }
        references.append((number, start + 1))
        try atom("\\g{\(number)}")
    }

    mutating func namedReference(at start: Int) throws(PatternError) {
        guard take("<") else { throw error("write \\k<name>", at: start) }
        let name = try groupName(at: start)
        guard let number = groups.numbers[name] else {
            throw error("there is no group named '\(name)'", at: start)
        }
        try reference(to: number, at: start)
    }

    /// ECMA-262 forgets what a group captured when a repetition around it starts again, PCRE2
    /// doesn't. So a reference to such a group would not match the same strings.
    private func checkReferences() throws(PatternError) {
        for reference in references {
            let enclosing = ancestors[reference.number - 1]
            guard repeatedGroups.isDisjoint(with: enclosing) else {
                throw PatternError(
                    "a reference to a group that is repeated is not supported",
                    column: reference.column)
            }
        }
    }

    // MARK: Reading

    func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    /// The next scalar.
    ///
    /// - Precondition: there is one.
    mutating func advance() -> Unicode.Scalar {
        position += 1
        return scalars[position - 1]
    }

    mutating func take(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    func error(_ reason: String, at start: Int? = nil) -> PatternError {
        PatternError(reason, column: (start ?? position) + 1)
    }
}
