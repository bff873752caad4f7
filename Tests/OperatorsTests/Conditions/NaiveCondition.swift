/// A condition as one would write it without thinking of speed; what `Condition` must agree with.
indirect enum NaiveCondition {
    enum Value: Equatable {
        case null
        case boolean(Bool)
        case integer(Int64)
        case string(String)

        var json: String {
            switch self {
            case .null: "null"
            case .boolean(let boolean): "\(boolean)"
            case .integer(let integer): "\(integer)"
            case .string(let string): "\"\(string)\""
            }
        }

        var setting: Setting {
            switch self {
            case .null: nil
            case .boolean(let boolean): .boolean(boolean)
            case .integer(let integer): .integer(integer)
            case .string(let string): .string(string)
            }
        }
    }

    case all([NaiveCondition])
    case any([NaiveCondition])
    case not(NaiveCondition)
    case test(field: String, name: String, Value)
    case list(field: String, name: String, [Value])
    case exists(field: String, Bool)

    func holds(for event: [String: Value]) -> Bool {
        switch self {
        case .all(let conditions): conditions.allSatisfy { $0.holds(for: event) }
        case .any(let conditions): conditions.contains { $0.holds(for: event) }
        case .not(let condition): !condition.holds(for: event)
        case .exists(let field, let expected): (event[field] != nil) == expected
        case .list(let field, let name, let values):
            event[field].map { values.contains($0) == (name == "in") } ?? false
        case .test(let field, let name, let constant):
            event[field].map { Self.holds($0, name, constant) } ?? false
        }
    }

    private static func holds(_ value: Value, _ name: String, _ constant: Value) -> Bool {
        switch (name, value, constant) {
        case ("equals", _, _): value == constant
        case ("not_equals", _, _): value != constant
        case ("less_than", .integer(let a), .integer(let b)): a < b
        case ("at_most", .integer(let a), .integer(let b)): a <= b
        case ("greater_than", .integer(let a), .integer(let b)): a > b
        case ("at_least", .integer(let a), .integer(let b)): a >= b
        case ("less_than", .string(let a), .string(let b)): a < b
        case ("at_most", .string(let a), .string(let b)): a <= b
        case ("greater_than", .string(let a), .string(let b)): a > b
        case ("at_least", .string(let a), .string(let b)): a >= b
        case ("contains", .string(let a), .string(let b)): b.isEmpty || a.contains(b)
        case ("starts_with", .string(let a), .string(let b)): a.hasPrefix(b)
        case ("ends_with", .string(let a), .string(let b)): a.hasSuffix(b)
        default: false
        }
    }

    var setting: Setting {
        switch self {
        case .all(let conditions): ["all": .list(conditions.map(\.setting))]
        case .any(let conditions): ["any": .list(conditions.map(\.setting))]
        case .not(let condition): ["not": condition.setting]
        case .exists(let field, let expected):
            ["field": .string(field), "exists": .boolean(expected)]
        case .list(let field, let name, let values):
            .map([("field", .string(field)), (name, .list(values.map(\.setting)))])
        case .test(let field, let name, let constant):
            .map([("field", .string(field)), (name, constant.setting)])
        }
    }
}

extension NaiveCondition {
    private static let fields = ["a", "b", "c.d"]
    private static let words = ["", "a", "ab", "b", "ba", "abcdefghij", "abcdefghik", "bcdefgh"]

    static func random(depth: Int, using generator: inout SeededGenerator) -> NaiveCondition {
        let field = fields.randomElement(using: &generator)!
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
        case 0: return .exists(field: field, Bool.random(using: &generator))
        case 1, 2:
            let values = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                randomValue(using: &generator)
            }
            let name = Bool.random(using: &generator) ? "in" : "not_in"
            return .list(field: field, name: name, values)
        case 3, 4, 5: return randomTest(field, using: &generator)
        case 6: return .not(random(depth: depth - 1, using: &generator))
        case 7, 8: return .all(randomList(depth: depth, using: &generator))
        default: return .any(randomList(depth: depth, using: &generator))
        }
    }

    private static func randomList(
        depth: Int, using generator: inout SeededGenerator
    ) -> [NaiveCondition] {
        (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            random(depth: depth - 1, using: &generator)
        }
    }

    private static func randomTest(
        _ field: String, using generator: inout SeededGenerator
    ) -> NaiveCondition {
        let names = ["equals", "not_equals", "less_than", "at_most", "greater_than", "at_least"]
        let textNames = ["contains", "starts_with", "ends_with"]
        let name = (names + textNames).randomElement(using: &generator)!
        let constant: Value
        if textNames.contains(name) {
            constant = .string(words.randomElement(using: &generator)!)
        } else if name.hasSuffix("equals") {
            constant = randomValue(using: &generator)
        } else {
            constant =
                Bool.random(using: &generator)
                ? .integer(Int64.random(in: 0...3, using: &generator))
                : .string(words.randomElement(using: &generator)!)
        }
        return .test(field: field, name: name, constant)
    }

    static func randomValue(using generator: inout SeededGenerator) -> Value {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: .null
        case 1: .boolean(Bool.random(using: &generator))
        case 2, 3: .integer(Int64.random(in: 0...3, using: &generator))
        default: .string(words.randomElement(using: &generator)!)
        }
    }

    static func randomEvent(using generator: inout SeededGenerator) -> [String: Value] {
        var event: [String: Value] = [:]
        for field in fields where Int.random(in: 0..<4, using: &generator) > 0 {
            event[field] = randomValue(using: &generator)
        }
        return event
    }

    static func json(_ event: [String: Value]) -> String {
        var members = ["a", "b"].compactMap { name in event[name].map { "\"\(name)\":\($0.json)" } }
        if let inner = event["c.d"] { members.append("\"c\":{\"d\":\(inner.json)}") }
        return "{\(members.joined(separator: ","))}"
    }
}
