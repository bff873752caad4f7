/// Why a model file can't be used.
package struct ModelProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence without a full stop.
    package let message: String
    /// What to do about it, without a full stop.
    package let remedy: String?

    init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }

    /// The sentence and what to do.
    package var description: String { message + (remedy.map { "; \($0)" } ?? "") }
}
