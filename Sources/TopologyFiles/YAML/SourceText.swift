internal import StreamCore

/// The text of a file, by lines, as the places in diagnostics count them.
///
/// Lines end where YAML says they end, and columns count Unicode scalars from 1, as libyaml does.
struct SourceText {
    /// A topology file that is larger than this is some other file.
    static let maximumBytes = 4 << 20

    let path: String
    let text: String

    /// - Throws: `Diagnostics` with the place of the first byte or character that YAML forbids.
    init(_ bytes: [UInt8], path: String) throws(Diagnostics) {
        guard bytes.count <= Self.maximumBytes else {
            throw Self.refusal(
                "the file holds \(bytes.count) bytes, and a topology file at most "
                    + "\(Self.maximumBytes)",
                at: SourceLocation(file: path, line: 1, column: 1))
        }
        do {
            let whole = String(copying: try UTF8Span(validating: bytes.span))
            text = whole.hasPrefix("\u{FEFF}") ? String(whole.unicodeScalars.dropFirst()) : whole
        } catch {
            let before = String(decoding: bytes[..<error.byteOffsets.lowerBound], as: UTF8.self)
            throw Self.refusal(
                "the file is not valid UTF-8", at: Self.end(of: before, in: path),
                remedy: "save the file as UTF-8")
        }
        self.path = path
        if let place = firstForbidden() {
            throw Self.refusal(
                "a control character stands here, which YAML forbids", at: place,
                remedy: #"delete it, or write it in double quotes, as in "\u0007""#)
        }
    }

    private init(checked text: String, path: String) {
        self.text = text
        self.path = path
    }

    /// The line of that number, from 1, without its end; empty when there is none.
    private func line(_ number: Int) -> Substring.UnicodeScalarView {
        var line = 1
        var rest = text.unicodeScalars[...]
        while line < number, let end = rest.firstIndex(where: Self.endsLine) {
            rest = rest[Self.afterLineEnd(end, in: rest)...]
            line += 1
        }
        guard line == number else { return rest[rest.endIndex...] }
        return rest.prefix { !Self.endsLine($0) }
    }

    /// What stands at a place, up to the end of its line.
    func characters(at place: SourceLocation) -> Substring.UnicodeScalarView {
        line(place.line).dropFirst(max(0, place.column - 1))
    }

    /// What stands at a place and behind it, up to the end of the file.
    func rest(from place: SourceLocation) -> Substring.UnicodeScalarView {
        text.unicodeScalars[characters(at: place).startIndex...]
    }

    /// The character before a place in its line.
    func character(before place: SourceLocation) -> Unicode.Scalar? {
        place.column < 2 ? nil : line(place.line).dropFirst(place.column - 2).first
    }

    /// The place of `needle` in its line, at or after `place`; `place` itself when it is not there.
    func locate(_ needle: String, from place: SourceLocation) -> SourceLocation {
        let line = Array(characters(at: place))
        let needle = Array(needle.unicodeScalars)
        guard !needle.isEmpty, line.count >= needle.count else { return place }
        for offset in 0...(line.count - needle.count)
        where line[offset..<offset + needle.count].elementsEqual(needle) {
            return SourceLocation(
                file: place.file, line: place.line, column: place.column + offset)
        }
        return place
    }

    /// The text with `old`, which stands at `place`, replaced; `nil` when something else stands
    /// there.
    func replacing(_ old: String, at place: SourceLocation, with new: String) -> SourceText? {
        let start = characters(at: place)
        guard start.starts(with: old.unicodeScalars) else { return nil }
        let end = start.index(start.startIndex, offsetBy: old.unicodeScalars.count)
        var replaced = text
        replaced.unicodeScalars.replaceSubrange(start.startIndex..<end, with: new.unicodeScalars)
        return SourceText(checked: replaced, path: path)
    }

    private func firstForbidden() -> SourceLocation? {
        let scalars = text.unicodeScalars
        guard let index = scalars.firstIndex(where: { !Self.isAllowed($0) }) else { return nil }
        return Self.end(of: String(scalars[..<index]), in: path)
    }

    /// The place behind the last character of `text`.
    private static func end(of text: String, in path: String) -> SourceLocation {
        var line = 1
        var rest = text.unicodeScalars[...]
        while let end = rest.firstIndex(where: endsLine) {
            rest = rest[afterLineEnd(end, in: rest)...]
            line += 1
        }
        return SourceLocation(file: path, line: line, column: rest.count + 1)
    }

    private static func afterLineEnd(
        _ end: String.Index, in text: Substring.UnicodeScalarView
    ) -> String.Index {
        let next = text.index(after: end)
        let isPair = text[end] == "\r" && next < text.endIndex && text[next] == "\n"
        return isPair ? text.index(after: next) : next
    }

    private static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD,
            0x10000...0x10FFFF:
            true
        default: false
        }
    }

    private static func refusal(
        _ message: String, at location: SourceLocation, remedy: String? = nil
    ) -> Diagnostics {
        Diagnostics([Diagnostic(message, at: location, remedy: remedy)])
    }
}
