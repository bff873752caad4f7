internal import Events

/// Reads and writes timestamps and durations as the language does.
enum TimeText {
    // MARK: Timestamps

    /// The moment that text of RFC 3339 names, such as `2024-03-13T10:21:14.123Z` or with
    /// `+01:00` in place of the `Z`.
    static func moment(_ text: Text) -> Moment? {
        var reader = TimeReader(text)
        guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2),
            reader.take("-"), let day = reader.digits(2),
            let date = CalendarDate(year: year, month: month, day: day),
            reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.digits(2), hour < 24, reader.take(":"),
            let minute = reader.digits(2), minute < 60, reader.take(":"),
            let second = reader.digits(2), second < 60,
            let nanoseconds = reader.fraction(), let zone = reader.zone(), reader.isAtEnd
        else { return nil }
        let local = date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second
        return Moment(seconds: local - zone, nanoseconds: nanoseconds)
    }

    /// The offset from UTC that `+hh:mm`, `-hh:mm` or `hh:mm` says, in seconds.
    static func offset(_ text: Text) -> Int64? {
        var reader = TimeReader(text)
        let isNegative = reader.take("-")
        if !isNegative { _ = reader.take("+") }
        guard let hour = reader.digits(2), hour < 24, reader.take(":"),
            let minute = reader.digits(2), minute < 60, reader.isAtEnd
        else { return nil }
        let seconds = hour * 3_600 + minute * 60
        return isNegative ? -seconds : seconds
    }

    /// The moment in UTC, with as many decimals as it needs.
    static func text(of moment: Moment) -> [UInt8] {
        let (days, second) = moment.seconds.dividedDown(by: 86_400)
        let date = CalendarDate(daysSince1970: days)
        var text: [UInt8] = []
        append(date.year, width: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(date.month, width: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(date.day, width: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        append(second / 3_600, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(second / 60 % 60, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(second % 60, width: 2, to: &text)
        appendFraction(Int64(moment.nanoseconds), to: &text)
        text.append(UInt8(ascii: "Z"))
        return text
    }

    // MARK: Durations

    /// The nanoseconds of a duration such as `1h30m`, `-1.5s` or `200ms`.
    static func duration(_ text: Text) -> Int64? {
        var reader = TimeReader(text)
        let isNegative = reader.take("-")
        if !isNegative { _ = reader.take("+") }
        if reader.rest == Text(of: "0") { return 0 }
        var total: Int64 = 0
        repeat {
            guard let part = reader.durationPart() else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        } while !reader.isAtEnd
        return isNegative ? -total : total
    }

    /// A duration in seconds, with as many decimals as it needs.
    static func text(ofDuration nanoseconds: Int64) -> [UInt8] {
        let magnitude = nanoseconds.magnitude
        var text: [UInt8] = nanoseconds < 0 ? [UInt8(ascii: "-")] : []
        text.append(contentsOf: "\(magnitude / 1_000_000_000)".utf8)
        appendFraction(Int64(magnitude % 1_000_000_000), to: &text)
        text.append(UInt8(ascii: "s"))
        return text
    }

    private static func appendFraction(_ nanoseconds: Int64, to text: inout [UInt8]) {
        guard nanoseconds != 0 else { return }
        text.append(UInt8(ascii: "."))
        append(nanoseconds, width: 9, to: &text)
        while text.last == UInt8(ascii: "0") { text.removeLast() }
    }

    private static func append(_ value: Int64, width: Int, to text: inout [UInt8]) {
        let digits = "\(value)".utf8
        for _ in digits.count..<max(width, digits.count) { text.append(UInt8(ascii: "0")) }
        text.append(contentsOf: digits)
    }
}

/// Reads one text from left to right.
private struct TimeReader {
    private let text: Text
    private var position = 0

    init(_ text: Text) {
        self.text = text
    }

    var isAtEnd: Bool { position == text.count }

    var rest: Text { text[position, text.count] }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard !isAtEnd, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int64? {
        guard !isAtEnd, text[position].isDigit else { return nil }
        position += 1
        return Int64(text[position - 1] - UInt8(ascii: "0"))
    }

    mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The nanoseconds of an optional fraction of up to nine digits.
    mutating func fraction() -> Int32? {
        guard take(".") else { return 0 }
        var nanoseconds: Int64 = 0
        var weight: Int64 = 100_000_000
        guard var digit = digit() else { return nil }
        while true {
            guard weight > 0 else { return nil }
            nanoseconds += digit * weight
            weight /= 10
            guard let next = self.digit() else { return Int32(nanoseconds) }
            digit = next
        }
    }

    /// The seconds by which the zone is ahead of UTC.
    mutating func zone() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let isNegative = take("-")
        guard isNegative || take("+"), let hour = digits(2), hour < 24, take(":"),
            let minute = digits(2), minute < 60
        else { return nil }
        let seconds = hour * 3_600 + minute * 60
        return isNegative ? -seconds : seconds
    }

    /// The nanoseconds of a number and its unit.
    mutating func durationPart() -> Int64? {
        var whole: Int64 = 0
        var digitCount = 0
        while let digit = digit() {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, overflowOfSum) = product.addingReportingOverflow(digit)
            if overflow || overflowOfSum { return nil }
            whole = sum
            digitCount += 1
        }
        var fraction = 0.0
        if take(".") {
            var weight = 0.1
            while let digit = digit() {
                fraction += Double(digit) * weight
                weight /= 10
                digitCount += 1
            }
        }
        guard digitCount > 0, let unit = unit() else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        let rest = Int64((fraction * Double(unit)).rounded())
        let (sum, overflowOfSum) = product.addingReportingOverflow(rest)
        return overflow || overflowOfSum ? nil : sum
    }

    /// The nanoseconds of a unit.
    private mutating func unit() -> Int64? {
        if take("h") { return 3_600_000_000_000 }
        if take("m") { return take("s") ? 1_000_000 : 60_000_000_000 }
        if take("s") { return 1_000_000_000 }
        if take("u") { return take("s") ? 1_000 : nil }
        if take("n") { return take("s") ? 1 : nil }
        return nil
    }
}
