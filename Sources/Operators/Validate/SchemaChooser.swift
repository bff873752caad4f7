internal import Events
internal import JSONSchema
internal import StreamCore

/// Finds the schema that an event is to be checked with.
final class SchemaChooser {
    enum Answer {
        case schema(EventSchema)
        case unknown(EventFailure)
    }

    private enum Way {
        case same(EventSchema)
        case byField(FieldPath, SchemaTable)
        case byFrame(RegistrySchemas<EventSchema>)
    }

    private let way: Way
    /// The schemas whose lineage was used in this run, so that the next makes its own.
    private var used: [EventSchema] = []

    init(_ choice: ValidateSettings.Choice, _ settings: ValidateSettings) {
        let hasLineage = settings.lineageField != nil
        switch choice {
        case .same(let schema): way = .same(EventSchema(schema, hasLineage: hasLineage))
        case .byField(let field, let schemas):
            way = .byField(
                field, SchemaTable(schemas.mapValues { EventSchema($0, hasLineage: hasLineage) }))
        case .byFrame(let source):
            way = .byFrame(
                RegistrySchemas(source) {
                    Self.compile($0, id: $1, settings, hasLineage: hasLineage)
                })
        }
    }

    func beginRun() {
        for schema in used { schema.beginRun() }
        used.removeAll(keepingCapacity: true)
        if case .byFrame(let schemas) = way { schemas.beginBatch() }
    }

    func schema(of event: Event, in arena: EventArena) -> Answer {
        let answer = find(event, in: arena)
        if case .schema(let schema) = answer, used.last !== schema { used.append(schema) }
        return answer
    }

    private func find(_ event: Event, in arena: EventArena) -> Answer {
        switch way {
        case .same(let schema): return .schema(schema)
        case .byField(let field, let table):
            let value = arena.value(of: event, at: field)
            guard value.kind == .string else {
                return .unknown(
                    EventFailure(
                        error: "unknown_schema",
                        reason: value.isMissing
                            ? "there is no field '\(field)', which chooses the schema"
                            : "the field '\(field)', which chooses the schema, is no string"))
            }
            let text = unsafe arena.bytes(value.text)
            if let schema = unsafe table.schema(of: text) { return .schema(schema) }
            return .unknown(
                EventFailure(
                    error: "unknown_schema",
                    reason: "no schema is for the '\(field)' of the event"
                        + table.hint(unsafe String(decoding: text, as: UTF8.self))))
        case .byFrame(let schemas):
            let value = unsafe arena.bytes(arena.rawValue(of: event))
            if let failure = unsafe ConfluentFrame.failure(of: value) { return .unknown(failure) }
            switch schemas.schema(id: unsafe ConfluentFrame.schemaID(of: value)) {
            case .usable(let schema): return .schema(schema)
            case .unusable(let failure): return .unknown(failure)
            }
        }
    }

    private static func compile(
        _ found: RegisteredSchema, id: Int32, _ settings: ValidateSettings, hasLineage: Bool
    ) -> RegistrySchemas<EventSchema>.Answer {
        guard found.kind == .json else {
            return .unusable(
                EventFailure(
                    error: "unknown_schema",
                    reason: "schema \(id) is of type \(found.kind.rawValue), not JSON"))
        }
        do {
            var registry = SchemaRegistry()
            for reference in found.references {
                try registry.add(reference.text, at: reference.name)
            }
            let schema = try Schema(found.text, registry: registry, options: settings.options)
            return .usable(
                EventSchema(
                    schema, title: "schema \(id)", outcome: settings.outcome,
                    origin: hasLineage ? ("schema", "\(id)") : nil))
        } catch {
            return .unusable(
                EventFailure(
                    error: "unusable_schema", reason: "schema \(id) can't be used: \(error)"))
        }
    }
}

/// Schemas by the text of a field.
///
/// A key is the text itself, or its beginning up to a `*`; of several beginnings the longest
/// counts.
private struct SchemaTable {
    private struct Entry {
        let text: [UInt8]
        let schema: EventSchema
    }

    /// By the number of bytes, so that few have to be compared.
    private var exact: [Int: [Entry]] = [:]
    private var beginnings: [Entry] = []
    private let keys: [String]

    init(_ schemas: [String: EventSchema]) {
        keys = schemas.keys.sorted()
        for key in keys {
            guard let schema = schemas[key] else { continue }
            if let star = key.firstIndex(of: "*") {
                beginnings.append(Entry(text: Array(key[..<star].utf8), schema: schema))
            } else {
                exact[key.utf8.count, default: []].append(
                    Entry(text: Array(key.utf8), schema: schema))
            }
        }
        beginnings.sort { $0.text.count > $1.text.count }
    }

    func schema(of text: UnsafeRawBufferPointer) -> EventSchema? {
        if let entries = exact[text.count] {
            for entry in entries {
                let isEqual = unsafe entry.text.withUnsafeBytes {
                    unsafe ByteText.areEqual($0, text)
                }
                if isEqual { return entry.schema }
            }
        }
        for entry in beginnings {
            let begins = unsafe entry.text.withUnsafeBytes {
                unsafe ByteText.starts(text, with: $0)
            }
            if begins { return entry.schema }
        }
        return nil
    }

    /// The value itself may be personal data, so it is not repeated: what was meant is.
    func hint(_ text: String) -> String {
        NearestName.find(text, in: keys).map { "; did it mean '\($0)'?" }
            ?? "; there are schemas for \(keys.prefix(20).joined(separator: ", "))"
    }
}
