/// What an engine makes of a text.
public struct Opinion: Hashable, Sendable {
    public enum Label: String, Hashable, Sendable, CaseIterable {
        case positive, negative
        /// There are opinions, and they hold each other in balance.
        case neutral
        /// The text says nothing that is for or against something.
        case none = "no_opinion"
    }

    /// How positive or negative the text is as a whole, from -1 to 1.
    public var compound = 0.0
    /// The parts of the text that are positive, neutral and negative; together 1, or all 0 for a
    /// text without a word.
    public var positive = 0.0
    public var neutral = 0.0
    public var negative = 0.0
    public var label = Label.none
    /// How likely the label is right, from 0 to 1.
    public var confidence = 0.0
}
