import Foundation
import JSONSchema
import Testing

@Suite("Patterns of ECMA-262")
struct PatternTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        try isValid("{\"pattern\":\(pattern.json)}", text.json)
    }

    @Test("a pattern matches anywhere, case counts, and '$' is the very end")
    func basics() throws {
        #expect(try matches("b+", "abbc"))
        #expect(try !matches("B", "abbc"))
        #expect(try matches("^a.c$", "abc"))
        #expect(try !matches("^a.c$", "abc\n"))
        #expect(try !matches("a.c", "a\nc"))
        #expect(try !matches("a.c", "a\u{2028}c"))
        #expect(try matches("^.$", "\u{1F600}"))
        #expect(try matches("", ""))
        #expect(try !matches("^[]", "a"))
        #expect(try matches("^[^]$", "\n"))
    }

    @Test("classes mean what ECMA-262 says, not what PCRE2 says")
    func classes() throws {
        #expect(try matches(#"^\d$"#, "7"))
        #expect(try !matches(#"^\d$"#, "\u{0663}"))
        #expect(try !matches(#"^\w$"#, "é"))
        #expect(try matches(#"^\W$"#, "é"))
        for space in ["\u{A0}", "\u{FEFF}", "\u{2028}", "\u{3000}", "\u{b}", " "] {
            #expect(try matches(#"^\s$"#, space))
            #expect(try !matches(#"^\S$"#, space))
            #expect(try !matches(#"^[\S\d]$"#, space))
            #expect(try matches(#"^[^\S]$"#, space))
        }
        #expect(try !matches(#"^\s$"#, "\u{85}"))
        #expect(try matches("^[[:alpha:]]$", "a]"))
        #expect(try !matches("^[[:alpha:]]$", "z]"))
        #expect(try matches(#"^[\w-.]+$"#, "a-b.c"))
        #expect(try matches(#"^[a\]\-\\b]+$"#, #"]-\ab"#))
    }

    @Test("escapes are those of ECMA-262")
    func escapes() throws {
        #expect(try matches(#"^\u{1F600}\uD83D\uDE00\u0041\x42\cJ\t\0$"#, "😀😀AB\n\t\0"))
        #expect(try matches(#"^\p{Lu}\p{Script=Greek}\P{L}\p{Letter}$"#, "Äα1z"))
        #expect(try matches(#"^\/\-\@\}$"#, "/-@}"))
        #expect(try matches(#"^(?<y>.)-\k<y>-\1$"#, "a-a-a"))
        #expect(try matches(#"^(a)?b\1$"#, "b"))
        #expect(try matches(#"(?<=\$)\d+(?!\d|\.)"#, "$12"))
        #expect(try !matches(#"(?<!\$)\b12"#, "$12"))
    }

    @Test(
        "what only other engines know is refused, and what is wrong is said",
        arguments: [
            (#"\Aa"#, #"character 1: ECMA-262 has no escape '\A'"#),
            (#"a\z"#, #"character 2: ECMA-262 has no escape '\z'"#),
            ("(?i)a", "character 1: ECMA-262 has no group that starts like this"),
            ("(?>a)", "character 1: ECMA-262 has no group that starts like this"),
            ("a++", "character 3: ECMA-262 has no possessive and no double repetition"),
            ("a{2}{3}", "character 2: what is repeated already can't be repeated again"),
            ("*a", "character 1: there is nothing to repeat"),
            ("^*", "character 1: a position such as '^' can't be repeated"),
            ("(?=a)*", "character 1: a look-around can't be repeated"),
            ("(a", "character 1: this '(' is never closed"),
            ("a)", "character 2: there is no '(' for this ')'"),
            ("[a", "character 1: this '[' is never closed"),
            ("[z-a]", "character 2: the range is in the wrong order"),
            (#"\"#, "character 1: a backslash can't be the last character"),
            (#"\uD800"#, "character 1: U+D800 matches no text"),
            (#"\u12"#, "character 1: the escape needs 4 hexadecimal digits"),
            (#"\01"#, #"character 1: ECMA-262 has no octal escapes; write \xHH"#),
            (#"\2(a)"#, "character 1: there is no group 2"),
            (#"\k<a>"#, "character 1: there is no group named 'a'"),
            ("(?<a>.)(?<a>.)", "two groups are named 'a'"),
            (#"\p{Klingon}"#, "character 1: ECMA-262 knows no Unicode property 'Klingon'"),
            (#"\p{Greek}"#, "character 1: ECMA-262 knows no Unicode property 'Greek'"),
            (#"(?:(a)|b)*\1"#, "a reference to a group that is repeated is not supported"),
            ("(?<=a*)b", "PCRE2 can't match it: lookbehind assertion is not fixed length"),
            (String(repeating: "(", count: 200), "groups are nested more than 100 deep"),
        ])
    func refused(pattern: String, reason: String) {
        let found = problems("{\"pattern\":\(pattern.json)}")
        #expect(found.count == 1 && found[0].hasPrefix("/pattern: the pattern '"))
        #expect(found.first?.hasSuffix(reason) == true, "\(found)")
    }

    @Test(
        "a match that would take too long is a violation that says so",
        arguments: [
            ("^(a+)+$", 40), ("^(?:a|aa)+$", 127), ("^(a+)+$", 100_000), (".*.*.*[0-9]", 5_000),
            ("(?:[a-z]+[a-z]+)+[0-9]", 100_000), ("[a-z]+[0-9]", 1_000_000),
        ])
    func limits(pattern: String, count: Int) throws {
        let text = String(repeating: "a", count: count) + "!"
        let found = try violations("{\"pattern\":\(pattern.json)}", text.json)
        #expect(found.count == 1)
        #expect(
            found.first?.contains("could not be matched") == true
                || found.first?.contains("does not match") == true)
    }

    @Test("long strings that are easy to match are matched")
    func longStrings() throws {
        let text = String(repeating: "ab1 ", count: 250_000)
        #expect(try matches("^[a-b0-9 ]*$", text))
        #expect(try matches("ab1 $", text))
        #expect(try !matches("^[a-b ]*$", text))
        #expect(try !matches("xyz", text))
    }

    // MARK: Against JavaScript

    private static let node = program(named: "node")

    @Test(
        "random patterns match what they match in JavaScript",
        .enabled(if: node != nil, "node is not installed"))
    func javaScript() throws {
        var generator = SeededGenerator(seed: 7)
        var cases: [(pattern: String, text: String)] = []
        for _ in 0..<2_000 {
            let pattern = RandomPattern.make(using: &generator)
            // V8 also tries positions in the middle of a surrogate pair, where no character ends.
            let isPairSafe = ![#"\b"#, #"\B"#, "(?!"].contains { pattern.contains($0) }
            for _ in 0..<8 {
                let text = RandomPattern.text(using: &generator)
                if isPairSafe || !text.contains("😀") { cases.append((pattern, text)) }
            }
        }
        let script = """
            const cases = JSON.parse(require('fs').readFileSync(0));
            console.log(JSON.stringify(cases.map(([p, t]) => {
              try { return new RegExp(p, 'u').test(t) ? 1 : 0 } catch { return 2 }
            })));
            """
        let input =
            "[\(cases.map { "[\($0.pattern.json),\($0.text.json)]" }.joined(separator: ","))]"
        let output = try run(try #require(Self.node), ["-e", script], input: Data(input.utf8))
        let expected = try #require(JSONSerialization.jsonObject(with: output) as? [Int])
        var (compared, refused) = (0, 0)
        var last: (pattern: String, validator: SchemaValidator)?
        for (test, result) in zip(cases, expected) where result != 2 {
            if last?.pattern != test.pattern {
                let schema = try? Schema(Array("{\"pattern\":\(test.pattern.json)}".utf8))
                last = schema.map { (test.pattern, $0.makeValidator()) }
            }
            guard let validator = last?.validator else {
                refused += 1
                continue
            }
            let text = try #require(JSONDocument(test.text.json))
            let matched = validator.isValid(text.root, in: text.arena)
            compared += 1
            #expect(matched == (result == 1), "/\(test.pattern)/u on \(test.text.json)")
        }
        print("patterns: \(compared) cases compared with JavaScript, \(refused) refused here only")
        #expect(compared > 10_000)
        #expect(refused < compared / 5)
    }
}
