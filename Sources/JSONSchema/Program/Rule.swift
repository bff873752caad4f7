/// What one schema demands, as plain data: indices into the tables of a ``SchemaProgram``, -1
/// where nothing is demanded.
struct Rule: BitwiseCopyable, Sendable {
    var types = TypeSet.all
    /// The constraints below, so that a schema with a type only is done after one test.
    var applies = Applicability()

    var enumeration: Int32 = -1
    var constant: Int32 = -1
    var reference: Int32 = -1

    var pattern: Int32 = -1
    var minimumLength = 0
    var maximumLength = Int.max

    var number: Int32 = -1

    var items: Int32 = -1
    var minimumItems = 0
    var maximumItems = Int.max

    var object: Int32 = -1
    var minimumProperties = 0
    var maximumProperties = Int.max

    /// Where the schema stands: an index of ``SchemaProgram/pointers``.
    var location: Int32 = -1
}

/// For which kinds of values a rule demands more than the type.
struct Applicability: OptionSet, BitwiseCopyable, Sendable {
    let rawValue: UInt8

    /// `$ref`, `enum` and `const`.
    static let anything = Applicability(rawValue: 1)
    static let strings = Applicability(rawValue: 2)
    static let numbers = Applicability(rawValue: 4)
    static let arrays = Applicability(rawValue: 8)
    static let objects = Applicability(rawValue: 16)
}

/// The types that a value may have.
struct TypeSet: OptionSet, BitwiseCopyable, Sendable {
    let rawValue: UInt8

    static let null = TypeSet(rawValue: 1)
    static let boolean = TypeSet(rawValue: 2)
    static let integer = TypeSet(rawValue: 4)
    /// A number that is not whole.
    static let fraction = TypeSet(rawValue: 8)
    static let string = TypeSet(rawValue: 16)
    static let array = TypeSet(rawValue: 32)
    static let object = TypeSet(rawValue: 64)

    static let number: TypeSet = [.integer, .fraction]
    static let all = TypeSet(rawValue: 127)
    /// The schema `false`.
    static let none = TypeSet([])

    /// The types by the names of JSON Schema, in the order in which messages list them.
    static let names: [(name: String, types: TypeSet)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number),
        ("string", .string), ("array", .array), ("object", .object),
    ]

    /// `integer or null`.
    var sentence: String {
        var names: [String] = []
        for (name, types) in Self.names where isSuperset(of: types) {
            if name == "number" { names.removeAll { $0 == "integer" } }
            names.append(name)
        }
        return names.joined(separator: " or ")
    }
}

/// What an object's members must be.
struct ObjectRule: BitwiseCopyable, Sendable {
    /// The names of `properties` and `required`, each with an index behind `firstMember`.
    var names = NameTable.empty
    var firstMember = 0
    var memberCount = 0
    var requiredCount = 0
    /// The schema of members without a name in the table; -1 when they may be anything.
    var additional: Int32 = -1
}

/// One name that an object rule knows.
struct MemberRule: BitwiseCopyable, Sendable {
    /// -1 for a name that is only required: it is an additional member, too.
    var schema: Int32 = -1
    var isRequired = false
    /// The name: an index of ``SchemaProgram/memberNames``.
    var name: Int32 = -1
}

/// What a number must be. Integers are compared with `lowest` and `highest`, which say the same
/// as the bounds; all other numbers with the bounds' text.
struct NumberRule: BitwiseCopyable, Sendable {
    var lowest = Int64.min
    var highest = Int64.max
    /// Whether a bound leaves no `Int64` at all.
    var excludesIntegers = false
    /// Indices of ``SchemaProgram/numbers``, or -1.
    var minimum: Int32 = -1
    var maximum: Int32 = -1
    var exclusiveMinimum: Int32 = -1
    var exclusiveMaximum: Int32 = -1
    /// An index of ``SchemaProgram/divisors``, and of ``SchemaProgram/numbers`` for messages.
    var multipleOf: Int32 = -1
    var multipleOfText: Int32 = -1
}

/// The values of an `enum` or a `const`.
struct ConstantSet: BitwiseCopyable, Sendable {
    /// The values that are strings.
    var strings = NameTable.empty
    /// The others, as indices of ``SchemaProgram/constants``, one after the other.
    var firstOther = 0
    var otherCount = 0
    /// How a message shows the values: an index of ``SchemaProgram/constantTexts``.
    var text: Int32 = -1
}

/// A constant, or a part of one. The children of one value stand one after the other.
struct Constant: BitwiseCopyable, Sendable {
    enum Kind: UInt8, BitwiseCopyable, Sendable {
        case null, boolean, number, string, array, object
    }

    var kind: Kind
    var boolean = false
    /// A number's or a string's text in ``SchemaProgram/constantBytes``.
    var textStart = 0
    var textCount = 0
    var firstChild = 0
    var childCount = 0
    /// The name of a member, in the same bytes.
    var nameStart = 0
    var nameCount = 0
}
