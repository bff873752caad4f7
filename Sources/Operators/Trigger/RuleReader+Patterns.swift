internal import CEL
internal import Events
internal import StreamCore

extension RuleReader {
    /// What is peculiar to each kind of rule, beside `when`.
    private static let marks = ["then", "unless_followed_by", "value", "segment", "schedule"]
    private static let settings: [(key: String, of: [String])] = [
        ("within", ["then", "unless_followed_by"]), ("wait_from", ["unless_followed_by"]),
        ("above", ["value"]), ("below", ["value"]), ("rearm_below", ["value"]),
        ("rearm_above", ["value"]), ("stays", ["segment"]), ("reports", ["segment"]),
        ("when", ["then", "unless_followed_by", ""]),
    ]

    /// What must happen; `nil` when that can't be told, which is then reported.
    func pattern(_ configuration: inout Configuration) -> RulePattern? {
        let found = Self.marks.filter(configuration.has)
        guard found.count <= 1 else {
            configuration.report(
                "'\(found[0])' and '\(found[1])' are of different kinds of rules",
                at: configuration.value[found[1]]?.location, remedy: "make two rules of it")
            return nil
        }
        let mark = found.first ?? ""
        guard !mark.isEmpty || configuration.has("when") else {
            configuration.report(
                "the rule does not say what must happen",
                remedy: "add 'when', 'value', 'segment' or 'schedule'")
            return nil
        }
        for setting in Self.settings
        where configuration.has(setting.key) && !setting.of.contains(mark) {
            let kinds = setting.of.filter { !$0.isEmpty }.map { "'\($0)'" }
            configuration.report(
                mark.isEmpty
                    ? "'\(setting.key)' goes with \(kinds.joined(separator: " or "))"
                    : "'\(setting.key)' does not go with '\(mark)'",
                at: configuration.value[setting.key]?.location, remedy: "take it out")
        }
        switch mark {
        case "then": return sequence(&configuration)
        case "unless_followed_by": return absence(&configuration)
        case "value": return threshold(&configuration)
        case "segment": return segment(&configuration)
        case "schedule": return schedule(&configuration).map { .schedule($0) }
        default: return condition("when", &configuration).map { .plain(when: $0) }
        }
    }

    private func condition(
        _ key: String, _ configuration: inout Configuration
    ) -> EventCondition? {
        guard let nested = configuration.nested(key) else {
            configuration.report("'\(key)' is missing: say which events are meant")
            return nil
        }
        return condition(nested, &configuration)
    }

    private func condition(
        _ nested: Configuration, _ configuration: inout Configuration
    ) -> EventCondition? {
        var nested = nested
        let condition = EventCondition(configuration: &nested, in: scope.events)
        configuration.absorb(nested)
        return condition
    }

    private func within(_ configuration: inout Configuration) -> Int64? {
        let within = configuration.optionalDuration("within")?.wholeMilliseconds
        if !configuration.has("within") {
            configuration.report(
                "'within' is missing: say in which time", remedy: "add 'within: 45m'")
        }
        if let within, within <= 0 {
            configuration.report(
                "'within' must be longer than nothing", at: configuration.value["within"]?.location)
            return nil
        }
        return within
    }

    private func sequence(_ configuration: inout Configuration) -> RulePattern? {
        var steps: [EventCondition?] = [condition("when", &configuration)]
        for value in configuration.values("then") {
            let nested = Configuration(
                name: configuration.name, value: value, eventSchema: configuration.eventSchema,
                readFile: configuration.readFile)
            steps.append(condition(nested, &configuration))
        }
        if steps.count < 2 || steps.count > ProfileSlot.markCount {
            configuration.report(
                "a sequence has 2 to \(ProfileSlot.markCount) steps, not \(steps.count)",
                at: configuration.value["then"]?.location)
        }
        let known = steps.compactMap { $0 }
        guard let within = within(&configuration), known.count == steps.count else { return nil }
        return .sequence(steps: known, within: within)
    }

    private func absence(_ configuration: inout Configuration) -> RulePattern? {
        let start = condition("when", &configuration)
        let exit = condition("unless_followed_by", &configuration)
        guard let within = within(&configuration), let start, let exit else { return nil }
        return .absence(
            start: start, exit: exit, within: within,
            restarts: configuration.value["wait_from"]?.text != "first")
    }

    private func threshold(_ configuration: inout Configuration) -> RulePattern? {
        guard let value = configuration.value["value"] else { return nil }
        let isAbove = configuration.has("above")
        let (bound, rearm) = isAbove ? ("above", "rearm_below") : ("below", "rearm_above")
        let strays = ["above", "below", "rearm_below", "rearm_above"].filter {
            configuration.has($0) && $0 != bound && $0 != rearm
        }
        guard let limit = number(bound, &configuration), strays.isEmpty else {
            configuration.report(
                "a threshold has 'above' with 'rearm_below', or 'below' with 'rearm_above'",
                at: value.location, remedy: "add for example 'above: 0.8' and 'rearm_below: 0.6'")
            return nil
        }
        let back = number(rearm, &configuration) ?? limit.nextBeyond(isAbove ? -1 : 1)
        guard isAbove ? back < limit : back > limit else {
            configuration.report(
                "'\(rearm)' must be on the other side of '\(bound)'",
                at: configuration.value[rearm]?.location ?? value.location)
            return nil
        }
        guard isNumber(value, &configuration) else { return nil }
        let (reached, left) = isAbove ? (">=", "<=") : ("<=", ">=")
        let scope = scope.events.declarations
        guard
            let reaches = configuration.compiled(
                value, "(\(value.text)) \(reached) \(limit)", scope, .boolean),
            let rearms = configuration.compiled(
                value, "(\(value.text)) \(left) \(back)", scope, .boolean)
        else { return nil }
        return .threshold(reaches: reaches, rearms: rearms)
    }

    private func isNumber(
        _ value: ConfigurationValue, _ configuration: inout Configuration
    ) -> Bool {
        guard let expression = configuration.expression(of: value, in: scope.events) else {
            return false
        }
        let types: [ValueType] = [.double, .integer, .unsignedInteger, .dynamic]
        guard
            types.contains(where: {
                expression.resultType == $0 || expression.resultType == .nullable($0)
            })
        else {
            configuration.report(
                "'value' must be a number, not \(expression.resultType)", at: value.location)
            return false
        }
        return true
    }

    private func number(_ key: String, _ configuration: inout Configuration) -> Double? {
        guard let found = configuration.value[key] else { return nil }
        switch found.content {
        case .integer(let integer): return Double(integer)
        case .number(let number) where number.isFinite: return number
        default:
            configuration.report("'\(key)' must be a number", at: found.location)
            return nil
        }
    }

    private func segment(_ configuration: inout Configuration) -> RulePattern? {
        let stays = configuration.optionalDuration("stays")?.wholeMilliseconds ?? .max
        guard let member = condition("segment", &configuration) else { return nil }
        let reports = configuration.value["reports"]?.text ?? SegmentChange.enter.rawValue
        guard let reports = SegmentChange(rawValue: reports), stays > 0 else {
            configuration.report(
                "'reports' is enter, exit or both, and 'stays' longer than nothing")
            return nil
        }
        return .segment(member: member, stays: stays, reports: reports)
    }

    private func schedule(_ configuration: inout Configuration) -> Schedule? {
        guard var nested = configuration.nested("schedule") else { return nil }
        defer { configuration.absorb(nested) }
        guard let period = nested.value["every"].flatMap({ Schedule.Period(rawValue: $0.text) })
        else {
            nested.report("'every' is day, week, month or year")
            return nil
        }
        guard let time = Self.timeOfDay("at", &nested) else { return nil }
        let date = nested.value["date"].flatMap {
            nested.momentExpression(of: $0, in: scope, resultType: .string)
        }
        if period == .year, !nested.has("date") {
            nested.report(
                "'every: year' needs a 'date'", remedy: "add for example 'date: profile.birthday'")
        }
        let weekday = nested.value["weekday"]?.text ?? "monday"
        guard let weekday = TriggerFields.weekdays.firstIndex(of: weekday) else {
            nested.report(
                "there is no weekday '\(weekday)'", at: nested.value["weekday"]?.location,
                remedy: NearestName.remedy(for: weekday, known: TriggerFields.weekdays))
            return nil
        }
        let day = nested.integer("day_of_month", default: 1)
        let before = nested.integer("days_before", default: 0)
        guard (1...31).contains(day), (0...31).contains(before) else {
            nested.report("'day_of_month' is from 1 to 31, 'days_before' from 0 to 31")
            return nil
        }
        return Schedule(
            period: period, time: time, date: date, weekday: Int64(weekday), dayOfMonth: day,
            daysBefore: before, zone: Self.zone(&nested, in: scope))
    }
}

extension Double {
    /// The next number on the way to a side, for a bound without hysteresis.
    fileprivate func nextBeyond(_ side: Int) -> Double { side < 0 ? nextDown : nextUp }
}
