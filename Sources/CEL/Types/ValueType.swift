/// A type of the language, as declarations give it to variables and the checker to expressions.
public indirect enum ValueType: Hashable, Sendable {
    /// Known only when the expression is evaluated.
    case dynamic
    /// The type of `null`.
    case null
    /// `bool`
    case boolean
    /// `int`
    case integer
    /// `uint`
    case unsignedInteger
    /// `double`
    case double
    /// `string`
    case string
    /// `bytes`
    case bytes
    /// `google.protobuf.Timestamp`; a field of an event that is one holds it as text.
    case timestamp
    /// `google.protobuf.Duration`; a field of an event that is one holds it as text.
    case duration
    /// A list with elements of one type.
    case list(ValueType)
    /// A map with keys of one type and values of one type.
    case map(ValueType, ValueType)
    /// A value that may be absent.
    case optional(ValueType)
    /// A value that may be `null`.
    case nullable(ValueType)
    /// The type of a type.
    case type(ValueType)
    /// An object with known fields.
    case record(RecordType)
    /// Whatever type the other uses of the same number have.
    case parameter(Int)
}

extension ValueType: CustomStringConvertible {
    /// The type as the language names it.
    public var description: String {
        switch self {
        case .dynamic: "dyn"
        case .null: "null"
        case .boolean: "bool"
        case .integer: "int"
        case .unsignedInteger: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .optional(let content): "optional(\(content))"
        case .nullable(let content): "\(content) or null"
        case .type(let type): "type(\(type))"
        case .record(let record): record.name
        case .parameter: "dyn"
        }
    }

    /// Whether it is one of the three types of numbers, which may be compared with each other.
    var isNumber: Bool { self == .integer || self == .unsignedInteger || self == .double }

    /// The type without the permission to be null.
    var withoutNull: ValueType {
        if case .nullable(let content) = self { content } else { self }
    }
}
