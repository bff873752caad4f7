/// One type of a plan: how its bytes are read and written as JSON.
struct Step: BitwiseCopyable {
    enum Operation: UInt8, BitwiseCopyable {
        case null, boolean
        /// An `int`, an `int` or `long` that becomes a decimal number.
        case int, long, intAsDouble, longAsDouble
        case float, double
        /// Bytes in base64, text as a string; and one as the other.
        case bytes, string, bytesAsString, stringAsBytes
        /// A fixed in base64; `count` bytes.
        case fixed
        /// A decimal of bytes, or of `count` bytes; `extra` digits stand behind the point.
        case decimal, fixedDecimal
        case fixedUUID
        case date
        /// `extra` units a second.
        case timeOfInt, timeOfLong, timestamp, localTimestamp
        /// `first` and `count` name literals, the symbols.
        case enumeration
        /// `first` is the step of what it holds.
        case array, map
        /// `first` and `count` name steps in the list of branches.
        case union
        /// `first` and `count` name fields; `extra` is the literal that ends it.
        case record
        /// What was written can't be read as what is wanted; `extra` is the reason.
        case refuse
    }

    var operation: Operation
    /// Whether every value has no bytes at all.
    var isZeroSized = false
    /// The fewest bytes of a value.
    var minimumSize: Int32 = 0
    var first: Int32 = 0
    var count: Int32 = 0
    var extra: Int64 = 0
    /// What follows the size is to be read as a union in JSON: the step of a reader's union.
    init(_ operation: Operation) { self.operation = operation }
}

/// A field of a record as it was written.
struct FieldStep: BitwiseCopyable {
    var step: Int32
    /// What to write in front of the value: a brace or a comma, and the name; `nil` skips it.
    var literal: Int32
    /// Where the reader's name of the field is, for messages.
    var name: Int32
}

/// Bytes of a plan that are written as they are.
struct Literal: BitwiseCopyable {
    /// -1 when there is none.
    var start: Int32
    var count: Int32
}
