/// A column that records are compared by.
public struct LinkageField: Hashable, Sendable, Codable {
    /// What the values are, which decides how they are compared.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The name of a person or a place: the same, alike (Jaro-Winkler), the same in another
        /// column of names, different.
        case name
        /// A day: the same, one digit off or day and month swapped, two digits off, different.
        case date
        /// An address: the same, the same in front of the `@`, alike, different.
        case email
        /// A number of digits and letters: the same, one sign off, two signs off, different.
        case code
        /// Any other text: the same, alike, different.
        case text
    }

    public let name: String
    public let kind: Kind
    /// How often values of each level are met in pairs of the same thing (m), and in pairs of
    /// different things (u); the first level is the most alike.
    public internal(set) var matches: [Double]
    public internal(set) var nonMatches: [Double]

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
        let count = kind.levelCount
        // Where nothing is known yet, like things are mostly alike.
        matches = (0..<count).map { $0 == 0 ? 0.85 : 0.15 / Double(count - 1) }
        nonMatches = (0..<count).map { $0 == count - 1 ? 0.85 : 0.15 / Double(count - 1) }
    }
}

extension LinkageField.Kind {
    var levelCount: Int {
        switch self {
        case .name: 5
        case .date, .email, .code: 4
        case .text: 4
        }
    }

    /// The form in which values are compared: lower case, without white space around.
    package func normalized(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
            case 0...UInt8(ascii: " "):
                if !bytes.isEmpty, bytes.last != UInt8(ascii: " ") {
                    bytes.append(UInt8(ascii: " "))
                }
            case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "."):
                // "1971-06-24" and "19710624" are the same day.
                if self != .date { bytes.append(byte) }
            default: bytes.append(byte)
            }
        }
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return bytes.isEmpty ? nil : bytes
    }

    /// The level of two values that are there.
    package func level(_ a: [UInt8], _ b: [UInt8]) -> Int {
        if a == b { return 0 }
        switch self {
        case .name:
            let likeness = TextSimilarity.jaroWinkler(a, b)
            return likeness >= 0.92 ? 1 : likeness >= 0.8 ? 2 : 4
        case .text:
            let likeness = TextSimilarity.jaroWinkler(a, b)
            return likeness >= 0.9 ? 1 : likeness >= 0.75 ? 2 : 3
        case .email:
            let at = UInt8(ascii: "@")
            if let x = a.firstIndex(of: at), let y = b.firstIndex(of: at), a[..<x] == b[..<y] {
                return 1
            }
            return TextSimilarity.jaroWinkler(a, b) >= 0.9 ? 2 : 3
        case .date:
            if Self.isDayMonthSwap(a, b) { return 1 }
            let edits = TextSimilarity.edits(a, b, limit: 2)
            return edits <= 1 ? 1 : edits == 2 ? 2 : 3
        case .code:
            let edits = TextSimilarity.edits(a, b, limit: 2)
            return edits <= 1 ? 1 : edits == 2 ? 2 : 3
        }
    }

    private static func isDayMonthSwap(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == 8 && b.count == 8 && a[..<4] == b[..<4] && a[4..<6] == b[6...]
            && a[6...] == b[4..<6]
    }
}
