import Events
import JSONSchema

/// What a schema says of a JSON text.
func violations(
    _ schema: String, _ instance: String, limit: Int = 1,
    registry: SchemaRegistry = SchemaRegistry(), options: SchemaOptions = SchemaOptions()
) throws -> [String] {
    let validator = try Schema(Array(schema.utf8), registry: registry, options: options)
        .makeValidator()
    guard let document = JSONDocument(instance) else { return ["not JSON"] }
    let found = validator.violations(of: document.root, in: document.arena, limit: limit)
    precondition(
        found.isEmpty == validator.isValid(document.root, in: document.arena),
        "the validator decides otherwise than it explains: \(found)")
    return found.map { "\($0.instancePath) \($0.schemaPath) \($0.sentence)" }
}

func isValid(_ schema: String, _ instance: String) throws -> Bool {
    try violations(schema, instance).isEmpty
}

/// Why a schema is refused.
func problems(
    _ schema: String, registry: SchemaRegistry = SchemaRegistry(),
    options: SchemaOptions = SchemaOptions()
) -> [String] {
    do {
        _ = try Schema(Array(schema.utf8), registry: registry, options: options)
        return []
    } catch {
        return error.all.map(\.description)
    }
}

extension String {
    /// The text as a JSON string.
    var json: String {
        var buffer = ByteBuffer()
        buffer.append(jsonString: self)
        return buffer.string
    }
}
