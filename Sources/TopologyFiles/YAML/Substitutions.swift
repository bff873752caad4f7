public import StreamCore

/// What environment variables put into a file, kept so that no message ever shows it.
///
/// A message shows such a value as it stands in the file: `${KAFKA_PASSWORD}`.
public struct Substitutions: Sendable {
    /// A shorter value is hidden only in messages about the place where it was put in: `2` or
    /// `on` would make every message unreadable, and is no secret.
    private static let shortestSecret = 4

    private struct Replacement: Hashable {
        let value: String
        let written: String
        /// The place of the scalar.
        let location: SourceLocation
    }

    private var replacements: Set<Replacement> = []

    /// No substitutions.
    public init() {}

    /// Adds a scalar that reads `value` where the file says `written`.
    mutating func add(_ value: String, for written: String, at location: SourceLocation) {
        if !value.isEmpty {
            replacements.insert(Replacement(value: value, written: written, location: location))
        }
    }

    /// `text` with everything that came out of the environment shown as it stands in the file.
    public func redact(_ text: String) -> String { redact(text, at: nil) }

    /// The diagnostics with everything that came out of the environment shown as it stands in the
    /// file.
    public func redact(_ diagnostics: Diagnostics) -> Diagnostics {
        if replacements.isEmpty { return diagnostics }
        return Diagnostics(
            diagnostics.all.map { diagnostic in
                Diagnostic(
                    redact(diagnostic.message, at: diagnostic.location), at: diagnostic.location,
                    remedy: diagnostic.remedy.map { redact($0, at: diagnostic.location) })
            })
    }

    private func redact(_ text: String, at location: SourceLocation?) -> String {
        // A whole scalar goes before the variables in it, so the longest value comes first.
        let ordered = replacements.sorted {
            ($1.value.count, $0.value, $0.written) < ($0.value.count, $1.value, $1.written)
        }
        var shown: [Shown] = [.open(Substring(text))]
        for replacement in ordered {
            let isItsPlace = replacement.location == location
            guard isItsPlace || replacement.value.count >= Self.shortestSecret else { continue }
            let insideWords = isItsPlace && replacement.value.count >= Self.shortestSecret
            shown = shown.flatMap { $0.hiding(replacement, insideWords: insideWords) }
        }
        return shown.map(\.text).joined()
    }

    /// A piece of a message; what was written in place of a value is not searched again.
    private enum Shown {
        case open(Substring)
        case hidden(String)

        var text: String {
            switch self {
            case .open(let text): String(text)
            case .hidden(let text): text
            }
        }

        func hiding(_ replacement: Replacement, insideWords: Bool) -> [Shown] {
            guard case .open(let text) = self else { return [self] }
            var pieces: [Shown] = []
            var rest = text
            var from = text.startIndex
            while let found = text[from...].firstRange(of: replacement.value) {
                if insideWords || Self.isWhole(found, in: text) {
                    pieces.append(.open(rest[..<found.lowerBound]))
                    pieces.append(.hidden(replacement.written))
                    rest = text[found.upperBound...]
                    from = found.upperBound
                } else {
                    from = text.index(after: found.lowerBound)
                }
            }
            return pieces + [.open(rest)]
        }

        /// Whether no word goes on at either end of the range.
        private static func isWhole(_ range: Range<String.Index>, in text: Substring) -> Bool {
            func isWord(_ character: Character?) -> Bool {
                character.map { $0.isLetter || $0.isNumber } ?? false
            }
            let before = text[..<range.lowerBound].last
            let after = text[range.upperBound...].first
            return !(isWord(before) && isWord(text[range].first))
                && !(isWord(after) && isWord(text[range].last))
        }
    }
}
