internal import CEL
public import Events
internal import JSONSchema
public import StreamCore

/// Sets, copies, renames, removes, converts and computes fields, and chooses the record key.
///
/// ```yaml
/// canonical:
///   from: parsed
///   map:
///     rename: { userId: user_id }
///     convert: { occurred_at: timestamp }
///     compute: { order.net: event.order.total / 1.19 }
///     key: user_id
/// ```
///
/// The order is always `copy`, `rename`, `remove`, `set`, `convert`, `compute`, `key`, and inside
/// each the order of the file; each step sees what the ones before did. A field that is not there
/// is neither copied nor renamed, removed or converted.
///
/// - Units: timestamps are written as ISO 8601 in UTC with milliseconds.
/// - Late records: none; `map` does not look at the time, and a converted event time does not
///   change the event's place in it.
/// - State: none.
/// - Errors: an event with a value that can't be converted, a field that can't be computed or set,
///   or no value for its key goes to `.failed` as it came.
/// - Source: CEL, the Common Expression Language, for `compute`; else none.
public struct MapOperator: OperatorDefinition {
    let settings: MapSettings

    public var changedKey: FieldPath? { settings.key }

    public func makeOperator() -> any Operator { Mapper(settings: settings) }
}

private final class Mapper: Operator {
    private static let failed = 1
    private static let shownBytes = 40

    private let settings: MapSettings
    private let constants: RunConstants
    private let evaluation: EventEvaluation
    private var scratch = ByteBuffer()

    /// Why an event can't be mapped.
    private struct Obstacle: Error {
        let error: String
        let reason: String
    }

    init(settings: MapSettings) {
        self.settings = settings
        constants = RunConstants(settings.constants.map(\.json))
        evaluation = EventEvaluation(settings.scope)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        constants.prepare(in: context.arena)
        for original in events {
            var event = original
            if let obstacle = map(&event, in: context.arena) {
                try context.refuse(original, to: Self.failed, error: obstacle.error) {
                    obstacle.reason
                }
            } else {
                context.emit(event)
            }
        }
    }

    private func map(_ event: inout Event, in arena: EventArena) -> Obstacle? {
        do throws(Obstacle) {
            for copy in settings.copies { _ = try move(copy, of: &event, in: arena) }
            for rename in settings.renames where try move(rename, of: &event, in: arena) {
                arena.remove(rename.source, of: &event)
            }
            for path in settings.removals { arena.remove(path, of: &event) }
            for (constant, value) in zip(settings.constants, constants.values) {
                guard arena.set(constant.path, of: &event, toCopyOf: value) else {
                    throw notSettable(constant.path)
                }
            }
            for (path, conversion) in settings.conversions {
                try convert(path, conversion, of: &event, in: arena)
            }
            for (path, expression) in settings.computations {
                try compute(path, expression, of: &event, in: arena)
            }
            if let key = settings.key { try setKey(key, of: &event, in: arena) }
            return nil
        } catch {
            return error
        }
    }

    /// Gives a field the value of another; returns whether there was one.
    private func move(
        _ move: MapSettings.Move, of event: inout Event, in arena: EventArena
    ) throws(Obstacle) -> Bool {
        let value = arena.value(of: event, at: move.source)
        if value.isMissing { return false }
        guard arena.set(move.target, of: &event, toCopyOf: value) else {
            throw notSettable(move.target)
        }
        return true
    }

    private func convert(
        _ path: FieldPath, _ conversion: FieldConversion, of event: inout Event,
        in arena: EventArena
    ) throws(Obstacle) {
        switch conversion.apply(to: path, of: &event, in: arena, scratch: &scratch) {
        case .done: return
        case .notSettable: throw notSettable(path)
        case .impossible:
            let raw = unsafe arena.bytes(arena.value(of: event, at: path).raw)
            let shown = unsafe String(decoding: raw.prefix(Self.shownBytes), as: UTF8.self)
            throw Obstacle(
                error: "conversion",
                reason: "the field '\(path)' can't be made \(conversion.sentence): \(shown)")
        }
    }

    private func compute(
        _ path: FieldPath, _ expression: Expression, of event: inout Event, in arena: EventArena
    ) throws(Obstacle) {
        let isSet: Bool
        do {
            isSet = try evaluation.set(path, of: &event, in: arena, to: expression)
        } catch {
            throw Obstacle(
                error: "expression",
                reason: "the field '\(path)' can't be computed: "
                    + EventEvaluation.reason(error))
        }
        guard isSet else { throw notSettable(path) }
    }

    private func setKey(
        _ path: FieldPath, of event: inout Event, in arena: EventArena
    ) throws(Obstacle) {
        arena.setKey(of: &event, toValueAt: path)
        guard event.key.isAbsent else { return }
        throw Obstacle(
            error: "missing_key",
            reason: "the field '\(path)' has no text, number or boolean to be the key")
    }

    private func notSettable(_ path: FieldPath) -> Obstacle {
        Obstacle(
            error: "field_not_settable",
            reason: "the field '\(path)' can't be set: the event is no object, or an array is in "
                + "the way")
    }
}

extension MapOperator {
    /// What a topology file can say of `map`.
    public static let spec = OperatorSpec(
        name: "map",
        summary: "Sets, copies, renames, removes, converts and computes fields; chooses the key.",
        fields: [
            FieldSpec(
                "copy", .map(key: "the field to set", .fieldPath),
                "Fields that get the value of another field, byte for byte."),
            FieldSpec(
                "rename", .map(key: "the field's path", .fieldPath), "Fields that move elsewhere."),
            FieldSpec("remove", .oneOrMore(.fieldPath), "Fields to leave out."),
            FieldSpec(
                "set", .map(key: "the field to set", .json), "Fields that get a constant value."),
            FieldSpec(
                "convert",
                .map(key: "a field", .choice(FieldConversion.words.map(\.name))),
                "Fields that get another type; timestamps are written as ISO 8601 in UTC."),
            FieldSpec(
                "compute", .map(key: "the field to set", .expression),
                "Fields that get what an expression gives; an empty optional removes the field."),
            FieldSpec("key", .fieldPath, "The field whose value becomes the record key."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "failed", "Events that could not be mapped, as they came.", isForFailures: true)
        ],
        example: """
            map:
              copy: { received: meta.received_at }
              rename: { userId: user_id, "page.location": page.url }
              remove: [debug, meta.internal]
              set: { source: web, consent.checked: true }
              convert: { occurred_at: timestamp, amount: number }
              compute: { net: event.amount / 1.19 }
              key: user_id
            """,
        make: { configuration in
            let settings = MapSettings(&configuration)
            return configuration.diagnostics.isEmpty ? MapOperator(settings: settings) : nil
        })
}
