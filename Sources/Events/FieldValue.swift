/// One JSON value of an event, as plain data: what it is, and where its bytes lie in the arena.
///
/// A value stays valid until the arena is reset; its ranges are read with
/// ``EventArena/bytes(_:)``.
public struct FieldValue: BitwiseCopyable, Sendable {
    /// What a JSON value can be.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// There is no value at that path.
        case missing
        /// `null`
        case null
        /// `true` or `false`
        case boolean
        /// A whole number that fits in `Int64`.
        case integer
        /// A whole number above `Int64.max` that fits in `UInt64`.
        case unsignedInteger
        /// Any other number; `raw` has its exact digits.
        case decimal
        /// A string.
        case string
        /// An object.
        case object
        /// An array.
        case array
    }

    /// What the value is.
    public let kind: Kind

    /// The value's JSON text as it came: a string with its quotes, a number with all its digits.
    public let raw: ByteRange

    /// A string's contents with its escapes resolved; absent for other kinds.
    public let text: ByteRange

    /// The bits of a number or boolean.
    @usableFromInline let payload: UInt64

    /// The document that `node` belongs to.
    let document: Int32

    /// The value's node in its document; -1 for a value that an operator set.
    let node: Int32

    init(
        kind: Kind, raw: ByteRange, text: ByteRange = .absent, payload: UInt64 = 0,
        document: Int32 = -1, node: Int32 = -1
    ) {
        self.kind = kind
        self.raw = raw
        self.text = text
        self.payload = payload
        self.document = document
        self.node = node
    }

    /// The value that is not there.
    public static var missing: FieldValue { FieldValue(kind: .missing, raw: .absent) }

    /// Whether there is no value.
    @inlinable public var isMissing: Bool { kind == .missing }

    /// Whether there is no value, or it is `null`.
    @inlinable public var isMissingOrNull: Bool { kind == .missing || kind == .null }

    /// Whether the value is a number of any kind.
    @inlinable public var isNumber: Bool {
        kind == .integer || kind == .unsignedInteger || kind == .decimal
    }

    /// The boolean, or `nil` when the value is something else.
    @inlinable public var boolean: Bool? { kind == .boolean ? payload != 0 : nil }

    /// The number, when it was written as a whole number that fits.
    @inlinable public var integer: Int64? { kind == .integer ? Int64(bitPattern: payload) : nil }

    /// The number, when it was written as a whole number above `Int64.max`.
    @inlinable public var unsignedInteger: UInt64? { kind == .unsignedInteger ? payload : nil }

    /// Any number as the nearest `Double`, or `nil` when the value is no number.
    @inlinable public var double: Double? {
        switch kind {
        case .integer: Double(Int64(bitPattern: payload))
        case .unsignedInteger: Double(payload)
        case .decimal: Double(bitPattern: payload)
        default: nil
        }
    }
}
