internal import Avro
internal import Events
internal import StreamCore

/// Gives records that are framed, or Avro, the JSON text that they are read from.
final class FramedRecords {
    private let settings: ParseSchemas
    private let limits: ParseLimits
    private let isAvro: Bool
    /// The decoder of records that do not name their schema.
    private let common: AvroDecoder?

    /// The decoders of those that do.
    private let schemas: RegistrySchemas<AvroDecoder>?
    private var text = ByteBuffer()

    init(settings: ParseSettings) {
        self.settings = settings.schemas
        limits = settings.limits
        isAvro = settings.format == .avro
        common = settings.schemas.plan.map { Self.decoder($0, settings.limits) }
        let (reader, limits) = (settings.schemas.reader, settings.limits)
        schemas = settings.schemas.source.map { source in
            RegistrySchemas(source) { Self.compile($0, id: $1, readAs: reader, limits) }
        }
    }

    private static func decoder(_ plan: DecodingPlan, _ limits: ParseLimits) -> AvroDecoder {
        AvroDecoder(
            plan, maximumDepth: limits.maximumDepth, maximumBytes: limits.maximumBytes)
    }

    /// Whether records have to go through here at all.
    static func areNeeded(for settings: ParseSettings) -> Bool {
        settings.format == .avro || settings.schemas.framing == .confluent
    }

    /// Where the document starts in the value, which positions are counted from.
    var offset: Int { settings.framing == .confluent ? ConfluentFrame.size : 0 }

    /// Forgets that a registry gave no answer.
    func beginBatch() { schemas?.beginBatch() }

    /// Sets the record's text; returns why it has none.
    func open(_ record: Event, in arena: EventArena) -> EventFailure? {
        let value = unsafe arena.bytes(arena.rawValue(of: record))
        var decoder = common
        if settings.framing == .confluent {
            if let failure = unsafe ConfluentFrame.failure(of: value) { return failure }
            if isAvro, let schemas {
                switch schemas.schema(id: unsafe ConfluentFrame.schemaID(of: value)) {
                case .usable(let found): decoder = found
                case .unusable(let failure): return failure
                }
            }
        }
        guard isAvro else {
            arena.setText(of: record, toValueFrom: offset)
            return nil
        }
        guard let decoder else {
            return EventFailure(error: "unknown_schema", reason: "there is no schema to read it by")
        }
        text.removeAll()
        let document = unsafe UnsafeRawBufferPointer(rebasing: value[offset...])
        if let failure = unsafe decoder.decode(document, into: &text) {
            return EventFailure(
                error: failure.code.rawValue,
                reason: schemaName(of: record, in: arena) + failure.reason(offset: offset))
        }
        unsafe arena.setText(of: record, toJSON: text.bytes)
        return nil
    }

    private func schemaName(of record: Event, in arena: EventArena) -> String {
        guard settings.framing == .confluent else { return "" }
        return "no value of schema \(schemaID(of: record, in: arena)): "
    }

    private func schemaID(of record: Event, in arena: EventArena) -> Int32 {
        unsafe ConfluentFrame.schemaID(of: arena.bytes(arena.rawValue(of: record)))
    }

    // MARK: Lineage

    /// Tells in a field by which schema the event was read; returns why it can't.
    func addLineage(to event: inout Event, in arena: EventArena) -> EventFailure? {
        guard let field = settings.lineageField else { return nil }
        text.removeAll()
        if settings.framing == .confluent {
            text.append("{\"schema_id\":")
            text.append(integer: Int64(schemaID(of: event, in: arena)))
            text.append("}")
        } else {
            unsafe settings.lineage.withUnsafeBytes { unsafe text.append($0) }
        }
        if unsafe arena.set(field, of: &event, toJSON: text.bytes) { return nil }
        return EventFailure(
            error: "field_not_settable",
            reason: "the field '\(field)' can't be set: an array is in the way")
    }

    // MARK: Schemas

    private static func compile(
        _ found: RegisteredSchema, id: Int32, readAs reader: AvroSchema?, _ limits: ParseLimits
    ) -> RegistrySchemas<AvroDecoder>.Answer {
        guard found.kind == .avro else {
            return .unusable(
                EventFailure(
                    error: "unknown_schema",
                    reason: "schema \(id) is of type \(found.kind.rawValue), not AVRO"))
        }
        do {
            let writer = try AvroSchema(
                found.text,
                references: found.references.map { .init(name: $0.name, text: $0.text) })
            let plan = try DecodingPlan(writer: writer, reader: reader)
            return .usable(decoder(plan, limits))
        } catch {
            return .unusable(
                EventFailure(error: "schema_mismatch", reason: "schema \(id): \(error)"))
        }
    }
}
