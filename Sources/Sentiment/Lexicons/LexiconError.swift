/// A lexicon's file that can't be used.
public struct LexiconError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    public let line: Int
    /// What is wrong with it, without a full stop.
    public let reason: String

    init(line: Int, _ reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { "line \(line): \(reason)" }
}

/// The lines of a file that hold something, with their numbers.
struct LexiconLines: Sequence {
    private let lines: [Substring]

    init(_ text: String) {
        // By bytes: to Swift a carriage return and a line feed are one character.
        lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Substring($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0) }
    }

    func makeIterator() -> some IteratorProtocol<(Int, Substring)> {
        lines.enumerated().lazy.filter { !$0.element.allSatisfy { $0 == " " || $0 == "\t" } }
            .map { ($0.offset + 1, $0.element) }.makeIterator()
    }
}
