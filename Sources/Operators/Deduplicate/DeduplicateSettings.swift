internal import Events
internal import StreamCore

/// The settings of a `deduplicate` operator, read once and shared by its tasks.
final class DeduplicateSettings: Sendable {
    enum Lateness: String, CaseIterable {
        /// To `.late`.
        case output
        /// On, without being remembered.
        case pass
    }

    /// Times are kept as four bytes from the start of a slice on, so slices must be short enough.
    static let longestWithin: Int64 = 366 * 86_400_000
    /// Into so many slices of time what is remembered is divided, and forgotten by.
    private static let sliceCount: Int64 = 16

    let name: String
    let storeName: String
    let timersName: String
    /// What makes an id.
    let key: FieldGroup
    /// Within what ids are unique; `nil` for everywhere.
    let scope: FieldGroup?
    /// Milliseconds.
    let within: Int64
    let ignored: [FieldPath]
    let lateness: Lateness
    /// How large the filters of a task may become, in bytes.
    let filterByteLimit: Int

    /// Reads the settings; `nil` when something is wrong with them, which is then reported.
    init?(_ configuration: inout Configuration) {
        name = configuration.name
        storeName = "\(configuration.name).ids"
        timersName = "\(configuration.name).timers"
        key = FieldGroup(&configuration, setting: "key")
        scope = Self.scope(&configuration)
        within = configuration.duration("within", default: .zero).wholeMilliseconds
        ignored = configuration.values("ignore").compactMap {
            configuration.fieldPath(of: $0, named: "ignore")
        }
        lateness = configuration.choice("late", default: .output)
        filterByteLimit = configuration.size("filter_memory", default: 64 << 20)
        for path in ignored where key.fields.contains(path) {
            configuration.report(
                "'\(path)' is a part of the key and can't be ignored",
                at: configuration.value["ignore"]?.location, remedy: "take it out of one of them")
        }
        if configuration.value["within"] == nil {
            configuration.report(
                "'within' is missing: say for how long ids are remembered",
                remedy: "write 'within: 24h'")
        } else if within > Self.longestWithin {
            configuration.report(
                "'within' is longer than 366 days", at: configuration.value["within"]?.location,
                remedy: "what must never come twice needs a database behind the stream")
        }
        guard configuration.diagnostics.isEmpty, within > 0 else { return nil }
    }

    private static func scope(_ configuration: inout Configuration) -> FieldGroup? {
        let isRecordKey = configuration.boolean("per_record_key", default: false)
        guard configuration.has("scope") else { return isRecordKey ? FieldGroup([]) : nil }
        if isRecordKey {
            configuration.report(
                "'scope' and 'per_record_key' are two scopes",
                at: configuration.value["per_record_key"]?.location,
                remedy: "say one of them")
        }
        return FieldGroup(&configuration, setting: "scope")
    }

    /// The length of a slice of time. Milliseconds.
    var sliceLength: Int64 { max(1, (within - 1) / Self.sliceCount + 1) }

    /// By what the state must be partitioned: events of one id must come to one task.
    var stateKey: StateKey { (scope ?? key).stateKey }

    /// What the bytes in the state depend on. `within` and `ignore` may be changed.
    var storeDefinition: String {
        (scope.map { "\($0.description), then " } ?? "") + key.description
    }
}
