internal import Avro
internal import Events
internal import StreamCore

/// Gives records that are framed, or Avro, the JSON text that they are read from.
final class FramedRecords {
    /// What stands in front of a framed value: a zero and four bytes of the schema's id.
    static let frameSize = 5
    /// Schemas that are remembered; their ids come from records.
    private static let mostSchemas = 10_000

    private enum Schema {
        case decoder(AvroDecoder)
        case unusable(EventFailure)
    }

    private let settings: ParseSchemas
    private let limits: ParseLimits
    private let isAvro: Bool
    /// The decoder of records that do not name their schema.
    private let common: AvroDecoder?

    private var schemas: [Int32: Schema] = [:]
    private var last: (id: Int32, decoder: AvroDecoder)?
    private var outage: EventFailure?
    private var text = ByteBuffer()

    init(settings: ParseSettings) {
        self.settings = settings.schemas
        limits = settings.limits
        isAvro = settings.format == .avro
        common = settings.schemas.plan.map { Self.decoder($0, settings.limits) }
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
    var offset: Int { settings.framing == .confluent ? Self.frameSize : 0 }

    /// Forgets that a registry gave no answer.
    func beginBatch() { outage = nil }

    /// Sets the record's text; returns why it has none.
    func open(_ record: Event, in arena: EventArena) -> EventFailure? {
        let value = unsafe arena.bytes(arena.rawValue(of: record))
        var decoder = common
        if settings.framing == .confluent {
            if let failure = unsafe Self.frameFailure(of: value) { return failure }
            if isAvro {
                let id = unsafe Self.id(of: value)
                switch schema(id) {
                case .decoder(let found): decoder = found
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
        return "no value of schema \(unsafe Self.id(of: arena.bytes(arena.rawValue(of: record)))): "
    }

    private static func frameFailure(of value: UnsafeRawBufferPointer) -> EventFailure? {
        guard value.count >= frameSize else {
            return EventFailure(
                error: "not_framed",
                reason:
                    "the value ends at byte \(value.count), inside the five bytes that name its "
                    + "schema")
        }
        let first = unsafe value[0]
        guard first == 0 else {
            return EventFailure(
                error: "not_framed",
                reason: "the value names no schema: byte 0 is \(first), not the magic 0")
        }
        return nil
    }

    private static func id(of value: UnsafeRawBufferPointer) -> Int32 {
        Int32(bigEndian: unsafe value.loadUnaligned(fromByteOffset: 1, as: Int32.self))
    }

    // MARK: Lineage

    /// Tells in a field by which schema the event was read; returns why it can't.
    func addLineage(to event: inout Event, in arena: EventArena) -> EventFailure? {
        guard let field = settings.lineageField else { return nil }
        text.removeAll()
        if settings.framing == .confluent {
            text.append("{\"schema_id\":")
            text.append(
                integer: Int64(unsafe Self.id(of: arena.bytes(arena.rawValue(of: event)))))
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

    private func schema(_ id: Int32) -> Schema {
        if let last, last.id == id { return .decoder(last.decoder) }
        if let known = schemas[id] {
            if case .decoder(let decoder) = known { last = (id, decoder) }
            return known
        }
        if let outage { return .unusable(outage) }
        guard let source = settings.source else {
            return .unusable(
                EventFailure(error: "unknown_schema", reason: "there is no schema registry"))
        }
        do {
            guard let found = try source.schema(id: id) else {
                // It may be registered yet, so this is not remembered here.
                return .unusable(
                    EventFailure(
                        error: "unknown_schema",
                        reason: "the schema registry has no schema \(id), which bytes 1 to 4 name"))
            }
            let schema = compile(found, id)
            if schemas.count >= Self.mostSchemas { schemas.removeAll() }
            schemas[id] = schema
            return schema
        } catch {
            let failure = EventFailure(
                error: "registry_unavailable", reason: "schema \(id): \(error.reason)",
                isOutage: true)
            outage = failure
            return .unusable(failure)
        }
    }

    private func compile(_ found: RegisteredSchema, _ id: Int32) -> Schema {
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
            let plan = try DecodingPlan(writer: writer, reader: settings.reader)
            return .decoder(Self.decoder(plan, limits))
        } catch {
            return .unusable(
                EventFailure(error: "schema_mismatch", reason: "schema \(id): \(error)"))
        }
    }
}
