/// Words and emoticons with their valence: how positive or negative they are, from -4 to 4.
///
/// The format is that of VADER: an entry a line, its text, a tab, its valence; what follows behind
/// another tab is not read. A later line of the same text replaces an earlier one.
public struct ValenceLexicon: Sendable {
    public struct Entry: Hashable, Sendable {
        public let text: String
        public let valence: Double
    }

    /// The entries, in the order of the file.
    public let entries: [Entry]

    public init(_ text: String) throws(LexiconError) {
        var entries: [Entry] = []
        for (number, line) in LexiconLines(text) {
            let fields = Self.trimmed(line).split(
                separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 2, !fields[0].isEmpty else {
                throw LexiconError(line: number, "it is no word, a tab and its valence")
            }
            guard let valence = Double(Self.trimmed(fields[1])), valence.isFinite else {
                throw LexiconError(line: number, "the valence '\(fields[1])' is no number")
            }
            entries.append(Entry(text: String(fields[0]), valence: valence))
        }
        guard !entries.isEmpty else { throw LexiconError(line: 1, "the lexicon is empty") }
        self.entries = entries
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
