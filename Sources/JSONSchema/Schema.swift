/// A compiled JSON Schema, draft 2020-12.
///
/// The subset: `type`, `enum`, `const`; `properties`, `required`, `additionalProperties`,
/// `minProperties`, `maxProperties`; `items`, `minItems`, `maxItems`; `pattern`, `minLength`,
/// `maxLength`; `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`; `$ref`
/// inside the file and `$defs`; and the annotations, `format` among them. Any other keyword is a
/// problem, so nothing that a schema says is ever passed over in silence.
///
/// ```swift
/// let schema = try Schema(text)
/// let validator = schema.makeValidator()
/// if !validator.isValid(event, in: arena) {
///     print(validator.violations(of: event, in: arena, limit: 1))
/// }
/// ```
///
/// - Source: json-schema.org, core and validation specifications of 2020-12.
public struct Schema: Sendable {
    /// Which text this is: the first 16 hexadecimal digits of its SHA-256.
    public let version: String
    let program: SchemaProgram

    /// Compiles the text of a schema file.
    ///
    /// - Throws: everything that is wrong with it.
    public init(_ text: [UInt8]) throws(SchemaProblems) {
        let document: SchemaValue
        do {
            document = try SchemaValue.parse(text)
        } catch {
            throw SchemaProblems([error])
        }
        program = try SchemaCompiler.compile(document)
        version = String(SHA256.hexadecimal(of: text).prefix(16))
    }

    /// A validator for one thread.
    public func makeValidator() -> SchemaValidator { SchemaValidator(program) }
}
