/// One way in which a value is not as its schema says.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// What kind of violation it is, by the name that dead-letter records carry.
    public enum Error: String, Sendable, CaseIterable {
        case notAllowed = "not_allowed"
        case wrongType = "wrong_type"
        case wrongValue = "wrong_value"
        case patternMismatch = "pattern_mismatch"
        /// The pattern could not be matched within its limits.
        case patternLimit = "pattern_limit"
        case wrongLength = "wrong_length"
        case outOfRange = "out_of_range"
        case notAMultiple = "not_a_multiple"
        case wrongItemCount = "wrong_item_count"
        case wrongPropertyCount = "wrong_property_count"
        case missingProperty = "missing_property"
        case extraProperty = "extra_property"
        case wrongFormat = "wrong_format"
        case equalItems = "equal_items"
        /// The value matches none of several schemas, of which one must match.
        case noSchemaMatches = "no_schema_matches"
        /// The value matches more than one of several schemas, of which one only may match.
        case severalSchemasMatch = "several_schemas_match"
        /// The value could not be validated within the limits of depth and of steps.
        case evaluationLimit = "evaluation_limit"
        /// There is no value at all, or none that can be read.
        case noValue = "no_value"
    }

    /// What kind of violation it is.
    public let error: Error
    /// The value's place in the event, as a JSON pointer; empty for the event as a whole.
    public let instancePath: String
    /// The keyword's place in the schema, as a JSON pointer.
    public let schemaPath: String
    /// What is wrong, as a sentence without a full stop. It never holds the value itself, which
    /// may be personal data.
    public let sentence: String
    /// The types that the value may have, as JSON Schema calls them, where it has another one.
    public let expectedTypes: [String]

    init(
        error: Error, instancePath: String, schemaPath: String, sentence: String,
        expectedTypes: [String] = []
    ) {
        self.error = error
        self.instancePath = instancePath
        self.schemaPath = schemaPath
        self.sentence = sentence
        self.expectedTypes = expectedTypes
    }

    /// The names and positions that lead to the value.
    public var instanceSteps: [String] {
        JSONPointer.steps(of: instancePath).map { String(decoding: $0, as: UTF8.self) }
    }

    public var description: String {
        "\(instancePath.isEmpty ? "the event" : instancePath): \(sentence) (schema \(schemaPath))"
    }
}
