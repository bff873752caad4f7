/// Why bytes are no value of their schema.
package struct AvroFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The bytes end inside a value.
        case truncated
        /// Bytes are left behind the value.
        case trailingContent = "trailing_content"
        /// A number, a size or an index that the schema does not allow.
        case invalidValue = "invalid_value"
        case invalidUTF8 = "invalid_utf8"
        case tooDeep = "too_deep"
        case tooLarge = "too_large"
        /// What was written can't be read with the reader's schema.
        case unreadable = "schema_mismatch"
    }

    package let code: Code
    /// The first byte that is wrong, counted from 0.
    package let position: Int
    /// One clause: what is wrong.
    package let message: String
    /// The fields that lead to it, outermost first; empty at the top.
    package internal(set) var path: [String] = []

    init(_ code: Code, at position: Int, _ message: String) {
        self.code = code
        self.position = position
        self.message = message
    }

    /// What is wrong, in which field, at which byte; `offset` bytes stand in front of the value.
    package func reason(offset: Int) -> String {
        let place = path.isEmpty ? "" : "\(path.joined(separator: ".")): "
        return "\(place)\(message) at byte \(position + offset)"
    }

    package var reason: String { reason(offset: 0) }
    package var description: String { "\(code.rawValue): \(reason)" }
}
