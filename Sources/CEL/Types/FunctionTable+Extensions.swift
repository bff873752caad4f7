extension FunctionTable {
    private static let a = ValueType.parameter(1)
    private static let b = ValueType.parameter(2)

    mutating func addStrings() {
        for type in [ValueType.string, .bytes, .list(Self.a), .map(Self.a, Self.b)] {
            add("size", .size, type, result: .integer)
            addMember("size", .size, type, result: .integer)
        }
        addMember("startsWith", .startsWith, .string, .string, result: .boolean)
        addMember("endsWith", .endsWith, .string, .string, result: .boolean)
        addMember("contains", .contains, .string, .string, result: .boolean)
        addMember("matches", .matches, .string, .string, result: .boolean)
        add("matches", .matches, .string, .string, result: .boolean)

        addMember("charAt", .charAt, .string, .integer, result: .string)
        addMember("indexOf", .indexOf, .string, .string, result: .integer)
        addMember("indexOf", .indexOf, .string, .string, .integer, result: .integer)
        addMember("lastIndexOf", .lastIndexOf, .string, .string, result: .integer)
        addMember("lastIndexOf", .lastIndexOf, .string, .string, .integer, result: .integer)
        addMember("lowerAscii", .lowerASCII, .string, result: .string)
        addMember("upperAscii", .upperASCII, .string, result: .string)
        addMember("lower", .lower, .string, result: .string)
        addMember("upper", .upper, .string, result: .string)
        addMember("trim", .trim, .string, result: .string)
        addMember("reverse", .reverse, .string, result: .string)
        addMember("replace", .replace, .string, .string, .string, result: .string)
        addMember("replace", .replace, .string, .string, .string, .integer, result: .string)
        addMember("split", .split, .string, .string, result: .list(.string))
        addMember("split", .split, .string, .string, .integer, result: .list(.string))
        addMember("substring", .substring, .string, .integer, result: .string)
        addMember("substring", .substring, .string, .integer, .integer, result: .string)
        addMember("join", .join, .list(.string), result: .string)
        addMember("join", .join, .list(.string), .string, result: .string)
        addMember("format", .format, .string, .list(.dynamic), result: .string)
        add("strings.quote", .quote, .string, result: .string)
        add("base64.encode", .toBase64, .bytes, result: .string)
        add("base64.decode", .fromBase64, .string, result: .bytes)
        add("bucket", .bucket, .string, .integer, result: .integer)
    }

    mutating func addNumbers() {
        let numbers: [ValueType] = [.integer, .unsignedInteger, .double]
        // With several arguments they are called with a list; see the checker.
        for (name, function) in [("math.greatest", Function.greatest), ("math.least", .least)] {
            for type in numbers {
                add(name, function, type, result: type)
                add(name, function, .list(type), result: type)
            }
        }
        let roundings: [(String, Function)] = [
            ("math.ceil", .ceil), ("math.floor", .floor), ("math.round", .round),
            ("math.trunc", .trunc),
        ]
        for (name, function) in roundings { add(name, function, .double, result: .double) }
        for type in numbers {
            add("math.abs", .abs, type, result: type)
            add("math.sign", .sign, type, result: type)
        }
        add("math.isNaN", .isNaN, .double, result: .boolean)
        add("math.isInf", .isInfinite, .double, result: .boolean)
        add("math.isFinite", .isFinite, .double, result: .boolean)
        for type in [ValueType.integer, .unsignedInteger] {
            add("math.bitAnd", .bitAnd, type, type, result: type)
            add("math.bitOr", .bitOr, type, type, result: type)
            add("math.bitXor", .bitXor, type, type, result: type)
            add("math.bitNot", .bitNot, type, result: type)
            add("math.bitShiftLeft", .bitShiftLeft, type, .integer, result: type)
            add("math.bitShiftRight", .bitShiftRight, type, .integer, result: type)
        }
    }
}
