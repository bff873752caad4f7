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
        if recentDay.days != days { recentDay = WrittenDay(days) }
        let day = recentDay
        unsafe append(atMost: 32) { start in
            unsafe start.storeBytes(of: day.first, as: UInt64.self)
            unsafe start.storeBytes(of: day.last, toByteOffset: day.count - 8, as: UInt64.self)
            unsafe Self.write(UInt32(truncatingIfNeeded: millisecond), to: start + day.count)
            return day.count + 14
        }
    }

    /// Writes the time of a day: `T10:21:14.000Z`.
    @inline(__always)
    private static func write(_ millisecond: UInt32, to start: UnsafeMutableRawPointer) {
        let second = millisecond / 1_000
        let minute = second / 60
        let hour = minute / 60
        let fraction = millisecond &- second &* 1_000
        let hundredths = fraction / 10
        // The pairs of digits, each in its bytes, and what stands between them.
        let time =
            digits(hour) << 8 | digits(minute &- hour &* 60) << 32
            | digits(second &- minute &* 60) << 56
        unsafe start.storeBytes(
            of: (time | 0x00_00_3A_00_00_3A_00_00_54).littleEndian, as: UInt64.self)
        let rest =
            digits(second &- minute &* 60) >> 8 | 0x2E << 8 | digits(hundredths) << 16
            | UInt64(0x30 &+ fraction &- hundredths &* 10) << 32 | 0x5A << 40
        unsafe start.storeBytes(
            of: UInt32(truncatingIfNeeded: rest).littleEndian, toByteOffset: 8, as: UInt32.self)
        unsafe start.storeBytes(
            of: UInt16(truncatingIfNeeded: rest >> 32).littleEndian, toByteOffset: 12,
            as: UInt16.self)
    }

    /// Two digits, the first in the lowest byte.
    @inline(__always)
    private static func digits(_ pair: UInt32) -> UInt64 {
        let tens = pair / 10
        return UInt64(0x3030 | tens | (pair &- tens &* 10) &<< 8)
    }
}

/// A day as timestamps begin with it, kept since most that are written one after the other are of the
/// same: `2024-03-13`, with more digits of the year and a sign where it takes them.
struct WrittenDay {
    private(set) var days = Int64.max
    /// How many bytes, 10 to 16.
    private(set) var count = 10
    /// The first eight bytes and the last eight.
    private(set) var first: UInt64 = 0
    private(set) var last: UInt64 = 0

    init() {}

    init(_ days: Int64) {
        self.days = days
        let date = CalendarDate(daysSince1970: days)
        var text = ByteBuffer(capacity: 32)
        if (0...9999).contains(date.year) {
            text.append(date.year.magnitude, width: 4)
        } else {
            text.append(UInt8(ascii: date.year < 0 ? "-" : "+"))
            text.append(date.year.magnitude, width: 6)
        }
        text.append(UInt8(ascii: "-"))
        text.append(date.month.magnitude, width: 2)
        text.append(UInt8(ascii: "-"))
        text.append(date.day.magnitude, width: 2)
        count = text.count
        first = unsafe text.bytes.loadUnaligned(as: UInt64.self)
        last = unsafe text.bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
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
