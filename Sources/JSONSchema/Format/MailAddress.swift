/// Addresses of electronic mail.
///
/// - Source: RFC 5321, section 4.1.2; RFC 6531, section 3.3.
enum MailAddress {
    private static let longestLocalPart = 64

    /// Whether a text is an address; in an international one, characters beyond ASCII may stand.
    static func isAddress(_ text: UnsafeRawBufferPointer, isInternational: Bool) -> Bool {
        var cursor = unsafe TextCursor(text)
        let hasLocalPart =
            cursor.next == UInt8(ascii: "\"")
            ? takeQuoted(&cursor, isInternational) : takeAtoms(&cursor, isInternational)
        guard hasLocalPart, cursor.position <= longestLocalPart, cursor.take("@") else {
            return false
        }
        if cursor.take("[") { return takeLiteral(&cursor) }
        let domain = unsafe UnsafeRawBufferPointer(rebasing: text[cursor.position...])
        return unsafe isInternational ? isDomain(domain) : HostName.isHostName(domain)
    }

    private static func takeAtoms(_ cursor: inout TextCursor, _ isInternational: Bool) -> Bool {
        repeat {
            let count = cursor.takeAll { byte in
                if byte >= 0x80 { return isInternational }
                return ASCII.isAlphanumeric(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
            }
            guard count > 0 else { return false }
        } while cursor.take(".")
        return true
    }

    private static func takeQuoted(_ cursor: inout TextCursor, _ isInternational: Bool) -> Bool {
        cursor.skip()
        while !cursor.isAtEnd, cursor.next != UInt8(ascii: "\"") {
            if cursor.take("\\"), cursor.isAtEnd { return false }
            let isAllowed = cursor.next >= 0x80 ? isInternational : (32...126) ~= cursor.next
            guard isAllowed else { return false }
            cursor.skip()
        }
        return cursor.take("\"")
    }

    /// The address of a network in brackets, the first bracket taken.
    private static func takeLiteral(_ cursor: inout TextCursor) -> Bool {
        var isAddress = false
        if cursor.take("I") {
            isAddress =
                cursor.take("P") && cursor.take("v") && cursor.take("6") && cursor.take(":")
                && NetworkAddress.takeVersion6(&cursor)
        } else {
            isAddress = NetworkAddress.takeVersion4(&cursor)
        }
        return isAddress && cursor.take("]") && cursor.isAtEnd
    }

    /// A domain whose labels may hold any character beyond ASCII.
    private static func isDomain(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        repeat {
            guard cursor.next != UInt8(ascii: "-") else { return false }
            var last: UInt8 = 0
            let count = cursor.takeAll { byte in
                guard byte >= 0x80 || ASCII.isAlphanumeric(byte) || byte == 45 else {
                    return false
                }
                last = byte
                return true
            }
            guard count > 0, last != UInt8(ascii: "-") else { return false }
        } while cursor.take(".")
        return cursor.isAtEnd
    }
}
