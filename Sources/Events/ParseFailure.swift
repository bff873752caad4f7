/// Why an event's value could not be indexed: a code and, where there is one, the byte.
public struct ParseFailure: Error, Hashable, Sendable, BitwiseCopyable {
    /// What is wrong with a value.
    public enum Code: UInt8, Sendable, BitwiseCopyable, CaseIterable {
        /// The record has no value.
        case tombstone
        /// The value has no bytes, or white space only.
        case emptyValue
        /// The value is longer than the limit.
        case tooLarge
        /// Objects and arrays are nested deeper than the limit.
        case tooDeep
        /// The bytes are not UTF-8.
        case invalidUTF8
        /// A NUL byte stands in the value.
        case nulByte
        /// A control character stands in a string without being escaped.
        case controlCharacter
        /// The value ends in the middle of the document.
        case truncated
        /// A byte stands where JSON allows no such byte.
        case unexpectedByte
        /// A string has an escape that JSON does not know, or half of a surrogate pair.
        case invalidEscape
        /// A number is not written as JSON writes numbers.
        case invalidNumber
        /// A whole number needs more than 64 bits, or a decimal is beyond a double's range.
        case numberOutOfRange
        /// Something follows the document.
        case trailingContent
        /// An object has two members of one name.
        case duplicateKey
        /// The document is valid, but it is not an object.
        case notAnObject
        /// There is no memory to index the value.
        case outOfMemory
    }

    /// What is wrong.
    public let code: Code

    /// The first byte that is wrong, counted from 0, or -1 when no single byte is.
    public let position: Int

    /// A failure at `position`; -1 when no single byte is wrong.
    public init(code: Code, position: Int = -1) {
        self.code = code
        self.position = position
    }
}

extension ParseFailure: CustomStringConvertible {
    /// What is wrong, and at which byte.
    public var reason: String {
        position < 0 ? code.sentence : "\(code.sentence) at byte \(position)"
    }

    /// The reason.
    public var description: String { reason }

    /// The reason, followed by the bytes at the place, so that a person sees what stands there.
    func reason(in value: UnsafeRawBufferPointer) -> String {
        guard (0..<value.count).contains(position) else { return reason }
        let shown = unsafe value[position...].prefix(Self.excerptLength)
        let text = unsafe String(decoding: shown, as: UTF8.self).unicodeScalars
        let excerpt = text.map { $0.properties.isWhitespace || $0.value < 0x20 ? " " : "\($0)" }
        let rest = unsafe shown.endIndex < value.count ? "..." : ""
        return "\(reason): \(excerpt.joined())\(rest)"
    }

    private static let excerptLength = 24
}

extension ParseFailure.Code {
    /// The code in the form of a header: `duplicate_key`.
    public var name: String {
        switch self {
        case .tombstone: "tombstone"
        case .emptyValue: "empty_value"
        case .tooLarge: "too_large"
        case .tooDeep: "too_deep"
        case .invalidUTF8: "invalid_utf8"
        case .nulByte: "nul_byte"
        case .controlCharacter: "control_character"
        case .truncated: "truncated"
        case .unexpectedByte: "unexpected_byte"
        case .invalidEscape: "invalid_escape"
        case .invalidNumber: "invalid_number"
        case .numberOutOfRange: "number_out_of_range"
        case .trailingContent: "trailing_content"
        case .duplicateKey: "duplicate_key"
        case .notAnObject: "not_an_object"
        case .outOfMemory: "out_of_memory"
        }
    }

    fileprivate var sentence: String {
        switch self {
        case .tombstone: "the record has no value (a tombstone)"
        case .emptyValue: "the value is empty"
        case .tooLarge: "the value is larger than the limit"
        case .tooDeep: "objects and arrays are nested deeper than the limit"
        case .invalidUTF8: "the value is not UTF-8"
        case .nulByte: "a NUL byte"
        case .controlCharacter: "a control character that is not escaped in a string"
        case .truncated: "the document has no end: the value is truncated"
        case .unexpectedByte: "not JSON"
        case .invalidEscape: "an escape that JSON does not know, or half of a surrogate pair"
        case .invalidNumber: "not a JSON number"
        case .numberOutOfRange: "a number that does not fit in 64 bits"
        case .trailingContent: "something follows the document"
        case .duplicateKey: "an object has two members of one name, the second"
        case .notAnObject: "the top level is not an object"
        case .outOfMemory: "no memory to index the value"
        }
    }
}
