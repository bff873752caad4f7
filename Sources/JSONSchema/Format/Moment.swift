/// Dates, times and durations.
///
/// - Source: RFC 3339, section 5.6 and appendix A.
enum Moment {
    static func isDateTime(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        return takeDate(&cursor) && cursor.take(anyOf: "Tt") && takeTime(&cursor)
            && cursor.isAtEnd
    }

    static func isDate(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        return takeDate(&cursor) && cursor.isAtEnd
    }

    static func isTime(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        return takeTime(&cursor) && cursor.isAtEnd
    }

    private static func takeDate(_ cursor: inout TextCursor) -> Bool {
        guard let year = cursor.number(digits: 4), cursor.take("-"),
            let month = cursor.number(digits: 2), cursor.take("-"),
            let day = cursor.number(digits: 2)
        else { return false }
        return (1...12).contains(month) && day >= 1 && day <= days(in: month, of: year)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func takeTime(_ cursor: inout TextCursor) -> Bool {
        guard let hour = cursor.number(digits: 2), cursor.take(":"),
            let minute = cursor.number(digits: 2), cursor.take(":"),
            let second = cursor.number(digits: 2), hour <= 23, minute <= 59, second <= 60
        else { return false }
        if cursor.take("."), cursor.takeAll(ASCII.isDigit) == 0 { return false }
        guard let offset = offset(&cursor) else { return false }
        if second < 60 { return true }
        // A leap second is the last one of a day in UTC.
        let day = 24 * 60
        return (hour * 60 + minute - offset + day) % day == day - 1
    }

    /// The minutes that a zone is ahead of UTC.
    private static func offset(_ cursor: inout TextCursor) -> Int? {
        if cursor.take(anyOf: "Zz") { return 0 }
        let sign = cursor.take("-") ? -1 : cursor.take("+") ? 1 : 0
        guard sign != 0, let hour = cursor.number(digits: 2), cursor.take(":"),
            let minute = cursor.number(digits: 2), hour <= 23, minute <= 59
        else { return nil }
        return sign * (hour * 60 + minute)
    }

    static func isDuration(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        guard cursor.take("P") else { return false }
        if cursor.take("T") { return takeParts("HMS", &cursor) && cursor.isAtEnd }
        var weeks = cursor
        if weeks.takeAll(ASCII.isDigit) > 0, weeks.take("W") { return weeks.isAtEnd }
        guard takeParts("YMD", &cursor) else { return false }
        if cursor.take("T"), !takeParts("HMS", &cursor) { return false }
        return cursor.isAtEnd
    }

    /// Numbers with their units: one at least, and none left out between two of them.
    private static func takeParts(_ units: StaticString, _ cursor: inout TextCursor) -> Bool {
        var next = 0
        var count = 0
        while ASCII.isDigit(cursor.next) {
            _ = cursor.takeAll(ASCII.isDigit)
            guard let unit = (next..<3).first(where: { unsafe units.utf8Start[$0] == cursor.next }),
                count == 0 || unit == next
            else { return false }
            cursor.skip()
            next = unit + 1
            count += 1
        }
        return count > 0
    }
}
