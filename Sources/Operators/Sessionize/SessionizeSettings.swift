internal import Events
internal import StreamCore

/// The settings of a `sessionize` operator, read once and shared by its tasks.
///
/// A class, so that an event that asks for a setting does not copy them all.
final class SessionizeSettings: Sendable {
    /// The gap of one value of the channel field.
    struct ChannelGap: Sendable {
        let channel: [UInt8]
        let gap: Int64
    }

    let name: String
    let storeName: String
    let timersName: String
    /// The field by which sessions are kept; else the record key.
    let key: FieldPath?
    let channel: FieldPath
    /// Milliseconds.
    let gap: Int64
    let channelGaps: [ChannelGap]
    /// Milliseconds.
    let smallestGap: Int64
    /// Milliseconds.
    let grace: Int64
    /// Milliseconds; `Int64.max` for none.
    let maximumLength: Int64
    let days: LocalDays?
    let campaign: FieldPath?
    let views: EventCondition?
    let keepAlive: EventCondition?
    let bots: EventCondition?
    let scope: EventScope
    let page: FieldPath?
    let step: FieldPath?
    let maximumSteps: Int
    let revenue: FieldPath?
    let output: FieldPath

    /// Reads the settings; `nil` when something is wrong with them, which is then reported.
    init?(_ configuration: inout Configuration) {
        name = configuration.name
        storeName = "\(configuration.name).open"
        timersName = "\(configuration.name).timers"
        key = configuration.fieldPath("key")
        channel = configuration.fieldPath("channel") ?? FieldPath(name: "channel")
        gap = configuration.duration("gap", default: .zero).wholeMilliseconds
        channelGaps = Self.channelGaps(&configuration)
        smallestGap = channelGaps.reduce(gap) { min($0, $1.gap) }
        grace = configuration.duration("grace", default: .zero).wholeMilliseconds
        maximumLength = configuration.optionalDuration("max_length")?.wholeMilliseconds ?? .max
        days = Self.days(&configuration)
        campaign = configuration.fieldPath("campaign")
        scope = EventScope(configuration)
        views = Self.condition(.views, &configuration, in: scope)
        keepAlive = Self.condition(.keepAlive, &configuration, in: scope)
        bots = Self.condition(.bots, &configuration, in: scope)
        page = configuration.fieldPath("page")
        step = configuration.fieldPath("step")
        maximumSteps = Int(clamping: configuration.integer("max_steps", default: 50))
        revenue = configuration.fieldPath("revenue")
        output = configuration.fieldPath("output") ?? FieldPath(name: "session_id")
        guard configuration.diagnostics.isEmpty else { return nil }
    }

    private static func channelGaps(_ configuration: inout Configuration) -> [ChannelGap] {
        var gaps: [ChannelGap] = []
        for entry in configuration.value["gap_by_channel"]?.entries ?? [] {
            if let gap = configuration.duration(of: entry.value, named: entry.key) {
                gaps.append(
                    ChannelGap(channel: Array(entry.key.utf8), gap: gap.wholeMilliseconds))
            }
        }
        return gaps
    }

    private static func days(_ configuration: inout Configuration) -> LocalDays? {
        guard let zone = configuration.string("midnight_zone") else { return nil }
        let days = LocalDays(zone: zone)
        if days == nil {
            configuration.report(
                "'\(zone)' is not a time zone", at: configuration.value["midnight_zone"]?.location,
                remedy: "write a name of the IANA database, such as Europe/Berlin or UTC")
        }
        return days
    }

    private static func condition(
        _ name: SessionConditions.Name, _ configuration: inout Configuration, in scope: EventScope
    ) -> EventCondition? {
        guard var nested = configuration.nested(name.rawValue) else { return nil }
        let condition = EventCondition(configuration: &nested, in: scope)
        configuration.absorb(nested)
        return condition
    }

    // MARK: What an event is worth

    /// How long a session stays open behind an event of the channel.
    func gap(ofChannel channel: UnsafeRawBufferPointer) -> Int64 {
        for candidate in channelGaps where candidate.channel.count == channel.count {
            let isSame = unsafe candidate.channel.withUnsafeBytes { name in
                unsafe ByteText.areEqual(name, channel)
            }
            if isSame { return candidate.gap }
        }
        return gap
    }
}
