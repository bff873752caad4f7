/// Why text is no expression, and where.
struct SyntaxError: Error {
    /// In bytes from the start.
    let offset: Int
    /// One sentence without a full stop.
    let message: String
    let remedy: String?

    init(_ message: String, at offset: Int, remedy: String? = nil) {
        self.offset = offset
        self.message = message
        self.remedy = remedy
    }
}
