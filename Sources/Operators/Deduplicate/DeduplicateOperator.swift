internal import Events
public import StreamCore

/// Passes on the first event of each id, and tells retries from conflicts.
///
/// ```yaml
/// unique:
///   from: valid
///   deduplicate: { key: event_id, scope: user_id, within: 24h, ignore: [received_at] }
/// ```
///
/// The first is the first in the order in which the task takes events.
///
/// - Units: `within` is event time, in whole milliseconds.
/// - Late records: an event that is older than `within` at its stream time can't be told from one
///   that was there and is forgotten. It goes to `.late` and is counted, or on with `late: pass`.
/// - State: per id a hash of the id, a hash of the payload and the event time, 28 bytes, until
///   stream time has passed the event time by `within`; one timer for each sixteenth of that.
/// - Errors: a record without an id or a usable time goes to `.rejected`; an id that comes again
///   with another payload goes to `.conflicts`.
/// - Source: none; the hash is MurmurHash3, the filter the split block Bloom filter of Parquet.
public struct DeduplicateOperator: OperatorDefinition {
    let settings: DeduplicateSettings

    public var stores: [StoreSpec] {
        let definition = settings.storeDefinition
        return [
            StoreSpec(
                name: settings.storeName, kind: .keyValue,
                layoutVersion: SeenPage.layoutVersion, definition: definition),
            StoreSpec(name: settings.timersName, kind: .timers, definition: definition),
        ]
    }

    public var stateKey: StateKey? { settings.stateKey }

    public func makeOperator() -> any Operator { Deduplicator(settings) }
}

extension DeduplicateOperator {
    /// What a topology file can say of `deduplicate`.
    public static let spec = OperatorSpec(
        name: "deduplicate",
        summary: "Passes on the first event of each id.",
        fields: [
            FieldSpec(
                "key", .oneOrMore(.fieldPath),
                "The fields that make an id; else the record key."),
            FieldSpec(
                "scope", .oneOrMore(.fieldPath),
                "Ids are unique within equal values of these fields, by which the state is kept then."
            ),
            FieldSpec(
                "per_record_key", .boolean, default: "false",
                "Ids are unique within the record key; so nothing needs to be repartitioned."),
            FieldSpec(
                "within", .duration(allowsZero: false), required: true,
                "For how long an id is remembered after its event's time; at most 366 days."),
            FieldSpec(
                "ignore", .oneOrMore(.fieldPath),
                "Fields that may differ between an event and its retry."),
            FieldSpec(
                "late", .choice(DeduplicateSettings.Lateness.allCases.map(\.rawValue)),
                default: "output",
                "Events older than 'within' go to '.late', or on without being looked up."),
            FieldSpec(
                "filter_memory", .size, default: "64MiB",
                "How much memory a task may use so as not to look up ids that are new."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "duplicates",
                "Retries: events whose id and payload were there, when somebody wants them."
            ),
            OperatorSpec.Output(
                "conflicts", "Events whose id was there with another payload.", isForFailures: true),
            OperatorSpec.Output("late", "Events that are older than 'within'."),
            OperatorSpec.Output(
                "rejected", "Records without an id or a time.", isForFailures: true),
        ],
        eventSchema: .unchanged,
        example: """
            deduplicate:
              key: event_id
              scope: user_id
              within: 24h
              ignore: [received_at]
            """,
        make: { configuration in
            DeduplicateSettings(&configuration).map { DeduplicateOperator(settings: $0) }
        })
}
