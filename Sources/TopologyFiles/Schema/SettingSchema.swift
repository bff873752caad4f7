internal import StreamCore

/// The JSON Schema of single settings, from their specs.
///
/// What is not a text may still stand as `${NAME}` in the file, so every such schema allows that.
enum SettingSchema {
    typealias Members = [(String, ConfigurationValue)]

    /// What the schemas refer to.
    static let definitions: Members = [
        (
            "variable",
            .object([
                ("description", .text("A value from the environment: ${NAME} or ${NAME:-default}")),
                ("type", .text("string")), ("pattern", .text(#"\$\{[A-Za-z_]"#)),
            ])
        ),
        (
            "duration",
            .object([
                ("description", .text("A number and a unit: 500ms, 30s, 10m, 24h, 7d, or 1h30m")),
                ("type", .text("string")),
                ("pattern", .text("^(?=.*[1-9])([0-9]+(ms|s|m|h|d))+$")),
            ])
        ),
        (
            "size",
            .object([
                ("description", .text("A number of bytes with a unit: 64KiB, 8MiB, 1GB")),
                ("type", .text("string")),
                ("pattern", .text("^[0-9]+(B|kB|KB|MB|GB|KiB|MiB|GiB)$")),
            ])
        ),
        (
            "expression",
            .object([
                ("description", .text("A CEL expression over 'event'; see Docs/expressions.md")),
                ("type", .texts(["string", "number", "boolean"])), ("minLength", .number("1")),
            ])
        ),
        (
            "scalar",
            .object([
                ("type", .texts(["string", "number", "boolean"]))
            ])
        ),
    ]

    static func reference(_ definition: String) -> ConfigurationValue {
        .object([("$ref", .text("#/$defs/\(definition)"))])
    }

    /// The schema of a setting, with what editors show about it.
    static func schema(of field: FieldSpec) -> ConfigurationValue {
        var members: Members = [("description", .text(field.summary))]
        if let text = field.defaultText {
            members.append(("default", defaultValue(text, of: field.kind)))
        }
        return .object(members + self.members(of: field.kind))
    }

    /// The schema of a map with fixed keys.
    static func schema(of fields: [FieldSpec], _ more: Members = []) -> ConfigurationValue {
        .object(members(of: fields) + more)
    }

    static func members(of fields: [FieldSpec]) -> Members {
        var members: Members = [
            ("type", .text("object")),
            ("properties", .object(fields.map { ($0.name, schema(of: $0)) })),
        ]
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { members.append(("required", .texts(required))) }
        return members + [("additionalProperties", .flag(false))]
    }

    static func members(of kind: FieldSpec.Kind) -> Members {
        switch kind {
        case .boolean: orVariable(.object([("type", .text("boolean"))]))
        case .integer(let range):
            orVariable(
                .object(
                    [("type", .text("integer"))]
                        + bounds(
                            range.lowerBound == .min ? nil : "\(range.lowerBound)",
                            range.upperBound == .max ? nil : "\(range.upperBound)")))
        case .number(let range):
            orVariable(
                .object(
                    [("type", .text("number"))]
                        + bounds(text(of: range.lowerBound), text(of: range.upperBound))))
        case .string: [("$ref", .text("#/$defs/scalar"))]
        case .duration(let allowsZero):
            orVariable(
                reference("duration"),
                allowsZero ? .object([("enum", .array([.number("0"), .text("0")]))]) : nil)
        case .size: orVariable(reference("size"))
        case .fieldPath, .file: [("type", .text("string")), ("minLength", .number("1"))]
        case .choice(let choices): orVariable(.object([("enum", .texts(choices))]))
        case .json: []
        case .expression: [("$ref", .text("#/$defs/expression"))]
        case .condition:
            [
                (
                    "anyOf",
                    .array([
                        reference("expression"),
                        .object([("type", .text("object")), ("minProperties", .number("1"))]),
                    ])
                )
            ]
        case .list(let kind):
            [("type", .text("array")), ("items", .object(members(of: kind)))]
        case .oneOrMore(let kind):
            [
                (
                    "anyOf",
                    .array([
                        .object(members(of: kind)),
                        .object(
                            members(of: .list(kind)) + [("minItems", .number("1"))]),
                    ])
                )
            ]
        case .map(_, let kind):
            [("type", .text("object")), ("additionalProperties", .object(members(of: kind)))]
        case .object(let fields): members(of: fields)
        }
    }

    private static func orVariable(_ schemas: ConfigurationValue?...) -> Members {
        [("anyOf", .array(schemas.compactMap { $0 } + [reference("variable")]))]
    }

    private static func bounds(_ lower: String?, _ upper: String?) -> Members {
        (lower.map { [("minimum", .number($0))] } ?? [])
            + (upper.map { [("maximum", .number($0))] } ?? [])
    }

    private static func text(of bound: Double) -> String? {
        if abs(bound) >= Double.greatestFiniteMagnitude { return nil }
        return Int64(exactly: bound).map { "\($0)" } ?? "\(bound)"
    }

    /// A default as the file would hold it: a number for a number, a text for a duration.
    private static func defaultValue(
        _ text: String, of kind: FieldSpec.Kind
    ) -> ConfigurationValue {
        switch kind {
        case .boolean, .integer, .number: .number(text)
        default: .text(text)
        }
    }
}
