extension SchemaCompiler {
    private static let dialect = "https://json-schema.org/draft/2020-12/schema"

    /// Keywords that describe and never refuse anything, by the specification itself.
    private static let annotations: Set<String> = [
        "title", "description", "default", "examples", "format", "$comment", "deprecated",
        "readOnly", "writeOnly",
    ]

    /// Keywords of 2020-12 that would refuse values, or change what others refuse.
    private static let unsupported: Set<String> = [
        "$anchor", "$dynamicAnchor", "$dynamicRef", "$vocabulary", "allOf", "anyOf", "contains",
        "contentEncoding", "contentMediaType", "contentSchema", "dependentRequired",
        "dependentSchemas", "else", "if", "maxContains", "minContains", "not", "oneOf",
        "patternProperties", "prefixItems", "propertyNames", "then", "unevaluatedItems",
        "unevaluatedProperties", "uniqueItems",
    ]

    /// What older drafts called something that 2020-12 calls otherwise.
    private static let renamed = [
        "definitions": "$defs", "id": "$id", "additionalItems": "items",
        "$recursiveRef": "$dynamicRef", "$recursiveAnchor": "$dynamicAnchor",
        "dependencies": "dependentRequired",
    ]

    /// Refuses a keyword that is not one of those without effect.
    mutating func checkWithoutEffect(
        _ keyword: String, _ operand: SchemaValue, at pointer: String
    ) {
        if Self.annotations.contains(keyword) {
            if keyword == "format" { _ = string(operand, at: pointer) }
        } else if Self.unsupported.contains(keyword) {
            report(
                pointer, "the keyword '\(keyword)' is not supported",
                remedy: "leave it out, or check what it says in a 'filter'",
                unsupportedKeyword: keyword)
        } else if let name = Self.renamed[keyword] {
            report(
                pointer,
                "'\(keyword)' is from an older draft; JSON Schema 2020-12 calls it '\(name)'",
                unsupportedKeyword: keyword)
        } else {
            report(
                pointer, "'\(keyword)' is not a keyword of JSON Schema 2020-12",
                remedy: "for a remark use '$comment'", unsupportedKeyword: keyword)
        }
    }

    mutating func checkIdentifier(_ keyword: String, _ operand: SchemaValue, at pointer: String) {
        guard let text = string(operand, at: pointer) else { return }
        guard pointer == "/\(keyword)" else {
            report(
                pointer, "'\(keyword)' is only supported at the top of the file",
                unsupportedKeyword: keyword)
            return
        }
        if keyword == "$schema", text != Self.dialect, text != Self.dialect + "#" {
            report(
                pointer, "the dialect '\(text)' is not supported",
                remedy: "write the schema for '\(Self.dialect)'", unsupportedKeyword: keyword)
        }
    }
}
