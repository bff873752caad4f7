internal import Events
public import StreamCore

/// Joins events by key: with the rows of a table, or with the events of another stream that are
/// not farther away than a window.
///
/// ```yaml
/// paid:
///   from: orders
///   with: { other: payments }
///   join: { key: order_id, other_key: order_id, window: 10m, grace: 1m, type: left, output: payment }
/// ```
///
/// - Units: `window` and `grace` are event time, in whole milliseconds.
/// - Late records: an event whose time lies more than window and grace before stream time goes to
///   `.late` and is counted.
/// - State: the rows of the table; or per key the events that may still find others, at most
///   `max_events`, and one timer.
/// - Errors: an event without a key or a usable time goes to `.rejected`, and so does one for which
///   there is no room.
/// - Source: Kafka Streams' `JoinWindows` and its left and outer joins (KIP-633, KAFKA-10847).
public struct JoinOperator: OperatorDefinition {
    let settings: JoinSettings

    public var stores: [StoreSpec] {
        guard settings.window != nil else { return [TableStore.spec(named: settings.tableName)] }
        let definition =
            [settings.key, settings.otherKey]
            .map { $0.field.map { "by \($0)" } ?? "by the record key" }.joined(separator: ", ")
        return [
            StoreSpec(
                name: settings.eventsName, kind: .keyValue,
                layoutVersion: JoinedEvents.layoutVersion, definition: definition),
            StoreSpec(name: settings.timersName, kind: .timers, definition: definition),
        ]
    }

    public var stateKey: StateKey? { Self.stateKey(settings.key) }

    public func stateKey(ofInput index: Int) -> StateKey? {
        index == 0 ? .recordKey : Self.stateKey(settings.otherKey)
    }

    private static func stateKey(_ key: LookupKey) -> StateKey {
        key.field.map { .field($0) } ?? .recordKey
    }

    public func makeOperator() -> any Operator {
        settings.window.map { WindowJoiner(settings, window: $0) } ?? TableJoiner(settings)
    }
}

enum JoinInput {
    static let table = 1
    static let other = 2
}

enum JoinOutput {
    static let late = 1
    static let rejected = 2
}

extension JoinOperator {
    /// What a topology file can say of `join`.
    public static let spec = OperatorSpec(
        name: "join",
        summary: "Joins events by key with a table or with another stream.",
        fields: [
            FieldSpec(
                "type", .choice(JoinSettings.JoinType.allCases.map(\.rawValue)), default: "inner",
                "Only events that found something; 'left': all of 'from'; 'outer': of both."),
            FieldSpec("key", .fieldPath, "The field of the events of 'from'; else the record key."),
            FieldSpec(
                "other_key", .fieldPath,
                "The field of the events of 'other'; else the record key."),
            FieldSpec(
                "window", .duration(allowsZero: true),
                "How far the times of two events may be apart; without it the join is with 'table'."
            ),
            FieldSpec(
                "grace", .duration(allowsZero: true), default: "0",
                "How long events may be late."),
            FieldSpec(
                "max_events", .integer(1...1_000_000), default: "1000",
                "The most events that are kept of a key."),
            FieldSpec(
                "columns", .list(.string),
                "What is taken of a row or of an event of 'other'; all of it when not given."),
            FieldSpec(
                "output", .fieldPath, default: "joined",
                "The field that gets the row or the event of 'other', or null."),
        ],
        sideOutputs: [
            OperatorSpec.Output("late", "Events that came after window and grace."),
            OperatorSpec.Output(
                "rejected", "Events without a key or a time, and those there is no room for.",
                isForFailures: true),
        ],
        namedInputs: [
            OperatorSpec.Input("table", "The rows, by their record keys; a tombstone deletes one."),
            OperatorSpec.Input("other", "The other stream."),
        ],
        example: """
            join:
              key: order_id
              other_key: order_id
              window: 10m
              grace: 1m
              type: left
              output: payment
            """,
        make: { configuration in
            JoinSettings(&configuration).map { JoinOperator(settings: $0) }
        })
}
