/// What a JSON document may be at most, and what a repeated member name means.
public struct ParseLimits: Hashable, Sendable, BitwiseCopyable {
    /// What to do with an object that has two members of one name.
    public enum DuplicateKeys: Hashable, Sendable, BitwiseCopyable {
        /// The document is refused.
        case reject

        /// The first member counts; the others are left out, also when the event is written.
        case keepFirst
    }

    /// The longest document, in bytes.
    public let maximumBytes: Int

    /// The deepest nesting of objects and arrays; the top level counts as 1.
    public let maximumDepth: Int

    /// What to do with an object that has two members of one name.
    public let duplicateKeys: DuplicateKeys

    /// The most that ``maximumBytes`` can be: 1 GiB.
    public static let largestDocument = 1 << 30

    /// The most that ``maximumDepth`` can be.
    public static let deepestNesting = 1 << 16

    /// Limits of 8 MiB and 128 levels that refuse repeated names, unless told otherwise.
    /// A limit out of range becomes the nearest one that is possible.
    public init(
        maximumBytes: Int = 8 << 20, maximumDepth: Int = 128,
        duplicateKeys: DuplicateKeys = .reject
    ) {
        self.maximumBytes = min(maximumBytes, Self.largestDocument)
        self.maximumDepth = min(max(maximumDepth, 1), Self.deepestNesting)
        self.duplicateKeys = duplicateKeys
    }

    /// 8 MiB, 128 levels, repeated names refused.
    public static var standard: ParseLimits { ParseLimits() }
}
