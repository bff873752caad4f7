/// How a schema is read, where the draft leaves a choice.
public struct SchemaOptions: Hashable, Sendable {
    /// What `format` does.
    public enum Formats: String, Hashable, Sendable, CaseIterable {
        /// It is a remark, as the draft has it by default.
        case annotate
        /// A string that is not of the format is a violation.
        case assert
    }

    /// What a keyword is that the draft doesn't have.
    public enum UnknownKeywords: String, Hashable, Sendable, CaseIterable {
        /// A mistake: the schema is refused, so that nothing it says is passed over in silence.
        case refuse
        /// A remark, as the draft has it. The same goes for formats that are not known.
        case ignore
    }

    public var formats: Formats
    public var unknownKeywords: UnknownKeywords

    public init(formats: Formats = .annotate, unknownKeywords: UnknownKeywords = .refuse) {
        self.formats = formats
        self.unknownKeywords = unknownKeywords
    }
}
