internal import Events

/// Reads dates and times exactly: digits that the unit does not hold are an error.
@safe
struct TimeReader {
    private let text: UnsafeRawBufferPointer
    private let perSecond: Int64
    private var position = 0

    init(_ text: UnsafeRawBufferPointer, perSecond: Int64) {
        unsafe self.text = text
        self.perSecond = perSecond
    }

    /// Days since 1970.
    mutating func date() -> Int64? {
        guard let days = day(), isAtEnd else { return nil }
        return days
    }

    /// Units since midnight.
    mutating func timeOfDay() -> Int64? {
        guard let time = time(), isAtEnd else { return nil }
        return time
    }

    /// Units since 1970. Without a zone the time is UTC; a local one has none.
    mutating func pointInTime(isLocal: Bool) -> Int64? {
        guard let days = day() else { return nil }
        var units: Int64 = 0
        var zone: Int64 = 0
        if !isAtEnd {
            guard take("T") || take(" ") || take("t"), let time = time() else { return nil }
            units = time
            guard isAtEnd || !isLocal, let minutes = zoneMinutes(), isAtEnd else { return nil }
            zone = minutes
        }
        let seconds = days * 86_400 - zone * 60
        let (product, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
        let (sum, carry) = product.addingReportingOverflow(units)
        return overflow || carry ? nil : sum
    }

    private mutating func day() -> Int64? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"),
            let day = digits(2)
        else { return nil }
        return CalendarDate(year: year, month: month, day: day)?.daysSince1970
    }

    private mutating func time() -> Int64? {
        guard let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60
        else { return nil }
        let start = (hour * 60 + minute) * 60
        guard take(":") else { return start * perSecond }
        guard let second = digits(2), second < 60, let fraction = fraction() else { return nil }
        return (start + second) * perSecond + fraction
    }

    private mutating func fraction() -> Int64? {
        guard take(".") || take(",") else { return 0 }
        guard var digit = digit() else { return nil }
        var unit = perSecond
        var value: Int64 = 0
        while true {
            unit /= 10
            if unit == 0, digit != 0 { return nil }
            value += digit * unit
            guard let next = self.digit() else { return value }
            digit = next
        }
    }

    /// The minutes by which the zone is ahead of UTC.
    private mutating func zoneMinutes() -> Int64? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let sign: Int64 = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hour = digits(2), hour < 24 else { return nil }
        if isAtEnd { return sign * hour * 60 }
        _ = take(":")
        guard let minute = digits(2), minute < 60 else { return nil }
        return sign * (hour * 60 + minute)
    }

    private var isAtEnd: Bool { unsafe position == text.count }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard unsafe position < text.count, unsafe text[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    private mutating func digit() -> Int64? {
        guard unsafe position < text.count else { return nil }
        let value = unsafe text[position] &- UInt8(ascii: "0")
        guard value < 10 else { return nil }
        position += 1
        return Int64(value)
    }

    private mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }
}
