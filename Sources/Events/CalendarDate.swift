/// A day of the proleptic Gregorian calendar.
///
/// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
package struct CalendarDate: Equatable {
    /// The milliseconds of a day.
    package static let day: Int64 = 86_400_000

    /// The days of 400 years, after which the calendar repeats.
    private static let era: Int64 = 146_097

    /// The days from 0000-03-01 to 1970-01-01.
    private static let epoch: Int64 = 719_468

    package let year: Int64
    package let month: Int64
    package let day: Int64

    /// The date of these parts, or `nil` when there is no such day.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard year >= 1, (1...12).contains(month), day >= 1,
            day <= Self.daysOfMonth(month, year: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    package init(daysSince1970: Int64) {
        if let recent = Self.recent(daysSince1970) {
            self = recent
            return
        }
        // Years start in March here, so that the leap day is the last day of the year.
        let (era, dayOfEra) = (daysSince1970 + Self.epoch).dividedDown(by: Self.era)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    private init(year: UInt32, month: UInt32, day: UInt32) {
        (self.year, self.month, self.day) = (Int64(year), Int64(month), Int64(day))
    }

    /// The same of the years from 0000 to about 11 million, in numbers of half the size that can't
    /// overflow.
    private static func recent(_ daysSince1970: Int64) -> CalendarDate? {
        let days = daysSince1970 &+ epoch
        guard 0...Int64(Int32.max) ~= days else { return nil }
        let era = UInt32(truncatingIfNeeded: days) / 146_097
        let dayOfEra = UInt32(truncatingIfNeeded: days) &- era &* 146_097
        let yearOfEra =
            (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9
        return CalendarDate(
            year: yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1)
    }

    package var daysSince1970: Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).dividedDown(by: 400)
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.era + dayOfEra - Self.epoch
    }

    /// The days before it in its year.
    package var dayOfYear: Int64 {
        daysSince1970 - CalendarDate(year: year, month: 1, day: 1)!.daysSince1970
    }

    private static func daysOfMonth(_ month: Int64, year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension Int64 {
    /// Quotient and remainder of a division that rounds down, so that the remainder is never
    /// negative.
    package func dividedDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
