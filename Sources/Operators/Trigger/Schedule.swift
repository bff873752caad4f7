internal import CEL
internal import Events

/// A rule's times of the calendar: a day and a time on the customer's clock.
struct Schedule: Sendable {
    enum Period: String, CaseIterable, Sendable {
        case day, week, month, year
    }

    let period: Period
    /// Milliseconds behind midnight.
    let time: Int64
    /// Gives a date whose day counts: its weekday, its day of the month, its day of the year.
    let date: Expression?
    /// From Monday, 0, when there is no `date`.
    let weekday: Int64
    /// Of the month, when there is no `date`.
    let dayOfMonth: Int64
    /// How many days earlier than the day.
    let daysBefore: Int64
    /// The customer's zone, when it is another one than the operator's.
    let zone: ZoneExpression?

    /// The years 1900 to 9998: beyond them there are no appointments.
    private static let calendar: Range<Int64> = -2_208_988_800_000..<253_370_764_800_000

    /// The first time after `time` on a local clock. `day`: what `date` gave, counted from 1970.
    ///
    /// The 29th of February is the 28th in other years, and a day that a month does not have its
    /// last. A time of day that the clock leaves out is the first one behind it; of one that it
    /// shows twice, the first.
    func next(after moment: Int64, day: Int64?, on clock: LocalClock) -> Int64 {
        guard Self.calendar.contains(moment) else { return .max }
        let today = clock.dayNumber(moment)
        var period = self.period.index(ofDay: today + daysBefore)
        while true {
            let day = self.day(inPeriod: period, like: day) - daysBefore
            let shown = day * LocalClock.day + time
            // A day that the zone left out, as when it changed sides of the date line.
            let due = clock.firstMoment(showing: shown)
            if due > moment { return due }
            period += 1
        }
    }

    private func day(inPeriod index: Int64, like day: Int64?) -> Int64 {
        switch period {
        case .day: index
        case .week: index * 7 - 3 + (day.map { ($0 + 3).dividedDown(by: 7).remainder } ?? weekday)
        case .month:
            Self.day(
                year: index.dividedDown(by: 12).quotient,
                month: index.dividedDown(by: 12).remainder + 1,
                day: day.map { CalendarDate(daysSince1970: $0).day } ?? dayOfMonth)
        case .year:
            Self.day(
                year: index, month: day.map { CalendarDate(daysSince1970: $0).month } ?? 1,
                day: day.map { CalendarDate(daysSince1970: $0).day } ?? dayOfMonth)
        }
    }

    /// The day, or the last one of that month.
    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        var day = day
        while day > 28 {
            if let date = CalendarDate(year: year, month: month, day: day) {
                return date.daysSince1970
            }
            day -= 1
        }
        return CalendarDate(year: year, month: month, day: max(day, 1))?.daysSince1970 ?? .min / 2
    }
}

extension Schedule.Period {
    /// The number of the period that a day belongs to. Weeks begin on Monday.
    func index(ofDay day: Int64) -> Int64 {
        switch self {
        case .day: return day
        case .week: return (day + 3).dividedDown(by: 7).quotient
        case .month:
            let date = CalendarDate(daysSince1970: day)
            return date.year * 12 + date.month - 1
        case .year: return CalendarDate(daysSince1970: day).year
        }
    }
}

/// The zone of a customer: an expression that gives the name of one of the IANA database.
struct ZoneExpression: Sendable {
    let name: Expression
}
