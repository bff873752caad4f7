internal import Events
internal import StreamCore

/// The settings of a `join` operator.
struct JoinSettings: Sendable {
    enum JoinType: String, CaseIterable {
        case inner, left, outer
    }

    let name: String
    let tableName: String
    let eventsName: String
    let timersName: String
    let type: JoinType
    let key: LookupKey
    /// The key of the events of `other`.
    let otherKey: LookupKey
    /// Milliseconds; `nil` joins with a table.
    let window: Int64?
    /// Milliseconds.
    let grace: Int64
    let maximumEvents: Int
    let output: FieldPath
    let columns: RowColumns

    /// Reads the settings; `nil` when something is wrong, which is then reported.
    init?(_ configuration: inout Configuration) {
        name = configuration.name
        tableName = "\(configuration.name).table"
        eventsName = "\(configuration.name).events"
        timersName = "\(configuration.name).timers"
        type = configuration.choice("type", default: .inner)
        key = LookupKey(field: configuration.fieldPath("key"))
        otherKey = LookupKey(field: configuration.fieldPath("other_key"))
        window = configuration.optionalDuration("window")?.wholeMilliseconds
        grace = configuration.duration("grace", default: .zero).wholeMilliseconds
        maximumEvents = Int(clamping: configuration.integer("max_events", default: 1000))
        output = configuration.fieldPath("output") ?? FieldPath(name: "joined")
        columns = RowColumns(configuration)
        let hasIndex = output.components.contains { component in
            if case .index = component { true } else { false }
        }
        if hasIndex {
            configuration.report(
                "'output' can't be an element of an array",
                at: configuration.value["output"]?.location, remedy: "name a field")
        }
        if window == nil {
            for setting in ["other_key", "grace", "max_events"] {
                guard let found = configuration.value[setting] else { continue }
                configuration.report(
                    "'\(setting)' is only for a join of two streams", at: found.location,
                    remedy: "add 'window', or remove it")
            }
            if type == .outer {
                configuration.report(
                    "a table has no events of its own, so there is no outer join with it",
                    at: configuration.value["type"]?.location,
                    remedy: "write 'type: left', or add 'window' to join two streams")
            }
        }
        guard configuration.diagnostics.isEmpty else { return nil }
    }
}
