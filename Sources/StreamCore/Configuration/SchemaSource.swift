/// Where schemas are found that records name by a number: a registry.
///
/// What a number stands for never changes, so an answer may be kept for ever.
public protocol SchemaSource: Sendable {
    /// The schema of an id; `nil` when there is none, which is a definite answer.
    ///
    /// May block for as long as its settings say.
    func schema(id: Int32) throws(SchemaSourceError) -> RegisteredSchema?

    /// The id of a schema under a subject, where it is registered if need be.
    ///
    /// May block for as long as its settings say.
    func identifier(
        of schema: RegisteredSchema, subject: String, registers: Bool
    ) throws(SchemaSourceError) -> Int32
}

/// A schema as a registry keeps it.
public struct RegisteredSchema: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case avro = "AVRO"
        case json = "JSON"
        case protobuf = "PROTOBUF"
    }

    /// A schema that another one refers to.
    public struct Reference: Hashable, Sendable {
        public let name: String
        public let text: [UInt8]

        public init(name: String, text: [UInt8]) {
            self.name = name
            self.text = text
        }
    }

    public let kind: Kind
    public let text: [UInt8]
    /// What it refers to, each after those that it refers to itself.
    public let references: [Reference]

    public init(kind: Kind, text: [UInt8], references: [Reference] = []) {
        self.kind = kind
        self.text = text
        self.references = references
    }
}

/// A registry gave no answer, or refused: not the fault of a record.
public struct SchemaSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, and what to do: one or two clauses without a full stop.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}
