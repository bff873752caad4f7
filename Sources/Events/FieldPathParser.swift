/// Why a text is no field path.
public struct FieldPathError: Error, Hashable {
    /// The column of the first character that is wrong, from 1.
    public let column: Int

    /// What is wrong there and what to write, as a clause.
    public let reason: String

    /// An error at `column`.
    public init(column: Int, reason: String) {
        self.column = column
        self.reason = reason
    }
}

extension FieldPathError: CustomStringConvertible {
    /// The column and the reason: `column 4: expected ...`.
    public var description: String { "column \(column): \(reason)" }
}

/// Reads the text form of a path.
///
///     path      = step *( "." name / "[" index "]" / "[" quoted "]" )
///     step      = name / "[" quoted "]"
///     name      = plain / quoted
///     plain     = 1*( any character but . [ ] " ' \ and white space )
///     quoted    = DQUOTE *char DQUOTE / "'" *char "'"      ; a backslash takes the next as it is
struct FieldPathParser {
    /// Scalars and not characters: a combining mark after a quote would hide the quote.
    private let scalars: [Unicode.Scalar]
    private var position = 0

    static func components(of text: String) throws(FieldPathError) -> [FieldPath.Component] {
        var parser = FieldPathParser(scalars: Array(text.unicodeScalars))
        return try parser.path()
    }

    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy(isPlain)
    }

    static func quoted(_ name: String) -> String {
        var text = "\"".unicodeScalars
        for scalar in name.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text.append("\\") }
            text.append(scalar)
        }
        text.append("\"")
        return String(text)
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        !".[]\"'\\".unicodeScalars.contains(scalar) && !scalar.properties.isWhitespace
    }

    private mutating func path() throws(FieldPathError) -> [FieldPath.Component] {
        var components = [try first()]
        while position < scalars.count {
            if components.count == FieldPath.maximumComponents {
                throw failure("a path has at most \(FieldPath.maximumComponents) steps")
            }
            if take(".") {
                components.append(.name(try name()))
            } else if take("[") {
                components.append(try bracket())
            } else {
                throw failure("expected '.' or '[' before '\(scalars[position])'")
            }
        }
        return components
    }

    private mutating func first() throws(FieldPathError) -> FieldPath.Component {
        guard take("[") else { return .name(try name()) }
        let component = try bracket()
        if case .index = component {
            throw FieldPathError(
                column: 1, reason: "an event is an object, so a path starts with a name")
        }
        return component
    }

    private mutating func name() throws(FieldPathError) -> String {
        if let quote = peek, quote == "\"" || quote == "'" { return try quoted(by: quote) }
        let start = position
        while let scalar = peek, Self.isPlain(scalar) { position += 1 }
        guard position > start else {
            throw failure("expected a name; put one with unusual characters in quotes")
        }
        return text(from: start)
    }

    private mutating func bracket() throws(FieldPathError) -> FieldPath.Component {
        let component: FieldPath.Component
        if let quote = peek, quote == "\"" || quote == "'" {
            component = .name(try quoted(by: quote))
        } else {
            component = .index(try index())
        }
        guard take("]") else { throw failure("expected ']'") }
        return component
    }

    private mutating func index() throws(FieldPathError) -> Int {
        let start = position
        while let scalar = peek, ("0"..."9").contains(scalar) { position += 1 }
        guard position > start else {
            throw failure("expected an index such as [0], or a name in quotes")
        }
        guard let index = Int32(text(from: start)) else {
            throw FieldPathError(column: start + 1, reason: "the index is too large")
        }
        return Int(index)
    }

    private mutating func quoted(by quote: Unicode.Scalar) throws(FieldPathError) -> String {
        let start = position
        position += 1
        var name = String.UnicodeScalarView()
        while let scalar = peek {
            position += 1
            if scalar == quote { return String(name) }
            if scalar == "\\" {
                guard let escaped = peek else { break }
                position += 1
                name.append(escaped)
            } else {
                name.append(scalar)
            }
        }
        throw FieldPathError(
            column: start + 1, reason: "the name that starts with \(quote) has no end")
    }

    private func text(from start: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<position])
        return String(text)
    }

    private var peek: Unicode.Scalar? {
        position < scalars.count ? scalars[position] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private func failure(_ reason: String) -> FieldPathError {
        FieldPathError(column: position + 1, reason: reason)
    }
}
