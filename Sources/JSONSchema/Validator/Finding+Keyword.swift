extension Finding.Keyword {
    /// The keyword as the schema writes it; `nil` for what is no single keyword's.
    var name: String? {
        switch self {
        case .falseSchema, .tooDeep, .tooManySteps: nil
        case .type: "type"
        case .enumeration: "enum"
        case .constant: "const"
        case .pattern, .patternLimit: "pattern"
        case .format: "format"
        case .minimumLength: "minLength"
        case .maximumLength: "maxLength"
        case .minimum: "minimum"
        case .maximum: "maximum"
        case .exclusiveMinimum: "exclusiveMinimum"
        case .exclusiveMaximum: "exclusiveMaximum"
        case .multipleOf: "multipleOf"
        case .minimumItems: "minItems"
        case .maximumItems: "maxItems"
        case .uniqueItems: "uniqueItems"
        case .contains: "contains"
        case .minimumContains: "minContains"
        case .maximumContains: "maxContains"
        case .minimumProperties: "minProperties"
        case .maximumProperties: "maxProperties"
        case .required: "required"
        case .dependentRequired: "dependentRequired"
        case .additionalProperties: "additionalProperties"
        case .unevaluatedProperties: "unevaluatedProperties"
        case .unevaluatedItems: "unevaluatedItems"
        case .anyOf: "anyOf"
        case .oneOf, .severalOfOneOf: "oneOf"
        case .not: "not"
        }
    }

    var error: Violation.Error {
        switch self {
        case .falseSchema, .unevaluatedItems, .not: .notAllowed
        case .type: .wrongType
        case .enumeration, .constant: .wrongValue
        case .pattern: .patternMismatch
        case .patternLimit: .patternLimit
        case .format: .wrongFormat
        case .minimumLength, .maximumLength: .wrongLength
        case .minimum, .maximum, .exclusiveMinimum, .exclusiveMaximum: .outOfRange
        case .multipleOf: .notAMultiple
        case .minimumItems, .maximumItems: .wrongItemCount
        case .uniqueItems: .equalItems
        case .contains, .minimumContains, .maximumContains: .wrongItemCount
        case .minimumProperties, .maximumProperties: .wrongPropertyCount
        case .required, .dependentRequired: .missingProperty
        case .additionalProperties, .unevaluatedProperties: .extraProperty
        case .anyOf, .oneOf: .noSchemaMatches
        case .severalOfOneOf: .severalSchemasMatch
        case .tooDeep, .tooManySteps: .evaluationLimit
        }
    }
}
