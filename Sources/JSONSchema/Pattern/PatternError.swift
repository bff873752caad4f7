/// Why a regular expression is refused.
struct PatternError: Error, Equatable {
    /// One sentence without a full stop: what is wrong and, where it helps, what to write.
    let reason: String
    /// The character that is wrong, counted from 1; `nil` when it is the pattern as a whole.
    let column: Int?

    init(_ reason: String, column: Int? = nil) {
        self.reason = reason
        self.column = column
    }

    var sentence: String {
        guard let column else { return reason }
        return "character \(column): \(reason)"
    }
}
