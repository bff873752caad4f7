/// Why a row of CSV could not be read.
public struct CSVFailure: Error, Hashable, Sendable {
    /// What can be wrong with a row.
    public enum Code: Hashable, Sendable {
        /// A quoted field has no end.
        case unclosedQuote
        /// Something other than a delimiter follows a quoted field.
        case textAfterQuote
        /// The row has more or fewer fields than there are columns.
        case wrongColumnCount(expected: Int, found: Int)
        /// The row is not UTF-8.
        case invalidUTF8
        /// Two columns have one name.
        case duplicateColumn
        /// A column has no name.
        case unnamedColumn
    }

    /// What is wrong.
    public let code: Code

    /// The row, from 1; the header is row 1.
    public let row: Int

    /// The byte of the text where it is wrong, from 0; for a wrong number of fields, where the
    /// row starts.
    public let position: Int

    /// A failure at this place.
    public init(code: Code, row: Int, position: Int) {
        self.code = code
        self.row = row
        self.position = position
    }
}

extension CSVFailure: CustomStringConvertible {
    /// What is wrong, in which row and at which byte.
    public var reason: String { "\(code.sentence) in row \(row) at byte \(position)" }

    /// The reason.
    public var description: String { reason }
}

extension CSVFailure.Code {
    /// The code in the form of a header: `unclosed_quote`.
    public var name: String {
        switch self {
        case .unclosedQuote: "unclosed_quote"
        case .textAfterQuote: "text_after_quote"
        case .wrongColumnCount: "wrong_column_count"
        case .invalidUTF8: "invalid_utf8"
        case .duplicateColumn: "duplicate_column"
        case .unnamedColumn: "unnamed_column"
        }
    }

    fileprivate var sentence: String {
        switch self {
        case .unclosedQuote: "a quoted field has no end"
        case .textAfterQuote: "text follows a quoted field"
        case .wrongColumnCount(let expected, let found):
            "\(found) fields where the header has \(expected)"
        case .invalidUTF8: "the row is not UTF-8"
        case .duplicateColumn: "two columns have one name"
        case .unnamedColumn: "a column has no name"
        }
    }
}
