public import Events

/// A plain graph of named sources, operators and sinks, as a person wrote it.
///
/// ``TopologyPlan`` validates it and cuts it into sub-topologies; nothing here is checked yet.
public struct Topology: Sendable {
    /// Topics that are read.
    public struct Source: Sendable {
        public var name: String
        public var topics: [String]
        /// The field that carries the event time; else the record's own timestamp.
        public var timestamp: FieldPath?
        /// The field by whose value the topics are partitioned, when it is known; else the record
        /// key, whatever it is.
        public var key: FieldPath?
        public var watermark: WatermarkSettings
        /// Whether every task reads all partitions: for tables, rules and commands.
        public var broadcast: Broadcast?
        public var location: SourceLocation

        public init(
            name: String, topics: [String], timestamp: FieldPath? = nil, key: FieldPath? = nil,
            watermark: WatermarkSettings = WatermarkSettings(), broadcast: Broadcast? = nil,
            location: SourceLocation = .none
        ) {
            self.name = name
            self.topics = topics
            self.broadcast = broadcast
            self.timestamp = timestamp
            self.key = key
            self.watermark = watermark
            self.location = location
        }
    }

    /// When the records of a broadcast source come among those of the others.
    public enum Broadcast: String, Hashable, Sendable, CaseIterable {
        /// In the order of event time, like any.
        case inOrder = "in_order"
        /// All that there are before any other record, and later ones as they come: a table that
        /// is loaded first.
        case first
    }

    /// A configured operator and what it reads.
    public struct Node: Sendable {
        public var name: String
        public var spec: OperatorSpec
        public var definition: any OperatorDefinition
        public var inputs: [StreamReference]
        /// What the spec's named inputs read, by their index; `nil` for one that is left out.
        public var namedInputs: [StreamReference?]
        public var errorPolicy: ErrorPolicy
        public var location: SourceLocation

        public init(
            name: String, spec: OperatorSpec, definition: any OperatorDefinition,
            inputs: [StreamReference], namedInputs: [StreamReference?] = [],
            errorPolicy: ErrorPolicy = .deadLetter,
            location: SourceLocation = .none
        ) {
            self.name = name
            self.spec = spec
            self.definition = definition
            self.inputs = inputs
            self.namedInputs = namedInputs
            self.errorPolicy = errorPolicy
            self.location = location
        }

        /// Everything that it reads.
        public var allInputs: [StreamReference] { inputs + namedInputs.compactMap { $0 } }
    }

    /// A topic that is written.
    public struct Sink: Sendable {
        public var topic: String
        public var inputs: [StreamReference]
        /// The field whose value becomes the key of the records; else they keep the key they have.
        public var key: FieldPath?
        /// How values are written; `nil` is JSON as events are.
        public var format: (any SinkFormat)?
        /// What happens to an event that does not fit the format.
        public var errorPolicy: SinkErrorPolicy
        public var location: SourceLocation

        public init(
            topic: String, inputs: [StreamReference], key: FieldPath? = nil,
            format: (any SinkFormat)? = nil, errorPolicy: SinkErrorPolicy = .fail,
            location: SourceLocation = .none
        ) {
            self.topic = topic
            self.inputs = inputs
            self.key = key
            self.format = format
            self.errorPolicy = errorPolicy
            self.location = location
        }
    }

    /// The consumer group, the prefix of internal topics and the name of the state folder.
    public var application: String
    /// Whether the tasks obey commands, of which each reads the topic `APPLICATION-control`.
    public var hasControl = false
    public var sources: [Source]
    public var operators: [Node]
    public var sinks: [Sink]

    public init(application: String, sources: [Source], operators: [Node], sinks: [Sink]) {
        self.application = application
        self.sources = sources
        self.operators = operators
        self.sinks = sinks
    }
}

/// How the event time of a source moves the clock.
public struct WatermarkSettings: Hashable, Sendable {
    /// What the clock does when every input is idle and the group has caught up.
    public enum IdlePolicy: String, Hashable, Sendable, CaseIterable {
        /// It holds until a record comes.
        case hold
        /// It goes on with wall time, so that windows close when traffic stops.
        case wallClock = "wall_clock"
    }

    /// How far behind the latest event the watermark stays.
    public var outOfOrderness: Duration
    /// After how long without a record a partition no longer holds the watermark back.
    public var idleAfter: Duration
    public var whenIdle: IdlePolicy
    /// An event that is further ahead of its record's timestamp (or, when the event time is the
    /// record's timestamp, of the wall clock) goes to `.future` and does not move the clock.
    public var aheadLimit: Duration

    public init(
        outOfOrderness: Duration = .zero, idleAfter: Duration = .seconds(60),
        whenIdle: IdlePolicy = .hold, aheadLimit: Duration = .seconds(86_400)
    ) {
        self.outOfOrderness = outOfOrderness
        self.idleAfter = idleAfter
        self.whenIdle = whenIdle
        self.aheadLimit = aheadLimit
    }
}
