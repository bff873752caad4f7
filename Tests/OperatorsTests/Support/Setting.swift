import Operators
import StreamCore

/// A value of a topology file, written as a literal.
indirect enum Setting: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number as the file writes it: `1.10`.
    case number(String)
    case string(String)
    case list([Setting])
    case map([(String, Setting)])

    var value: ConfigurationValue {
        switch self {
        case .null: ConfigurationValue(.null, at: .none)
        case .boolean(let boolean):
            ConfigurationValue(.boolean(boolean), text: "\(boolean)", at: .none)
        case .integer(let integer):
            ConfigurationValue(.integer(integer), text: "\(integer)", at: .none)
        case .number(let text):
            ConfigurationValue(.number(Double(text) ?? .nan), text: text, at: .none)
        case .string(let string): ConfigurationValue(.string(string), text: string, at: .none)
        case .list(let settings):
            ConfigurationValue(.list(settings.map(\.value)), at: .none)
        case .map(let entries):
            ConfigurationValue(
                .map(
                    entries.map {
                        .init(key: $0.0, keyLocation: .none, value: $0.1.value)
                    }), at: .none)
        }
    }
}

extension Setting: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(floatLiteral value: Double) { self = .number("\(value)") }
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: Setting...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, Setting)...) { self = .map(elements) }
}

/// What is wrong with an operator's settings, as sentences.
func problems(
    of spec: OperatorSpec, _ settings: Setting, files: [String: String] = [:],
    binaries: [String: [UInt8]] = [:], registries: [String: any SchemaSource] = [:]
) -> [String] {
    var configuration = makeConfiguration(
        settings, files: files, binaries: binaries, registries: registries)
    let definition = spec.make(&configuration)
    let problems = configuration.diagnostics.all.map { diagnostic in
        diagnostic.message + (diagnostic.remedy.map { "; \($0)" } ?? "")
    }
    precondition(problems.isEmpty == (definition != nil), "made and reported do not agree")
    return problems
}

/// The operator that the settings describe.
func makeDefinition(
    _ spec: OperatorSpec, _ settings: Setting, files: [String: String] = [:],
    binaries: [String: [UInt8]] = [:], registries: [String: any SchemaSource] = [:]
) throws -> any OperatorDefinition {
    var configuration = makeConfiguration(
        settings, files: files, binaries: binaries, registries: registries)
    guard let definition = spec.make(&configuration) else { throw configuration.diagnostics }
    return definition
}

private struct MissingFile: Error, CustomStringConvertible {
    var description: String { "no such file" }
}

/// The environment variables that operators under test find.
private let testEnvironment = [
    "KEY_ONE": "0123456789abcdef0123456789abcdef", "KEY_TWO": "fedcba9876543210fedcba9876543210",
    "KEY_SHORT": "too short",
]

func makeConfiguration(
    _ settings: Setting, files: [String: String] = [:],
    binaries: [String: [UInt8]] = [:], registries: [String: any SchemaSource] = [:]
) -> Configuration {
    Configuration(
        name: "tested", value: settings.value, environment: { testEnvironment[$0] },
        registries: registries,
        readFile: { path in
            if let bytes = binaries[path] { return bytes }
            guard let text = files[path] else { throw MissingFile() }
            return Array(text.utf8)
        })
}
