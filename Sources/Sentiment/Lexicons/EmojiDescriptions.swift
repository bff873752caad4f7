/// What emoji are called, by their code point.
struct EmojiDescriptions: Sendable {
    private var texts: [UInt32: [UInt8]] = [:]
    /// The lowest code point that has a description: what lies below need not be looked up.
    private(set) var lowest = UInt32.max

    var count: Int { texts.count }

    /// Reads lines of an emoji, a tab and its description. Those of several code points are never
    /// met by an analysis that goes code point by code point, and are left out.
    init(_ text: String) throws(LexiconError) {
        for (number, line) in LexiconLines(text) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 2, !fields[0].isEmpty else {
                throw LexiconError(line: number, "it is no emoji, a tab and its description")
            }
            let scalars = fields[0].unicodeScalars
            guard scalars.count == 1, let scalar = scalars.first else { continue }
            texts[scalar.value] = Array(fields[1].utf8)
            lowest = min(lowest, scalar.value)
        }
    }

    init() {}

    func description(of scalar: UInt32) -> [UInt8]? { scalar < lowest ? nil : texts[scalar] }
}
