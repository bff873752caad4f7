/// One word of an expression.
struct Token {
    enum Kind: Equatable {
        /// The digits of a whole number, or `0x` and its digits.
        case integer(magnitude: UInt64)
        case unsignedInteger(UInt64)
        case double(Double)
        case string([UInt8])
        case bytes([UInt8])
        case identifier(String)
        /// A name in backquotes, which may have any characters; only after a dot.
        case quotedIdentifier(String)
        /// An operator or a bracket.
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case and = "&&"
        case or = "||"
        case less = "<"
        case greater = ">"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case remainder = "%"
        case not = "!"
        case question = "?"
        case colon = ":"
        case comma = ","
        case dot = "."
        case leftParenthesis = "("
        case rightParenthesis = ")"
        case leftBracket = "["
        case rightBracket = "]"
        case leftBrace = "{"
        case rightBrace = "}"
    }

    let kind: Kind
    /// Where the word starts, in bytes.
    let start: Int

    /// The word as a message names it.
    var name: String {
        switch kind {
        case .integer, .unsignedInteger, .double: "a number"
        case .string: "a string"
        case .bytes: "bytes"
        case .identifier(let name), .quotedIdentifier(let name): "'\(name)'"
        case .symbol(let symbol): "'\(symbol.rawValue)'"
        case .end: "the end of the expression"
        }
    }
}
