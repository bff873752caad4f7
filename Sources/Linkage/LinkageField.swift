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
    /// How large a share of the records has each of the frequent values of names and texts, and at
    /// most each other value: a rare value is shared by chance less often. `nil` where not estimated.
    public internal(set) var frequencies: Frequencies?

    public struct Frequencies: Hashable, Sendable, Codable {
        public internal(set) var values: [String: Double]
        public internal(set) var others: Double
    }

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

    /// The form in which values are compared: lower case, without white space around; `nil` for what
    /// is none.
    public func normalized(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        append(normalized: text, to: &bytes)
        return bytes.isEmpty ? nil : bytes
    }

    /// Appends the form in which values are compared; nothing for what is none.
    public func append(normalized text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        let start = bytes.count
        let space = UInt8(ascii: " ")
        for byte in text {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
            case 0...space:
                if bytes.count > start, bytes.last != space { bytes.append(space) }
            case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "."):
                // "1971-06-24" and "19710624" are the same day.
                if self != .date { bytes.append(byte) }
            default: bytes.append(byte)
            }
        }
        if bytes.count > start, bytes.last == space { bytes.removeLast() }
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
