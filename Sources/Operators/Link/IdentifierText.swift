internal import Events

/// Brings identifiers into the one form in which they are compared, and tells junk.
struct IdentifierText {
    /// What systems write where there is no identifier.
    private static let junk: Set<String> = [
        "null", "none", "nil", "nan", "undefined", "unknown", "n/a", "na", "-", "--", "anonymous",
        "anon", "guest", "test", "tester", "user", "customer", "default", "empty", "unset",
        "not set", "(not set)", "true", "false", "-1", "1", "0", "123", "1234", "12345", "123456",
        "example", "dummy", "xxx", "deleted", "redacted",
    ]

    /// Domains that are nobody's, and names of machines.
    private static let junkDomains: Set<String> = [
        "example.com", "example.org", "example.net", "test.com", "test.test", "localhost",
        "domain.com", "none.com", "mailinator.com",
    ]
    private static let junkNames: Set<String> = [
        "noreply", "no-reply", "donotreply", "do-not-reply", "test", "guest", "anonymous", "none",
        "null", "nobody",
    ]

    /// In lower case: as the settings write them, and in the form of each type.
    private var blocked: Set<String> = []
    /// The bytes of the longest text that is junk.
    private var longestJunk: Int

    init(_ settings: LinkSettings) {
        longestJunk = Self.junk.map(\.utf8.count).max() ?? 0
        var blocked = Set(settings.blocked.map { Self.trimmed($0).lowercased() })
        for text in settings.blocked {
            for type in settings.types {
                if let found = normalized(text, as: type) { blocked.insert(found.lowercased()) }
            }
        }
        self.blocked = blocked
        longestJunk = max(longestJunk, blocked.map(\.utf8.count).max() ?? 0)
    }

    /// The form in which the identifier is compared; `nil` for what is none.
    func normalized(_ text: String, as type: IdentifierType) -> String? {
        let trimmed = Self.trimmed(text)
        guard !trimmed.isEmpty, trimmed.utf8.count <= 512 else { return nil }
        let found: String?
        switch type.form {
        case .text: found = trimmed
        case .email: found = Self.email(trimmed, dropsTag: type.dropsTag)
        case .phone: found = Self.phone(trimmed, country: type.country)
        case .hash: found = Self.hash(trimmed)
        }
        guard let found, !isJunk(found) else { return nil }
        return found
    }

    private func isJunk(_ text: String) -> Bool {
        // 00000000-0000-0000-0000-000000000000, +000000000, xxxxxxxx, 99999999
        var first: UInt8?
        var signs = 0
        var isUniform = true
        let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
        for byte in (isASCII ? text : text.lowercased()).utf8
        where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "+") {
            let sign = 0x41...0x5A ~= byte ? byte + 0x20 : byte
            signs += 1
            if first == nil { first = sign }
            if sign != first { isUniform = false }
        }
        if signs == 0 || signs > 3 && isUniform { return true }
        // Of what is not ASCII, lower case takes no fewer bytes than a third.
        guard text.utf8.count <= (isASCII ? 1 : 3) * longestJunk else { return false }
        let lower = text.lowercased()
        return Self.junk.contains(lower) || blocked.contains(lower)
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let start = scalars.firstIndex(where: { !isSpace($0) }),
            let end = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return start == scalars.startIndex && scalars.index(after: end) == scalars.endIndex
            ? text : String(scalars[start...end])
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? scalar == " " || 9...13 ~= scalar.value : scalar.properties.isWhitespace
    }

    private static func email(_ text: String, dropsTag: Bool) -> String? {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return email(ascii: text, dropsTag: dropsTag) }
        let parts = text.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."),
            !parts[1].hasPrefix("."), !parts[1].hasSuffix("."),
            !parts[0].unicodeScalars.contains(where: isSpace),
            !parts[1].unicodeScalars.contains(where: isSpace)
        else { return nil }
        var name = parts[0]
        if dropsTag, let plus = name.firstIndex(of: "+"), plus != name.startIndex {
            name = name[..<plus]
        }
        if junkNames.contains(String(name)) || junkDomains.contains(String(parts[1])) { return nil }
        return "\(name)@\(parts[1])"
    }

    /// The same for nearly all addresses, byte by byte.
    private static func email(ascii text: String, dropsTag: Bool) -> String? {
        let bytes = text.utf8.map { 0x41...0x5A ~= $0 ? $0 + 0x20 : $0 }
        guard let at = bytes.firstIndex(of: UInt8(ascii: "@")), at > 0 else { return nil }
        let domain = bytes[(at + 1)...]
        let dot = UInt8(ascii: ".")
        guard domain.contains(dot), domain.first != dot, domain.last != dot,
            !domain.contains(UInt8(ascii: "@")),
            !bytes.contains(where: { $0 == UInt8(ascii: " ") || 9...13 ~= $0 })
        else { return nil }
        var name = bytes[..<at]
        if dropsTag, let plus = name.firstIndex(of: UInt8(ascii: "+")), plus > 0 {
            name = name[..<plus]
        }
        if junkNames.contains(String(decoding: name, as: UTF8.self))
            || junkDomains.contains(String(decoding: domain, as: UTF8.self))
        {
            return nil
        }
        return String(decoding: name + bytes[at...], as: UTF8.self)
    }

    /// A telephone number as E.164 writes it: a plus and 8 to 15 digits.
    private static func phone(_ text: String, country: String) -> String? {
        // "+44 (0)20 ...": the zero is only dialled at home.
        let text = text.utf8.first == UInt8(ascii: "+") ? text.replacing("(0)", with: "") : text
        var digits: [UInt8] = []
        var isInternational = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte)
            case UInt8(ascii: "+"):
                guard digits.isEmpty, !isInternational else { return nil }
                isInternational = true
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"),
                UInt8(ascii: "("), UInt8(ascii: ")"):
                continue
            default: return nil
            }
        }
        let zero = UInt8(ascii: "0")
        if !isInternational {
            if digits.starts(with: [zero, zero]) {
                digits.removeFirst(2)
            } else {
                guard !country.isEmpty else { return nil }
                if digits.first == zero { digits.removeFirst() }
                digits = Array(country.utf8) + digits
            }
        }
        guard (8...15).contains(digits.count), digits.first != zero else { return nil }
        return "+" + String(decoding: digits, as: UTF8.self)
    }

    /// A hash in hexadecimal digits, in lower case.
    private static func hash(_ text: String) -> String? {
        let lower = text.lowercased()
        let isHexadecimal = lower.utf8.allSatisfy { byte in
            byte &- 0x30 < 10 || byte &- 0x61 < 6
        }
        return isHexadecimal && lower.utf8.count >= 16 ? lower : nil
    }
}
