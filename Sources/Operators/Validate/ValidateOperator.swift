internal import Events
internal import JSONSchema
public import StreamCore

/// Checks events with a JSON Schema.
///
/// ```yaml
/// valid: { validate: { schema: schemas/customer-event.schema.json }, from: parsed }
/// ```
///
/// Schemas are of draft 2020-12; one with a mistake, or with a keyword that the draft doesn't have,
/// is refused when the topology loads. An event is checked as it is at this place, with what
/// operators before set or removed.
///
/// - Units: none.
/// - Late records: none; `validate` does not look at the time.
/// - State: none.
/// - Errors: an invalid event goes to `.rejected` with the first violation, or all of them, in
///   its headers: the place in the event, the place in the schema, a sentence. With
///   `on_violation: tag` it goes on with the violations in a field.
/// - Source: JSON Schema 2020-12, validation; ECMA-262 for patterns.
public struct ValidateOperator: OperatorDefinition {
    let settings: ValidateSettings

    public func makeOperator() -> any Operator { Validator(settings: settings) }
}

private final class Validator: Operator {
    private static let rejected = 1

    private let settings: ValidateSettings
    private let validator: SchemaValidator
    private let lineage: RunConstants
    private var buffer = ByteBuffer()

    init(settings: ValidateSettings) {
        self.settings = settings
        validator = settings.schema.makeValidator()
        lineage = RunConstants(
            settings.lineageField == nil
                ? [] : [Self.lineage(settings.file, settings.schema.version)])
    }

    private static func lineage(_ file: String, _ version: String) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append("{\"schema\":")
        buffer.append(jsonString: file)
        buffer.append(",\"version\":")
        buffer.append(jsonString: version)
        buffer.append("}")
        return unsafe Array(buffer.bytes)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        lineage.prepare(in: arena)
        for event in events {
            var event = event
            arena.settle(&event)
            if validator.isValid(event, in: arena) {
                try accept(&event, in: context)
            } else {
                try refuse(&event, in: context)
            }
        }
    }

    private func accept(
        _ event: inout Event, in context: OperatorContext
    ) throws(OperatorError) {
        if let field = settings.lineageField,
            !context.arena.set(field, of: &event, toCopyOf: lineage.values[0])
        {
            try cannotSet(field, of: event, in: context)
        } else {
            context.emit(event)
        }
    }

    private func refuse(
        _ event: inout Event, in context: OperatorContext
    ) throws(OperatorError) {
        let violations = validator.violations(
            of: event, in: context.arena, limit: settings.errors.limit)
        switch settings.outcome {
        case .reject:
            let error = violations.first?.error.rawValue ?? "schema_violation"
            try context.refuse(event, to: Self.rejected, error: error) {
                violations.map(\.description).joined(separator: "; ")
                    + "; checked with '\(settings.file)', version \(settings.schema.version)"
            }
        case .tag:
            render(violations)
            let field = settings.violationsField
            if unsafe context.arena.set(field, of: &event, toJSON: buffer.bytes) {
                try accept(&event, in: context)
            } else {
                try cannotSet(field, of: event, in: context)
            }
        }
    }

    private func cannotSet(
        _ field: FieldPath, of event: Event, in context: OperatorContext
    ) throws(OperatorError) {
        try context.refuse(event, to: Self.rejected, error: "field_not_settable") {
            "the field '\(field)' can't be set: the event is no object, or an array is in the way"
        }
    }

    private func render(_ violations: [Violation]) {
        buffer.removeAll()
        buffer.append("[")
        for (index, violation) in violations.enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append("{\"error\":")
            buffer.append(jsonString: violation.error.rawValue)
            buffer.append(",\"path\":")
            buffer.append(jsonString: violation.instancePath)
            buffer.append(",\"schema_path\":")
            buffer.append(jsonString: violation.schemaPath)
            buffer.append(",\"message\":")
            buffer.append(jsonString: violation.sentence)
            buffer.append("}")
        }
        buffer.append("]")
    }
}

extension ValidateOperator {
    /// What a topology file can say of `validate`.
    public static let spec = OperatorSpec(
        name: "validate",
        summary: "Checks events with a JSON Schema.",
        fields: [
            FieldSpec(
                "schema", .file, required: true,
                "A JSON Schema of draft 2020-12, relative to the topology file."),
            FieldSpec(
                "references", .list(.file),
                "Schema files that '$ref' may lead to, by their '$id' or their path from the schema."
            ),
            FieldSpec(
                "formats", .choice(SchemaOptions.Formats.allCases.map(\.rawValue)),
                default: "annotate",
                "Take 'format' as a remark, or refuse strings that are not of their format."),
            FieldSpec(
                "unknown_keywords",
                .choice(SchemaOptions.UnknownKeywords.allCases.map(\.rawValue)),
                default: "refuse",
                "Refuse a schema with keywords or asserted formats that the draft doesn't have."),
            FieldSpec(
                "on_violation", .choice(ValidateSettings.Outcome.allCases.map(\.rawValue)),
                default: "reject",
                "Send invalid events to '.rejected', or on with the violations in a field."),
            FieldSpec(
                "errors", .choice(ValidateSettings.Errors.allCases.map(\.rawValue)),
                default: "first", "Tell the first violation, or all of them, up to 100."),
            FieldSpec(
                "violations_field", .fieldPath, default: "violations",
                "The field that gets the violations with 'on_violation: tag'."),
            FieldSpec(
                "lineage", .fieldPath,
                "A field that gets the schema's file and the version that checked the event."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "rejected", "Invalid events, as they came, with the violations in their headers.",
                isForFailures: true)
        ],
        // What is tagged does not fit, and a field of ours is not in the schema.
        eventSchema: .file { settings in
            let isTagged = settings["on_violation"]?.text == ValidateSettings.Outcome.tag.rawValue
            return isTagged || settings["lineage"] != nil ? nil : settings["schema"]?.text
        },
        example: """
            validate:
              schema: schemas/customer-event.schema.json
              errors: all
              lineage: meta.validated_by
            """,
        make: { configuration in
            ValidateSettings(&configuration).map { ValidateOperator(settings: $0) }
        })
}
