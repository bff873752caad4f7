internal import Events
public import StreamCore

/// Adds to events what a table knows of them: from a file, or from a stream that every task reads.
///
/// ```yaml
/// enriched:
///   from: valid
///   enrich: { file: products.csv, key: product.id, file_key: sku, columns: [name], output: product }
/// ```
///
/// - Late records: none; a row from a stream counts from when it was read.
/// - State: for a table from a stream its rows, by their keys, in every task; a tombstone deletes a
///   row.
/// - Errors: an event without a row goes to `.rejected` with `on_missing: refuse`; so does one whose
///   output field can't be set, and a record of the table without a key or that is no object.
public struct EnrichOperator: OperatorDefinition {
    let settings: EnrichSettings

    public var stores: [StoreSpec] {
        settings.table == nil ? [TableStore.spec(named: settings.storeName)] : []
    }

    public func makeOperator() -> any Operator { Enricher(settings) }
}

private final class Enricher: Operator {
    private static let rejected = 1

    private let settings: EnrichSettings
    private let lineage: RunConstants
    private var store: TableStore?

    init(_ settings: EnrichSettings) {
        self.settings = settings
        var text = ByteBuffer()
        if let table = settings.table, let file = settings.file {
            text.append("{\"table\":")
            text.append(jsonString: file)
            text.append(",\"version\":")
            text.append(jsonString: table.version)
            text.append("}")
        }
        lineage = RunConstants(settings.lineage == nil ? [] : [unsafe Array(text.bytes)])
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        if settings.table == nil, store == nil {
            store = TableStore(
                context.keyValueStore(settings.storeName), columns: settings.columns)
        }
        if context.input > 0 {
            try store?.apply(events, refusingTo: Self.rejected, in: context)
            return
        }
        lineage.prepare(in: context.arena)
        for event in events { try enrich(event, in: context) }
    }

    private func enrich(_ original: Event, in context: OperatorContext) throws(OperatorError) {
        var event = original
        let arena = context.arena
        let key = settings.key.text(of: event, in: arena)
        switch try find(key, for: &event, in: arena) {
        case true?:
            if let path = settings.lineage {
                guard arena.set(path, of: &event, toCopyOf: lineage.values[0]) else {
                    return try cannotSet(path, of: original, in: context)
                }
            }
            context.emit(event)
        case false?:
            try cannotSet(settings.output, of: original, in: context)
        case nil:
            switch settings.onMissing {
            case .pass: context.emit(event)
            case .tag:
                guard arena.setToNull(settings.output, of: &event) else {
                    return try cannotSet(settings.output, of: original, in: context)
                }
                context.emit(event)
            case .refuse:
                try context.refuse(
                    event, to: Self.rejected, error: key.isAbsent ? "missing_key" : "no_row"
                ) {
                    key.isAbsent ? settings.key.missingReason : "the table has no row for the event"
                }
            }
        }
    }

    /// Whether the row could be set; `nil` when there is none.
    private func find(
        _ key: ByteRange, for event: inout Event, in arena: EventArena
    ) throws(OperatorError) -> Bool? {
        guard !key.isAbsent else { return nil }
        let output = settings.output
        let bytes = unsafe arena.bytes(key)
        if let table = settings.table {
            return unsafe table.withRow(of: bytes) {
                unsafe arena.set(output, of: &event, toJSON: $0)
            }
        }
        do {
            return unsafe try store?.withRow(of: bytes) {
                unsafe arena.set(output, of: &event, toJSON: $0)
            }
        } catch {
            throw .store(error)
        }
    }

    private func cannotSet(
        _ field: FieldPath, of event: Event, in context: OperatorContext
    ) throws(OperatorError) {
        try context.refuse(event, to: Self.rejected, error: "field_not_settable") {
            "the field '\(field)' can't be set: the event is no object, or an array is in the way"
        }
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        guard settings.table == nil else { return 0 }
        do {
            let store = TableStore(
                context.keyValueStore(settings.storeName), columns: settings.columns)
            return try unsafe store.erase(key)
        } catch {
            throw .store(error)
        }
    }
}

extension EnrichOperator {
    /// What a topology file can say of `enrich`.
    public static let spec = OperatorSpec(
        name: "enrich",
        summary: "Adds to events what a table knows of them.",
        fields: [
            FieldSpec(
                "file", .file,
                "The table: CSV with a header, a JSON array of objects, or NDJSON. Without a file "
                    + "the rows come as the input 'table'."),
            FieldSpec(
                "format", .choice(TableFormat.allCases.map(\.rawValue)),
                "How the file is written, when its name does not end in one of these."),
            FieldSpec("file_key", .fieldPath, "The column of the file that holds the key."),
            FieldSpec(
                "key", .fieldPath, "The field of the event to look up; else the record key."),
            FieldSpec(
                "columns", .list(.string), "What is taken of a row; all of it when not given."),
            FieldSpec(
                "output", .fieldPath, default: "reference", "The field that gets the row."),
            FieldSpec(
                "on_missing", .choice(EnrichSettings.OnMissing.allCases.map(\.rawValue)),
                default: "pass",
                "Pass events without a row on, tag them with null, or refuse them."),
            FieldSpec(
                "lineage", .fieldPath, "A field that gets the file and the version of the table."),
            CSVFields.delimiter,
            CSVFields.types,
            CSVFields.empty,
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "rejected", "Events without a row, and records that are no row.",
                isForFailures: true)
        ],
        namedInputs: [
            OperatorSpec.Input(
                "table", "The rows, by their record keys, when there is no file.", broadcast: true)
        ],
        example: """
            enrich:
              file: channels.csv
              key: channel
              file_key: channel
              columns: [name, kind]
              output: channel_info
              on_missing: tag
            """,
        make: { configuration in
            EnrichSettings(&configuration).map { EnrichOperator(settings: $0) }
        })
}
