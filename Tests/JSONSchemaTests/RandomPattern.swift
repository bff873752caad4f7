/// Random patterns in the syntax of ECMA-262, and texts that they may match.
enum RandomPattern {
    private static let atoms = [
        "a", "b", "é", "😀", ".", #"\d"#, #"\w"#, #"\s"#, #"\S"#, #"\D"#, #"\W"#, "[ab]", "[^a]",
        #"[\d_-]"#, #"[^\s]"#, #"[\S ]"#, "[a-c0-2]", #"\u{e9}"#, #"\uD83D\uDE00"#, #"\x61"#,
        #"\."#, #"\/"#, #"\$"#, #"\p{L}"#, #"\P{L}"#, #"[\p{Lu}\d]"#, "-", "_", " ", "[]", "[^]",
        #"\n"#, #"[\b]"#, "[[a]", "[.*+?]", #"[\]\\]"#,
    ]
    private static let positions = ["^", "$", #"\b"#, #"\B"#]
    private static let repetitions = ["*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "+?", "??"]
    private static let letters = [
        "a", "b", "c", "é", "e\u{301}", "😀", "0", "1", "_", "-", " ", "\n", "\u{a0}", "\u{2028}",
        "A", "/", ".", "$", "]", "\\", "*", "\u{8}",
    ]

    static func make(using generator: inout SeededGenerator) -> String {
        alternatives(depth: 3, using: &generator)
    }

    static func text(using generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...6, using: &generator))
            .map { _ in letters.randomElement(using: &generator)! }.joined()
    }

    private static func alternatives(
        depth: Int, using generator: inout SeededGenerator
    ) -> String {
        let count = Int.random(in: 0..<5, using: &generator) == 0 ? 2 : 1
        return (0..<count).map { _ in sequence(depth: depth, using: &generator) }
            .joined(separator: "|")
    }

    private static func sequence(depth: Int, using generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...3, using: &generator))
            .map { _ in term(depth: depth, using: &generator) }.joined()
    }

    private static func term(depth: Int, using generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 12 : 9), using: &generator) {
        case 0: return positions.randomElement(using: &generator)!
        case 1..<9: return atoms.randomElement(using: &generator)! + repetition(using: &generator)
        case 9: return "(?=\(alternatives(depth: depth - 1, using: &generator)))"
        case 10: return "(?!\(alternatives(depth: depth - 1, using: &generator)))"
        default:
            let start = ["(", "(?:"].randomElement(using: &generator)!
            let inner = alternatives(depth: depth - 1, using: &generator)
            return start + inner + ")" + repetition(using: &generator)
        }
    }

    private static func repetition(using generator: inout SeededGenerator) -> String {
        Int.random(in: 0..<2, using: &generator) == 0
            ? repetitions.randomElement(using: &generator)! : ""
    }
}
