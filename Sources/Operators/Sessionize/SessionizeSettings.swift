internal import Events
internal import StreamCore

/// The settings of a `sessionize` operator, read once and shared by its tasks.
struct SessionizeSettings: Sendable {
    /// The gap of one value of the channel field.
    struct ChannelGap: Sendable {
        let channel: [UInt8]
        let gap: Int64
    }

    var name = ""
    /// The field by which sessions are kept; else the record key.
    var key: FieldPath?
    var channel: FieldPath?
    /// Milliseconds.
    var gap: Int64 = 0
    var channelGaps: [ChannelGap] = []
    /// Milliseconds.
    var grace: Int64 = 0
    /// Milliseconds; `Int64.max` for none.
    var maximumLength: Int64 = .max
    var days: LocalDays?
    var campaign: FieldPath?
    var views: Condition?
    var keepAlive: Condition?
    var bots: Condition?
    var page: FieldPath?
    var step: FieldPath?
    var maximumSteps = 50
    var revenue: FieldPath?
    var output: FieldPath?

    var storeName: String { "\(name).open" }
    var timersName: String { "\(name).timers" }

    init?(_ configuration: inout Configuration) {
        name = configuration.name
        key = configuration.fieldPath("key")
        channel = configuration.fieldPath("channel") ?? (try? FieldPath("channel"))
        gap = configuration.duration("gap", default: .zero).wholeMilliseconds
        grace = configuration.duration("grace", default: .zero).wholeMilliseconds
        maximumLength = configuration.optionalDuration("max_length")?.wholeMilliseconds ?? .max
        campaign = configuration.fieldPath("campaign")
        page = configuration.fieldPath("page")
        step = configuration.fieldPath("step")
        maximumSteps = Int(configuration.integer("max_steps", default: 50))
        revenue = configuration.fieldPath("revenue")
        output = configuration.fieldPath("output") ?? (try? FieldPath("session_id"))
        readChannelGaps(&configuration)
        readZone(&configuration)
        views = condition("views", &configuration)
        keepAlive = condition("keep_alive", &configuration)
        bots = condition("bots", &configuration)
        guard configuration.diagnostics.isEmpty else { return nil }
    }

    private mutating func readChannelGaps(_ configuration: inout Configuration) {
        for entry in configuration.value["gap_by_channel"]?.entries ?? [] {
            if let gap = configuration.duration(of: entry.value, named: entry.key) {
                channelGaps.append(
                    ChannelGap(channel: Array(entry.key.utf8), gap: gap.wholeMilliseconds))
            }
        }
    }

    private mutating func readZone(_ configuration: inout Configuration) {
        guard let zone = configuration.string("midnight_zone") else { return }
        days = LocalDays(zone: zone)
        if days == nil {
            configuration.report(
                "'\(zone)' is not a time zone", at: configuration.value["midnight_zone"]?.location,
                remedy: "write a name of the IANA database, such as Europe/Berlin or UTC")
        }
    }

    private func condition(_ key: String, _ configuration: inout Configuration) -> Condition? {
        guard var nested = configuration.nested(key) else { return nil }
        let condition = Condition(configuration: &nested)
        configuration.absorb(nested)
        return condition
    }

    /// The most digits behind the point, and the bound of an amount: sums of as many as a session
    /// can count stay exact.
    private static let longestFraction = 12
    private static let amountBound = ExactDecimal(mantissa: 1_000_000_000_000_000, scale: 0)

    /// The amount that JSON text writes; `nil` for what is no number, and for numbers that no
    /// amount of money has.
    func amount(_ text: UnsafeRawBufferPointer?) -> ExactDecimal? {
        guard let text = unsafe text, let amount = unsafe ExactDecimal(text),
            amount.scale <= Self.longestFraction, amount < Self.amountBound,
            ExactDecimal(mantissa: -Self.amountBound.mantissa, scale: 0) < amount
        else { return nil }
        return amount
    }

    /// How long a session stays open behind an event of the channel.
    func gap(ofChannel channel: UnsafeRawBufferPointer) -> Int64 {
        for candidate in channelGaps where candidate.channel.count == channel.count {
            if unsafe candidate.channel.elementsEqual(channel) { return candidate.gap }
        }
        return gap
    }
}
