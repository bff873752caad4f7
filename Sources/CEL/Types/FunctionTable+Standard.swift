extension FunctionTable {
    private static let a = ValueType.parameter(1)
    private static let b = ValueType.parameter(2)

    mutating func addOperators() {
        addArithmetic()
        for name in ["_==_", "_!=_"] {
            let function = name == "_==_" ? Function.equal : .notEqual
            add(name, function, Self.a, Self.a, result: .boolean)
            addNumericPairs(name, function)
        }
        let orders: [(String, Function)] = [
            ("_<_", .less), ("_<=_", .lessOrEqual), ("_>_", .greater), ("_>=_", .greaterOrEqual),
        ]
        let ordered: [ValueType] = [
            .boolean, .integer, .unsignedInteger, .double, .string, .bytes, .timestamp, .duration,
        ]
        for (name, function) in orders {
            for type in ordered { add(name, function, type, type, result: .boolean) }
            addNumericPairs(name, function)
        }
        add("@in", .isIn, Self.a, .list(Self.a), result: .boolean)
        add("@in", .isIn, Self.a, .map(Self.a, Self.b), result: .boolean)
        let numbers: [ValueType] = [.integer, .unsignedInteger, .double]
        for one in numbers {
            for other in numbers where one != other {
                add("@in", .isIn, one, .list(other), result: .boolean)
            }
        }
        add("!_", .not, .boolean, result: .boolean)
    }

    /// Numbers of different types can be compared, as their values are.
    private mutating func addNumericPairs(_ name: String, _ function: Function) {
        let numbers: [ValueType] = [.integer, .unsignedInteger, .double]
        for one in numbers {
            for other in numbers where one != other {
                add(name, function, one, other, result: .boolean)
            }
        }
    }

    private mutating func addArithmetic() {
        for type in [ValueType.integer, .unsignedInteger, .double] {
            add("_+_", .add, type, type, result: type)
            add("_-_", .subtract, type, type, result: type)
            add("_*_", .multiply, type, type, result: type)
            add("_/_", .divide, type, type, result: type)
        }
        add("_%_", .remainder, .integer, .integer, result: .integer)
        add("_%_", .remainder, .unsignedInteger, .unsignedInteger, result: .unsignedInteger)
        add("-_", .negate, .integer, result: .integer)
        add("-_", .negate, .double, result: .double)
        add("_+_", .add, .string, .string, result: .string)
        add("_+_", .add, .bytes, .bytes, result: .bytes)
        add("_+_", .add, .list(Self.a), .list(Self.a), result: .list(Self.a))
        add("_+_", .add, .timestamp, .duration, result: .timestamp)
        add("_+_", .add, .duration, .timestamp, result: .timestamp)
        add("_+_", .add, .duration, .duration, result: .duration)
        add("_-_", .subtract, .timestamp, .timestamp, result: .duration)
        add("_-_", .subtract, .timestamp, .duration, result: .timestamp)
        add("_-_", .subtract, .duration, .duration, result: .duration)
    }

    mutating func addConversions() {
        add("dyn", .toDynamic, Self.a, result: .dynamic)
        add("type", .toType, Self.a, result: .type(Self.a))
        let sources: [(String, Function, ValueType, [ValueType])] = [
            (
                "int", .toInteger, .integer,
                [.integer, .unsignedInteger, .double, .string, .timestamp]
            ),
            (
                "uint", .toUnsigned, .unsignedInteger,
                [.unsignedInteger, .integer, .double, .string]
            ),
            ("double", .toDouble, .double, [.double, .integer, .unsignedInteger, .string]),
            (
                "string", .toString, .string,
                [
                    .string, .boolean, .integer, .unsignedInteger, .double, .bytes, .timestamp,
                    .duration,
                ]
            ),
            ("bytes", .toBytes, .bytes, [.bytes, .string]),
            ("bool", .toBoolean, .boolean, [.boolean, .string]),
            ("timestamp", .toTimestamp, .timestamp, [.timestamp, .string, .integer]),
            ("duration", .toDuration, .duration, [.duration, .string]),
        ]
        for (name, function, result, types) in sources {
            for type in types { add(name, function, type, result: result) }
        }
    }

    mutating func addTimes() {
        let parts: [(String, Function)] = [
            ("getFullYear", .fullYear), ("getMonth", .month), ("getDate", .date),
            ("getDayOfMonth", .dayOfMonth), ("getDayOfWeek", .dayOfWeek),
            ("getDayOfYear", .dayOfYear), ("getHours", .hours), ("getMinutes", .minutes),
            ("getSeconds", .seconds), ("getMilliseconds", .milliseconds),
        ]
        for (name, function) in parts {
            addMember(name, function, .timestamp, result: .integer)
            addMember(name, function, .timestamp, .string, result: .integer)
        }
        for (name, function) in parts.suffix(4) {
            addMember(name, function, .duration, result: .integer)
        }
        addMember("truncate", .truncate, .timestamp, .duration, result: .timestamp)
    }

    mutating func addOptionals() {
        let optional = ValueType.optional(Self.a)
        add("optional.of", .optionalOf, Self.a, result: optional)
        add("optional.ofNonZeroValue", .optionalOfNonZero, Self.a, result: optional)
        add("optional.none", .optionalNone, result: optional)
        addMember("hasValue", .hasValue, optional, result: .boolean)
        addMember("value", .value, optional, result: Self.a)
        addMember("or", .or, optional, optional, result: optional)
        addMember("orValue", .orValue, optional, Self.a, result: Self.a)
    }
}
