/// What is wrong with a broken record.
public enum SampleFault: UInt8, Sendable, CaseIterable {
    /// The JSON ends in the middle.
    case truncated
    /// A string holds a byte that UTF-8 does not allow.
    case invalidUTF8
    /// A field has a value of another type than the schema says.
    case wrongType
    /// A required field is not there.
    case missingField

    /// Whether a parser refuses the record; else it is JSON that does not fit the schema.
    public var isUnparseable: Bool { self == .truncated || self == .invalidUTF8 }
}
