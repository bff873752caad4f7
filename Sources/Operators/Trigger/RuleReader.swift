internal import CEL
internal import Events
internal import JSONSchema
internal import StreamCore

/// Reads a rule, from a topology file or from a record: the shape is the same.
struct RuleReader {
    let scope: TriggerScope
    let channels: [Channel]
    let grace: Int64
    let retention: Int64

    private static let longestName = 256

    /// The rule; `nil` when something is wrong with it, which is then reported. `removals`: how often
    /// one of its name was removed.
    func rule(
        _ configuration: inout Configuration, removals: (String) -> UInt64 = { _ in 0 }
    ) -> Rule? {
        guard let name = configuration.string("name"), !name.isEmpty else {
            configuration.report("a rule needs a 'name'", remedy: "add 'name: ...', a string")
            return nil
        }
        if name.utf8.count > Self.longestName {
            configuration.report("the name of a rule has at most \(Self.longestName) bytes")
        }
        guard let pattern = pattern(&configuration) else { return nil }
        let condition = configuration.value["and"].flatMap {
            configuration.momentExpression(of: $0, in: scope, resultType: .boolean)
        }
        let limit = limit(&configuration)
        let quietHours = Self.quietHours(&configuration, in: scope)
        guard let action = configuration.nested("action") else {
            configuration.report("the rule '\(name)' has no 'action'", remedy: "add 'action: ...'")
            return nil
        }
        let (targets, data) = self.action(action, &configuration)
        let grace =
            configuration.optionalDuration("grace")?.wholeMilliseconds ?? self.grace
        checkRetention(pattern, limit, grace: grace, &configuration)
        let rule = Rule(
            name: name, removals: removals(name),
            version: CanonicalText.version(of: configuration.value),
            pattern: pattern, condition: condition, grace: grace,
            priority: Int16(clamping: configuration.integer("priority", default: 0)),
            campaign: configuration.string("campaign") ?? name, targets: targets, data: data,
            limit: limit, quietHours: quietHours, exemptions: exemptions(&configuration))
        return configuration.diagnostics.isEmpty ? rule : nil
    }

    private func checkRetention(
        _ pattern: RulePattern, _ limit: FrequencyCap?, grace: Int64,
        _ configuration: inout Configuration
    ) {
        let span = max(pattern.span.addingSaturated(grace), limit?.span ?? 0)
        if span > retention {
            configuration.report(
                "the rule looks back longer than profiles are kept",
                remedy: "raise 'retention', or shorten 'within', 'stays', 'grace' or 'every'")
        }
    }

    private func exemptions(_ configuration: inout Configuration) -> Gates {
        var gates: Gates =
            configuration.boolean("transactional", default: false) ? .marketing : []
        for value in configuration.values("exempt") {
            if let found = Gates.names.first(where: { $0.name == value.text }) {
                gates.insert(found.gate)
            } else {
                configuration.report(
                    "there is no gate '\(value.text)'", at: value.location,
                    remedy: NearestName.remedy(for: value.text, known: Gates.names.map(\.name)))
            }
        }
        return gates
    }

    private func limit(_ configuration: inout Configuration) -> FrequencyCap? {
        guard var nested = configuration.nested("limit") else { return nil }
        defer { configuration.absorb(nested) }
        return TriggerSettings.cap(&nested)
    }

    // MARK: Actions

    private func action(
        _ action: Configuration, _ configuration: inout Configuration
    ) -> ([Rule.Target], [Rule.DataField]) {
        var action = action
        defer { configuration.absorb(action) }
        guard let template = action.string("template"), let channel = action.value["channel"] else {
            action.report("an action needs a 'channel' and a 'template'")
            return ([], [])
        }
        var targets: [Rule.Target] = []
        for value in [channel] + action.values("fallback") {
            let name = value.text
            guard channels.contains(where: { $0.name == name }) else {
                action.report(
                    "there is no channel '\(name)'", at: value.location,
                    remedy: NearestName.remedy(for: name, known: channels.map(\.name)))
                continue
            }
            let own = action.value["templates"]?[name]?.text
            targets.append(
                Rule.Target(
                    channel: name, channelHash: StableHash.of(name), template: own ?? template))
        }
        if targets.count > 8 { action.report("an action has at most 7 fallbacks") }
        var data: [Rule.DataField] = []
        for entry in action.value["data"]?.entries ?? [] {
            if let value = action.expression(of: entry.value, in: scope.events) {
                data.append(Rule.DataField(name: entry.key, value: value))
            }
        }
        return (targets, data)
    }

    /// The quiet hours that a part of the settings names.
    static func quietHours(
        _ configuration: inout Configuration, in scope: TriggerScope
    ) -> QuietHours? {
        guard var nested = configuration.nested("quiet_hours") else { return nil }
        defer { configuration.absorb(nested) }
        guard let start = timeOfDay("from", &nested), let end = timeOfDay("to", &nested) else {
            return nil
        }
        if start == end {
            nested.report(
                "quiet hours that end when they begin are none",
                remedy: "take 'quiet_hours' out, or take the consent away")
        }
        return QuietHours(
            start: start, end: end, holds: nested.value["then"]?.text != "drop",
            zone: zone(&nested, in: scope))
    }

    static func zone(
        _ configuration: inout Configuration, in scope: TriggerScope
    ) -> ZoneExpression? {
        configuration.value["zone"].flatMap {
            configuration.momentExpression(of: $0, in: scope, resultType: .string)
        }.map { ZoneExpression(name: $0) }
    }

    static func timeOfDay(_ key: String, _ configuration: inout Configuration) -> Int64? {
        guard let found = configuration.value[key] else {
            configuration.report("'\(key)' is missing", remedy: "add '\(key): \"21:00\"'")
            return nil
        }
        let time = QuietHours.time(found.text)
        if time == nil {
            configuration.report(
                "'\(key)' is not a time of day: '\(found.text)'", at: found.location,
                remedy: "write hours and minutes, such as \"08:30\"")
        }
        return time
    }
}
