/// The local clock of a time zone: what it shows at a moment, and when it shows a time.
///
/// Behind a change of daylight saving time a time of day may come twice or never. Both have one
/// answer here: the first moment at which the clock shows that time or a later one.
struct LocalClock: Sendable {
    static let day: Int64 = 86_400_000

    private let days: LocalDays

    /// - Returns: `nil` when the IANA database has no such zone.
    init?(zone: String) {
        guard let days = LocalDays(zone: zone) else { return nil }
        self.days = days
    }

    /// Milliseconds since 1970 as the local clock shows them.
    func local(_ time: Int64) -> Int64 { time.addingSaturated(days.offset(at: time)) }

    /// The local day of a moment, counted from 1970.
    func dayNumber(_ time: Int64) -> Int64 { local(time).dividedByDay.day }

    /// The first moment at which the local clock shows `local` or later.
    func firstMoment(showing local: Int64) -> Int64 {
        var index = days.segment(at: local.addingSaturated(-2 * Self.day))
        while true {
            let start = days.start(ofSegment: index)
            let candidate = max(start, local.addingSaturated(-days.offset(ofSegment: index)))
            let end = days.end(ofSegment: index)
            if candidate < end || end == .max { return candidate }
            index += 1
        }
    }

    /// The first moment from `time` on at which the time of day is not within quiet hours.
    func end(of hours: QuietHours, at time: Int64) -> Int64 {
        var index = days.segment(at: time)
        var moment = time
        while true {
            let shown = local(moment).dividedByDay.time
            guard hours.contains(shown) else { return moment }
            let rest = hours.end - shown
            let candidate = moment.addingSaturated(rest >= 0 ? rest : rest + Self.day)
            let end = days.end(ofSegment: index)
            if candidate < end || end == .max { return candidate }
            moment = end
            index += 1
        }
    }
}

/// A time of each day in which nothing is sent: from `start` until before `end`, in milliseconds
/// behind midnight. One that ends before it starts goes across midnight.
struct QuietHours: Sendable {
    let start: Int64
    let end: Int64
    /// Whether what falls into them waits for their end, or is not sent.
    let holds: Bool
    /// The expression of the zone, when it is another one than the operator's.
    let zone: ZoneExpression?

    func contains(_ time: Int64) -> Bool {
        start <= end ? time >= start && time < end : time >= start || time < end
    }

    /// Reads `21:00` or `21:00:30`; `24:00` is midnight.
    static func time(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else { return nil }
        var numbers: [Int64] = []
        for part in parts {
            guard part.utf8.count == 2, part.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int64(part)
            else { return nil }
            numbers.append(number)
        }
        let seconds = numbers.count == 3 ? numbers[2] : 0
        if numbers[0] == 24, numbers[1] == 0, seconds == 0 { return 0 }
        guard numbers[0] < 24, numbers[1] < 60, seconds < 60 else { return nil }
        return (numbers[0] * 3600 + numbers[1] * 60 + seconds) * 1000
    }
}

extension Int64 {
    /// The sum, or the largest or smallest number when it does not fit.
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// Milliseconds since 1970 as the day and the time of day.
    var dividedByDay: (day: Int64, time: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: LocalClock.day)
        return remainder < 0 ? (quotient - 1, remainder + LocalClock.day) : (quotient, remainder)
    }
}
