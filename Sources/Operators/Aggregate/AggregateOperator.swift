internal import Events
internal import Sketches
public import StreamCore

/// Sums up the events of a group over windows of event time.
///
/// ```yaml
/// sales:
///   from: valid
///   aggregate:
///     by: [order.currency, channel]
///     window: { tumbling: 5m }
///     grace: 1m
///     measures:
///       orders:  { count: true, when: event.event_type == 'purchase' }
///       revenue: { sum: order.total, when: event.event_type == 'purchase' }
/// ```
///
/// Windows are tumbling, hopping, or sessions that an inactivity gap ends.
///
/// - Units: all times are event time, in whole milliseconds.
/// - Late records: a window closes when stream time reaches its end plus `grace` (a session: when it
///   passes the last event by more than gap and grace). An event that comes too late for one of its
///   windows goes to `.late` and is counted, also when others still took it.
/// - State: per group and open window its numbers and sketches; one timer each. Both are forgotten
///   when the window closes.
/// - Errors: a record without a group or without a usable time goes to `.rejected`, and so does one
///   for which the condition of a measure has no value.
/// - Source: Kafka Streams' `TimeWindows` and `SessionWindows`; the sketches name theirs.
public struct AggregateOperator: OperatorDefinition {
    let settings: AggregateSettings

    public var stores: [StoreSpec] {
        let definition = settings.storeDefinition
        return [
            StoreSpec(
                name: settings.storeName, kind: .keyValue, layoutVersion: Tally.layoutVersion,
                definition: definition),
            StoreSpec(name: settings.timersName, kind: .timers, definition: definition),
        ]
    }

    public var stateKey: StateKey? { settings.group.stateKey }

    public func makeOperator() -> any Operator {
        switch settings.window {
        case .aligned: Aggregation<AlignedAggregates>(settings)
        case .session: Aggregation<SessionAggregates>(settings)
        }
    }
}

extension AggregateOperator {
    /// What a topology file can say of `aggregate`.
    public static let spec = OperatorSpec(
        name: "aggregate",
        summary: "Sums up the events of a group over windows of event time.",
        fields: [
            FieldSpec(
                "by", .oneOrMore(.fieldPath),
                "The fields by whose values events are grouped; else the record key."),
            FieldSpec("window", .object(windowFields), required: true, "The kind of the windows."),
            FieldSpec(
                "grace", .duration(allowsZero: true), default: "0",
                "How long a window waits for late events before it closes."),
            FieldSpec(
                "emit", .choice(AggregateSettings.Emission.allCases.map(\.rawValue)),
                default: "close",
                "A result when its window closes, or for each change and when it closes."),
            FieldSpec(
                "measures", .map(key: "the name that results have", .object(measureFields)),
                required: true, "What to compute of the events of a window."),
        ],
        sideOutputs: [
            OperatorSpec.Output("late", "Events that came after a window of theirs had closed."),
            OperatorSpec.Output(
                "rejected",
                "Records without a group or a time, or for which a condition has no value.",
                isForFailures: true),
        ],
        example: """
            aggregate:
              by: [order.currency, channel]
              window: { hopping: 1h, every: 5m }
              grace: 1m
              measures:
                orders:    { count: true, when: event.event_type == 'purchase' }
                revenue:   { sum: order.total, when: event.event_type == 'purchase' }
                customers: { distinct: user_id }
                waiting:   { quantiles: duration_ms, at: [0.5, 0.99] }
                products:  { top: product.id, limit: 5 }
            """,
        make: { configuration in
            AggregateSettings(&configuration).map { AggregateOperator(settings: $0) }
        })

    private static let windowFields = [
        FieldSpec(
            "tumbling", .duration(allowsZero: false),
            "Windows of this length, one behind the other, from the epoch on."),
        FieldSpec(
            "hopping", .duration(allowsZero: false),
            "Windows of this length that overlap; 'every' says how often one starts."),
        FieldSpec(
            "every", .duration(allowsZero: false),
            "How often a hopping window starts, from the epoch on; at most its length."),
        FieldSpec(
            "session", .duration(allowsZero: false),
            "Windows that end when there was no event for so long."),
        FieldSpec(
            "max_length", .duration(allowsZero: false),
            "The longest time between a session's first and last event."),
    ]

    private static let measureFields = [
        FieldSpec("count", .boolean, "Counts the events."),
        FieldSpec("sum", .fieldPath, "Adds up a number, exactly."),
        FieldSpec("average", .fieldPath, "Adds up a number and divides it by how many there were."),
        FieldSpec("min", .fieldPath, "The smallest number."),
        FieldSpec("max", .fieldPath, "The largest number."),
        FieldSpec("distinct", .fieldPath, "How many different values there are (HyperLogLog)."),
        FieldSpec(
            "precision",
            .integer(
                Int64(HyperLogLog.precisions.lowerBound)...Int64(HyperLogLog.precisions.upperBound)
            ),
            default: "12", "2 to the power of this is the number of registers of 'distinct'."),
        FieldSpec("quantiles", .fieldPath, "Quantiles of a number (t-digest)."),
        FieldSpec(
            "at", .oneOrMore(.number(0...1)),
            "Which quantiles: 0.95 comes out as p95. Without it 0.5, 0.95 and 0.99."),
        FieldSpec(
            "compression",
            .integer(
                Int64(TDigest.compressions.lowerBound)...Int64(TDigest.compressions.upperBound)),
            default: "200", "How many clusters 'quantiles' keeps at most."),
        FieldSpec("top", .fieldPath, "The values that come most often (Space-Saving)."),
        FieldSpec("limit", .integer(1...1_000), default: "10", "How many values 'top' tells."),
        FieldSpec(
            "counters", .integer(1...10_000),
            "How many values 'top' counts: more are more exact. Else ten times 'limit', at least 100."
        ),
        FieldSpec("when", .condition, "Which events count; else all."),
    ]
}
