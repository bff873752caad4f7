public import StreamCore

/// The `kafka:` section of a topology: librdkafka's properties, and how to reach the cluster.
///
/// ```swift
/// let settings = KafkaSettings(properties: [
///     KafkaProperty(name: "bootstrap.servers", value: "broker-1:9092", location: location)
/// ])
/// let diagnostics = settings.validate()
/// ```
///
/// Every property passes through, but for the few that the correctness of Millrace depends on:
/// a conflicting value is refused with the reason. `consumer.` and `producer.` prefixes limit a
/// property to one side. `bootstrap.servers: embedded` stands for ``EmbeddedCluster``.
public struct KafkaSettings: Sendable, Hashable {
    /// The properties in the order of the file.
    public let properties: [KafkaProperty]
    /// Where the section stands, for what is missing in it.
    public let location: SourceLocation

    /// Settings of these properties, not yet validated.
    public init(properties: [KafkaProperty], location: SourceLocation = .none) {
        self.properties = properties
        self.location = location
    }

    /// Whether the settings ask for the cluster inside the process.
    public var isEmbedded: Bool { bootstrapServers?.value == Self.embedded }

    static let embedded = "embedded"
    static let bootstrapNames = ["bootstrap.servers", "metadata.broker.list"]

    var bootstrapServers: KafkaProperty? {
        properties.last { Self.bootstrapNames.contains($0.ownName) }
    }

    /// What the user set for one side: common properties first, then those with its prefix.
    func properties(of side: ClientSide) -> [KafkaProperty] {
        let common = properties.filter {
            $0.prefixedSide == nil && PropertyCatalogue.side(of: $0.name) != side.other
        }
        return common + properties.filter { $0.prefixedSide == side }
    }

    /// Where a partition without a committed offset starts: the user's word, else `earliest`.
    var offsetReset: OffsetReset {
        let name = "auto.offset.reset"
        let property = properties(of: .consumer).last { $0.ownName == name }
        return property.flatMap { OffsetReset(librdkafkaName: $0.value) } ?? .earliest
    }
}

/// What to do where there is no offset to go on from.
enum OffsetReset: Sendable {
    case earliest
    case latest
    case error

    /// The names that librdkafka knows; `nil` for others, which it refuses.
    init?(librdkafkaName name: String) {
        switch name.lowercased() {
        case "earliest", "smallest", "beginning": self = .earliest
        case "latest", "largest", "end": self = .latest
        case "error": self = .error
        default: return nil
        }
    }
}
