/// UUIDs and JSON pointers.
///
/// - Source: RFC 4122, section 3; RFC 6901, section 3; the draft "Relative JSON Pointers".
enum Identifiers {
    static func isUUID(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        for (index, count) in [8, 4, 4, 4, 12].enumerated() {
            if index > 0, !cursor.take("-") { return false }
            guard cursor.takeAll(ASCII.isHexadecimal) == count else { return false }
        }
        return cursor.isAtEnd
    }

    static func isJSONPointer(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        return takePointer(&cursor)
    }

    static func isRelativeJSONPointer(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        if !cursor.take("0"), cursor.takeAll(ASCII.isDigit) == 0 { return false }
        if cursor.take("#") { return cursor.isAtEnd }
        return takePointer(&cursor)
    }

    private static func takePointer(_ cursor: inout TextCursor) -> Bool {
        guard cursor.isAtEnd || cursor.next == UInt8(ascii: "/") else { return false }
        while !cursor.isAtEnd {
            if cursor.take("~") {
                guard cursor.take(anyOf: "01") else { return false }
            } else {
                cursor.skip()
            }
        }
        return true
    }
}
