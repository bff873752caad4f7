public import Events
public import StreamCore

/// Turns records into events.
///
/// ```yaml
/// parsed: { parse: { format: json }, from: raw }
/// ```
///
/// One record holds one JSON object, or, as `ndjson` and `csv`, any number of lines or rows, each
/// of which becomes an event of its own with the record's key and headers. Behind a source the
/// records are read as they come in, so that the event time is known before the task chooses
/// between its partitions; behind another operator they are read when they arrive.
///
/// - Units: `max_bytes` in bytes of one JSON document, `max_depth` in levels, the top one is 1.
/// - Late records: none; `parse` does not look at the time.
/// - State: none.
/// - Errors: what can't be read goes to `.failed` with its bytes, the reason and the place; of a
///   record of several lines or rows only the bad ones do.
/// - Source: RFC 8259 (JSON), RFC 4180 (CSV), ISO 8601.
public struct ParseOperator: DecodingOperatorDefinition {
    let settings: ParseSettings

    public func makeOperator() -> any Operator { Parser(settings: settings) }

    public func makeDecoder(timestamp: FieldPath?) -> any RecordDecoder {
        ParseDecoder(settings: settings, timestamp: timestamp)
    }
}

/// Reads the records of a source.
private final class ParseDecoder: RecordDecoder {
    let recordsBeginWithHeader: Bool
    private let reader: RecordReader

    init(settings: ParseSettings, timestamp: FieldPath?) {
        recordsBeginWithHeader = settings.format == .csv && settings.csv.columns.isEmpty
        reader = RecordReader(settings: settings, timestamp: timestamp)
    }

    func decode(recordCount: Int, in arena: EventArena, into events: inout [Event]) {
        reader.beginBatch()
        for index in 0..<recordCount {
            reader.read(arena.addEvent(record: index), in: arena, into: &events)
        }
    }
}

/// Sends what was read to the main output, and what could not be to `.failed`.
private final class Parser: Operator {
    private static let failed = 1

    private let limits: ParseLimits
    /// Whether the value of a record is no document as it stands.
    private let isFramed: Bool
    private let reader: RecordReader
    private var events: [Event] = []

    init(settings: ParseSettings) {
        limits = settings.limits
        isFramed = FramedRecords.areNeeded(for: settings)
        reader = RecordReader(settings: settings, timestamp: nil)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        reader.beginBatch()
        for event in events {
            if let failure = arena.failure(of: event) {
                try refuse(event, failure, in: context)
            } else if isFramed ? arena.isParsed(event) : arena.parse(event, limits: limits) == nil {
                // It was read where it came in, or is a single document.
                context.emit(event)
            } else {
                try read(event, in: context)
            }
        }
    }

    private func read(_ record: Event, in context: OperatorContext) throws(OperatorError) {
        events.removeAll(keepingCapacity: true)
        reader.read(record, in: context.arena, into: &events)
        for event in events {
            if let failure = context.arena.failure(of: event) {
                try refuse(event, failure, in: context)
            } else {
                context.emit(event)
            }
        }
    }

    private func refuse(
        _ event: Event, _ failure: EventFailure, in context: OperatorContext
    ) throws(OperatorError) {
        if failure.isOutage { throw .unavailable(reason: failure.reason) }
        try context.refuse(event, to: Self.failed, error: failure.error) { failure.reason }
    }
}

extension ParseOperator {
    /// What a topology file can say of `parse`.
    public static let spec = OperatorSpec(
        name: "parse",
        summary: "Turns records into events: JSON, newline-delimited JSON, CSV or Avro.",
        fields: [
            FieldSpec(
                "format", .choice(ParseSettings.Format.allCases.map(\.rawValue)), default: "json",
                "One JSON object per record, one per line, CSV rows, or one Avro value."),
            FieldSpec(
                "framing", .choice(ParseSchemas.Framing.allCases.map(\.rawValue)),
                "'confluent', which is how Avro is read by itself: a zero byte and the schema's id "
                    + "in four bytes stand in front. 'none', which is how JSON is: nothing does."),
            FieldSpec(
                "registry", .string,
                "Avro: the schema registry, when there are several under 'schema_registries'."),
            FieldSpec(
                "schema", .file,
                "Avro: the schema that events are to have; else they have the one that they were "
                    + "written with. Without framing it is needed."),
            FieldSpec(
                "writer_schema", .file,
                "Avro without framing: the schema of the records, when it is not 'schema'."),
            FieldSpec(
                "lineage", .fieldPath,
                "A field that gets the schema's id, or its file and version, for Avro and framed "
                    + "records."),
            FieldSpec("max_bytes", .size, default: "8MiB", "The longest JSON document."),
            FieldSpec(
                "max_depth", .integer(1...1000), default: "128",
                "How deep objects and arrays may be nested; the top level is 1."),
            FieldSpec(
                "duplicate_keys", .choice(["reject", "keep_first"]), default: "reject",
                "What to do with an object that has two members of one name."),
            FieldSpec(
                "tombstones", .choice(ParseSettings.TombstonePolicy.allCases.map(\.rawValue)),
                default: "refuse",
                "Refuse records without a value, or pass them on: they delete rows of a table."),
            CSVFields.delimiter,
            FieldSpec(
                "columns", .list(.string),
                "CSV: the columns' names when the first row is no header."),
            CSVFields.types,
            CSVFields.empty,
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "failed", "What could not be read, as it came, with the reason in its headers.",
                isForFailures: true)
        ],
        example: """
            parse:
              format: csv
              delimiter: ";"
              types: { amount: number, ordered_at: timestamp }
            """,
        make: { configuration in
            let settings = ParseSettings(&configuration)
            return configuration.diagnostics.isEmpty ? ParseOperator(settings: settings) : nil
        })
}
