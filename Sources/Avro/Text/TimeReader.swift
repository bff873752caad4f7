internal import Events

/// Reads dates and times exactly: digits that the unit does not hold are an error.
struct TimeReader {
    private var text: DigitReader
    private let perSecond: Int64

    init(_ text: UnsafeRawBufferPointer, perSecond: Int64) {
        self.text = unsafe DigitReader(text)
        self.perSecond = perSecond
    }

    /// Days since 1970.
    mutating func date() -> Int64? {
        guard let days = text.date()?.daysSince1970, text.isAtEnd else { return nil }
        return days
    }

    /// Units since midnight.
    mutating func timeOfDay() -> Int64? {
        guard let time = time(), text.isAtEnd else { return nil }
        return time
    }

    /// Units since 1970. Without a zone the time is UTC; a local one has none.
    mutating func pointInTime(isLocal: Bool) -> Int64? {
        guard let days = text.date()?.daysSince1970 else { return nil }
        var units: Int64 = 0
        var zone: Int64 = 0
        if !text.isAtEnd {
            guard text.take("T") || text.take(" ") || text.take("t"), let time = time() else {
                return nil
            }
            units = time
            guard text.isAtEnd || !isLocal, let minutes = text.zoneMinutes(), text.isAtEnd else {
                return nil
            }
            zone = minutes
        }
        let seconds = days * 86_400 - zone * 60
        let (product, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
        let (sum, carry) = product.addingReportingOverflow(units)
        return overflow || carry ? nil : sum
    }

    private mutating func time() -> Int64? {
        guard let hour = text.digits(2), hour < 24, text.take(":"), let minute = text.digits(2),
            minute < 60
        else { return nil }
        let start = (hour * 60 + minute) * 60
        guard text.take(":") else { return start * perSecond }
        guard let second = text.digits(2), second < 60, let fraction = fraction() else {
            return nil
        }
        return (start + second) * perSecond + fraction
    }

    private mutating func fraction() -> Int64? {
        guard text.take(".") || text.take(",") else { return 0 }
        guard var digit = text.digit() else { return nil }
        var unit = perSecond
        var value: Int64 = 0
        while true {
            unit /= 10
            if unit == 0, digit != 0 { return nil }
            value += digit * unit
            guard let next = text.digit() else { return value }
            digit = next
        }
    }
}
