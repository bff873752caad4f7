internal import Events

/// The sink that writes violations out, up to a limit.
struct Explanation: ViolationSink {
    private let program: SchemaProgram
    private let arena: EventArena
    private let limit: Int
    private var path: [Step] = []
    private(set) var violations: [Violation] = []

    private enum Step {
        case member(FieldValue)
        case element(Int)
    }

    init(program: SchemaProgram, arena: EventArena, limit: Int) {
        self.program = program
        self.arena = arena
        self.limit = limit
    }

    mutating func enter(_ child: FieldValue, index: Int) {
        path.append(index < 0 ? .member(child) : .element(index))
    }

    mutating func leave() { path.removeLast() }

    mutating func report(_ finding: Finding) -> Bool {
        let rule = program.rules[finding.rule]
        let keyword = finding.keyword.name.map { "/\($0)" } ?? ""
        violations.append(
            Violation(
                error: finding.keyword.error, instancePath: instancePath,
                schemaPath: program.pointers[Int(rule.location)] + keyword,
                sentence: sentence(finding, rule)))
        return violations.count < limit
    }

    private var instancePath: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .member(let value):
                text += unsafe JSONPointer.step(arena.bytes(arena.key(of: value)))
            case .element(let index): text += "/\(index)"
            }
        }
    }

    private func sentence(_ finding: Finding, _ rule: Rule) -> String {
        switch finding.keyword {
        case .falseSchema: return "no value is allowed here"
        case .type:
            return "expected \(rule.types.sentence), found \(finding.value.kind.typeName)"
        case .enumeration: return "the value is none of \(listing(rule.enumeration))"
        case .constant: return "the value is not \(listing(rule.constant))"
        case .pattern: return "the string does not match the pattern '\(pattern(rule))'"
        case .patternLimit:
            return """
                the string could not be matched with the pattern '\(pattern(rule))' within the \
                limits of time and memory
                """
        case .required:
            let name = String(decoding: program.memberNames[finding.detail], as: UTF8.self)
            return "the required property '\(name)' is missing"
        case .additionalProperties: return "the property is not allowed"
        default: return boundSentence(finding, rule)
        }
    }

    private func boundSentence(_ finding: Finding, _ rule: Rule) -> String {
        let found = finding.detail
        switch finding.keyword {
        case .minimumLength:
            return "the string has \(found) characters, fewer than \(rule.minimumLength)"
        case .maximumLength:
            return "the string has \(found) characters, more than \(rule.maximumLength)"
        case .minimumItems: return "the array has \(found) items, fewer than \(rule.minimumItems)"
        case .maximumItems: return "the array has \(found) items, more than \(rule.maximumItems)"
        case .minimumProperties:
            return "the object has \(found) properties, fewer than \(rule.minimumProperties)"
        case .maximumProperties:
            return "the object has \(found) properties, more than \(rule.maximumProperties)"
        default: return numberSentence(finding.keyword, program.numberRules[Int(rule.number)])
        }
    }

    private func numberSentence(_ keyword: Finding.Keyword, _ number: NumberRule) -> String {
        switch keyword {
        case .minimum: "the number is less than \(text(number.minimum))"
        case .exclusiveMinimum: "the number is not greater than \(text(number.exclusiveMinimum))"
        case .maximum: "the number is greater than \(text(number.maximum))"
        case .exclusiveMaximum: "the number is not less than \(text(number.exclusiveMaximum))"
        default: "the number is not a multiple of \(text(number.multipleOfText))"
        }
    }

    private func listing(_ set: Int32) -> String {
        program.constantTexts[Int(program.constantSets[Int(set)].text)]
    }

    private func pattern(_ rule: Rule) -> String { program.patterns[Int(rule.pattern)].source }

    private func text(_ number: Int32) -> String {
        String(decoding: program.numbers[Int(number)], as: UTF8.self)
    }
}

extension Finding.Keyword {
    /// The keyword as the schema writes it; `nil` for the schema `false`.
    fileprivate var name: String? {
        switch self {
        case .falseSchema: nil
        case .type: "type"
        case .enumeration: "enum"
        case .constant: "const"
        case .pattern, .patternLimit: "pattern"
        case .minimumLength: "minLength"
        case .maximumLength: "maxLength"
        case .minimum: "minimum"
        case .maximum: "maximum"
        case .exclusiveMinimum: "exclusiveMinimum"
        case .exclusiveMaximum: "exclusiveMaximum"
        case .multipleOf: "multipleOf"
        case .minimumItems: "minItems"
        case .maximumItems: "maxItems"
        case .minimumProperties: "minProperties"
        case .maximumProperties: "maxProperties"
        case .required: "required"
        case .additionalProperties: "additionalProperties"
        }
    }
}

extension Finding.Keyword {
    fileprivate var error: Violation.Error {
        switch self {
        case .falseSchema: .notAllowed
        case .type: .wrongType
        case .enumeration, .constant: .wrongValue
        case .pattern: .patternMismatch
        case .patternLimit: .patternLimit
        case .minimumLength, .maximumLength: .wrongLength
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum: .outOfRange
        case .multipleOf: .notAMultiple
        case .minimumItems, .maximumItems: .wrongItemCount
        case .minimumProperties, .maximumProperties: .wrongPropertyCount
        case .required: .missingProperty
        case .additionalProperties: .extraProperty
        }
    }
}

extension FieldValue.Kind {
    /// The type as JSON Schema calls it.
    fileprivate var typeName: String {
        switch self {
        case .missing: "nothing"
        case .null: "null"
        case .boolean: "boolean"
        case .integer, .unsignedInteger: "integer"
        case .decimal: "number"
        case .string: "string"
        case .object: "object"
        case .array: "array"
        }
    }
}
