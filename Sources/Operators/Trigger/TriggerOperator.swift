internal import Events
public import StreamCore

/// Decides what is sent to whom and when: rules over events, then gates.
///
/// ```yaml
/// triggers:
///   from: scored
///   trigger:
///     key: profile_id
///     profile: { consent: profile.consent, time_zone: profile.time_zone }
///     zone: profile.time_zone
///     channels: { email: { consent: profile.consent.email } }
///     rules:
///       - name: cart_abandoned
///         when: event.event_type == 'add_to_cart'
///         unless_followed_by: event.event_type == 'purchase'
///         within: 45m
///         action: { channel: email, template: cart_reminder }
/// ```
///
/// - Units: all times are event time, in whole milliseconds.
/// - Late records: an event that comes when a rule has already decided about its time goes to
///   `.late` and is counted; what it says of the profile is still taken over.
/// - State: per profile one value, forgotten `retention` after its last event or message; one
///   timer. Rules that came as records, and the counts of budgets.
/// - Errors: a record without a key or a usable time goes to `.rejected`. A rule that can't be used
///   is reported on `.status`, and the one before stays.
/// - Source: the order of events and late ones as in Flink's CEP library; local times as in
///   `Docs/operators/trigger.md`.
public struct TriggerOperator: OperatorDefinition {
    /// Of the rules that came as records.
    static let rulesLayout = 2

    let settings: TriggerSettings

    public var stores: [StoreSpec] {
        [
            StoreSpec(
                name: settings.profilesName, kind: .keyValue,
                layoutVersion: ProfileState.layoutVersion, definition: storeDefinition),
            StoreSpec(name: settings.timersName, kind: .timers, definition: storeDefinition),
            StoreSpec(name: settings.budgetsName, kind: .keyValue),
            StoreSpec(name: settings.rulesName, kind: .keyValue, layoutVersion: Self.rulesLayout),
        ]
    }

    private var storeDefinition: String {
        settings.key.map { "by \($0)" } ?? "by the record key"
    }

    public var stateKey: StateKey? { settings.key.map { .field($0) } ?? .recordKey }

    public func makeOperator() -> any Operator { Triggerer(settings: settings) }
}

extension TriggerOperator {
    /// What a topology file can say of `trigger`.
    public static let spec = OperatorSpec(
        name: "trigger",
        summary: "Decides by rules over events what is sent to whom, and when.",
        fields: TriggerFields.all,
        sideOutputs: [
            OperatorSpec.Output(
                "held", "Every action that is not sent, or not yet, with the reason."),
            OperatorSpec.Output("late", "Events that came after a rule had decided."),
            OperatorSpec.Output("status", "What became of the rules that came as records."),
            OperatorSpec.Output(
                "rejected", "Records without a key or a time, or with a profile field too long.",
                isForFailures: true),
        ],
        namedInputs: [
            OperatorSpec.Input(
                "rules", "Rules that change while the topology runs, one per record.",
                broadcast: true)
        ],
        example: """
            trigger:
              key: profile_id
              profile: { consent: profile.consent, time_zone: profile.time_zone }
              zone: profile.time_zone
              fallback_zone: Europe/Berlin
              grace: 10s
              channels:
                email: { consent: profile.consent.email }
                push: { consent: profile.consent.push }
              quiet_hours: { from: "21:00", to: "08:00" }
              caps:
                - { per: profile, at_most: 3, every: day }
              rules:
                - name: cart_abandoned
                  when: event.event_type == 'add_to_cart'
                  unless_followed_by: event.event_type == 'purchase'
                  within: 45m
                  limit: { at_most: 2, every: 7d }
                  action: { channel: email, template: cart_reminder, fallback: push }
            """,
        make: { configuration in
            guard let settings = TriggerSettings(&configuration) else { return nil }
            return TriggerOperator(settings: settings)
        })
}

/// The `trigger` operator at work in one task.
final class Triggerer: Operator {
    enum Output {
        static let held = 1
        static let late = 2
        static let status = 3
        static let rejected = 4
    }

    private let settings: TriggerSettings
    /// A value that is borrowed once per run.
    private var profiles: Profiles
    private var stores: TriggerStores?

    init(settings: TriggerSettings) {
        self.settings = settings
        profiles = Profiles(settings: settings)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let stores = try stores(
            of: context, at: (events.first?.streamTime ?? .distantPast, events.first?.sequence ?? 0)
        )
        if context.input == 0 {
            if settings.key == nil { context.prefetch(events, in: stores.profiles) }
            try profiles.process(events, stores, in: context)
        } else {
            try profiles.changeRules(events, stores, in: context)
        }
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let stores = try stores(of: context, at: context.moment(ofTimerDueAt: streamTime))
        try profiles.advance(to: streamTime, stores, in: context)
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        let stores = try stores(of: context, at: context.moment(ofTimerDueAt: .distantPast))
        do {
            return try unsafe stores.profiles.erase(key)
        } catch {
            throw .store(error)
        }
    }

    private func stores(
        of context: OperatorContext, at place: Profiles.Place
    ) throws(OperatorError) -> TriggerStores {
        if let stores { return stores }
        let opened = TriggerStores(
            profiles: context.keyValueStore(settings.profilesName),
            timers: context.timerStore(settings.timersName),
            budgets: context.keyValueStore(settings.budgetsName),
            rules: context.keyValueStore(settings.rulesName))
        try profiles.restoreRules(from: opened, at: place, in: context)
        stores = opened
        return opened
    }
}

struct TriggerStores {
    let profiles: any KeyValueStore
    let timers: any TimerStore
    let budgets: any KeyValueStore
    let rules: any KeyValueStore
}
