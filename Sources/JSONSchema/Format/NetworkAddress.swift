/// Addresses of the internet protocol.
///
/// - Source: RFC 2673, section 3.2; RFC 4291, section 2.2.
enum NetworkAddress {
    static func isVersion4(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        return takeVersion4(&cursor) && cursor.isAtEnd
    }

    static func isVersion6(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        return takeVersion6(&cursor) && cursor.isAtEnd
    }

    static func takeVersion4(_ cursor: inout TextCursor) -> Bool {
        for part in 0..<4 {
            if part > 0, !cursor.take(".") { return false }
            let startsWithZero = cursor.next == UInt8(ascii: "0")
            var value = 0
            var count = 0
            while ASCII.isDigit(cursor.next), count < 4 {
                value = value * 10 + Int(cursor.next - 48)
                count += 1
                cursor.skip()
            }
            guard (1...3).contains(count), value <= 255, !startsWithZero || count == 1 else {
                return false
            }
        }
        return true
    }

    static func takeVersion6(_ cursor: inout TextCursor) -> Bool {
        var groups = 0
        var hasGap = false
        if cursor.take(":") {
            guard cursor.take(":") else { return false }
            hasGap = true
        }
        // Nothing has to follow a gap.
        while !hasGap || ASCII.isHexadecimal(cursor.next) || groups == 0 {
            var address = cursor
            if groups <= 6, takeVersion4(&address) {
                cursor = address
                groups += 2
                break
            }
            let count = cursor.takeAll(ASCII.isHexadecimal)
            if count == 0, hasGap, groups == 0 { break }
            guard (1...4).contains(count), groups < 8 else { return false }
            groups += 1
            guard cursor.take(":") else { break }
            if cursor.take(":") {
                guard !hasGap else { return false }
                hasGap = true
            } else if !ASCII.isHexadecimal(cursor.next) {
                return false
            }
        }
        return hasGap ? groups <= 7 : groups == 8
    }
}
