/// Why an expression cannot be used: where in it, what is wrong, and what to do about it.
public struct ExpressionProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The column in characters, from 1.
    public let column: Int
    /// One sentence without a full stop.
    public let message: String
    /// What to do about it, when there is more to say than the message does.
    public let remedy: String?

    /// `line:column: message; remedy`
    public var description: String {
        "\(line):\(column): \(message)" + (remedy.map { "; \($0)" } ?? "")
    }
}

/// All that is wrong with an expression, in the order of its text.
public struct ExpressionProblems: Error, Sendable, CustomStringConvertible {
    /// The problems; at least one.
    public let all: [ExpressionProblem]

    init(_ errors: [SyntaxError], of text: String) {
        let places = TextPlaces(text)
        all = errors.sorted { $0.offset < $1.offset }.map { error in
            let (line, column) = places.place(of: error.offset)
            return ExpressionProblem(
                line: line, column: column, message: error.message, remedy: error.remedy)
        }
    }

    /// The problems, each in a line.
    public var description: String { all.map(\.description).joined(separator: "\n") }
}

/// Lines and columns of a text.
struct TextPlaces {
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The line and column of a byte, from 1; columns count code points.
    func place(of offset: Int) -> (line: Int, column: Int) {
        var (line, column) = (1, 1)
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                (line, column) = (line + 1, 1)
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }
}
