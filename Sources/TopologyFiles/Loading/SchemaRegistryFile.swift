public import StreamCore

/// A schema registry as a topology file declares it.
public struct SchemaRegistryFile: Sendable {
    /// By which operators and sinks call it.
    public var name: String
    /// The address; `nil` when there is a folder only.
    public var url: String?
    /// Schemas by id, relative to the working directory or absolute.
    public var folder: String?
    /// Where answers are kept.
    public var cache: String?
    public var user: String?
    public var password: String?
    public var bearerToken: String?
    public var caFile: String?
    public var certificateFile: String?
    public var keyFile: String?
    public var keyPassword: String?
    public var verifiesPeer: Bool
    public var timeout: Duration
    public var retries: Int
    public var backoff: Duration
    /// Where it stands in the file.
    public var location: SourceLocation
}

/// Opens the registries that a topology file declares. The loader does not know how: it has no
/// network.
public typealias SchemaRegistryOpening =
    @Sendable (SchemaRegistryFile) throws -> any SchemaSource

/// A registry that nobody opened: nothing can be asked of it.
struct UnopenedRegistry: SchemaSource {
    private let reason = "no schema registry can be asked here"

    func schema(id: Int32) throws(SchemaSourceError) -> RegisteredSchema? {
        throw SchemaSourceError(reason)
    }

    func identifier(
        of schema: RegisteredSchema, subject: String, registers: Bool
    ) throws(SchemaSourceError) -> Int32 {
        throw SchemaSourceError(reason)
    }
}
