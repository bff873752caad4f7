import Events

/// Random documents and paths, written the way that different senders write them.
struct RandomJSON {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    private static let names = [
        "id", "event_type", "occurred_at", "user", "page", "items", "a", "b", "name with space",
        "key.with.dots", "ключ", "quote\"d", "back\\slash", "", "tab\tname",
        "long_" + "x".repeated(40),
    ]

    private static let strings = [
        "", "page_view", "u-12345", "https://shop.example/p?id=1&x=\"2\"", "line\nbreak",
        "emoji 🛒 and ü", "\u{1}control", "slash / and \\", "2024-03-13T10:21:14.123Z",
        "long " + "y".repeated(300), "\u{7f}\u{2028}",
    ]

    private static let numbers = [
        "0", "-0", "1", "-1", "42", "19.990", "0.1", "-0.0", "1e5", "1E-7", "2.50e+3",
        "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "18446744073709551615", "3.141592653589793238462643383279", "1e308", "5e-324",
    ]

    // MARK: Values

    mutating func object(depth: Int = 4) -> JSONModel {
        var members: [JSONModel.Member] = []
        for _ in 0..<Int.random(in: 0...7, using: &generator) {
            let name = generator.pick(Self.names)
            if members.contains(where: { $0.name == name }) { continue }
            members.append(.init(name: name, value: value(depth: depth - 1)))
        }
        return .object(members)
    }

    mutating func value(depth: Int) -> JSONModel {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &generator) {
        case 0: .null
        case 1: .boolean(Bool.random(using: &generator))
        case 2, 3: .number(generator.pick(Self.numbers))
        case 4, 5, 6: .string(generator.pick(Self.strings))
        case 7: .array(elements(depth: depth - 1))
        default: object(depth: depth)
        }
    }

    private mutating func elements(depth: Int) -> [JSONModel] {
        var elements: [JSONModel] = []
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            elements.append(value(depth: depth))
        }
        return elements
    }

    // MARK: Paths

    /// A path that mostly leads somewhere in `root`.
    mutating func path(in root: JSONModel) -> FieldPath {
        var components: [FieldPath.Component] = []
        var node: JSONModel? = root
        repeat {
            let component = step(in: node, isFirst: components.isEmpty)
            components.append(component)
            node = node?.value(at: [component])
        } while components.count < 5 && generator.chance(node == nil ? 20 : 55)
        return FieldPath(components)
    }

    private mutating func step(in node: JSONModel?, isFirst: Bool) -> FieldPath.Component {
        switch node {
        case .object(let members) where !members.isEmpty && generator.chance(80):
            return .name(generator.pick(members).name)
        case .array(let elements) where generator.chance(85):
            return .index(Int.random(in: 0...elements.count, using: &generator))
        default:
            let isName = isFirst || generator.chance(80)
            return isName
                ? .name(generator.pick(Self.names))
                : .index(Int.random(in: 0..<3, using: &generator))
        }
    }

    // MARK: Text

    /// The value as JSON, with random white space and random use of escapes.
    mutating func text(of value: JSONModel) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let boolean): return boolean ? "true" : "false"
        case .number(let digits): return digits
        case .string(let string): return quoted(string)
        case .array(let elements):
            var parts: [String] = []
            for element in elements { parts.append(space() + text(of: element) + space()) }
            return "[" + (parts.isEmpty ? space() : parts.joined(separator: ",")) + "]"
        case .object(let members):
            var parts: [String] = []
            for member in members {
                let name = space() + quoted(member.name) + space()
                parts.append(name + ":" + space() + text(of: member.value) + space())
            }
            return "{" + (parts.isEmpty ? space() : parts.joined(separator: ",")) + "}"
        }
    }

    private mutating func space() -> String {
        generator.chance(75) ? "" : generator.pick([" ", "\n", "\t", "\r\n", "    "])
    }

    private mutating func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "/" where generator.chance(20): text += "\\/"
            case "\n" where generator.chance(50): text += "\\n"
            default:
                if scalar.value < 0x20 || generator.chance(4) {
                    for unit in String(scalar).utf16 {
                        let digits = String(unit, radix: 16)
                        text += "\\u" + "0".repeated(4 - digits.count) + digits
                    }
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + "\""
    }
}

extension String {
    func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
