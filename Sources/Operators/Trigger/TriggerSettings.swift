internal import CEL
internal import Events
internal import StreamCore

/// The settings of a `trigger` operator, read once and shared by its tasks.
final class TriggerSettings: Sendable {
    /// A field of the event whose latest value is kept.
    struct ProfileField: Sendable {
        let name: String
        let hash: UInt64
        let path: FieldPath
    }

    let name: String
    let key: FieldPath?
    let eventID: FieldPath?
    let scope: TriggerScope
    let profileFields: [ProfileField]
    let zone: ZoneExpression?
    let fallbackClock: LocalClock
    /// Milliseconds.
    let retention: Int64
    let channels: [Channel]
    let suppression: Expression?
    let suppressedKeys: Set<[UInt8]>
    let quietHours: QuietHours?
    let caps: [FrequencyCap]
    /// Milliseconds; `nil` when triggers do not compete.
    let priorityWindow: Int64?
    let budgets: [Budget]
    let rules: [Rule]
    let reader: RuleReader
    /// A configuration without settings, to read rules from records with.
    let blank: Configuration

    let profilesName: String
    let timersName: String
    let budgetsName: String
    let rulesName: String

    /// Reads the settings; `nil` when something is wrong with them, which is then reported.
    init?(_ configuration: inout Configuration) {
        name = configuration.name
        profilesName = "\(configuration.name).profiles"
        timersName = "\(configuration.name).timers"
        budgetsName = "\(configuration.name).budgets"
        rulesName = "\(configuration.name).rules"
        key = configuration.fieldPath("key")
        eventID = configuration.fieldPath("event_id")
        profileFields = Self.profileFields(&configuration)
        let scope = TriggerScope(configuration, profileFields: profileFields.map(\.name))
        self.scope = scope
        zone = RuleReader.zone(&configuration, in: scope)
        fallbackClock = Self.fallbackClock(&configuration)
        let grace = configuration.duration("grace", default: .zero).wholeMilliseconds
        retention =
            configuration.duration("retention", default: .seconds(400 * 86_400))
            .wholeMilliseconds
        channels = Self.channels(&configuration, in: scope)
        var suppression = configuration.nested("suppression")
        self.suppression = suppression?.value["when"].flatMap {
            configuration.momentExpression(of: $0, in: scope, resultType: .boolean)
        }
        suppressedKeys = Self.suppressedKeys(&suppression, &configuration)
        quietHours = RuleReader.quietHours(&configuration, in: scope)
        caps = configuration.values("caps").compactMap { value in
            Self.part(value, &configuration) { Self.cap(&$0) }
        }
        priorityWindow = configuration.optionalDuration("priority_window")?.wholeMilliseconds
        budgets = configuration.values("budgets").compactMap { value in
            Self.part(value, &configuration) { Self.budget(&$0) }
        }
        reader = RuleReader(scope: scope, channels: channels, grace: grace, retention: retention)
        blank = Configuration(
            name: configuration.name, value: ConfigurationValue(.null, at: .none),
            eventSchema: configuration.eventSchema, readFile: configuration.readFile)
        rules = Self.rules(reader, &configuration)
        let longest = caps.map(\.span).max() ?? 0
        if max(longest, priorityWindow ?? 0) > retention {
            configuration.report(
                "'retention' is shorter than a cap looks back",
                at: configuration.value["retention"]?.location,
                remedy: "a profile that is forgotten has got nothing; raise it")
        }
        guard configuration.diagnostics.isEmpty else { return nil }
    }

    private static func profileFields(_ configuration: inout Configuration) -> [ProfileField] {
        var fields: [ProfileField] = []
        for entry in configuration.value["profile"]?.entries ?? [] {
            guard let path = configuration.fieldPath(of: entry.value, named: entry.key) else {
                continue
            }
            if TriggerScope.ownFields[entry.key] != nil {
                configuration.report(
                    "every profile has a field '\(entry.key)' of its own", at: entry.keyLocation,
                    remedy: "give it another name")
            }
            fields.append(
                ProfileField(name: entry.key, hash: StableHash.of(entry.key), path: path))
        }
        if fields.count > 64 { configuration.report("a profile has at most 64 fields") }
        return fields
    }

    private static func fallbackClock(_ configuration: inout Configuration) -> LocalClock {
        let name = configuration.string("fallback_zone") ?? "UTC"
        if let clock = LocalClock(zone: name) { return clock }
        configuration.report(
            "'\(name)' is not a time zone", at: configuration.value["fallback_zone"]?.location,
            remedy: "write a name of the IANA database, such as Europe/Berlin or UTC")
        return LocalClock(zone: "UTC")!
    }

    private static func channels(
        _ configuration: inout Configuration, in scope: TriggerScope
    ) -> [Channel] {
        var channels: [Channel] = []
        for entry in configuration.value["channels"]?.entries ?? [] {
            let channel = part(entry.value, &configuration) { nested -> Channel? in
                guard let value = nested.value["consent"] else {
                    nested.report("the channel '\(entry.key)' does not say who consented")
                    return nil
                }
                let consent = nested.momentExpression(
                    of: value, in: scope, resultType: .boolean)
                let suppression = nested.value["suppression"].flatMap {
                    nested.momentExpression(of: $0, in: scope, resultType: .boolean)
                }
                let quietHours = RuleReader.quietHours(&nested, in: scope)
                return consent.map {
                    Channel(
                        name: entry.key, consent: $0, suppression: suppression,
                        quietHours: quietHours)
                }
            }
            if let channel { channels.append(channel) }
        }
        if !configuration.has("channels") {
            configuration.report(
                "there are no 'channels'",
                remedy: "add for example 'channels: { email: { consent: profile.consent } }'")
        }
        return channels
    }

    private static func part<Result>(
        _ value: ConfigurationValue, _ configuration: inout Configuration,
        _ read: (inout Configuration) -> Result?
    ) -> Result? {
        var nested = Configuration(
            name: configuration.name, value: value, eventSchema: configuration.eventSchema,
            readFile: configuration.readFile)
        defer { configuration.absorb(nested) }
        return read(&nested)
    }

    private static func suppressedKeys(
        _ suppression: inout Configuration?, _ configuration: inout Configuration
    ) -> Set<[UInt8]> {
        guard let file = suppression?.value["file"] else { return [] }
        do {
            let text = try configuration.readFile(file.text)
            let lines = text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            return Set(lines.map(Array.init))
        } catch {
            configuration.report("'\(file.text)' can't be read: \(error)", at: file.location)
            return []
        }
    }

    private static func rules(
        _ reader: RuleReader, _ configuration: inout Configuration
    ) -> [Rule] {
        var rules: [Rule] = []
        for value in configuration.values("rules") {
            guard let rule = part(value, &configuration, { reader.rule(&$0) }) else { continue }
            if rules.contains(where: { $0.name == rule.name }) {
                configuration.report(
                    "two rules are called '\(rule.name)'", at: value.location,
                    remedy: "give one another name")
            }
            rules.append(rule)
        }
        if rules.count > RuleSet.mostRules {
            configuration.report("there are at most \(RuleSet.mostRules) rules")
        }
        return rules
    }

    // MARK: Amounts

    static func cap(_ configuration: inout Configuration) -> FrequencyCap? {
        let limit = configuration.integer("at_most", default: 0)
        guard let every = configuration.value["every"], (0...100).contains(limit) else {
            configuration.report("a cap needs 'at_most', from 0 to 100, and 'every'")
            return nil
        }
        let window: FrequencyCap.Window
        if every.text == "day" {
            window = .calendarDay
        } else {
            guard let duration = configuration.duration(of: every, named: "every") else {
                return nil
            }
            window = .rolling(duration.wholeMilliseconds)
        }
        let scope = FrequencyCap.Scope(rawValue: configuration.value["per"]?.text ?? "profile")
        return FrequencyCap(
            scope: scope ?? .profile, channelHash: hash("channel", &configuration),
            campaignHash: hash("campaign", &configuration), limit: Int(limit), window: window,
            words: "at most \(limit) per \((scope ?? .profile).rawValue) every \(every.text)")
    }

    private static func budget(_ configuration: inout Configuration) -> Budget? {
        let limit = configuration.integer("at_most", default: 0)
        guard let every = configuration.value["every"], limit >= 0 else {
            configuration.report("a budget needs 'at_most' and 'every'")
            return nil
        }
        let window: Budget.Window
        switch every.text {
        case "day": window = .calendarDay
        case "month": window = .calendarMonth
        default:
            guard let duration = configuration.duration(of: every, named: "every") else {
                return nil
            }
            window = .tumbling(max(1, duration.wholeMilliseconds))
        }
        let scope = Budget.Scope(rawValue: configuration.value["per"]?.text ?? "all") ?? .all
        let (channel, campaign) = (
            configuration.string("channel") ?? "", configuration.string("campaign") ?? ""
        )
        return Budget(
            scope: scope, channelHash: hash("channel", &configuration),
            campaignHash: hash("campaign", &configuration), limit: limit, window: window,
            words: "at most \(limit) per \(scope.rawValue) every \(every.text)",
            identity: StableHash.of(scope.rawValue, every.text, channel, campaign))
    }

    /// 0 when it is not set.
    private static func hash(_ key: String, _ configuration: inout Configuration) -> UInt64 {
        configuration.string(key).map { StableHash.of($0) } ?? 0
    }
}
