import JSONSchema
import Testing

/// A string without escapes is matched byte by byte where the pattern allows it; the same string
/// with an escape is always matched by PCRE2.
@Suite("Patterns that are matched byte by byte")
struct BytePatternTests {
    private static let items = [
        "a", "b", "-", "_", "@", #"\."#, #"\d"#, #"\w"#, "[a-c]", "[0-9a-f]", "[^a]", "[^@]",
        "[-a]",
        "[a-]", #"[\d.]"#, "[A-Z]", "[^0-9b]", "é", ".", "(a|b)", "[]", "[^]", #"\/"#, ":",
    ]
    private static let repetitions = [
        "", "", "", "+", "*", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "+?",
    ]
    private static let letters = [
        "a", "b", "c", "1", "9", "-", "_", "@", ".", "A", "é", "😀", "/", ":", "f",
    ]

    @Test("random patterns decide the same either way")
    func agrees() throws {
        var generator = SeededGenerator(seed: 3)
        var matches = 0
        for _ in 0..<3_000 {
            let pattern =
                "^"
                + (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                    Self.items.randomElement(using: &generator)!
                        + Self.repetitions.randomElement(using: &generator)!
                }.joined() + (Bool.random(using: &generator) ? "$" : "")
            guard let schema = try? Schema(Array("{\"pattern\":\(pattern.json)}".utf8)) else {
                continue
            }
            let validator = schema.makeValidator()
            for _ in 0..<10 {
                let text = (0..<Int.random(in: 0...20, using: &generator))
                    .map { _ in
                        Self.letters.prefix(Int.random(in: 1...15, using: &generator))
                            .randomElement(using: &generator)!
                    }
                    .joined()
                let escaped =
                    "\""
                    + text.unicodeScalars.map { scalar in
                        scalar.value < 0x80
                            ? "\\u00" + String(scalar.value + 0x100, radix: 16).suffix(2)
                            : String(Character(scalar))
                    }.joined() + "\""
                let plain = try #require(JSONDocument(text.json))
                let other = try #require(JSONDocument(escaped))
                let isMatch = validator.isValid(plain.root, in: plain.arena)
                matches += isMatch ? 1 : 0
                #expect(
                    isMatch == validator.isValid(other.root, in: other.arena), "\(pattern) \(text)")
            }
        }
        #expect(matches > 1_000)
    }

    @Test(
        "fixed texts of every length are compared to their end",
        arguments: [1, 2, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100])
    func lengths(count: Int) throws {
        let schema = "{\"pattern\":\"^[0-9a-f]{\(count)}$\"}"
        let text = String(repeating: "a", count: count)
        #expect(try isValid(schema, text.json))
        #expect(try !isValid(schema, (text + "a").json))
        #expect(try !isValid(schema, String(text.dropLast()).json))
        for position in 0..<count {
            var wrong = Array(text)
            wrong[position] = "g"
            #expect(try !isValid(schema, String(wrong).json))
        }
    }
}
