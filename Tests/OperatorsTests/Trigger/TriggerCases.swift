import Foundation

/// A random history and random rules, as settings of the operator and of the reference.
struct TriggerCase {
    static let zones = [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo",
    ]
    /// Around changes of daylight saving time in those zones, in 2024.
    static let starts = [
        "2024-03-30T15:00:00Z", "2024-10-26T15:00:00Z", "2024-03-09T20:00:00Z",
        "2024-11-02T20:00:00Z", "2024-04-06T03:00:00Z", "2024-10-05T03:00:00Z",
        "2024-04-25T10:00:00Z", "2024-10-31T10:00:00Z", "2024-12-31T03:00:00Z",
    ]
    static let types = ["a", "b", "c", "d"]
    static let minute: Int64 = 60_000
    static let hour = 60 * minute

    var reference = ReferenceSettings()
    var events: [CustomerEvent] = []
    var outOfOrderness: Int64

    init(seed: UInt64, count: Int, topicCount: Int = 1) {
        var random = SeededGenerator(seed: seed)
        outOfOrderness = [0, 5, 30].randomElement(using: &random)! * Self.minute
        makeSettings(&random)
        let ruleCount = Int.random(in: 1...6, using: &random)
        for index in 0..<ruleCount { reference.rules.append(Self.rule(index, &random)) }
        makeEvents(count, topicCount, &random)
    }

    private mutating func makeSettings(_ random: inout SeededGenerator) {
        if Bool.random(using: &random) { reference.quiet = Self.quietHours(&random) }
        if Int.random(in: 0..<4, using: &random) == 0 {
            reference.pushQuiet = Self.quietHours(&random)
        }
        for _ in 0..<[0, 0, 1, 2].randomElement(using: &random)! {
            reference.caps.append(
                ReferenceCap(
                    scope: ["profile", "channel", "campaign"].randomElement(using: &random)!,
                    count: Int.random(in: 1...4, using: &random),
                    every: [nil, 6 * 60 * Self.minute, 24 * 60 * Self.minute]
                        .randomElement(using: &random)!))
        }
        reference.priorityWindow =
            [nil, nil, 0, 30 * Self.minute].randomElement(using: &random)!
        if Int.random(in: 0..<4, using: &random) == 0 {
            reference.budget = (
                Int.random(in: 2...10, using: &random), 12 * 60 * Self.minute
            )
        }
        if Int.random(in: 0..<4, using: &random) == 0 { reference.suppressed = ["k2"] }
        reference.fallbackZone = Self.zones.randomElement(using: &random)!
    }

    private static func quietHours(_ random: inout SeededGenerator) -> ReferenceQuietHours {
        let pairs = [
            (21 * 60, 8 * 60), (22 * 60 + 30, 150), (60, 180), (150, 165), (12 * 60, 14 * 60),
            (0, 120),
            (23 * 60, 0),
        ]
        let (start, end) = pairs.randomElement(using: &random)!
        return ReferenceQuietHours(start: start, end: end, holds: Bool.random(using: &random))
    }

    private static func rule(_ index: Int, _ random: inout SeededGenerator) -> ReferenceRule {
        let within = Int64([5, 20, 45, 90].randomElement(using: &random)!) * minute
        func type() -> String { types.randomElement(using: &random)! }
        let pattern: ReferenceRule.Pattern
        switch Int.random(in: 0..<6, using: &random) {
        case 0: pattern = .plain(type())
        case 1:
            let steps = (0..<Int.random(in: 2...4, using: &random)).map { _ in type() }
            pattern = .sequence(steps, within: within)
        case 2:
            pattern = .absence(
                type(), exit: type(), within: within, restarts: Bool.random(using: &random))
        case 3:
            pattern = .threshold(above: 0.8, rearm: [0.79, 0.5].randomElement(using: &random)!)
        case 4:
            pattern = .segment(
                tier: "gold", stays: [nil, within, 4 * within].randomElement(using: &random)!,
                reports: ["enter", "exit", "both"].randomElement(using: &random)!)
        default:
            let every = ["day", "day", "week", "month", "year"].randomElement(using: &random)!
            let minutes: [Int64] = [0, 90, 135, 165, 540, 1439]
            pattern = .schedule(
                every: every, at: minutes.randomElement(using: &random)! * minute,
                usesBirthday: every == "year" || (every != "day" && Bool.random(using: &random)),
                daysBefore: [0, 0, 1, 3].randomElement(using: &random)!)
        }
        var rule = ReferenceRule(name: "r\(index)", pattern: pattern)
        rule.grace = [0, 0, 1, 10].randomElement(using: &random)! * minute
        rule.priority = [0, 0, 1, 5].randomElement(using: &random)!
        rule.asksVIP = Int.random(in: 0..<4, using: &random) == 0
        if !rule.asksVIP, Int.random(in: 0..<6, using: &random) == 0 {
            rule.asksSeen = [1, 20, 60].randomElement(using: &random)! * minute
        }
        rule.channels = [["email"], ["email"], ["email", "push"], ["push", "email"]]
            .randomElement(using: &random)!
        if Int.random(in: 0..<3, using: &random) == 0 {
            rule.limit = (
                Int.random(in: 1...3, using: &random),
                [nil, 3 * 60 * minute, 48 * 60 * minute].randomElement(using: &random)!
            )
        }
        if Int.random(in: 0..<4, using: &random) == 0 { rule.quiet = quietHours(&random) }
        if Int.random(in: 0..<6, using: &random) == 0 {
            rule.exempt = ["consent", "quiet_hours", "caps", "priority", "budget"]
        } else if Int.random(in: 0..<6, using: &random) == 0 {
            rule.exempt = [["quiet_hours"], ["priority"], ["budget"]].randomElement(using: &random)!
        }
        return rule
    }

    private mutating func makeEvents(
        _ count: Int, _ topicCount: Int, _ random: inout SeededGenerator
    ) {
        let start = moment(Self.starts.randomElement(using: &random)!)
        var clock = start
        let keys = ["k1", "k2", "k3"]
        for number in 0..<count {
            clock +=
                Int64([0, 1, 1, 3, 5, 20, 45, 46, 90, 240].randomElement(using: &random)!)
                * Self.minute
            var event = CustomerEvent(
                keys.randomElement(using: &random)!, clock,
                Self.types.randomElement(using: &random)!)
            // What no rule asks for.
            if Int.random(in: 0..<4, using: &random) == 0 { event.type = "x" }
            // Now and then later than what stream time allows.
            if Int.random(in: 0..<3, using: &random) == 0 {
                event.time -=
                    Int64.random(in: 0...(outOfOrderness * 3 / 2), using: &random)
                    / Self.minute * Self.minute
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                event.time += [1, 500, 59_999].randomElement(using: &random)!
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                event.score = [0.2, 0.5, 0.79, 0.8, 0.95].randomElement(using: &random)!
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                event.tier = ["gold", "gold", "silver"].randomElement(using: &random)!
            }
            if number < 6 || Int.random(in: 0..<5, using: &random) == 0 {
                event.consent = Int.random(in: 0..<5, using: &random) > 0
                event.pushConsent = Int.random(in: 0..<3, using: &random) > 0
            }
            if Int.random(in: 0..<6, using: &random) == 0 {
                event.isVIP = Bool.random(using: &random)
            }
            if Int.random(in: 0..<10, using: &random) == 0 {
                event.zone = (Self.zones + ["Mars/Olympus"]).randomElement(using: &random)!
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                event.birthday =
                    [
                        "1990-03-31", "1988-02-29", "1975-10-27", "2000-01-31", "1999-12-31",
                        "1970-01-01",
                    ]
                    .randomElement(using: &random)!
            }
            event.number = number
            event.topic = Int.random(in: 0..<topicCount, using: &random)
            events.append(event)
        }
    }
}

// MARK: - The same as settings of the operator

extension ReferenceSettings {
    var setting: Setting {
        var email: [(String, Setting)] = [("consent", "profile.consent")]
        var push: [(String, Setting)] = [("consent", "profile.push")]
        if let pushQuiet { push.append(("quiet_hours", pushQuiet.setting)) }
        email.append(("suppression", "has(profile.blocked)"))
        var settings: [(String, Setting)] = [
            ("key", "user"), ("event_id", "id"),
            (
                "profile",
                [
                    "consent": "p.consent", "push": "p.push", "vip": "p.vip", "zone": "p.zone",
                    "birthday": "p.birthday", "blocked": "p.blocked",
                ]
            ),
            ("zone", "profile.zone"), ("fallback_zone", .string(fallbackZone)),
            ("retention", .string("\(retention)ms")),
            ("channels", .map([("email", .map(email)), ("push", .map(push))])),
            ("rules", .list(rules.map(\.setting))),
        ]
        if let quiet { settings.append(("quiet_hours", quiet.setting)) }
        if !caps.isEmpty {
            let list = caps.map { cap in
                Setting.map([
                    ("per", .string(cap.scope)), ("at_most", .integer(Int64(cap.count))),
                    ("every", .string(cap.every.map { "\($0)ms" } ?? "day")),
                ])
            }
            settings.append(("caps", .list(list)))
        }
        if let priorityWindow {
            settings.append(("priority_window", .string("\(priorityWindow)ms")))
        }
        if let budget {
            let setting: [(String, Setting)] = [
                ("at_most", .integer(Int64(budget.count))), ("every", .string("\(budget.every)ms")),
            ]
            settings.append(("budgets", .list([.map(setting)])))
        }
        if !suppressed.isEmpty { settings.append(("suppression", ["file": "suppressed.txt"])) }
        return .map(settings)
    }

    var files: [String: String] {
        ["suppressed.txt": suppressed.sorted().joined(separator: "\n") + "\n"]
    }
}

extension ReferenceQuietHours {
    var setting: Setting {
        [
            "from": .string(Self.text(start)), "to": .string(Self.text(end)),
            "then": .string(holds ? "hold" : "drop"),
        ]
    }

    static func text(_ minutes: Int) -> String {
        String(format: "%02d:%02d", minutes / 60, minutes % 60)
    }
}

extension ReferenceRule {
    var setting: Setting {
        var parts: [(String, Setting)] = [("name", .string(name))]
        switch pattern {
        case .plain(let type): parts.append(("when", .string(isMet(type))))
        case .sequence(let types, let within):
            parts.append(("when", .string(isMet(types[0]))))
            parts.append(("then", .list(types.dropFirst().map { .string(isMet($0)) })))
            parts.append(("within", .string("\(within)ms")))
        case .absence(let start, let exit, let within, let restarts):
            parts.append(("when", .string(isMet(start))))
            parts.append(("unless_followed_by", .string(isMet(exit))))
            parts.append(("within", .string("\(within)ms")))
            parts.append(("wait_from", restarts ? "last" : "first"))
        case .threshold(let above, let rearm):
            parts.append(("value", "event.score"))
            parts.append(("above", .number("\(above)")))
            parts.append(("rearm_below", .number("\(rearm)")))
        case .segment(let tier, let stays, let reports):
            parts.append(("segment", .string("event.tier == '\(tier)'")))
            if let stays { parts.append(("stays", .string("\(stays)ms"))) }
            parts.append(("reports", .string(reports)))
        case .schedule(let every, let at, let usesBirthday, let daysBefore):
            var schedule: [(String, Setting)] = [
                ("every", .string(every)),
                ("at", .string(ReferenceQuietHours.text(Int(at / 60_000)))),
                ("days_before", .integer(Int64(daysBefore))),
            ]
            if usesBirthday { schedule.append(("date", "profile.birthday")) }
            parts.append(("schedule", .map(schedule)))
        }
        parts.append(("grace", .string("\(grace)ms")))
        parts.append(("priority", .integer(Int64(priority))))
        if asksVIP { parts.append(("and", "profile.vip")) }
        if let asksSeen {
            parts.append(
                ("and", .string("now - profile.last_seen < duration('\(asksSeen / 1000)s')")))
        }
        if let limit {
            let every = limit.every.map { "\($0)ms" } ?? "day"
            parts.append(
                ("limit", ["at_most": .integer(Int64(limit.count)), "every": .string(every)]))
        }
        if let quiet { parts.append(("quiet_hours", quiet.setting)) }
        if !exempt.isEmpty {
            parts.append(("exempt", .list(exempt.sorted().map { .string($0) })))
        }
        var action: [(String, Setting)] = [
            ("channel", .string(channels[0])), ("template", "t"),
        ]
        if channels.count > 1 { action.append(("fallback", .string(channels[1]))) }
        parts.append(("action", .map(action)))
        return .map(parts)
    }
}

extension Setting {
    /// The value as JSON.
    var json: String {
        switch self {
        case .null: "null"
        case .boolean(let boolean): "\(boolean)"
        case .integer(let integer): "\(integer)"
        case .number(let text): text
        case .string(let string): "\"\(string)\""
        case .list(let settings): "[\(settings.map(\.json).joined(separator: ","))]"
        case .map(let entries):
            "{\(entries.map { "\"\($0.0)\":\($0.1.json)" }.joined(separator: ","))}"
        }
    }
}
