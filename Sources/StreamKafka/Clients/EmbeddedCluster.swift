internal import CKafka
public import StreamEngine
internal import Synchronization

/// librdkafka's cluster inside the process: no installation, the same client code.
///
/// It serves demonstrations and tests. Topics appear when they are first used, with 4 partitions.
/// Its limits are real: it keeps the latest 5 MiB or 100,000 batches of a partition and forgets
/// what is older, also when nobody has read it; it keeps nothing longer than the process lives; it
/// answers no requests of administration, so records are never deleted and topics have no
/// configuration; it knows no transactions worth the name; a group takes three seconds to form, and
/// five after each change of its members.
@safe
public final class EmbeddedCluster: Sendable {
    private let cluster: Mutex<ClusterHandle>

    /// Where the brokers listen, for `bootstrap.servers`.
    public let bootstrapServers: String

    /// Topics that nobody created have so many partitions.
    public static let defaultPartitionCount: Int32 = 4

    /// Starts a cluster on free loopback ports.
    ///
    /// - Throws: `ClusterError` when no port can be opened.
    public init(brokers: Int32 = 1) throws(ClusterError) {
        var error = ckafka_error()
        guard let handle = unsafe ckafka_cluster_create(brokers, &error) else {
            throw ErrorTranslator(KafkaSettings(properties: [])).translate(error)
        }
        unsafe bootstrapServers = String(cString: ckafka_cluster_bootstrap(handle))
        cluster = unsafe Mutex(ClusterHandle(pointer: handle))
    }

    /// The cluster that all clients with `bootstrap.servers: embedded` share.
    ///
    /// It is started by the first use and lives as long as the process.
    public static func shared() throws(ClusterError) -> EmbeddedCluster { try started.get() }

    private static let started = Result { () throws(ClusterError) in try EmbeddedCluster() }

    /// Creates a topic that isn't there.
    ///
    /// - Throws: `ClusterError` when it is there already.
    public func createTopic(_ name: String, partitions: Int32? = nil) throws(ClusterError) {
        try cluster.withLock { (cluster) throws(ClusterError) in
            var error = ckafka_error()
            guard
                unsafe ckafka_cluster_create_topic(
                    cluster.pointer, name, partitions ?? Self.defaultPartitionCount, 1, &error)
            else {
                throw ErrorTranslator(KafkaSettings(properties: [])).translate(
                    error, subject: name)
            }
        }
    }

    /// Takes a broker down, or brings it back. Brokers are numbered from 1.
    public func setBroker(_ broker: Int32, isUp: Bool) throws(ClusterError) {
        try cluster.withLock { (cluster) throws(ClusterError) in
            var error = ckafka_error()
            guard
                unsafe ckafka_cluster_set_broker_up(cluster.pointer, broker, isUp, &error)
            else {
                throw ErrorTranslator(KafkaSettings(properties: [])).translate(error)
            }
        }
    }

    /// Answers the next requests of a kind with an error of Kafka's protocol.
    ///
    /// - Parameters:
    ///   - kind: Kafka's number of the request: 0 produce, 1 fetch, 8 commit of offsets, ...
    ///   - code: Kafka's number of the error.
    ///   - count: How many requests fail.
    public func failRequests(kind: Int16, code: Int32, count: Int) {
        cluster.withLock { unsafe ckafka_cluster_fail_requests($0.pointer, kind, code, count) }
    }
}

/// The shim's cluster, freed once.
@safe
private struct ClusterHandle: ~Copyable {
    let pointer: OpaquePointer

    deinit { unsafe ckafka_cluster_destroy(pointer) }
}
