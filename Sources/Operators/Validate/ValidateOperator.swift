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
/// operators before set or removed. All events have the same `schema`; or a field chooses between
/// `schemas`, an event type or the URI of a self-describing event; or the id in front of the
/// record's value leads to a schema in a `registry`. When a schema's file changes, what follows is
/// checked with the new one.
///
/// - Units: none.
/// - Late records: none; `validate` does not look at the time.
/// - State: none.
/// - Errors: an invalid event goes to `.rejected` with the first violation, or all of them, in
///   its headers: the place in the event, the place in the schema, a sentence. With
///   `on_violation: tag` it goes on with the violations in a field; with `coerce` values of another
///   type are converted where nothing is lost, which is told in a field.
/// - Source: JSON Schema 2020-12, validation; ECMA-262 for patterns.
public struct ValidateOperator: OperatorDefinition {
    let settings: ValidateSettings

    public func makeOperator() -> any Operator { Validator(settings: settings) }

    public var reloadedFiles: [String] { settings.files }
}

extension ValidateOperator {
    /// What a topology file can say of `validate`.
    public static let spec = OperatorSpec(
        name: "validate",
        summary: "Checks events with a JSON Schema.",
        fields: [
            FieldSpec(
                "schema", .file,
                "A JSON Schema of draft 2020-12 for every event, relative to the topology file."),
            FieldSpec(
                "schemas", .map(key: "value of 'schema_field'", .file),
                "Schemas for events whose 'schema_field' has this value, or begins with what stands "
                    + "in front of a '*'."),
            FieldSpec(
                "schema_field", .fieldPath,
                "The field that chooses between 'schemas', such as event_type, or schema in a "
                    + "self-describing event."),
            FieldSpec(
                "registry", .string,
                "The schema registry, under 'schema_registries', of the ids in front of records "
                    + "that were framed with JSON Schema."),
            FieldSpec(
                "unknown_schema",
                .choice(ValidateSettings.UnknownSchema.allCases.map(\.rawValue)), default: "reject",
                "Send events that have no schema to '.rejected', or on as they are."),
            FieldSpec(
                "part", .fieldPath,
                "The part of the event that is checked, such as data; else all of it."),
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
                "Send invalid events to '.rejected', or on with the violations in a field, or "
                    + "convert values of another type first."),
            FieldSpec(
                "outcomes",
                .map(
                    key: "value of 'schema_field'",
                    .choice(ValidateSettings.Outcome.allCases.map(\.rawValue))),
                "What happens to invalid events of single 'schemas' instead."),
            FieldSpec(
                "errors", .choice(ValidateSettings.Errors.allCases.map(\.rawValue)),
                default: "first", "Tell the first violation, or all of them, up to 100."),
            FieldSpec(
                "violations_field", .fieldPath, default: "violations",
                "The field that gets the violations with 'on_violation: tag'."),
            FieldSpec(
                "coercions_field", .fieldPath, default: "coercions",
                "The field that tells what was converted with 'on_violation: coerce'."),
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
            let outcome = settings["on_violation"]?.text ?? ValidateSettings.Outcome.reject.rawValue
            let isAsChecked =
                outcome == ValidateSettings.Outcome.reject.rawValue && settings["part"] == nil
                && settings["lineage"] == nil
            return isAsChecked ? settings["schema"]?.text : nil
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
