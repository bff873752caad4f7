/// Reads characters and digits of one text from left to right.
@safe
package struct DigitReader {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    package init(_ text: UnsafeRawBufferPointer) {
        unsafe self.text = text
    }

    package var isAtEnd: Bool { unsafe position == text.count }

    /// Passes over `character` when it comes next.
    package mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard unsafe position < text.count, unsafe text[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    package mutating func digit() -> Int64? {
        guard unsafe position < text.count else { return nil }
        let value = unsafe text[position] &- UInt8(ascii: "0")
        guard value < 10 else { return nil }
        position += 1
        return Int64(value)
    }

    /// The number that exactly `count` digits make.
    package mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The minutes by which a zone is ahead of UTC: `Z`, `+hh`, `+hhmm`, `+hh:mm` or nothing.
    package mutating func zoneMinutes() -> Int64? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let sign: Int64 = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hour = digits(2), hour < 24 else { return nil }
        if isAtEnd { return sign * hour * 60 }
        _ = take(":")
        guard let minute = digits(2), minute < 60 else { return nil }
        return sign * (hour * 60 + minute)
    }

    /// A date as `2024-03-13`.
    package mutating func date() -> CalendarDate? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"),
            let day = digits(2)
        else { return nil }
        return CalendarDate(year: year, month: month, day: day)
    }
}
