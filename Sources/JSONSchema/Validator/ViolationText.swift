internal import Events

/// Says what is wrong, in a sentence.
struct ViolationText {
    let program: SchemaProgram
    let rule: Rule

    func sentence(of finding: Finding, in reader: DocumentReader) -> String {
        let found = finding.detail
        switch finding.keyword {
        case .falseSchema: return "no value is allowed here"
        case .type:
            let kind = FieldValue.Kind(rawValue: reader.kindCode(of: finding.node)) ?? .missing
            return "expected \(rule.types.sentence), found \(kind.typeName)"
        case .enumeration: return "the value is none of \(listing(rule.enumeration))"
        case .constant: return "the value is not \(listing(rule.constant))"
        case .required: return "the required property '\(name(found))' is missing"
        case .dependentRequired:
            return "the property '\(name(found))' is missing, which "
                + "'\(name(Int(finding.cause)))' needs"
        case .additionalProperties, .unevaluatedProperties:
            return "the property is not allowed"
        case .unevaluatedItems: return "the item is not allowed"
        case .anyOf: return "the value matches none of the \(found) schemas of 'anyOf'"
        case .oneOf: return "the value matches none of the \(found) schemas of 'oneOf'"
        case .severalOfOneOf:
            return "the value matches more than one of the \(found) schemas of 'oneOf'"
        case .not: return "the value matches the schema of 'not'"
        case .tooDeep:
            return "the schemas and values are nested more than \(EvaluationRoom.deepest) deep"
        case .tooManySteps:
            return "the value could not be validated within the limit of steps"
        default: return boundSentence(finding)
        }
    }

    private func boundSentence(_ finding: Finding) -> String {
        let found = finding.detail
        switch finding.keyword {
        case .minimumLength:
            return "the string has \(found) characters, fewer than \(rule.minimumLength)"
        case .maximumLength:
            return "the string has \(found) characters, more than \(rule.maximumLength)"
        case .pattern: return "the string does not match the pattern '\(pattern)'"
        case .patternLimit:
            return """
                the string could not be matched with the pattern '\(pattern)' within the \
                limits of time and memory
                """
        case .format: return "the string is not of the format '\(rule.format.rawName)'"
        case .minimumProperties:
            return "the object has \(found) properties, fewer than \(object.minimumProperties)"
        case .maximumProperties:
            return "the object has \(found) properties, more than \(object.maximumProperties)"
        case .minimumItems, .maximumItems, .uniqueItems, .contains, .minimumContains,
            .maximumContains:
            return arraySentence(finding)
        default: return numberSentence(finding.keyword)
        }
    }

    private func arraySentence(_ finding: Finding) -> String {
        let found = finding.detail
        let array = unsafe program.tables.pointee.arrays[rule.array]
        switch finding.keyword {
        case .minimumItems: return "the array has \(found) items, fewer than \(array.minimumItems)"
        case .maximumItems: return "the array has \(found) items, more than \(array.maximumItems)"
        case .uniqueItems: return "two items of the array are equal"
        case .contains: return "no item of the array matches the schema of 'contains'"
        case .minimumContains:
            return "\(found) items match the schema of 'contains', fewer than "
                + "\(array.minimumMatches)"
        default:
            return "\(found) items match the schema of 'contains', more than "
                + "\(array.maximumMatches)"
        }
    }

    private func numberSentence(_ keyword: Finding.Keyword) -> String {
        let number = unsafe program.tables.pointee.numberRules[rule.number]
        switch keyword {
        case .minimum: return "the number is less than \(text(number.minimum))"
        case .exclusiveMinimum:
            return "the number is not greater than \(text(number.exclusiveMinimum))"
        case .maximum: return "the number is greater than \(text(number.maximum))"
        case .exclusiveMaximum:
            return "the number is not less than \(text(number.exclusiveMaximum))"
        default: return "the number is not a multiple of \(text(number.multipleOfText))"
        }
    }

    private var object: ObjectRule { unsafe program.tables.pointee.objects[rule.object] }

    private func listing(_ set: Int32) -> String {
        program.constantTexts[Int(unsafe program.tables.pointee.constantSets[set].text)]
    }

    /// The pattern of the string; that of a member's name is told by its place alone.
    private var pattern: String {
        rule.pattern < 0 ? "" : program.patterns[Int(rule.pattern)].source
    }

    private func name(_ index: Int) -> String {
        String(decoding: program.memberNames[index], as: UTF8.self)
    }

    private func text(_ number: Int32) -> String {
        String(decoding: program.numberTexts[Int(number)], as: UTF8.self)
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
