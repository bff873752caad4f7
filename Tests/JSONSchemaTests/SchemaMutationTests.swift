import JSONSchema
import Testing

/// Schemas with mistakes of every kind: what comes out is a message or an answer, never a trap.
@Suite("Mutated schemas")
struct SchemaMutationTests {
    private static let replacements = [
        "1", "-1", "1e400", "\"\"", "\"#\"", "\"#/$defs/x\"", "[]", "{}", "true", "false", "null",
        "[{}]", "{\"a\":{}}", "\"x:y\"", "\"(\"", "\"^a+$\"", "[\"a\",\"a\"]", "0.5",
        "\"#/allOf/0\"",
        "{\"$ref\":\"#\"}", "{\"$dynamicRef\":\"#n\"}", "[1,{\"$ref\":\"#/$defs/y\"}]",
        "99999999999",
        "\"https://json-schema.org/draft/2020-12/schema\"",
    ]
    private static let keywords = [
        "$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "$defs", "$schema",
        "$vocabulary",
        "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "items", "prefixItems", "contains",
        "minContains", "maxContains", "uniqueItems", "properties", "patternProperties",
        "propertyNames", "dependentSchemas", "dependentRequired", "unevaluatedItems",
        "unevaluatedProperties", "type", "enum", "const", "pattern", "format", "multipleOf",
        "minimum", "minLength", "required", "additionalProperties", "definitions", "dependencies",
        "contentSchema", "title",
    ]

    @Test("a message or an answer comes out, and deciding and explaining agree")
    func mutations() throws {
        var generator = SeededGenerator(seed: 23)
        var random = RandomSchema(seed: 24)
        var (compiled, refused) = (0, 0)
        for _ in 0..<4_000 {
            let text = Self.mutate(random.document(), using: &generator)
            let options = SchemaOptions(
                formats: Bool.random(using: &generator) ? .assert : .annotate,
                unknownKeywords: Bool.random(using: &generator) ? .refuse : .ignore)
            let schema: Schema
            do {
                schema = try Schema(Array(text.utf8), options: options)
            } catch {
                refused += 1
                #expect(!error.all.isEmpty)
                continue
            }
            compiled += 1
            let validator = schema.makeValidator()
            for _ in 0..<5 {
                let document = try #require(JSONDocument(random.value()))
                let isValid = validator.isValid(document.root, in: document.arena)
                let found = validator.violations(
                    of: document.root, in: document.arena, limit: 50)
                #expect(isValid == found.isEmpty, "\(text): \(found)")
            }
        }
        #expect(compiled > 300)
        #expect(refused > 1_000)
    }

    /// Puts keywords with values, which mostly make no sense there, into some of the objects.
    private static func mutate(_ text: String, using generator: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
            let start = objects(in: bytes).randomElement(using: &generator)! + 1
            let keyword = keywords.randomElement(using: &generator)!
            let value = replacements.randomElement(using: &generator)!
            let end = bytes[start] == UInt8(ascii: "}") ? "" : ","
            bytes.insert(contentsOf: "\"\(keyword)\":\(value)\(end)".utf8, at: start)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Where objects start in a text.
    private static func objects(in text: [UInt8]) -> [Int] {
        var isInString = false
        var starts: [Int] = []
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            if byte == UInt8(ascii: "{"), !isInString { starts.append(index) }
        }
        return starts
    }
}
