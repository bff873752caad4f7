internal import Events
public import StreamCore

/// Groups the events of a key into sessions that an inactivity gap ends.
///
/// ```yaml
/// sessions:
///   from: valid
///   sessionize: { key: user_id, gap: 30m, gap_by_channel: { pos: 5m }, grace: 10m }
/// ```
///
/// An event goes on with the session before it when it comes at most one gap after that one's last
/// event; an event exactly one gap later still does. The gap is that of the earlier event's channel.
/// A late event that fills the gap between two sessions makes one of them.
///
/// - Units: `gap`, `grace` and `max_length` are event time, in whole milliseconds.
/// - Late records: a session closes when stream time passes its last event by more than gap and
///   grace; an event that could only open a session that would be closed already goes to `.late`
///   and is counted.
/// - State: per key the sessions that are open, each with at most `max_steps` steps; one timer.
///   Both are forgotten when the session closes.
/// - Errors: a record without a key or without a usable time goes to `.rejected`, and so does one
///   for which the expression of a condition has no value.
/// - Source: Kafka Streams' `KStreamSessionWindowAggregate` (what merges, when it closes) and
///   Flink's merging session windows with a dynamic gap (a gap per event).
public struct SessionizeOperator: OperatorDefinition {
    let settings: SessionizeSettings

    public var stores: [StoreSpec] {
        [
            StoreSpec(
                name: settings.storeName, kind: .keyValue,
                layoutVersion: SessionList.layoutVersion, definition: storeDefinition),
            StoreSpec(name: settings.timersName, kind: .timers, definition: storeDefinition),
        ]
    }

    /// Sessions that are open are of one key. Gaps may be tuned while they are.
    private var storeDefinition: String {
        settings.key.map { "by \($0)" } ?? "by the record key"
    }

    public var stateKey: StateKey? { settings.key.map { .field($0) } ?? .recordKey }

    public func makeOperator() -> any Operator { Sessionizer(settings: settings) }
}

extension SessionizeOperator {
    /// What a topology file can say of `sessionize`.
    public static let spec = OperatorSpec(
        name: "sessionize",
        summary: "Groups the events of a key into sessions that an inactivity gap ends.",
        fields: [
            FieldSpec(
                "gap", .duration(allowsZero: false), required: true,
                "How long a session stays open without an event."),
            FieldSpec(
                "key", .fieldPath,
                "The field by whose value sessions are kept; else the record key."),
            FieldSpec(
                "gap_by_channel",
                .map(key: "a value of the channel field", .duration(allowsZero: false)),
                "Another gap behind events of these channels."),
            FieldSpec(
                "channel", .fieldPath, default: "channel", "The field that holds the channel."),
            FieldSpec(
                "grace", .duration(allowsZero: true), default: "0",
                "How long a session waits for late events before it closes."),
            FieldSpec(
                "max_length", .duration(allowsZero: false),
                "The longest time between a session's first and last event; a later event opens a new one."
            ),
            FieldSpec(
                "midnight_zone", .string,
                "Sessions end at midnight in this time zone, such as Europe/Berlin."),
            FieldSpec(
                "campaign", .fieldPath,
                "A field whose value, when an event brings another one, opens a new session."),
            FieldSpec(
                "views", .condition, "What counts as a view; entry and exit are taken from views."),
            FieldSpec(
                "keep_alive", .condition,
                "Events that only prolong an open session and are not counted."),
            FieldSpec("bots", .condition, "Events that go to '.bots' and belong to no session."),
            FieldSpec("page", .fieldPath, "The field that entry and exit show."),
            FieldSpec("step", .fieldPath, "The field whose values are the session's steps."),
            FieldSpec(
                "max_steps", .integer(0...10_000), default: "50",
                "How many steps a session keeps; the earliest are kept, the others counted."),
            FieldSpec(
                "revenue", .fieldPath,
                "A number that is added up exactly; below 10^15, with at most 12 decimals."),
            FieldSpec(
                "output", .fieldPath, default: "session_id",
                "The field of the main output's events that gets the session's id."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "updates", "Every change of a session, with retractions of what is no longer true."),
            OperatorSpec.Output("closed", "Each session once, when it has closed."),
            OperatorSpec.Output("late", "Events that came after their session had closed."),
            OperatorSpec.Output("bots", "Events that the 'bots' condition accepts."),
            OperatorSpec.Output(
                "rejected",
                "Records without a key or a time, or for which a condition has no value.",
                isForFailures: true),
        ],
        example: """
            sessionize:
              key: user_id
              gap: 30m
              gap_by_channel: { pos: 5m }
              grace: 10m
              max_length: 12h
              views: event.event_type in ['page_view', 'screen_view']
              page: page.url
              step: event_type
              revenue: order.total
            """,
        make: { configuration in
            guard let settings = SessionizeSettings(&configuration) else { return nil }
            return SessionizeOperator(settings: settings)
        })
}
