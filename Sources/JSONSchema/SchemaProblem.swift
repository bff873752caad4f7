/// Why a schema cannot be used: where in it, what is wrong, and what to do about it.
public struct SchemaProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place as a JSON pointer into the schema; empty for the schema as a whole.
    public let pointer: String
    /// One sentence without a full stop.
    public let message: String
    /// What to do about it, when there is more to say than the message does.
    public let remedy: String?
    /// The keyword of JSON Schema that is not supported, when that is the problem.
    public let unsupportedKeyword: String?

    init(
        pointer: String, _ message: String, remedy: String? = nil,
        unsupportedKeyword: String? = nil
    ) {
        self.pointer = pointer
        self.message = message
        self.remedy = remedy
        self.unsupportedKeyword = unsupportedKeyword
    }

    public var description: String {
        let place = pointer.isEmpty ? "" : "\(pointer): "
        return place + message + (remedy.map { "; \($0)" } ?? "")
    }
}

/// All that is wrong with a schema, in the order of its text.
public struct SchemaProblems: Error, Sendable, CustomStringConvertible {
    /// The problems; at least one.
    public let all: [SchemaProblem]

    init(_ all: [SchemaProblem]) { self.all = all }

    public var description: String { all.map(\.description).joined(separator: "\n") }
}
