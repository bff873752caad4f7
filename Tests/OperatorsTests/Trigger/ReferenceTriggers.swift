import Foundation

/// A rule of the reference simulator; `setting` is the same rule as the operator reads it.
struct ReferenceRule {
    enum Pattern {
        case plain(String)
        case sequence([String], within: Int64)
        case absence(String, exit: String, within: Int64, restarts: Bool)
        case threshold(above: Double, rearm: Double)
        case segment(tier: String, stays: Int64?, reports: String)
        case schedule(every: String, at: Int64, usesBirthday: Bool, daysBefore: Int)
    }

    var name: String
    var pattern: Pattern
    var grace: Int64 = 0
    var priority = 0
    var asksVIP = false
    /// Milliseconds: whether the customer was seen within so long.
    var asksSeen: Int64?
    var limit: (count: Int, every: Int64?)?
    var channels = ["email"]
    var quiet: ReferenceQuietHours?
    var exempt: Set<String> = []

    func isMet(_ type: String) -> String { "event.type == '\(type)'" }
}

struct ReferenceQuietHours {
    /// Minutes behind midnight.
    var start: Int
    var end: Int
    var holds: Bool
}

struct ReferenceCap {
    var scope: String
    var count: Int
    /// Milliseconds; `nil` for a calendar day.
    var every: Int64?
}

/// The settings of the reference simulator.
struct ReferenceSettings {
    var rules: [ReferenceRule] = []
    var quiet: ReferenceQuietHours?
    var pushQuiet: ReferenceQuietHours?
    var caps: [ReferenceCap] = []
    var priorityWindow: Int64?
    var budget: (count: Int, every: Int64)?
    var suppressed: Set<String> = []
    var fallbackZone = "UTC"
    var retention: Int64 = 20 * 86_400_000
}

/// Decides slowly and simply what `trigger` decides: it has the whole history at once, looks at every
/// pair of events, and finds local times by going from minute to minute.
///
/// It goes by the same stream time, which the history says for each step.
struct ReferenceTriggers {
    /// An event, or a move of stream time without one.
    struct Step {
        var event: CustomerEvent?
        var streamTime: Int64
    }

    struct Found {
        var key: String
        var rule: Int
        var matchedAt: Int64
        var startedAt: Int64
        var change = ""
        /// When it is decided.
        var due: Int64
        var target = 0
        /// For ties, the order of what made it.
        var order = 0
    }

    struct Sent {
        var key: String
        var rule: Int
        var channel: String
        var time: Int64
    }

    let settings: ReferenceSettings
    let steps: [Step]
    var sent: [String] = []
    var held: [String] = []
    /// The events that came too late for a rule, by their numbers.
    var late: [Int] = []
    var pending: [Found] = []
    private var waiting: [Found] = []
    private var appointments: [String: Int64] = [:]
    /// Exits of absences, until their rule has applied them: `due`.
    private var exits: [Found] = []
    /// From when on an event counts for the appointments of its customer.
    private var touches: [(key: String, due: Int64)] = []
    private var log: [Sent] = []
    private var budgetUse: [Int64: Int] = [:]
    /// The events that have come, for what is known of a profile.
    private var come: [CustomerEvent] = []
    /// Until when, that moment included, what they say counts for what is being decided.
    private var known = Int64.min

    init(_ settings: ReferenceSettings, _ steps: [Step]) {
        self.settings = settings
        self.steps = steps
        findPatterns()
        for step in steps {
            turn(to: step.streamTime)
            if let event = step.event { take(event, at: step.streamTime) }
        }
    }

    // MARK: Time

    private mutating func turn(to streamTime: Int64) {
        while true {
            let appointed = appointments.map { entry -> Found in
                let parts = entry.key.split(separator: " ")
                return Found(
                    key: String(parts[0]), rule: Int(parts[1])!, matchedAt: entry.value,
                    startedAt: entry.value, due: entry.value)
            }
            let all = pending + appointed + waiting
            let moments = (all + exits).map { ($0.due, $0.key) } + touches.map { ($0.due, $0.key) }
            guard let next = moments.filter({ $0.0 <= streamTime }).min(by: <) else { return }
            let (due, key) = next
            let isNow = { (found: Found) in found.due == due && found.key == key }
            // The newest first, as they are looked through from behind.
            for waiter in waiting.reversed() where waiter.key == key {
                let isOver = exits.contains {
                    $0.key == key && $0.rule == waiter.rule
                        && (waiter.startedAt..<waiter.due).contains($0.matchedAt)
                        && min($0.due, waiter.due) <= due
                }
                if isOver { cancel(waiter, at: due) }
            }
            exits.removeAll(where: isNow)
            if touches.contains(where: { $0.due == due && $0.key == key }) {
                // Before the appointments of this moment: what was said earlier counts for them.
                touches.removeAll { $0.due == due && $0.key == key }
                appointAll(key, after: due - 1)
                continue
            }
            let now = (pending + appointed + waiting).filter(isNow)
            pending.removeAll(where: isNow)
            waiting.removeAll(where: isNow)
            for found in appointed.filter(isNow) {
                appointments["\(found.key) \(found.rule)"] = nil
                appoint(found.key, found.rule, after: found.due, knowing: found.due - 1)
            }
            decide(now, at: due, knowing: due - 1)
        }
    }

    private mutating func cancel(_ found: Found, at now: Int64) {
        held.append(
            "\(found.key) \(settings.rules[found.rule].name) \(Self.text(found.matchedAt)): "
                + "not_sent cancelled \(Self.text(now)) []")
        waiting.removeAll {
            $0.key == found.key && $0.rule == found.rule && $0.matchedAt == found.matchedAt
        }
    }

    private mutating func take(_ event: CustomerEvent, at streamTime: Int64) {
        come.append(event)
        let now = max(event.time, streamTime)
        for (index, rule) in settings.rules.enumerated() {
            guard case .absence(_, let exit, _, _) = rule.pattern, event.type == exit else {
                continue
            }
            if event.time + rule.grace >= streamTime {
                exits.append(
                    Found(
                        key: event.key, rule: index, matchedAt: event.time, startedAt: event.time,
                        due: event.time + rule.grace + 1))
                continue
            }
            for waiter in waiting.reversed()
            where waiter.key == event.key && waiter.rule == index && waiter.startedAt <= event.time
            { cancel(waiter, at: now) }
        }
        if isTouched(by: event) {
            if event.time < streamTime {
                appointAll(event.key, after: streamTime)
            } else {
                touches.append((event.key, event.time + 1))
            }
        }
        var found: [Found] = []
        for (index, rule) in settings.rules.enumerated() {
            if case .plain(let type) = rule.pattern, type == event.type {
                found.append(
                    Found(
                        key: event.key, rule: index, matchedAt: event.time, startedAt: event.time,
                        due: now))
            }
        }
        decide(found, at: now, knowing: now)
    }

    /// Whether an event says anything to a rule or of the profile.
    private func isTouched(by event: CustomerEvent) -> Bool {
        if event.consent != nil || event.pushConsent != nil || event.isVIP != nil
            || event.zone != nil || event.birthday != nil
        {
            return true
        }
        return settings.rules.contains { !bits(of: $0, event).isEmpty }
    }

    // MARK: What is known of a profile

    /// What the event with the latest time until `known` says, of equal times the last to come.
    func latest<Value>(_ key: String, _ field: (CustomerEvent) -> Value?) -> Value? {
        var best: (time: Int64, value: Value)?
        for event in come where event.key == key && event.time <= known {
            if let value = field(event), best == nil || event.time >= best!.time {
                best = (event.time, value)
            }
        }
        return best?.value
    }

    private func zone(_ key: String) -> String {
        latest(key) { $0.zone }.flatMap { TimeZone(identifier: $0) == nil ? nil : $0 }
            ?? settings.fallbackZone
    }

    private mutating func appointAll(_ key: String, after time: Int64) {
        for (index, rule) in settings.rules.enumerated() {
            if case .schedule = rule.pattern { appoint(key, index, after: time, knowing: time) }
        }
    }

    /// `knowing`: until when what was said counts.
    private mutating func appoint(
        _ key: String, _ rule: Int, after time: Int64, knowing last: Int64
    ) {
        known = last
        guard
            case .schedule(let every, let at, let usesBirthday, let before) =
                settings.rules[rule].pattern
        else { return }
        var date: String?
        if usesBirthday {
            date = latest(key) { $0.birthday }
            if date == nil {
                appointments["\(key) \(rule)"] = nil
                return
            }
        }
        let due = ReferenceCalendar.next(
            every: every, at: at, date: date, daysBefore: before, zone: zone(key), after: time
        )
        let seen = come.filter { $0.key == key && isTouched(by: $0) }.map(\.time).max() ?? .min
        appointments["\(key) \(rule)"] = due <= seen + settings.retention ? due : nil
    }

    // MARK: Decisions

    private mutating func decide(_ found: [Found], at now: Int64, knowing last: Int64) {
        known = last
        let sorted = found.enumerated().sorted { left, right in
            let (a, b) = (settings.rules[left.element.rule], settings.rules[right.element.rule])
            return (-a.priority, left.element.rule, left.element.matchedAt, left.offset)
                < (-b.priority, right.element.rule, right.element.matchedAt, right.offset)
        }
        for (_, found) in sorted { decide(found, at: now) }
    }

    private mutating func decide(_ found: Found, at now: Int64) {
        let rule = settings.rules[found.rule]
        let key = found.key
        var tried: [String] = []
        func head() -> String {
            let start =
                found.startedAt == found.matchedAt ? "" : " since \(Self.text(found.startedAt))"
            let change = found.change.isEmpty ? "" : " \(found.change)"
            return "\(key) \(rule.name)\(change) \(Self.text(found.matchedAt))\(start): "
        }
        func say(_ outcome: String) -> String { "\(head())\(outcome) \(tried)" }

        if rule.asksVIP {
            let isVIP = latest(key) { $0.isVIP }
            if isVIP != true {
                let reason = isVIP == nil ? "condition_failed" : "condition"
                tried = ["-=\(reason)"]
                held.append(say("not_sent \(reason) \(Self.text(now))"))
                return
            }
        }
        if let limit = rule.asksSeen {
            let isAsked = isTouched
            let seen = latest(key) { isAsked($0) ? $0.time : nil } ?? .min
            if now - seen >= limit {
                tried = ["-=condition"]
                held.append(say("not_sent condition \(Self.text(now))"))
                return
            }
        }
        for target in found.target..<rule.channels.count {
            let channel = rule.channels[target]
            if let reason = closedGate(rule, found.rule, key, channel, now) {
                if reason.hasPrefix("hold ") {
                    tried.append("\(channel)=quiet_hours")
                    var waiter = found
                    waiter.due = Int64(reason.dropFirst(5))!
                    waiter.target = target
                    waiting.append(waiter)
                    let end = Self.text(waiter.due)
                    held.append(say("delayed quiet_hours \(Self.text(now)) until \(end)"))
                    return
                }
                tried.append("\(channel)=\(reason)")
                continue
            }
            log.append(Sent(key: key, rule: found.rule, channel: channel, time: now))
            if let budget = settings.budget, !rule.exempt.contains("budget") {
                budgetUse[Self.window(now, budget.every), default: 0] += 1
            }
            sent.append(say("sent \(Self.text(now)) by \(channel)"))
            return
        }
        let reason = tried[0].split(separator: "=")[1]
        held.append(say("not_sent \(reason) \(Self.text(now))"))
    }

    private func closedGate(
        _ rule: ReferenceRule, _ index: Int, _ key: String, _ channel: String, _ now: Int64
    ) -> String? {
        if !rule.exempt.contains("consent") {
            let consent = latest(key) { channel == "email" ? $0.consent : $0.pushConsent }
            if consent != true { return "no_consent" }
        }
        if settings.suppressed.contains(key) { return "suppressed" }
        let ownQuiet = channel == "push" ? settings.pushQuiet : nil
        if !rule.exempt.contains("quiet_hours"),
            let quiet = rule.quiet ?? ownQuiet ?? settings.quiet
        {
            let end = ReferenceCalendar.endOfQuiet(quiet, zone: zone(key), at: now)
            if end > now { return quiet.holds ? "hold \(end)" : "quiet_hours" }
        }
        if !rule.exempt.contains("caps") {
            if let limit = rule.limit {
                let count = log.filter {
                    $0.key == key && $0.rule == index && isInside($0.time, limit.every, key, now)
                }.count
                if count >= limit.count { return "frequency_cap" }
            }
            for cap in settings.caps {
                let count = log.filter { sent in
                    guard sent.key == key, !settings.rules[sent.rule].exempt.contains("caps") else {
                        return false
                    }
                    if cap.scope == "channel", sent.channel != channel { return false }
                    if cap.scope == "campaign", sent.rule != index { return false }
                    return isInside(sent.time, cap.every, key, now)
                }.count
                if count >= cap.count { return "frequency_cap" }
            }
        }
        if let window = settings.priorityWindow, !rule.exempt.contains("priority") {
            let isBeaten = log.contains { sent in
                sent.key == key && !settings.rules[sent.rule].exempt.contains("caps")
                    && settings.rules[sent.rule].priority >= rule.priority
                    && sent.time >= now - window
            }
            if isBeaten { return "priority" }
        }
        if let budget = settings.budget, !rule.exempt.contains("budget"),
            budgetUse[Self.window(now, budget.every), default: 0] >= budget.count
        {
            return "budget"
        }
        return nil
    }

    private func isInside(_ time: Int64, _ every: Int64?, _ key: String, _ now: Int64) -> Bool {
        guard let every else {
            let zone = zone(key)
            return ReferenceCalendar.day(time, zone) >= ReferenceCalendar.day(now, zone)
        }
        return time > now - every
    }

    private static func window(_ time: Int64, _ every: Int64) -> Int64 {
        Int64((Double(time) / Double(every)).rounded(.down))
    }

    static func text(_ time: Int64) -> String {
        let milliseconds = ((time % 1000) + 1000) % 1000
        let date = Date(timeIntervalSince1970: Double((time - milliseconds) / 1000))
        let text = ISO8601DateFormatter().string(from: date).dropLast()
        return "\(text).\(String(format: "%03d", Int(milliseconds)))Z"
    }
}
