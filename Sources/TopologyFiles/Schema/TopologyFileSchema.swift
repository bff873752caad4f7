public import Operators
internal import StreamCore

/// The JSON Schema (draft 2020-12) of topology files, so that editors complete and check them.
///
/// It is made from the same specs that the loader checks against.
public struct TopologyFileSchema: Sendable {
    /// The schema as JSON.
    public let text: String

    /// The schema for files that may use these operators.
    public init(operators: OperatorRegistry) {
        let extensionPattern = "^\(TopologyFormat.extensionPrefix)"
        text = JSONText.indented(
            .object(
                [
                    ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
                    ("title", .text("Millrace topology")),
                    ("type", .text("object")),
                    (
                        "properties",
                        .object(
                            TopologyFormat.parts.map { ($0.name, Self.schema(of: $0, operators)) })
                    ),
                    (
                        "patternProperties",
                        .object([
                            (
                                extensionPattern,
                                .object([
                                    ("description", .text("Passed over; a place for anchors."))
                                ])
                            )
                        ])
                    ),
                    (
                        "required",
                        .texts(TopologyFormat.parts.filter(\.isRequired).map(\.name))
                    ),
                    ("additionalProperties", .flag(false)),
                    ("$defs", .object(SettingSchema.definitions)),
                ]))
    }

    private static func schema(
        of part: FieldSpec, _ operators: OperatorRegistry
    ) -> ConfigurationValue {
        switch part.name {
        case TopologyFormat.sources.name:
            named(
                part, by: "^[A-Za-z0-9_-]+$",
                SettingSchema.schema(
                    of: TopologyFormat.sourceFields, exactlyOne(of: ["topics", "topic"])))
        case TopologyFormat.sinks.name:
            named(
                part, by: "^[A-Za-z0-9._-]+$", SettingSchema.schema(of: TopologyFormat.sinkFields))
        case TopologyFormat.operators.name:
            named(part, by: "^[A-Za-z0-9_-]+$", node(operators))
        case TopologyTestFormat.tests.name:
            described(part, [("type", .text("array")), ("items", test)])
        default: SettingSchema.schema(of: part)
        }
    }

    private static func described(
        _ part: FieldSpec, _ members: SettingSchema.Members
    ) -> ConfigurationValue {
        .object([("description", .text(part.summary))] + members)
    }

    /// A map whose keys are names that the person who writes the file makes up.
    private static func named(
        _ part: FieldSpec, by pattern: String, _ values: ConfigurationValue
    ) -> ConfigurationValue {
        described(
            part,
            [
                ("type", .text("object")), ("minProperties", .number("1")),
                ("propertyNames", .object([("pattern", .text(pattern))])),
                ("additionalProperties", values),
            ])
    }

    /// An entry under `operators`: what every one has, and exactly one operator.
    private static func node(_ operators: OperatorRegistry) -> ConfigurationValue {
        let common = TopologyFormat.operatorFields.map { ($0.name, SettingSchema.schema(of: $0)) }
        let specs = operators.all.map { ($0.name, schema(of: $0)) }
        let required = TopologyFormat.operatorFields.filter(\.isRequired).map(\.name)
        return .object(
            [
                ("type", .text("object")),
                ("properties", .object(specs + common)),
                ("required", .texts(required)),
                ("additionalProperties", .flag(false)),
            ] + exactlyOne(of: operators.names))
    }

    /// The settings of an operator; an operator without required settings may stand alone.
    private static func schema(of spec: OperatorSpec) -> ConfigurationValue {
        var members = SettingSchema.members(of: spec.fields)
        if !spec.fields.contains(where: \.isRequired) {
            members[0] = ("type", .texts(["object", "null"]))
        }
        let example = spec.example.isEmpty ? "" : "\n\n" + spec.example
        return .object([("description", .text(spec.summary + example))] + members)
    }

    private static func exactlyOne(of names: [String]) -> SettingSchema.Members {
        let alternatives = names.map { ConfigurationValue.object([("required", .texts([$0]))]) }
        return alternatives.isEmpty ? [] : [("oneOf", .array(alternatives))]
    }

    private static var test: ConfigurationValue {
        let fields = TopologyTestFormat.testFields
        return .object([
            ("type", .text("object")),
            (
                "properties",
                .object(fields.map { ($0.name, described($0, members(ofTestField: $0))) })
            ),
            ("required", .texts(fields.filter(\.isRequired).map(\.name))),
            ("additionalProperties", .flag(false)),
        ])
    }

    private static func members(ofTestField field: FieldSpec) -> SettingSchema.Members {
        switch field.name {
        case "given":
            let steps = ["topic", "advance", "end"]
            let step = SettingSchema.schema(
                of: TopologyTestFormat.stepFields, exactlyOne(of: steps))
            return [("type", .text("array")), ("items", step)]
        case "then":
            return [("type", .text("object")), ("additionalProperties", expectation)]
        default: return SettingSchema.members(of: field.kind)
        }
    }

    private static var expectation: ConfigurationValue {
        let records = SettingSchema.members(
            of: .list(.object(TopologyTestFormat.expectedFields)))
        return .object([
            (
                "anyOf",
                .array([
                    .object(records), SettingSchema.schema(of: TopologyTestFormat.containsFields),
                ])
            )
        ])
    }
}
