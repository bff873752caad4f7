/// Random schemas, and values that they may or may not take, as JSON text.
struct RandomSchema {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    static let names = ["a", "b", "c", "d", "long_name_1", "long_name_2", "\\u00e9", ""]
    private static let strings = ["", "a", "ab", "b1", "\\u00e9\\ud83d\\ude00", "a/b", "xyz", "1"]
    private static let numbers = [
        "0", "1", "-1", "2", "3", "1.0", "1.5", "-0.0", "2e0", "0.1", "0.30", "15e-1", "1e2",
        "100", "9007199254740993", "9007199254740992.0", "-3", "0.01", "18446744073709551615",
    ]
    static let patterns = ["^a", "b$", "^[a-z]+$", "^(ab|b1)$", "[0-9]", "a.b", "^.{2}$"]

    mutating func pick<Element>(_ list: [Element]) -> Element {
        list.randomElement(using: &generator)!
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }

    mutating func several(_ range: ClosedRange<Int>, _ make: (inout Self) -> String)
        -> [String]
    {
        (0..<Int.random(in: range, using: &generator)).map { _ in make(&self) }
    }

    // MARK: Values

    mutating func value(depth: Int = 3) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 12 : 8), using: &generator) {
        case 0: return "null"
        case 1: return chance(50) ? "true" : "false"
        case 2...4: return pick(Self.numbers)
        case 5...7: return "\"\(pick(Self.strings))\""
        case 8, 9:
            return "[\(several(0...3) { $0.value(depth: depth - 1) }.joined(separator: ","))]"
        default: return object { $0.value(depth: depth - 1) }
        }
    }

    /// An object of some of the names, each once.
    mutating func object(_ member: (inout Self) -> String) -> String {
        var members: [String] = []
        for name in Self.names.shuffled(using: &generator) where chance(35) {
            members.append("\"\(name)\":\(member(&self))")
        }
        return "{\(members.joined(separator: ","))}"
    }

    // MARK: Schemas

    /// A whole document, with definitions to refer to.
    mutating func document() -> String {
        let definitions = ["x", "y"].map { "\"\($0)\":\(schema(depth: 1, refers: false))" }
        let keywords = keywords(depth: 3, refers: true)
        let all = ["\"$defs\":{\(definitions.joined(separator: ","))}"] + keywords
        return "{\(all.joined(separator: ","))}"
    }

    mutating func schema(depth: Int, refers: Bool) -> String {
        if chance(4) { return chance(50) ? "true" : "false" }
        return "{\(keywords(depth: depth, refers: refers).joined(separator: ","))}"
    }

    private mutating func keywords(depth: Int, refers: Bool) -> [String] {
        var keywords: [String] = []
        if chance(45) { keywords.append("\"type\":\(types())") }
        if chance(8) { keywords.append("\"enum\":[\(list(0...4))]") }
        if chance(4) { keywords.append("\"const\":\(value(depth: 2))") }
        if refers, chance(8) { keywords.append("\"$ref\":\"#/$defs/\(pick(["x", "y"]))\"") }
        if chance(25) { keywords += strings() }
        if chance(25) { keywords += numbers() }
        if depth > 0, chance(30) { keywords += arrays(depth: depth, refers: refers) }
        if depth > 0, chance(60) { keywords += objects(depth: depth, refers: refers) }
        if depth > 0, chance(35) { keywords += applicators(depth: depth, refers: refers) }
        return keywords
    }

    private mutating func list(_ range: ClosedRange<Int>) -> String {
        several(range) { $0.value(depth: 2) }.joined(separator: ",")
    }

    private mutating func types() -> String {
        let names = ["null", "boolean", "integer", "number", "string", "array", "object", "object"]
        if chance(60) { return "\"\(pick(names))\"" }
        let chosen = Set(several(1...3) { "\"\($0.pick(names))\"" }).sorted()
        return "[\(chosen.joined(separator: ","))]"
    }

    private mutating func strings() -> [String] {
        var keywords: [String] = []
        if chance(40) { keywords.append("\"minLength\":\(pick([0, 1, 2]))") }
        if chance(40) { keywords.append("\"maxLength\":\(pick([0, 1, 2, 3]))") }
        if chance(40) { keywords.append("\"pattern\":\"\(pick(Self.patterns))\"") }
        return keywords
    }

    private mutating func numbers() -> [String] {
        let bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]
        var keywords: [String] = []
        for bound in bounds where chance(30) {
            keywords.append("\"\(bound)\":\(pick(Self.numbers))")
        }
        if chance(20) {
            keywords.append("\"multipleOf\":\(pick(["1", "2", "0.5", "0.1", "0.01", "3e-1"]))")
        }
        return keywords
    }

    private mutating func arrays(depth: Int, refers: Bool) -> [String] {
        var keywords: [String] = []
        if chance(60) {
            keywords.append("\"items\":\(schema(depth: depth - 1, refers: refers))")
        }
        if chance(30) { keywords.append("\"minItems\":\(pick([0, 1, 2]))") }
        if chance(30) { keywords.append("\"maxItems\":\(pick([0, 1, 2]))") }
        return keywords
    }

    private mutating func objects(depth: Int, refers: Bool) -> [String] {
        var keywords: [String] = []
        if chance(80) {
            let properties = object { $0.schema(depth: depth - 1, refers: refers) }
            keywords.append("\"properties\":\(properties)")
        }
        if chance(30) {
            let additional = chance(40) ? "false" : schema(depth: depth - 1, refers: refers)
            keywords.append("\"additionalProperties\":\(additional)")
        }
        if chance(35) {
            let names = Set(several(0...2) { "\"\($0.pick(Self.names))\"" }).sorted()
            keywords.append("\"required\":[\(names.joined(separator: ","))]")
        }
        if chance(15) { keywords.append("\"minProperties\":\(pick([0, 1, 2]))") }
        if chance(15) { keywords.append("\"maxProperties\":\(pick([1, 2, 4]))") }
        return keywords
    }
}
