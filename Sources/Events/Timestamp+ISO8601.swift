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
        append(UInt8(ascii: "-"), pair: date.month)
        append(UInt8(ascii: "-"), pair: date.day)
        append(UInt8(ascii: "T"), pair: millisecond / 3_600_000)
        append(UInt8(ascii: ":"), pair: millisecond / 60_000 % 60)
        append(UInt8(ascii: ":"), pair: millisecond / 1_000 % 60)
        append(UInt8(ascii: "."), pair: millisecond / 10 % 100)
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: millisecond % 10))
        append(UInt8(ascii: "Z"))
    }

    /// Appends a separator and two digits.
    private mutating func append(_ separator: UInt8, pair: Int64) {
        reserve(3)
        let digits = UInt8(truncatingIfNeeded: pair)
        let zero = UInt8(ascii: "0")
        unsafe base.storeBytes(of: separator, toByteOffset: count, as: UInt8.self)
        unsafe base.storeBytes(of: zero + digits / 10, toByteOffset: count + 1, as: UInt8.self)
        unsafe base.storeBytes(of: zero + digits % 10, toByteOffset: count + 2, as: UInt8.self)
        used += 3
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
private struct ISO8601Reader {
    private var text: DigitReader

    init(_ text: UnsafeRawBufferPointer) {
        self.text = unsafe DigitReader(text)
    }

    /// Milliseconds since 1970, or `nil` when the text is not a whole timestamp.
    mutating func read() -> Int64? {
        guard let date = text.date() else { return nil }
        let midnight = date.daysSince1970 * CalendarDate.day
        if text.isAtEnd { return midnight }
        guard text.take("T") || text.take(" ") || text.take("t"), let time = time(),
            let zone = text.zoneMinutes(), text.isAtEnd
        else { return nil }
        return midnight + time - zone * 60_000
    }

    private mutating func time() -> Int64? {
        guard let hour = text.digits(2), hour < 24, text.take(":"), let minute = text.digits(2),
            minute < 60
        else { return nil }
        let start = (hour * 60 + minute) * 60_000
        guard text.take(":") else { return start }
        guard let second = text.digits(2), second <= 60, let millisecond = fraction() else {
            return nil
        }
        return start + (second == 60 ? 59_999 : second * 1_000 + millisecond)
    }

    /// The milliseconds of an optional fraction.
    private mutating func fraction() -> Int64? {
        guard text.take(".") || text.take(",") else { return 0 }
        var milliseconds: Int64 = 0
        var weight: Int64 = 100
        guard var digit = text.digit() else { return nil }
        while true {
            milliseconds += digit * weight
            weight /= 10
            guard let next = text.digit() else { return milliseconds }
            digit = next
        }
    }
}
