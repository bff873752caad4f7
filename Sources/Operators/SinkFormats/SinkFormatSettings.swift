internal import Avro
internal import Events
internal import JSONSchema
public import StreamCore

/// How a sink writes the values of its records, as a topology file says it.
///
/// ```yaml
/// sinks:
///   orders: { from: valid, format: avro, schema: schemas/order.avsc, on_error: drop }
/// ```
public enum SinkFormatSettings {
    enum Format: String, CaseIterable {
        /// The event as it is.
        case json
        /// The event on a line of its own.
        case ndjson
        case avro
        case csv
    }

    private static let keys = [
        "framing", "schema", "registry", "subject", "register", "unknown_fields", "columns",
        "delimiter",
    ]

    /// What a sink can say of its format.
    public static let fields = [
        FieldSpec(
            "format", .choice(Format.allCases.map(\.rawValue)), default: "json",
            "How values are written: events as they are, each on a line with its line end, as Avro "
                + "values, or as CSV rows."),
        FieldSpec(
            "framing", .choice(ParseSchemas.Framing.allCases.map(\.rawValue)),
            "'confluent', which is how Avro is written by itself: a zero byte and the schema's id in "
                + "four bytes stand in front. 'none', which is how JSON is: nothing does."),
        FieldSpec(
            "schema", .file,
            "Avro: the schema of the values. Framed JSON: the JSON Schema whose id they carry."),
        FieldSpec(
            "registry", .string,
            "Framing: the schema registry, when there are several under 'schema_registries'."),
        FieldSpec(
            "subject", .string, default: "TOPIC-value",
            "Framing: the subject under which the schema is registered."),
        FieldSpec(
            "register", .boolean, default: "true",
            "Framing: register the schema where it is not; else it must be there."),
        FieldSpec(
            "unknown_fields", .choice(AvroEncoder.UnknownFields.allCases.map(\.rawValue)),
            default: "refuse",
            "Avro: refuse an event with fields that the schema does not have, or leave them out."),
        FieldSpec("columns", .list(.fieldPath), "CSV: the fields of a row."),
        FieldSpec(
            "delimiter", .string, default: "','",
            "CSV: the character between fields, or 'tab'."),
    ]

    /// The format of the sink for `topic`; `nil` for JSON as events are, and when something is
    /// wrong, which is reported.
    public static func make(
        _ configuration: inout Configuration, topic: String
    ) -> (any SinkFormat)? {
        let format: Format = configuration.choice("format", default: .json)
        let framing: ParseSchemas.Framing = configuration.choice(
            "framing", default: format == .avro ? .confluent : .none)
        var used: Set<String> = ["framing"]
        if framing == .confluent { used.formUnion(["schema", "registry", "subject", "register"]) }
        switch format {
        case .json, .ndjson: break
        case .avro: used.formUnion(["schema", "unknown_fields"])
        case .csv: used.formUnion(["columns", "delimiter"])
        }
        for key in keys where !used.contains(key) {
            guard let found = configuration.value[key] else { continue }
            configuration.report(
                "'\(key)' has no meaning for 'format: \(format.rawValue)' with "
                    + "'framing: \(framing.rawValue)'",
                at: found.location, remedy: "remove it")
        }
        switch format {
        case .json:
            guard framing == .confluent else { return nil }
            return frame(&configuration, kind: .json, topic: topic).map {
                FramedJSONFormat(frame: $0)
            }
        case .avro: return avro(&configuration, framing, topic: topic)
        case .ndjson:
            if framing == .confluent { refuseFrame(&configuration, of: "a line of JSON") }
            return NDJSONFormat()
        case .csv:
            if framing == .confluent { refuseFrame(&configuration, of: "a CSV row") }
            return csv(&configuration)
        }
    }

    private static func refuseFrame(_ configuration: inout Configuration, of value: String) {
        configuration.report(
            "\(value) names no schema", at: configuration.value["framing"]?.location,
            remedy: "remove 'framing'")
    }

    private static func avro(
        _ configuration: inout Configuration, _ framing: ParseSchemas.Framing, topic: String
    ) -> (any SinkFormat)? {
        let policy: AvroEncoder.UnknownFields = configuration.choice(
            "unknown_fields", default: .refuse)
        guard configuration.value["schema"] != nil else {
            configuration.report("'schema' is missing", remedy: "name an Avro schema file")
            return nil
        }
        guard let found = configuration.avroSchema("schema") else { return nil }
        let frame =
            framing == .confluent ? frame(&configuration, kind: .avro, topic: topic) : nil
        do {
            let encoder = AvroEncoder(try EncodingPlan(found.schema), unknownFields: policy)
            return AvroFormat(encoder: encoder, frame: frame)
        } catch {
            configuration.report(
                "the schema can't be used: \(error)", at: configuration.value["schema"]?.location)
            return nil
        }
    }

    private static func frame(
        _ configuration: inout Configuration, kind: RegisteredSchema.Kind, topic: String
    ) -> SchemaFrame? {
        let source = configuration.registry("registry")
        let subject = configuration.string("subject") ?? "\(topic)-value"
        let registers = configuration.boolean("register", default: true)
        guard let file = configuration.string("schema") else {
            configuration.report(
                "'schema' is missing: framed values carry its id", remedy: "name a schema file")
            return nil
        }
        do {
            let text = try configuration.readFile(file)
            guard let source else { return nil }
            return SchemaFrame(
                source: source, schema: RegisteredSchema(kind: kind, text: text),
                subject: subject, registers: registers)
        } catch {
            configuration.report(
                "the schema '\(file)' can't be read: \(error)",
                at: configuration.value["schema"]?.location)
            return nil
        }
    }

    private static func csv(_ configuration: inout Configuration) -> (any SinkFormat)? {
        let delimiter = CSVSettings.delimiter(&configuration)
        var columns: [FieldPath] = []
        for value in configuration.values("columns") {
            if let path = configuration.fieldPath(of: value, named: "columns") {
                columns.append(path)
            }
        }
        if columns.isEmpty {
            configuration.report(
                "'columns' needs a field for each column of the rows",
                at: configuration.value["columns"]?.location,
                remedy: "list the fields")
        }
        return CSVFormat(columns: columns, delimiter: delimiter)
    }
}
