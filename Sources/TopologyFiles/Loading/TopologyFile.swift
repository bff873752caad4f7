public import StreamCore

/// A topology file as it was read: what runs, how it runs, and its tests.
public struct TopologyFile: Sendable {
    /// The path by which it was named.
    public var path: String
    /// In the order of the file; `bootstrap.servers` is always there.
    public var kafka: [KafkaProperty]
    /// How the topology runs.
    public var processing: ProcessingSettings
    /// Where `processing.guarantee` and `processing.commit_interval` stand, for what only shows
    /// together with the cluster's properties; ``StreamCore/SourceLocation/none`` for defaults.
    public var guaranteeLocation: SourceLocation
    public var commitIntervalLocation: SourceLocation
    /// The same of `processing.changelog` and `processing.standby_replicas`.
    public var changelogLocation: SourceLocation
    public var standbyReplicasLocation: SourceLocation
    /// What runs.
    public var topology: Topology
    /// What it must do, for ``TopologyTestRunner``.
    public var tests: [TopologyTest]
    /// What came out of environment variables; hide it with ``Substitutions/redact(_:)`` in
    /// everything that is shown or logged.
    public var substitutions: Substitutions

    /// The name of the consumer group, the prefix of internal topics and the state folder.
    public var application: String { topology.application }

    /// The brokers, or ``KafkaProperty/embedded``.
    public var bootstrapServers: KafkaProperty {
        kafka.first { $0.name == KafkaProperty.bootstrapServers }
            ?? KafkaProperty(
                name: KafkaProperty.bootstrapServers, value: KafkaProperty.embedded,
                location: .none)
    }
}

/// A librdkafka property, passed through as it is.
public struct KafkaProperty: Sendable, Hashable {
    /// The property that names the brokers.
    public static let bootstrapServers = "bootstrap.servers"
    /// The value of `bootstrap.servers` that stands for the cluster inside the process.
    public static let embedded = "embedded"

    /// As librdkafka calls it.
    public var name: String
    /// As it stands in the file, with variables filled in.
    public var value: String
    /// Where it stands in the file; ``StreamCore/SourceLocation/none`` for a default.
    public var location: SourceLocation

    /// A property; `location` is where a message about it points.
    public init(name: String, value: String, location: SourceLocation) {
        self.name = name
        self.value = value
        self.location = location
    }
}

/// How a topology runs.
public struct ProcessingSettings: Sendable, Hashable {
    /// What a crash may do to outputs.
    public enum Guarantee: String, Sendable, Hashable, CaseIterable {
        /// Some may be repeated; none is lost.
        case atLeastOnce = "at_least_once"
        /// Whoever reads committed records finds each output once.
        case exactlyOnce = "exactly_once"
    }

    /// Whether state outlives the machine that it lies on.
    public enum Changelog: String, Sendable, Hashable, CaseIterable {
        /// It does not.
        case none
        /// Every change is written to compacted topics.
        case kafka
    }

    /// What a crash may do to outputs.
    public var guarantee = Guarantee.atLeastOnce
    /// Whether state outlives the machine that it lies on.
    public var changelog = Changelog.none
    /// How many other processes keep a copy of each task's state.
    public var standbyReplicas = 0
    /// How often state and offsets are committed.
    public var commitInterval = Duration.milliseconds(200)
    /// Stream threads of one process.
    public var threads = 1
    /// Where state is kept, relative to the working directory.
    public var stateDirectory = ".millrace/state"
    /// Memory for the state of each task that has some.
    ///
    /// - Units: bytes.
    public var cacheSize = 64 << 20
    /// How long a stopping process may take to finish its batch, commit and leave.
    public var shutdownGrace = Duration.seconds(30)
    /// How long the brokers may be away before the process gives up.
    public var brokerTimeout = Duration.seconds(60)
    /// How long a task waits for records of an empty partition before it goes on with the others.
    public var maxTaskIdle = Duration.seconds(1)

    /// The defaults.
    public init() {}
}
