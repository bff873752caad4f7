import Foundation

extension ReferenceTriggers {
    /// Which parts of a rule an event is: 0 for the first, and so on.
    func bits(of rule: ReferenceRule, _ event: CustomerEvent) -> Set<Int> {
        switch rule.pattern {
        case .plain(let type): return event.type == type ? [0] : []
        case .sequence(let types, _):
            return Set(types.indices.filter { types[$0] == event.type })
        case .absence(let start, let exit, _, _):
            return Set(
                [start == event.type ? 0 : -1, exit == event.type ? 1 : -1].filter { $0 >= 0 })
        case .threshold(let above, let rearm):
            guard let score = event.score else { return [] }
            return score >= above ? [0] : score <= rearm ? [1] : []
        case .segment(let tier, _, _):
            guard let own = event.tier else { return [] }
            return own == tier ? [0] : [1]
        case .schedule: return []
        }
    }

    /// The events that count for a rule and a key, in the order of their times.
    private mutating func history(_ rule: ReferenceRule, _ key: String) -> [CustomerEvent] {
        var events: [CustomerEvent] = []
        for step in steps {
            guard let event = step.event, event.key == key, !bits(of: rule, event).isEmpty else {
                continue
            }
            if event.time + rule.grace < step.streamTime {
                if !late.contains(event.number) { late.append(event.number) }
            } else {
                events.append(event)
            }
        }
        return events.enumerated().sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }.map(\.element)
    }

    /// Everything that patterns give, with the whole history at hand.
    mutating func findPatterns() {
        let keys = Set(steps.compactMap { $0.event?.key }).sorted()
        for (index, rule) in settings.rules.enumerated() {
            for key in keys {
                if case .plain = rule.pattern { continue }
                let events = history(rule, key)
                for found in Self.find(rule, events, bits: { bits(of: rule, $0) }) {
                    pending.append(
                        Found(
                            key: key, rule: index, matchedAt: found.at, startedAt: found.since,
                            change: found.change, due: found.at + rule.grace + 1))
                }
            }
        }
        // Those that come too late are told in the order in which they came.
        let order = steps.compactMap { $0.event?.number }
        late.sort { order.firstIndex(of: $0)! < order.firstIndex(of: $1)! }
    }

    private static func find(
        _ rule: ReferenceRule, _ events: [CustomerEvent], bits: (CustomerEvent) -> Set<Int>
    ) -> [(at: Int64, since: Int64, change: String)] {
        switch rule.pattern {
        case .plain, .schedule: return []
        case .sequence(let types, let within):
            return sequences(events, count: types.count, within, bits)
        case .absence(_, _, let within, let restarts):
            return absences(events, within, restarts, bits).map { ($0.at, $0.since, "") }
        case .threshold:
            var isArmed = true
            var found: [(at: Int64, since: Int64, change: String)] = []
            for event in events {
                if bits(event).contains(1) { isArmed = true }
                if bits(event).contains(0), isArmed {
                    isArmed = false
                    found.append((event.time, event.time, ""))
                }
            }
            return found
        case .segment(_, let stays, let reports):
            return memberships(events, stays ?? 1_000_000_000_000_000, bits).filter {
                reports == "both" || reports == $0.change
            }
        }
    }

    /// For each event that may be the last step: whether there is a way back to a first step, over
    /// events behind the last match, and which first step is the latest.
    private static func sequences(
        _ events: [CustomerEvent], count: Int, _ within: Int64, _ bits: (CustomerEvent) -> Set<Int>
    ) -> [(at: Int64, since: Int64, change: String)] {
        var found: [(at: Int64, since: Int64, change: String)] = []
        var consumed = -1
        for last in events.indices where bits(events[last]).contains(count - 1) {
            func latestStart(_ step: Int, before index: Int) -> Int64? {
                var best: Int64?
                for earlier in events.indices
                where earlier < index && bits(events[earlier]).contains(step) {
                    // An event that ended a match can only begin another one.
                    if earlier < consumed || (earlier == consumed && step > 0) { continue }
                    let start =
                        step == 0 ? events[earlier].time : latestStart(step - 1, before: earlier)
                    guard let start, events[earlier].time - start <= within else { continue }
                    best = max(best ?? .min, start)
                }
                return best
            }
            if let start = latestStart(count - 2, before: last), events[last].time - start <= within
            {
                found.append((events[last].time, start, ""))
                consumed = last
            }
        }
        return found
    }

    /// A start fires when no exit follows within its time, and it is the one that counts: the last
    /// of a row, or the first since an earlier one was over.
    private static func absences(
        _ events: [CustomerEvent], _ within: Int64, _ restarts: Bool,
        _ bits: (CustomerEvent) -> Set<Int>
    ) -> [(at: Int64, since: Int64)] {
        var found: [(at: Int64, since: Int64)] = []
        // The start that is open, when only the first one counts.
        var open: Int64?
        for (index, event) in events.enumerated() {
            if let start = open, event.time > start + within { open = nil }
            if bits(event).contains(1) { open = nil }
            guard bits(event).contains(0) else { continue }
            let behind = events[(index + 1)...].filter { $0.time <= event.time + within }
            let isExited = behind.contains { bits($0).contains(1) }
            let isRepeated = behind.contains { bits($0).contains(0) }
            if restarts ? !isExited && !isRepeated : !isExited && open == nil {
                found.append((event.time + within, event.time))
            }
            if open == nil { open = event.time }
        }
        return found
    }

    private static func memberships(
        _ events: [CustomerEvent], _ stays: Int64, _ bits: (CustomerEvent) -> Set<Int>
    ) -> [(at: Int64, since: Int64, change: String)] {
        var found: [(at: Int64, since: Int64, change: String)] = []
        for (index, event) in events.enumerated() {
            let before = events[..<index]
            // A member in front of it: the last word was yes, and not long ago.
            let wasMember =
                before.last.map { bits($0).contains(0) && event.time - $0.time <= stays } ?? false
            let since = start(of: before, stays, bits)
            if bits(event).contains(0), !wasMember {
                found.append((event.time, event.time, "enter"))
            }
            if bits(event).contains(1), wasMember { found.append((event.time, since, "exit")) }
            let next = index + 1 < events.count ? events[index + 1].time : .max
            if bits(event).contains(0), stays < 1_000_000_000_000_000, next - event.time > stays {
                found.append((event.time + stays, start(of: events[...index], stays, bits), "exit"))
            }
        }
        return found
    }

    /// When the membership began that the last event belongs to.
    private static func start(
        of events: ArraySlice<CustomerEvent>, _ stays: Int64, _ bits: (CustomerEvent) -> Set<Int>
    ) -> Int64 {
        var start = Int64.min
        var last = Int64.max
        for event in events.reversed() {
            guard bits(event).contains(0), last == .max || last - event.time <= stays else { break }
            start = event.time
            last = event.time
        }
        return start
    }
}

/// Local times, found by going from minute to minute.
enum ReferenceCalendar {
    static func local(_ time: Int64, _ zone: TimeZone) -> Int64 {
        let date = Date(timeIntervalSince1970: Double(time) / 1000)
        return time + Int64(zone.secondsFromGMT(for: date)) * 1000
    }

    static func day(_ time: Int64, _ zone: String) -> Int64 {
        Int64((Double(local(time, TimeZone(identifier: zone)!)) / 86_400_000).rounded(.down))
    }

    static func isQuiet(_ quiet: ReferenceQuietHours, _ zone: TimeZone, _ time: Int64) -> Bool {
        let local = local(time, zone)
        let minute = Int(((local % 86_400_000) + 86_400_000) % 86_400_000 / 60_000)
        return quiet.start <= quiet.end
            ? minute >= quiet.start && minute < quiet.end
            : minute >= quiet.start || minute < quiet.end
    }

    static func endOfQuiet(_ quiet: ReferenceQuietHours, zone name: String, at time: Int64) -> Int64
    {
        let zone = TimeZone(identifier: name)!
        guard isQuiet(quiet, zone, time) else { return time }
        var moment = time - time % 60_000 + 60_000
        while isQuiet(quiet, zone, moment) { moment += 60_000 }
        return moment
    }

    /// The first moment on a local day at or behind a time of it.
    static func first(day: Int64, at: Int64, _ zone: TimeZone) -> Int64 {
        let wanted = day * 86_400_000 + at
        var moment = wanted - 26 * 3_600_000
        while local(moment, zone) < wanted { moment += 60_000 }
        return moment
    }

    static func next(
        every: String, at: Int64, date: String?, daysBefore: Int, zone name: String,
        after time: Int64
    ) -> Int64 {
        let zone = TimeZone(identifier: name)!
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        let parts = date.map { $0.split(separator: "-").map { Int($0)! } }
        let today = day(time, name)
        // Every day from yesterday on: is it one of them?
        for candidate in (today - 1)... {
            let shown = candidate + Int64(daysBefore)
            let moment = Date(timeIntervalSince1970: Double(shown) * 86_400)
            let found = calendar.dateComponents([.month, .day, .weekday], from: moment)
            let lastDay = calendar.range(of: .day, in: .month, for: moment)!.count
            let isMeant: Bool
            switch every {
            case "day": isMeant = true
            case "week":
                let wanted = parts.map {
                    calendar.component(
                        .weekday,
                        from: calendar.date(
                            from: DateComponents(year: $0[0], month: $0[1], day: $0[2]))!)
                }
                isMeant = found.weekday == wanted ?? 2
            case "month": isMeant = found.day == min(parts?[2] ?? 1, lastDay)
            default: isMeant = found.month == parts![1] && found.day == min(parts![2], lastDay)
            }
            if isMeant {
                let due = first(day: candidate, at: at, zone)
                if due > time { return due }
            }
        }
        return .max
    }
}
