/// Why an expression has no value.
public enum FailureReason: UInt8, Sendable, BitwiseCopyable {
    /// A name means nothing; a checked expression has none.
    case undeclared
    /// There is no such function; a checked expression has none.
    case unknownFunction
    /// A function or operator can't take values of these types.
    case noSuchOverload
    /// A field of an event or record, or a key of a map, is not there.
    case noSuchField
    /// An index lies outside of its list or string.
    case indexOutOfRange
    /// A division by zero, or the remainder of one.
    case divisionByZero
    /// A number, timestamp or duration would be too large or too small for its type.
    case outOfRange
    /// A value can't be converted, such as the string `"x"` to an int.
    case invalidConversion
    /// Two keys of a map are equal.
    case duplicateKey
    /// A key of a map is neither bool, int, uint nor string.
    case invalidKey
    /// An optional is empty.
    case emptyOptional
    /// A regular expression is none.
    case invalidPattern
    /// Matching a regular expression would have taken too many steps.
    case patternTooCostly
    /// There is no such time zone.
    case invalidZone
    /// The text that `format` is called on, or what it is to format, is wrong.
    case invalidFormat
    /// A variable has no value.
    case unbound
    /// The evaluation would have cost more than it may.
    case costLimit
    /// The result depends on what is not known.
    case unknown
    /// The result is of another type than the one asked for.
    case wrongResult

    /// What to do about it, when there is something that often helps.
    public var remedy: String? {
        switch self {
        case .noSuchField: "ask has(...) first, or write .? for a field that may be missing"
        case .noSuchOverload: "convert one of them, with int(...), double(...) or string(...)"
        case .indexOutOfRange: "ask size() first, or write [?index]"
        case .emptyOptional: "say what else with orValue(...)"
        default: nil
        }
    }

    /// What happened, as one sentence without a full stop.
    var sentence: String {
        switch self {
        case .undeclared: "this name means nothing"
        case .unknownFunction: "there is no such function"
        case .noSuchOverload: "values of these types can't be used here"
        case .noSuchField: "there is no such field or key"
        case .indexOutOfRange: "the index is out of range"
        case .divisionByZero: "this is a division by zero"
        case .outOfRange: "the result is out of range"
        case .invalidConversion: "the value can't be converted"
        case .duplicateKey: "the map has a key twice"
        case .invalidKey: "a key of a map is a bool, int, uint or string"
        case .emptyOptional: "the optional has no value"
        case .invalidPattern: "the regular expression is not valid"
        case .patternTooCostly: "the regular expression takes too many steps here"
        case .invalidZone: "there is no such time zone"
        case .invalidFormat: "the text can't be formatted"
        case .unbound: "the variable has no value"
        case .costLimit: "the evaluation costs more than it may"
        case .unknown: "the result depends on what is not known"
        case .wrongResult: "the result is of another type than is needed"
        }
    }
}

/// What became of a condition.
public enum Decision: Hashable, Sendable, BitwiseCopyable {
    /// It holds.
    case met
    /// It does not hold.
    case notMet
    /// It has no value, for example because a field is missing.
    case failed(FailureReason)
}

/// An evaluation that came to no value.
public struct EvaluationError: Error, CustomStringConvertible {
    /// What happened.
    public let reason: FailureReason
    /// Where, in bytes from the start of the expression.
    let offset: Int
    private let expression: Expression
    /// Knows the types of what could not be combined.
    private let result: Operand

    init(
        _ reason: FailureReason, at offset: Int, of expression: Expression,
        _ result: Operand = .unknown
    ) {
        self.reason = reason
        self.offset = offset
        self.expression = expression
        self.result = result
    }

    /// The line in the expression, from 1.
    public var line: Int { TextPlaces(expression.text).place(of: offset).line }

    /// The column in the expression in characters, from 1.
    public var column: Int { TextPlaces(expression.text).place(of: offset).column }

    /// `line:column: message: the word it is about`
    public var description: String {
        let types = result.kind == .error ? result.failedTypes : []
        if reason == .noSuchOverload, !types.isEmpty {
            return "\(line):\(column): '\(word)' can't be applied to "
                + types.joined(separator: " and ")
        }
        let isName = word.utf8.first?.isNameStart == true
        return "\(line):\(column): \(reason.sentence)" + (isName ? ": '\(word)'" : "")
    }

    /// The name or operator that the error is about.
    private var word: String {
        let rest = expression.text.utf8.dropFirst(offset)
        let name = rest.prefix { $0.isNameStart || $0.isDigit }
        guard name.isEmpty else { return String(decoding: Array(name), as: UTF8.self) }
        let symbol = Token.Symbol.allCases.first { rest.starts(with: $0.rawValue.utf8) }
        return symbol?.rawValue ?? ""
    }
}
