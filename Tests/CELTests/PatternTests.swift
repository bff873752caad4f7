import CEL
import Testing

@Suite("Regular expressions")
struct PatternTests {
    private let rig = EventRig()

    private func matches(_ text: String, _ pattern: String) throws -> Value {
        rig.evaluation.bind(rig.threshold, to: .string(text))
        let quoted = pattern.replacing("'", with: "\\'")
        return try rig.value("string(threshold).matches(r'\(quoted)')")
    }

    @Test(
        "what RE2 matches is matched",
        arguments: [
            ("hubba", "ubb", true), ("", "", true), ("", "a|b", false), ("a\n", "a$", false),
            ("a\nb", "(?m)^b$", true), ("a\nb", "a.b", false), ("a\nb", "(?s)a.b", true),
            ("ABC", "(?i)abc", true), ("x{,3}", "x{,3}", true), ("xx", "^x{,3}$", false),
            ("\u{b}", "^\\s$", false), ("\t", "^[\\s]$", true), ("\u{b}", "^\\v$", true),
            ("\u{b}", "^[\\S]$", true), ("é", "^\\w$", false), ("ж", "^\\pL$", true),
            ("Ω", "^\\p{Greek}+$", true), ("a.b", "^\\Qa.b\\E$", true),
            ("axb", "^\\Qa.b\\E$", false),
            ("aab", "^(?P<first>a+)b$", true), ("]", "^[]]$", true), ("[", "^[[]$", true),
            ("a-b", "^[a\\-z]-b$", true), ("🐱", "^.$", true), ("abab", "^(?:ab){2}$", true),
            ("a", "^[[:alpha:]]$", true), ("A", "^\\x41$", true), ("A", "^\\101$", true),
            ("aaa", "^a+?$", true),
        ])
    func matching(text: String, pattern: String, expected: Bool) throws {
        #expect(try matches(text, pattern) == .boolean(expected))
    }

    @Test(
        "what RE2 doesn't have is refused when the expression is compiled",
        arguments: [
            "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(a)\\1", "a++", "a*+", "(?R)", "(?1)",
            "(*FAIL)", "\\K", "\\R", "\\X", "\\h", "\\Z", "\\G", "\\k<a>", "a{1001}", "(", "[a",
            "a**", "(?#x)", "(?|a)", "(?&x)", "\\c", "\\",
        ])
    func refused(pattern: String) {
        #expect(
            !rig.problems("event.channel.matches('\(pattern.replacing("\\", with: "\\\\"))')")
                .isEmpty)
    }

    @Test("a pattern that is not constant is compiled when it is needed, and is an error then")
    func dynamicPatterns() throws {
        rig.evaluation.bind(rig.threshold, to: .string("^w.b$"))
        #expect(try rig.value("event.channel.matches(threshold)") == .boolean(true))
        rig.evaluation.bind(rig.threshold, to: .string("(?=w)"))
        #expect(try rig.failure("event.channel.matches(threshold)") == .invalidPattern)
    }

    @Test("many hostile matches in one evaluation end it")
    func hostileLoop() throws {
        let texts = (0..<500).map {
            Value.string("\($0)" + String(repeating: "a", count: 100) + "!")
        }
        rig.evaluation.bind(rig.threshold, to: .list(texts))
        let start = ContinuousClock.now
        #expect(try rig.failure("threshold.exists(t, t.matches('(a+)+$'))") == .costLimit)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(try rig.value("threshold.filter(t, t.matches('^1a+!$')).size()") == .integer(1))
    }

    @Test("no pattern and text take more than a moment")
    func hostile() throws {
        let hostile = [
            "^(a+)+$", "^(a|a)*$", "^(a*)*b$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$",
        ]
        let start = ContinuousClock.now
        for pattern in hostile {
            for count in [30, 120, 3_000, 100_000] {
                let text = String(repeating: "a", count: count) + "!"
                rig.evaluation.bind(rig.threshold, to: .string(text))
                _ = try rig.failure("string(threshold).matches('\(pattern)')")
            }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
