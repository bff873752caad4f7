internal import CEL
internal import Events

/// What one event says of its session, as places in the arena.
///
/// Reading a field can move the arena's memory, so all fields are read before the bytes of any of
/// them are looked at.
struct SessionFields {
    let key: ByteRange
    let channel: ByteRange
    let campaign: ByteRange
    let page: ByteRange
    let step: ByteRange
    let amount: FieldValue
    let isKeepAlive: Bool
    let isView: Bool
    /// The condition of which it can't be said whether the event meets it.
    let failedCondition: SessionConditions.Name?

    init(
        of event: Event, in arena: EventArena, as settings: SessionizeSettings,
        _ conditions: SessionConditions
    ) {
        key = settings.key.map { Self.key(of: event, at: $0, in: arena) } ?? event.key
        channel = Self.text(of: event, at: settings.channel, in: arena)
        campaign = Self.text(of: event, at: settings.campaign, in: arena)
        page = Self.text(of: event, at: settings.page, in: arena)
        step = Self.text(of: event, at: settings.step, in: arena)
        amount = settings.revenue.map { arena.value(of: event, at: $0) } ?? .missing
        let keepAlive = conditions.decision(on: .keepAlive, in: arena)
        isKeepAlive = keepAlive == .met
        // What only keeps a session open is no view, whatever it looks like.
        let view =
            isKeepAlive ? nil : conditions.decision(on: .views, in: arena)
        isView = view == nil || view == .met
        failedCondition =
            Self.hasFailed(keepAlive) ? .keepAlive : Self.hasFailed(view) ? .views : nil
    }

    private static func hasFailed(_ decision: Decision?) -> Bool {
        if case .failed? = decision { true } else { false }
    }

    /// The value that sessions are kept by; absent when there is none.
    private static func key(
        of event: Event, at path: FieldPath, in arena: EventArena
    ) -> ByteRange {
        let value = arena.value(of: event, at: path)
        return switch value.kind {
        case .string where value.text.count > 0: value.text
        case .integer, .unsignedInteger, .decimal, .boolean: value.raw
        case .string, .missing, .null, .object, .array: .absent
        }
    }

    /// A string that is not empty; absent else.
    private static func text(
        of event: Event, at path: FieldPath?, in arena: EventArena
    ) -> ByteRange {
        guard let path else { return .absent }
        let value = arena.value(of: event, at: path)
        return value.kind == .string && value.text.count > 0 ? value.text : .absent
    }
}
