/// Where a schema holds other schemas.
enum SubschemaKeywords {
    enum Shape { case schema, list, map }

    static func shape(of keyword: String) -> Shape? { shapes[keyword] }

    private static let shapes: [String: Shape] = [
        "items": .schema, "contains": .schema, "additionalProperties": .schema,
        "propertyNames": .schema, "if": .schema, "then": .schema, "else": .schema, "not": .schema,
        "unevaluatedItems": .schema, "unevaluatedProperties": .schema, "contentSchema": .schema,
        "allOf": .list, "anyOf": .list, "oneOf": .list, "prefixItems": .list,
        "properties": .map, "patternProperties": .map, "$defs": .map, "definitions": .map,
        "dependentSchemas": .map, "dependencies": .map,
    ]

    /// Calls `body` for each schema directly inside a schema.
    static func forEach(
        in schema: [(name: [UInt8], value: SchemaValue)], at place: SchemaPlace,
        _ body: (SchemaValue, SchemaPlace) -> Void
    ) {
        for (name, operand) in schema {
            let keyword = String(decoding: name, as: UTF8.self)
            guard let shape = shape(of: keyword) else { continue }
            let inner = place / keyword
            switch (shape, operand) {
            case (.list, .array(let schemas)):
                for (index, value) in schemas.enumerated() { body(value, inner / "\(index)") }
            case (.map, .object(let schemas)):
                for (name, value) in schemas { body(value, inner.step(name)) }
            case (.schema, .object), (.schema, .boolean): body(operand, inner)
            default: break
            }
        }
    }
}
