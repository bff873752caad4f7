extension Timestamp {
    /// The timestamp that ISO 8601 text names, or `nil` when the text is none.
    ///
    /// Read are `2024-03-13`, `2024-03-13T10:21`, `2024-03-13 10:21:14.25`, each time with an
    /// optional zone `Z`, `+hh`, `+hhmm` or `+hh:mm`. Without a zone the time is UTC, a date alone
    /// is its midnight. Digits beyond the millisecond are cut off; the leap second 60 is the last
    /// millisecond of its minute. Years go from 0001 to 9999.
    public init?(iso8601 text: UnsafeRawBufferPointer) {
        var reader = unsafe ISO8601Reader(text)
        guard let milliseconds = reader.read() else { return nil }
        self.init(milliseconds: milliseconds)
    }

    /// The timestamp that ISO 8601 text names, or `nil` when the text is none.
    public init?(iso8601 text: String) {
        var text = text
        let parsed = text.withUTF8 { unsafe Timestamp(iso8601: UnsafeRawBufferPointer($0)) }
        guard let parsed else { return nil }
        self = parsed
    }
}

extension ByteBuffer {
    /// Appends a timestamp in its canonical form: UTC, three decimals, `2024-03-13T10:21:14.000Z`.
    ///
    /// Years outside 0000 to 9999 have a sign and six digits, as ECMAScript writes them.
    public mutating func append(iso8601 timestamp: Timestamp) {
        let (days, millisecond) = timestamp.milliseconds.dividedDown(by: CalendarDate.day)
        let date = CalendarDate(daysSince1970: days)
        append(year: date.year)
        append(UInt8(ascii: "-"))
        append(UInt64(date.month), width: 2)
        append(UInt8(ascii: "-"))
        append(UInt64(date.day), width: 2)
        append(UInt8(ascii: "T"))
        append(UInt64(millisecond / 3_600_000), width: 2)
        append(UInt8(ascii: ":"))
        append(UInt64(millisecond / 60_000 % 60), width: 2)
        append(UInt8(ascii: ":"))
        append(UInt64(millisecond / 1_000 % 60), width: 2)
        append(UInt8(ascii: "."))
        append(UInt64(millisecond % 1_000), width: 3)
        append(UInt8(ascii: "Z"))
    }

    private mutating func append(year: Int64) {
        if (0...9999).contains(year) {
            append(UInt64(year), width: 4)
        } else {
            append(UInt8(ascii: year < 0 ? "-" : "+"))
            append(year.magnitude, width: 6)
        }
    }
}

/// Reads one text from left to right.
@safe
private struct ISO8601Reader {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) {
        unsafe self.text = text
    }

    /// Milliseconds since 1970, or `nil` when the text is not a whole timestamp.
    mutating func read() -> Int64? {
        guard let date = date() else { return nil }
        let midnight = date.daysSince1970 * CalendarDate.day
        if isAtEnd { return midnight }
        guard take("T") || take(" ") || take("t"), let time = time(), let zone = zone(), isAtEnd
        else { return nil }
        return midnight + time - zone
    }

    private mutating func date() -> CalendarDate? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"),
            let day = digits(2)
        else { return nil }
        return CalendarDate(year: year, month: month, day: day)
    }

    private mutating func time() -> Int64? {
        guard let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60
        else { return nil }
        let start = (hour * 60 + minute) * 60_000
        guard take(":") else { return start }
        guard let second = digits(2), second <= 60, let millisecond = fraction() else { return nil }
        return start + (second == 60 ? 59_999 : second * 1_000 + millisecond)
    }

    /// The milliseconds of an optional fraction.
    private mutating func fraction() -> Int64? {
        guard take(".") || take(",") else { return 0 }
        var milliseconds: Int64 = 0
        var weight: Int64 = 100
        guard var digit = digit() else { return nil }
        while true {
            milliseconds += digit * weight
            weight /= 10
            guard let next = self.digit() else { return milliseconds }
            digit = next
        }
    }

    /// The milliseconds by which the zone is ahead of UTC.
    private mutating func zone() -> Int64? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") {
            sign = 1
        } else if take("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hour = digits(2), hour < 24 else { return nil }
        if isAtEnd { return sign * hour * 3_600_000 }
        _ = take(":")
        guard let minute = digits(2), minute < 60 else { return nil }
        return sign * (hour * 60 + minute) * 60_000
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
