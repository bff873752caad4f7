/// What a call does. Which of a function's forms is meant is decided by the values it gets, so
/// that a dynamic value is treated as a typed one is.
enum Function: UInt8, BitwiseCopyable {
    // Operators; `&&`, `||`, `?:` and indexing are instructions of their own.
    case add, subtract, multiply, divide, remainder, negate, not
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn
    // Conversions.
    case toInteger, toUnsigned, toDouble, toString, toBytes, toBoolean, toTimestamp, toDuration
    case toType, toDynamic
    // Strings, bytes, lists, maps.
    case size, startsWith, endsWith, contains, matches
    case charAt, indexOf, lastIndexOf, lowerASCII, upperASCII, lower, upper, replace, split
    case substring, trim, join, format, quote, reverse, toBase64, fromBase64
    // Times.
    case fullYear, month, date, dayOfMonth, dayOfWeek, dayOfYear
    case hours, minutes, seconds, milliseconds, truncate
    // Optionals.
    case optionalOf, optionalNone, optionalOfNonZero, hasValue, value, or, orValue
    // Numbers.
    case greatest, least, ceil, floor, round, trunc, abs, sign, isNaN, isInfinite, isFinite
    case bitAnd, bitOr, bitXor, bitNot, bitShiftLeft, bitShiftRight
    case bucket
}

/// One form of a function.
struct Overload: Sendable {
    let function: Function
    /// Whether the first parameter stands before the dot.
    let isMember: Bool
    let parameters: [ValueType]
    let result: ValueType
}

/// The functions that there are.
struct FunctionTable: Sendable {
    static let standard = FunctionTable()

    private(set) var overloads: [String: [Overload]] = [:]

    private init() {
        addOperators()
        addConversions()
        addStrings()
        addTimes()
        addOptionals()
        addNumbers()
    }

    /// Adds a function that is called `name(a, b)`.
    mutating func add(
        _ name: String, _ function: Function, _ parameters: ValueType..., result: ValueType
    ) {
        add(name, function, isMember: false, parameters, result: result)
    }

    /// Adds a function that is called `a.name(b)`.
    mutating func addMember(
        _ name: String, _ function: Function, _ parameters: ValueType..., result: ValueType
    ) {
        add(name, function, isMember: true, parameters, result: result)
    }

    private mutating func add(
        _ name: String, _ function: Function, isMember: Bool, _ parameters: [ValueType],
        result: ValueType
    ) {
        overloads[name, default: []].append(
            Overload(
                function: function, isMember: isMember, parameters: parameters, result: result))
    }
}
