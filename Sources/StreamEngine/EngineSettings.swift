/// How an application runs: what `processing:` of a topology file says.
public struct EngineSettings: Sendable {
    /// What a crash may do to outputs.
    public enum Guarantee: Sendable, Hashable {
        /// Some may be repeated; none is lost.
        case atLeastOnce
        /// Whoever reads committed records finds each output once.
        case exactlyOnce
    }

    /// Whether state outlives the machine that it lies on.
    public enum Changelog: Sendable, Hashable {
        /// It does not.
        case none
        /// Every change is written to compacted topics, from which another machine restores it.
        case kafka
    }

    public var guarantee: Guarantee
    public var changelog: Changelog
    /// How many other processes keep a copy of each task's state.
    public var standbyReplicas: Int
    /// How many stream threads the process has; each is a member of the consumer group.
    public var threads: Int
    public var commitInterval: Duration
    /// How long brokers may be away before the process ends.
    public var brokerTimeout: Duration
    /// How long a shutdown may take.
    public var shutdownGrace: Duration
    /// How long a task waits for a partition that is empty but not read to its end.
    public var maxTaskIdle: Duration
    /// How long a task waits for the former owner of its state to let go of it.
    public var stateLockTimeout: Duration
    /// How long the commit may take that a rebalance waits for: a fifth of the time that the group
    /// gives a member, so that the rest is left for what comes after.
    public var revocationLimit: Duration
    /// How many records one run of a task takes at the most.
    public var runLimit: Int
    /// The name that this process keeps over restarts, and no other process has; `nil` when it has
    /// none. Its transactional ids are made of it.
    public var instance: String?
    /// Whether a task whose state is missing may start with an empty one.
    public var allowsStateLoss: Bool
    /// Whether state that a topology edit dropped may be deleted, and state that it gave another
    /// meaning be emptied; see ``StatePlan``.
    public var confirmsStateChanges: Bool
    /// Whether the engine stops once everything that was written is processed.
    public var stopsWhenCaughtUp: Bool
    /// Whether topics that are missing are created, and with how many partitions.
    public var missingTopics: MissingTopics
    /// For tests that have to find it.
    package var deliberateFault: DeliberateFault?

    public enum MissingTopics: Sendable, Hashable {
        case refuse
        case create(partitions: Int32)
    }

    public init(
        guarantee: Guarantee = .atLeastOnce, changelog: Changelog = .none,
        standbyReplicas: Int = 0, threads: Int = 1,
        commitInterval: Duration = .milliseconds(200), brokerTimeout: Duration = .seconds(60),
        shutdownGrace: Duration = .seconds(30), maxTaskIdle: Duration = .seconds(1),
        stateLockTimeout: Duration = .seconds(30), revocationLimit: Duration = .seconds(60),
        runLimit: Int = 512, instance: String? = nil, allowsStateLoss: Bool = false,
        confirmsStateChanges: Bool = false, stopsWhenCaughtUp: Bool = false,
        missingTopics: MissingTopics = .refuse
    ) {
        self.guarantee = guarantee
        self.changelog = changelog
        self.standbyReplicas = standbyReplicas
        self.threads = threads
        self.commitInterval = commitInterval
        self.brokerTimeout = brokerTimeout
        self.shutdownGrace = shutdownGrace
        self.maxTaskIdle = maxTaskIdle
        self.stateLockTimeout = stateLockTimeout
        self.revocationLimit = revocationLimit
        self.runLimit = runLimit
        self.instance = instance
        self.allowsStateLoss = allowsStateLoss
        self.confirmsStateChanges = confirmsStateChanges
        self.stopsWhenCaughtUp = stopsWhenCaughtUp
        self.missingTopics = missingTopics
    }
}
