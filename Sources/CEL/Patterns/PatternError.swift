/// Why a regular expression is refused.
struct PatternError: Error, Equatable {
    /// One sentence without a full stop.
    let reason: String
    /// The character that is wrong, counted from 1; `nil` when it is the pattern as a whole.
    let column: Int?

    init(_ reason: String, column: Int? = nil) {
        self.reason = reason
        self.column = column
    }

    var sentence: String {
        column.map { "character \($0) of the pattern: \(reason)" } ?? reason
    }
}
