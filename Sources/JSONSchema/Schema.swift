/// A compiled JSON Schema, draft 2020-12: all of it, with every vocabulary.
///
/// ```swift
/// let schema = try Schema(text)
/// let validator = schema.makeValidator()
/// if !validator.isValid(event, in: arena) {
///     print(validator.violations(of: event, in: arena, limit: 1))
/// }
/// ```
///
/// What `$ref` leads to outside the file is looked up in a ``SchemaRegistry``; nothing is ever
/// fetched. Keywords that the draft doesn't have are refused, unless ``SchemaOptions`` says
/// otherwise.
///
/// - Source: json-schema.org, core and validation specifications of 2020-12.
public struct Schema: Sendable {
    /// Which text this is: the first 16 hexadecimal digits of its SHA-256.
    public let version: String
    let program: SchemaProgram

    /// Compiles the text of a schema file.
    ///
    /// - Throws: everything that is wrong with it.
    public init(
        _ text: [UInt8], registry: SchemaRegistry = SchemaRegistry(),
        options: SchemaOptions = SchemaOptions()
    ) throws(SchemaProblems) {
        let document: SchemaValue
        do {
            document = try SchemaValue.parse(text)
        } catch {
            throw SchemaProblems([error])
        }
        program = try SchemaCompiler.compile(document, registry: registry, options: options)
        version = String(SHA256.hexadecimal(of: text).prefix(16))
    }

    /// A validator for one thread.
    public func makeValidator() -> SchemaValidator { SchemaValidator(program) }
}
