public import Events
public import StreamCore

/// A Kafka cluster, as the engine needs it: real, embedded or fake.
///
/// The engine owns these protocols; adapters implement them. Handles that a cluster makes are
/// used by one thread each; the cluster itself may be shared.
public protocol Cluster: Sendable {
    /// A consumer of the application's group, not yet subscribed.
    func makeConsumer(_ settings: ConsumerSettings) throws(ClusterError) -> any Consumer

    func makeProducer(_ settings: ProducerSettings) throws(ClusterError) -> any Producer

    /// A reader of single partitions, outside of any group, which reads nothing yet.
    func makeReader(_ settings: ReaderSettings) throws(ClusterError) -> any PartitionReader

    /// Topics with their number of partitions; topics that are not there are left out.
    func describeTopics(_ names: [String]) throws(ClusterError) -> [String: Int32]

    /// The configuration of a topic that is there, with the broker's defaults; `nil` from a cluster
    /// that can't tell.
    func topicConfiguration(of topic: String) throws(ClusterError) -> [String: String]?

    /// Creates the topics that are not there yet and waits until they can be used.
    func createTopics(_ topics: [TopicSpec]) throws(ClusterError)

    /// Deletes the records of a partition before an offset.
    func deleteRecords(before offsets: [TopicPartition: Int64]) throws(ClusterError)

    /// The members of a consumer group as its coordinator knows them; empty when there is none, or
    /// while a rebalance is going on.
    func groupMembers(of group: String) throws(ClusterError) -> [GroupMember]
}

public struct ConsumerSettings: Sendable {
    public var group: String
    /// Names the consumer in logs and on the broker.
    public var clientID: String
    /// Which of the process's stream threads it is; makes a static member's name unique.
    public var threadIndex: Int
    /// Whether several topics must be co-partitioned, so that partition `p` of each comes to the
    /// same member.
    public var isCopartitioned: Bool

    public init(group: String, clientID: String, threadIndex: Int = 0, isCopartitioned: Bool) {
        self.group = group
        self.clientID = clientID
        self.threadIndex = threadIndex
        self.isCopartitioned = isCopartitioned
    }
}

public struct ProducerSettings: Sendable {
    public var clientID: String
    /// The name that makes the producer transactional; `nil` for one without transactions. Of two
    /// producers with one name the later fences the earlier.
    public var transactionalID: String?

    public init(clientID: String, transactionalID: String? = nil) {
        self.clientID = clientID
        self.transactionalID = transactionalID
    }
}

public struct ReaderSettings: Sendable {
    /// The application's group. A reader never joins it and commits nothing; some rights are granted
    /// by it.
    public var group: String
    public var clientID: String

    public init(group: String, clientID: String) {
        self.group = group
        self.clientID = clientID
    }
}

/// A member of a consumer group, as the group's coordinator knows it.
public struct GroupMember: Sendable, Hashable {
    /// The `clientID` of its ``ConsumerSettings``.
    public var clientID: String
    public var partitions: Set<TopicPartition>

    public init(clientID: String, partitions: Set<TopicPartition>) {
        self.clientID = clientID
        self.partitions = partitions
    }
}

/// A topic to create.
public struct TopicSpec: Sendable, Hashable {
    public var name: String
    /// `nil` takes the broker's default.
    public var partitions: Int32?
    public var configuration: [String: String]

    public init(name: String, partitions: Int32? = nil, configuration: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.configuration = configuration
    }
}

/// A member of the application's group, used by one thread.
///
/// The engine decides what happens in a rebalance: `wait` reports it, and only the engine's
/// `assign` or `unassign` carries it out; until then the group waits.
public protocol Consumer: AnyObject {
    func subscribe(to topics: [String]) throws(ClusterError)

    /// Waits until something happens or `timeout` is over; never longer than needed.
    func wait(timeout: Duration) throws(ClusterError) -> ConsumerEvent

    /// Carries out an assignment: fetching starts at the given offsets. `incremental` adds to what
    /// is assigned already. A partition in `held` is assigned but not fetched until `release`.
    func assign(_ positions: [TopicPartition: StartPosition], incremental: Bool)
        throws(ClusterError)

    /// Goes back, or on, to the given offsets of partitions that are assigned; `reset` leaves a
    /// partition where it is. What was fetched from them before is forgotten.
    func rewind(_ positions: [TopicPartition: StartPosition]) throws(ClusterError)

    /// Carries out a revocation.
    func unassign(_ partitions: [TopicPartition], incremental: Bool) throws(ClusterError)

    /// Replaces the content of `batch` with the records that have come for a partition, without
    /// waiting. The batch's memory is the consumer's: it is valid until the partition's next fetch.
    func fetch(
        _ partition: TopicPartition, into batch: RecordBatch, recordLimit: Int, byteLimit: Int
    ) throws(ClusterError) -> FetchStatus

    /// The group's committed offsets with their metadata; partitions without are left out. Offsets
    /// of a transaction that is still open are waited for.
    ///
    /// - Throws: a retriable error when they could not be waited for any longer.
    func committed(_ partitions: [TopicPartition]) throws(ClusterError)
        -> [TopicPartition: CommittedOffset]

    /// Who this consumer is in its group, for the offsets of a transaction.
    ///
    /// - Throws: a fenced error when it is no member, or its assignment is lost.
    func groupMetadata() throws(ClusterError) -> any GroupMetadata

    /// Commits and waits for the answer.
    func commit(_ offsets: [TopicPartition: CommittedOffset]) throws(ClusterError)

    /// The earliest and the next offset of a partition, asked from the broker.
    func offsetRange(_ partition: TopicPartition) throws(ClusterError) -> Range<Int64>

    /// Leaves the group and gives everything back, in bounded time. Nothing may be called after.
    func close()
}

public enum ConsumerEvent: Sendable, Equatable {
    /// The time was over.
    case nothing
    /// Partitions that were empty have records, or reached their end.
    case recordsReady
    /// The group gave these partitions to this member; `assign` is expected.
    case assigned([TopicPartition], incremental: Bool)
    /// The group takes these partitions away; `unassign` is expected. `isLost`: they may belong
    /// to somebody else already, so nothing may be committed for them.
    case revoked([TopicPartition], isLost: Bool, incremental: Bool)
    /// Something that the client repairs by itself, worth a line in the log.
    case warning(ClusterError)
}

/// Where fetching of a partition starts.
public enum StartPosition: Sendable, Hashable {
    case offset(Int64)
    /// Where `auto.offset.reset` says; for a partition without a committed offset.
    case reset
}

public struct CommittedOffset: Sendable, Hashable {
    /// The offset of the next record to read.
    public var offset: Int64
    public var metadata: String

    public init(offset: Int64, metadata: String = "") {
        self.offset = offset
        self.metadata = metadata
    }
}

/// A consumer's place in its group as of one moment: the group's generation and the member's name.
/// Opaque: it is handed from a consumer to a producer of the same cluster.
public protocol GroupMetadata: AnyObject {}

public struct FetchStatus: Sendable, Hashable {
    public var recordCount: Int
    /// The offset behind the last record, control records passed over.
    public var position: Int64
    /// Whether the partition's end was reached behind these records.
    public var isAtEnd: Bool

    public init(recordCount: Int, position: Int64, isAtEnd: Bool) {
        self.recordCount = recordCount
        self.position = position
        self.isAtEnd = isAtEnd
    }
}

/// Writes records, used by one thread. Records of a key keep their order.
///
/// A producer whose settings name a `transactionalID` writes in transactions:
///
/// ```
/// initTransactions ──▶ ready ──beginTransaction──▶ open: send, flush, sendOffsets
///                        ▲                          │
///                        └── commitTransaction ◀────┤
///                        └── abortTransaction ◀─────┘
/// ```
///
/// Every call, `send`, `poll` and `flush` included, says by the kind of its error what may be done:
/// `retriable` and `unreachable`, call again; `abortable`, abort; `unknownOutcome` and everything
/// else, close this producer and build a new one.
public protocol Producer: AnyObject {
    /// Hands over the records of `batch` from `first` on and returns how many were taken. Fewer
    /// than all is back-pressure: call `poll` and go on. `topics` are the names behind the batch's
    /// topic indices, the same in every call.
    func send(_ batch: OutputBatch, from first: Int, topics: [String]) throws(ClusterError) -> Int

    /// Takes delivery reports; waits up to `timeout` for the first.
    ///
    /// - Throws: the first delivery that failed since the last call, or a fatal error.
    func poll(timeout: Duration) throws(ClusterError)

    /// Waits until every record that was handed over is acknowledged.
    func flush(timeout: Duration) throws(ClusterError)

    /// Makes the producer the only one of its transactional id: an older one is fenced, and what it
    /// left open is aborted or, if its commit had begun, completed.
    func initTransactions() throws(ClusterError)

    func beginTransaction() throws(ClusterError)

    /// Puts the group's offsets, with their metadata, into the open transaction: they count once it
    /// is committed. Refused when the generation of `group` is over.
    func sendOffsets(
        _ offsets: [TopicPartition: CommittedOffset], group: any GroupMetadata
    ) throws(ClusterError)

    func commitTransaction() throws(ClusterError)

    func abortTransaction() throws(ClusterError)

    /// Records handed over and not yet acknowledged.
    var outstandingCount: Int { get }

    /// The offset behind the last record that this producer wrote to a partition, of those that
    /// named their partition themselves and are acknowledged; `nil` before the first.
    func writtenOffset(_ partition: TopicPartition) -> Int64?

    /// Closes without waiting for what is outstanding.
    func close()
}
