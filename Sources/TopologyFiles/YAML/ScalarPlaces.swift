internal import StreamCore
internal import Yams

/// Where the characters of a scalar stand in the file.
///
/// Between the text and the file lie quotes, escapes, indentation and folded lines. The text is
/// followed through the file, white space loosely, everything else exactly; where the two do not
/// agree no place is told rather than a wrong one.
struct ScalarPlaces: Sendable {
    private let source: SourceText
    private let start: SourceLocation
    private let text: String
    private let form: ScalarForm

    init(of scalar: Node.Scalar, at location: SourceLocation, in source: SourceText) {
        self.source = source
        start = location
        text = scalar.string
        form =
            switch scalar.style {
            case .singleQuoted: .singleQuoted
            case .doubleQuoted: .doubleQuoted
            case .literal: .block("|")
            case .folded: .block(">")
            case .any, .plain: .plain
            }
    }

    /// The place of a line and column of the text, both from 1; columns count code points.
    func location(ofLine line: Int, column: Int) -> SourceLocation? {
        var reader = Reader(rest: source.rest(from: start), place: start, form: form)
        guard reader.enter() else { return nil }
        var (textLine, textColumn) = (1, 1)
        for scalar in text.unicodeScalars {
            if textLine == line, textColumn == column {
                if !scalar.properties.isWhitespace { reader.skipWhiteSpace() }
                return reader.place
            }
            guard reader.take(scalar) else { return nil }
            (textLine, textColumn) =
                scalar == "\n" ? (textLine + 1, 1) : (textLine, textColumn + 1)
        }
        return reader.place
    }
}

/// How a scalar is written.
private enum ScalarForm: Equatable, Sendable {
    case plain
    case singleQuoted
    case doubleQuoted
    /// With the character that announces it.
    case block(Unicode.Scalar)
}

/// Goes through the file as the text goes on.
private struct Reader {
    var rest: Substring.UnicodeScalarView
    var place: SourceLocation
    let form: ScalarForm

    /// Goes to where the text begins, past anchors, tags and the opening quote or the line of the
    /// block's indicator. Returns false when something else stands there.
    mutating func enter() -> Bool {
        while let first = rest.first, first == "&" || first == "!" {
            while let next = rest.first, !next.properties.isWhitespace { advance() }
            skipWhiteSpace()
        }
        switch form {
        case .plain: return true
        case .singleQuoted: return skip("'")
        case .doubleQuoted: return skip("\"")
        case .block(let indicator):
            guard rest.first == indicator else { return false }
            while let next = rest.first, next != "\n" { advance() }
            return true
        }
    }

    /// Goes past a character of the text. Returns false when another one stands there.
    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        if form == .doubleQuoted, rest.first == "\\" { return takeEscape(of: scalar) }
        if scalar.properties.isWhitespace {
            // The end of a line may stand for it, and is skipped with what follows.
            if rest.first == scalar, scalar != "\n" { advance() }
            return true
        }
        skipWhiteSpace()
        if form == .doubleQuoted, rest.first == "\\" { return takeEscape(of: scalar) }
        if form == .singleQuoted, scalar == "'" { return skip("'") && skip("'") }
        return skip(scalar)
    }

    private mutating func takeEscape(of scalar: Unicode.Scalar) -> Bool {
        advance()
        guard let kind = rest.first else { return false }
        if kind == "\n" || kind == "\r" {
            // The line goes on in the next one, and nothing stands for that in the text.
            skipWhiteSpace()
            return take(scalar)
        }
        let digits: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]
        for _ in 0...digits[kind, default: 0] { advance() }
        return true
    }

    mutating func skipWhiteSpace() {
        while let next = rest.first, next.properties.isWhitespace { advance() }
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        advance()
        return true
    }

    private mutating func advance() {
        guard let first = rest.popFirst() else { return }
        let isLineEnd = first == "\n" || (first == "\r" && rest.first != "\n")
        place = SourceLocation(
            file: place.file, line: place.line + (isLineEnd ? 1 : 0),
            column: isLineEnd ? 1 : place.column + 1)
    }
}
