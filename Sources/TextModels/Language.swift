/// The language that a text is written in.
public struct Language: Equatable, Sendable {
    /// The ISO 639-1 code, as in `de`; a longer BCP 47 tag for the few languages without one and
    /// for `zh-Hant`; `un` when the language is unknown.
    public let code: String

    /// Whether the language is clearly more likely than the next one.
    public let isReliable: Bool

    /// How much of the text is in this language, 0 to 1.
    public let share: Double

    public init(code: String, isReliable: Bool, share: Double) {
        self.code = code
        self.isReliable = isReliable
        self.share = share
    }

    public static let unknown = Language(code: "un", isReliable: false, share: 0)

    public var isKnown: Bool { code != Self.unknown.code }
}
