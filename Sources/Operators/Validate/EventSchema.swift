internal import Events
internal import JSONSchema

/// A schema at work in one task, and what happens to events that are not as it says.
final class EventSchema {
    let validator: SchemaValidator
    /// What it is called in sentences: `'purchase.json', version 5f2c...`.
    let title: String
    let outcome: ValidateSettings.Outcome
    /// What the lineage field gets.
    private let lineage: RunConstants
    private var isPrepared = false

    convenience init(_ named: ValidateSettings.NamedSchema, hasLineage: Bool) {
        self.init(
            named.schema, title: "'\(named.file)'", outcome: named.outcome,
            origin: hasLineage ? ("schema", named.file) : nil)
    }

    /// `origin` is what the lineage says besides the version: a member and its text.
    init(
        _ schema: Schema, title: String, outcome: ValidateSettings.Outcome,
        origin: (member: String, text: String)?
    ) {
        validator = schema.makeValidator()
        self.title = "\(title), version \(schema.version)"
        self.outcome = outcome
        var buffer = ByteBuffer()
        if let origin {
            buffer.append("{")
            buffer.append(jsonString: origin.member)
            buffer.append(":")
            buffer.append(jsonString: origin.text)
            buffer.append(",\"version\":")
            buffer.append(jsonString: schema.version)
            buffer.append("}")
        }
        lineage = RunConstants(origin == nil ? [] : [unsafe Array(buffer.bytes)])
    }

    /// The lineage belongs to the arena of a run.
    func beginRun() { isPrepared = false }

    /// Tells in a field which schema the event was checked with; returns whether it could.
    func addLineage(at field: FieldPath, to event: inout Event, in arena: EventArena) -> Bool {
        if !isPrepared {
            lineage.prepare(in: arena)
            isPrepared = true
        }
        return arena.set(field, of: &event, toCopyOf: lineage.values[0])
    }
}
