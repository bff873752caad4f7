public import StreamCore

/// One librdkafka property as the `kafka:` section of a topology file gives it.
///
/// `consumer.` or `producer.` before the name limits the property to that side, as Kafka Streams
/// does it: `consumer.fetch.min.bytes`. Printing a property never shows the value of a secret.
public struct KafkaProperty: Sendable, Hashable {
    /// The name as it was written, with its prefix.
    public let name: String
    /// The value as librdkafka takes it.
    public let value: String
    /// Where it stands.
    public let location: SourceLocation

    /// A property that stands at `location`.
    public init(name: String, value: String, location: SourceLocation = .none) {
        self.name = name
        self.value = value
        self.location = location
    }
}

extension KafkaProperty: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `linger.ms=5`, or `sasl.password=***`.
    public var description: String { "\(name)=\(printableValue)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// What `dump` and `String(reflecting:)` of an enclosing value may see.
    public var customMirror: Mirror {
        Mirror(
            self, children: ["name": name, "value": printableValue, "location": location],
            displayStyle: .struct)
    }

    private var printableValue: String { isSecret ? SecretFilter.mask : value }
}

extension KafkaProperty {
    /// Whether no log, error or description may show the value.
    public var isSecret: Bool { PropertyCatalogue.isSecret(ownName) }

    /// The side that the prefix limits the property to.
    var prefixedSide: ClientSide? {
        ClientSide.allCases.first { name.hasPrefix($0.prefix) }
    }

    /// The name without prefix, as librdkafka knows it.
    var ownName: String {
        prefixedSide.map { String(name.dropFirst($0.prefix.count)) } ?? name
    }
}

/// The two kinds of client that a property can be meant for.
enum ClientSide: String, CaseIterable, Sendable {
    case consumer
    case producer

    var prefix: String { rawValue + "." }

    var other: ClientSide { self == .consumer ? .producer : .consumer }
}
