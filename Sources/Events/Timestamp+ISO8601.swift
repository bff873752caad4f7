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
        guard (0...9999).contains(date.year) else {
            append(UInt8(ascii: date.year < 0 ? "-" : "+"))
            append(date.year.magnitude, width: 6)
            return unsafe append(atMost: 20) { unsafe Self.write(date, millisecond, to: $0) }
        }
        unsafe append(atMost: 24) { start in
            let year = UInt32(truncatingIfNeeded: date.year)
            unsafe Self.write(pair: year / 100, to: start)
            unsafe Self.write(pair: year % 100, to: start + 2)
            return unsafe 4 + Self.write(date, millisecond, to: start + 4)
        }
    }

    /// Writes what follows the year: `-03-13T10:21:14.000Z`.
    @inline(__always)
    private static func write(
        _ date: CalendarDate, _ millisecond: Int64, to start: UnsafeMutableRawPointer
    ) -> Int {
        let millisecond = UInt32(truncatingIfNeeded: millisecond)
        let second = millisecond / 1_000
        let minute = second / 60
        let fraction = millisecond &- second &* 1_000
        unsafe start.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
        unsafe write(pair: UInt32(truncatingIfNeeded: date.month), to: start + 1)
        unsafe start.storeBytes(of: UInt8(ascii: "-"), toByteOffset: 3, as: UInt8.self)
        unsafe write(pair: UInt32(truncatingIfNeeded: date.day), to: start + 4)
        unsafe start.storeBytes(of: UInt8(ascii: "T"), toByteOffset: 6, as: UInt8.self)
        let hour = minute / 60
        unsafe write(pair: hour, to: start + 7)
        unsafe start.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 9, as: UInt8.self)
        unsafe write(pair: minute &- hour &* 60, to: start + 10)
        unsafe start.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 12, as: UInt8.self)
        unsafe write(pair: second &- minute &* 60, to: start + 13)
        unsafe start.storeBytes(of: UInt8(ascii: "."), toByteOffset: 15, as: UInt8.self)
        let hundredths = fraction / 10
        unsafe write(pair: hundredths, to: start + 16)
        let last = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: fraction &- hundredths &* 10)
        unsafe start.storeBytes(of: last, toByteOffset: 18, as: UInt8.self)
        unsafe start.storeBytes(of: UInt8(ascii: "Z"), toByteOffset: 19, as: UInt8.self)
        return 20
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
