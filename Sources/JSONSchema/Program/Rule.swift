/// What one schema demands, as plain data: indices into the tables of a ``SchemaProgram``, -1
/// where nothing is demanded.
struct Rule: BitwiseCopyable, Sendable {
    var types = TypeSet.all
    /// The constraints below, so that a schema with a type only is done after one test.
    var applies = Applicability()
    /// The format that strings must have, where formats are asserted.
    var format = Format.none

    var enumeration: Int32 = -1
    var constant: Int32 = -1
    var reference: Int32 = -1
    /// The keywords that apply schemas to the value itself: a range of
    /// ``ProgramTables/operations``.
    var firstOperation: Int32 = 0
    var operationCount: Int32 = 0

    var pattern: Int32 = -1
    var minimumLength = 0
    var maximumLength = Int.max

    var number: Int32 = -1
    var array: Int32 = -1
    var object: Int32 = -1

    /// The schemas of what no other keyword has looked at.
    var unevaluatedProperties: Int32 = -1
    var unevaluatedItems: Int32 = -1

    /// The resource that the schema belongs to, for `$dynamicRef`.
    var resource: Int32 = -1
    /// Where the schema stands: an index of ``SchemaProgram/locations``.
    var location: Int32 = -1
}

/// For which kinds of values a rule demands more than the type.
struct Applicability: OptionSet, BitwiseCopyable, Sendable {
    let rawValue: UInt8

    /// `$ref`, `enum`, `const` and the operations.
    static let anything = Applicability(rawValue: 1)
    static let strings = Applicability(rawValue: 2)
    static let numbers = Applicability(rawValue: 4)
    static let arrays = Applicability(rawValue: 8)
    static let objects = Applicability(rawValue: 16)
    /// `unevaluatedProperties` or `unevaluatedItems`.
    static let unevaluated = Applicability(rawValue: 32)
    /// The resource matters: somewhere in the program is a `$dynamicRef` that depends on it.
    static let scope = Applicability(rawValue: 64)
}

/// The types that a value may have, as a set of the kinds of ``FieldValue``: a bit for each.
struct TypeSet: OptionSet, BitwiseCopyable, Sendable {
    let rawValue: UInt16

    static let null = TypeSet(rawValue: 1 << 1)
    static let boolean = TypeSet(rawValue: 1 << 2)
    /// Numbers written as whole ones. One written with a point or an exponent is looked at.
    static let integer = TypeSet(rawValue: 1 << 3 | 1 << 4)
    /// Numbers written with a point or an exponent, whether they are whole or not.
    static let fraction = TypeSet(rawValue: 1 << 5)
    static let string = TypeSet(rawValue: 1 << 6)
    static let object = TypeSet(rawValue: 1 << 7)
    static let array = TypeSet(rawValue: 1 << 8)

    static let number: TypeSet = [.integer, .fraction]
    static let all = TypeSet(rawValue: 0x1FE)
    /// The schema `false`.
    static let none = TypeSet([])

    /// The types by the names of JSON Schema, in the order in which messages list them.
    static let names: [(name: String, types: TypeSet)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number),
        ("string", .string), ("array", .array), ("object", .object),
    ]

    /// `integer or null`.
    var sentence: String { typeNames.joined(separator: " or ") }

    /// The types by name; a number may be an integer too.
    var typeNames: [String] {
        var names: [String] = []
        for (name, types) in Self.names where isSuperset(of: types) {
            if name == "number" { names.removeAll { $0 == "integer" } }
            names.append(name)
        }
        return names
    }
}

/// A keyword that applies schemas to the value that its own schema is for.
struct Operation: BitwiseCopyable, Sendable {
    enum Kind: UInt8, BitwiseCopyable, Sendable {
        case allOf, anyOf, oneOf, not
        /// `if`, `then` and `else`: three branches, -1 for one that is not there.
        case conditional
        /// The rule that `first` says, unless the dynamic scope has another: the branches are
        /// pairs of a resource and the rule that it has for the anchor.
        case dynamicReference
        /// For an object with the member `name`: the one branch.
        case dependentSchema
        /// For an object with the member `name`: the branches are names of members it must have.
        case dependentRequired
    }

    var kind: Kind
    /// A range of ``ProgramTables/branches``.
    var first: Int32 = 0
    var count: Int32 = 0
    /// A rule or a name, as the kind has it.
    var subject: Int32 = -1
}

/// What an array's elements must be.
struct ArrayRule: BitwiseCopyable, Sendable {
    var minimumItems = 0
    var maximumItems = Int.max
    /// The schemas of the first elements: a range of ``ProgramTables/branches``.
    var firstPrefix: Int32 = 0
    var prefixCount: Int32 = 0
    /// The schema of all others.
    var items: Int32 = -1
    var contains: Int32 = -1
    var minimumMatches = 1
    var maximumMatches = Int.max
    var isUnique = false
    /// Whether elements need to be looked at at all.
    var hasElementRules: Bool { prefixCount > 0 || items >= 0 }
}

/// What an object's members must be.
struct ObjectRule: BitwiseCopyable, Sendable {
    var minimumProperties = 0
    var maximumProperties = Int.max
    /// The names of `properties` and `required`: a table of ``ProgramTables/memberSlots``.
    var firstSlot: Int32 = 0
    var slotMask: Int32 = -1
    var multiplier: UInt32 = 0
    /// The same names one after the other: a range of ``ProgramTables/members``.
    var firstMember: Int32 = 0
    var memberCount: Int32 = 0
    var requiredCount: Int32 = 0
    /// `patternProperties`: a range of ``ProgramTables/patternMembers``.
    var firstPattern: Int32 = 0
    var patternCount: Int32 = 0
    /// The schema of members that neither a name nor a pattern covers; -1 when they may be
    /// anything.
    var additional: Int32 = -1
    /// Whether there is `additionalProperties` at all: `true` counts as having looked.
    var hasAdditional = false
    var propertyNames: Int32 = -1
}

/// One name that an object rule knows.
struct MemberRule: BitwiseCopyable, Sendable {
    /// -1 for a name that is only required: it is an additional member, too.
    var schema: Int32 = -1
    var isRequired = false
    /// The name: an index of ``ProgramTables/memberNames``.
    var name: Int32 = -1
}

/// One of `patternProperties`.
struct PatternMember: BitwiseCopyable, Sendable {
    var pattern: Int32
    var schema: Int32
}

/// What a number must be. Integers are compared with `lowest` and `highest`, which say the same
/// as the bounds; of the others, those that are near a bound with the bound's text.
struct NumberRule: BitwiseCopyable, Sendable {
    var lowest = Int64.min
    var highest = Int64.max
    /// Whether a bound leaves no `Int64` at all.
    var excludesIntegers = false
    /// The bounds rounded to the nearest `Double`. What is rounded to more than the lower one and
    /// to less than the upper one is between them.
    var lowestRounded = -Double.infinity
    var highestRounded = Double.infinity
    /// Indices of ``ProgramTables/numbers``, or -1.
    var minimum: Int32 = -1
    var maximum: Int32 = -1
    var exclusiveMinimum: Int32 = -1
    var exclusiveMaximum: Int32 = -1
    /// An index of ``ProgramTables/divisors``, and of ``ProgramTables/numbers`` for messages.
    var multipleOf: Int32 = -1
    var multipleOfText: Int32 = -1
}

/// The values of an `enum` or a `const`.
struct ConstantSet: BitwiseCopyable, Sendable {
    /// The values that are strings.
    var strings = NameTable.empty
    /// The others, as indices of ``ProgramTables/constants``, one after the other.
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
    /// A number's or a string's text in ``ProgramTables/constantBytes``.
    var textStart = 0
    var textCount = 0
    var firstChild = 0
    var childCount = 0
    /// The name of a member, in the same bytes.
    var nameStart = 0
    var nameCount = 0
}
