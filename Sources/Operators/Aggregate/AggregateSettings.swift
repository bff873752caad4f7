internal import Events
internal import JSONSchema
internal import StreamCore

/// The settings of an `aggregate` operator, read once and shared by its tasks.
final class AggregateSettings: Sendable {
    enum Window: Sendable, Equatable {
        /// Windows of one length that start every so often, from the epoch on. Milliseconds.
        case aligned(size: Int64, every: Int64)
        /// Windows that an inactivity gap ends. Milliseconds; `Int64.max` for no longest one.
        case session(gap: Int64, maximumLength: Int64)
    }

    enum Emission: String, CaseIterable {
        /// A result when its window closes.
        case close
        /// A result for each change, and when the window closes.
        case update
    }

    /// An event counts in so many windows at most.
    static let mostWindowsPerEvent: Int64 = 1_000

    let name: String
    let storeName: String
    let timersName: String
    let group: FieldGroup
    let window: Window
    /// Milliseconds.
    let grace: Int64
    let emission: Emission
    let measures: [Measure]
    let scope: EventScope
    /// Which settings made a result: the first 16 hexadecimal digits of their SHA-256.
    let version: String

    /// Reads the settings; `nil` when something is wrong with them, which is then reported.
    init?(_ configuration: inout Configuration) {
        name = configuration.name
        storeName = "\(configuration.name).windows"
        timersName = "\(configuration.name).timers"
        group = FieldGroup(&configuration, setting: "by")
        let window = Self.window(&configuration)
        grace = configuration.duration("grace", default: .zero).wholeMilliseconds
        emission = configuration.choice("emit", default: .close)
        scope = EventScope(configuration)
        measures = Measure.all(&configuration, in: scope)
        var text = ""
        for key in ["by", "window", "measures"] {
            text += "\(key): \(configuration.value[key]?.canonicalText ?? "")\n"
        }
        version = String(SHA256.hexadecimal(of: Array(text.utf8)).prefix(16))
        guard let window, configuration.diagnostics.isEmpty else { return nil }
        self.window = window
    }

    private static func window(_ configuration: inout Configuration) -> Window? {
        guard var nested = configuration.nested("window") else {
            configuration.report(
                "'window' is missing: say over which time to aggregate",
                remedy: "write 'window: { tumbling: 5m }', or another kind")
            return nil
        }
        defer { configuration.absorb(nested) }
        let kinds = ["tumbling", "hopping", "session"]
        let used = kinds.filter(nested.has)
        guard used.count == 1 else {
            nested.report(
                used.isEmpty
                    ? "'window' has no kind"
                    : "'window' has \(used.count) kinds: \(used.joined(separator: ", "))",
                remedy: "give it one of \(kinds.joined(separator: ", "))")
            return nil
        }
        for (setting, kind) in [("every", "hopping"), ("max_length", "session")]
        where nested.has(setting) && used[0] != kind {
            nested.report(
                "'\(setting)' is only for '\(kind)'", at: nested.value[setting]?.location,
                remedy: "remove it")
        }
        let length = nested.duration(used[0], default: .zero).wholeMilliseconds
        switch used[0] {
        case "tumbling": return length > 0 ? .aligned(size: length, every: length) : nil
        case "hopping": return hopping(size: length, &nested)
        default:
            let longest = nested.optionalDuration("max_length")?.wholeMilliseconds ?? .max
            return length > 0 ? .session(gap: length, maximumLength: longest) : nil
        }
    }

    private static func hopping(size: Int64, _ nested: inout Configuration) -> Window? {
        guard let every = nested.optionalDuration("every")?.wholeMilliseconds else {
            nested.report(
                "'every' is missing: say how often a window of 'hopping' starts",
                remedy: "write 'window: { hopping: 1h, every: 5m }'")
            return nil
        }
        guard size > 0, every > 0 else { return nil }
        if every > size {
            nested.report(
                "'every' is longer than 'hopping', so some events would be in no window",
                at: nested.value["every"]?.location, remedy: "make it at most as long")
        } else if (size - 1) / every + 1 > mostWindowsPerEvent {
            nested.report(
                "each event would be in \((size - 1) / every + 1) windows, more than "
                    + "\(mostWindowsPerEvent)",
                at: nested.value["every"]?.location, remedy: "make 'every' longer")
        }
        return .aligned(size: size, every: every)
    }

    /// What the bytes in the state depend on. `when` may be changed: it counts from then on.
    var storeDefinition: String {
        let windows =
            switch window {
            case .aligned(let size, let every):
                size == every
                    ? "tumbling \(size) ms" : "hopping \(size) ms every \(every) ms"
            case .session: "sessions"
            }
        let measures = measures.map(\.definition).joined(separator: ", ")
        return "\(group.description); \(windows); \(measures)"
    }
}

extension ConfigurationValue {
    /// The value as one text, the same for the same value wherever it stands.
    var canonicalText: String {
        switch content {
        case .null: return "~"
        case .boolean, .integer, .number, .string: return "\"\(text)\""
        case .list(let values):
            return "[" + values.map(\.canonicalText).joined(separator: ",") + "]"
        case .map(let entries):
            let members = entries.map { "\"\($0.key)\":\($0.value.canonicalText)" }
            return "{" + members.joined(separator: ",") + "}"
        }
    }
}
