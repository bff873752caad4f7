/// The vocabularies of draft 2020-12 that a schema is written with.
struct Vocabularies: OptionSet, Hashable, Sendable {
    let rawValue: UInt16

    static let core = Vocabularies(rawValue: 1)
    static let applicator = Vocabularies(rawValue: 2)
    static let unevaluated = Vocabularies(rawValue: 4)
    static let validation = Vocabularies(rawValue: 8)
    static let metaData = Vocabularies(rawValue: 16)
    static let formatAnnotation = Vocabularies(rawValue: 32)
    static let formatAssertion = Vocabularies(rawValue: 64)
    static let content = Vocabularies(rawValue: 128)

    /// Those of the draft's own metaschema.
    static let standard: Vocabularies = [
        .core, .applicator, .unevaluated, .validation, .metaData, .formatAnnotation, .content,
    ]

    /// The vocabulary with an address; `nil` for one that is not known.
    static func named(_ uri: String) -> Vocabularies? {
        let prefix = "https://json-schema.org/draft/2020-12/vocab/"
        guard uri.hasPrefix(prefix) else { return nil }
        return names[String(uri.dropFirst(prefix.count))]
    }

    private static let names: [String: Vocabularies] = [
        "core": .core, "applicator": .applicator, "unevaluated": .unevaluated,
        "validation": .validation, "meta-data": .metaData,
        "format-annotation": .formatAnnotation, "format-assertion": .formatAssertion,
        "content": .content,
    ]

    /// The vocabularies that have a keyword; empty for a keyword of none.
    static func having(_ keyword: String) -> Vocabularies { keywords[keyword] ?? [] }

    private static let keywords: [String: Vocabularies] = {
        let lists: [(Vocabularies, String)] = [
            (
                .core,
                "$id $schema $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $comment $defs"
            ),
            (
                .applicator,
                "prefixItems items contains additionalProperties properties patternProperties "
                    + "dependentSchemas propertyNames if then else allOf anyOf oneOf not"
            ),
            (.unevaluated, "unevaluatedItems unevaluatedProperties"),
            (
                .validation,
                "type const enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum "
                    + "maxLength minLength pattern maxItems minItems uniqueItems maxContains "
                    + "minContains maxProperties minProperties required dependentRequired"
            ),
            (.metaData, "title description default deprecated readOnly writeOnly examples"),
            ([.formatAnnotation, .formatAssertion], "format"),
            (.content, "contentEncoding contentMediaType contentSchema"),
        ]
        var keywords: [String: Vocabularies] = [:]
        for (vocabulary, names) in lists {
            for name in names.split(separator: " ") { keywords[String(name)] = vocabulary }
        }
        return keywords
    }()
}
