internal import CKafka
internal import StreamCore
public import StreamEngine
internal import Synchronization

/// A Kafka cluster behind librdkafka, or librdkafka's own inside the process.
///
/// ```swift
/// let cluster = KafkaCluster(settings) { logger.log(level: $0.level, "\($0.text)") }
/// let partitions = try cluster.describeTopics(["events.web"])
/// ```
///
/// Nothing is connected before the first call. Every call is bounded in time; what goes wrong is a
/// `ClusterError` whose reason says what to do and holds no secret.
public final class KafkaCluster: Cluster {
    /// The settings that the clients are made with.
    public let settings: KafkaSettings

    let requestTimeout: Duration
    let translator: ErrorTranslator
    private let log: KafkaLog.Handler
    private let ownCluster: EmbeddedCluster?
    private let administration = Mutex<AdministrationClient?>(nil)

    /// A cluster that is reached with `settings`.
    ///
    /// - Parameters:
    ///   - settings: The properties, validated or not: the first wrong one fails each client.
    ///   - requestTimeout: How long a request waits for its answer.
    ///   - embedded: A cluster of the caller's own for `bootstrap.servers: embedded`; otherwise all
    ///     of the process share one.
    ///   - log: Takes librdkafka's own log.
    public init(
        _ settings: KafkaSettings, requestTimeout: Duration = .seconds(30),
        embedded: EmbeddedCluster? = nil, log: @escaping KafkaLog.Handler = { _ in }
    ) {
        self.settings = settings
        self.requestTimeout = requestTimeout
        self.log = log
        ownCluster = embedded
        translator = ErrorTranslator(settings)
    }

    /// A consumer of the application's group, not yet subscribed.
    ///
    /// A `group.instance.id` gets the thread's number added, so that each thread is a member of its
    /// own.
    public func makeConsumer(_ consumer: ConsumerSettings) throws(ClusterError) -> any Consumer {
        try refuseConflicts(isCopartitioned: consumer.isCopartitioned)
        var properties = try reachable(ClientProperties(of: settings, on: .consumer))
        properties.setDefault("client.id", consumer.clientID)
        properties.setDefault("partition.assignment.strategy", "range")
        properties.set("group.id", consumer.group)
        // An offset that is gone comes to us, so that it doesn't pass in silence.
        properties.set("auto.offset.reset", "error")
        if let instance = properties.value(of: "group.instance.id") {
            properties.set("group.instance.id", "\(instance)-\(consumer.threadIndex)")
        }
        if settings.isEmbedded {
            properties.setDefault("allow.auto.create.topics", "true")
            // After a change of its members, that cluster's group rests for the whole time-out.
            properties.setDefault("session.timeout.ms", "6000")
            properties.setDefault("heartbeat.interval.ms", "1000")
        }
        let client = try unsafe make(properties, with: ckafka_consumer_create)
        return unsafe KafkaConsumer(
            ConsumerClient(
                client, requestTimeout: requestTimeout, logs: logs(of: consumer.clientID),
                keepingAlive: try embeddedCluster),
            reset: settings.offsetReset)
    }

    /// A producer of this client's own; transactional when the settings name it so.
    public func makeProducer(_ producer: ProducerSettings) throws(ClusterError) -> any Producer {
        try refuseConflicts(isCopartitioned: false)
        var properties = try reachable(ClientProperties(of: settings, on: .producer))
        properties.setDefault("client.id", producer.clientID)
        if let transactionalID = producer.transactionalID {
            properties.set("transactional.id", transactionalID)
            properties.setDefault(
                "transaction.timeout.ms", "\(settings.transactionTimeout.wholeMilliseconds)")
        }
        let client = try unsafe make(properties, with: ckafka_producer_create)
        return unsafe KafkaProducer(
            client, isTransactional: producer.transactionalID != nil,
            logs: logs(of: producer.clientID), keepingAlive: try embeddedCluster)
    }

    /// A reader of single partitions, outside of any group, which reads nothing yet.
    ///
    /// It reads what is committed, whatever the user set for the consumers, and creates no topic.
    public func makeReader(_ reader: ReaderSettings) throws(ClusterError) -> any PartitionReader {
        try refuseConflicts(isCopartitioned: false)
        var properties = try reachable(ClientProperties(of: settings, on: .consumer))
        properties.setDefault("client.id", reader.clientID)
        for (name, value) in PropertyRules.readerDefaults {
            properties.setUnlessChosen(name, value)
        }
        // librdkafka assigns nothing to a consumer without a group, but joins none by itself.
        properties.set("group.id", reader.group)
        properties.remove(["group.instance.id"])
        properties.set("isolation.level", "read_committed")
        properties.set("auto.offset.reset", "error")
        properties.set("allow.auto.create.topics", "false")
        let client = try unsafe make(properties, with: ckafka_consumer_create)
        return unsafe KafkaReader(
            ConsumerClient(
                client, requestTimeout: requestTimeout, logs: logs(of: reader.clientID),
                keepingAlive: try embeddedCluster)
        ) { () throws(ClusterError) in
            try self.makeOffsetClient(of: reader.clientID)
        }
    }

    /// A client that is told the end of a partition with what is still undecided.
    private func makeOffsetClient(of clientID: String) throws(ClusterError) -> AdministrationClient
    {
        var properties = try reachable(ClientProperties(forAdministrationOf: settings))
        properties.setDefault("client.id", clientID)
        properties.set("isolation.level", "read_uncommitted")
        return try makeAdministrationClient(properties, clientID: clientID)
    }

    private func makeAdministrationClient(
        _ properties: ClientProperties, clientID: String
    ) throws(ClusterError) -> AdministrationClient {
        unsafe AdministrationClient(
            try make(properties, with: ckafka_admin_create), timeout: requestTimeout,
            logs: logs(of: clientID), keepingAlive: try embeddedCluster)
    }

    /// The cluster inside the process, when the settings ask for it.
    var embeddedCluster: EmbeddedCluster? {
        get throws(ClusterError) {
            guard settings.isEmbedded else { return nil }
            if let ownCluster { return ownCluster }
            return try EmbeddedCluster.shared()
        }
    }

    /// Runs `body` with the one client for administration, by one thread at a time.
    func administer<Result: Sendable>(
        _ body: (inout AdministrationClient) throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        try administration.withLock { (client) throws(ClusterError) in
            if client == nil {
                try refuseConflicts(isCopartitioned: false)
                let properties = try reachable(ClientProperties(forAdministrationOf: settings))
                client = try makeAdministrationClient(properties, clientID: "administration")
            }
            return try body(&client!)
        }
    }

    private func logs(of client: String) -> LogDrain {
        LogDrain(client: client, translator: translator, handler: log)
    }

    private func refuseConflicts(isCopartitioned: Bool) throws(ClusterError) {
        let own = settings.ownDiagnostics(isCopartitioned: isCopartitioned)
        guard let first = own.first else { return }
        let property = settings.properties.first { $0.location == first.location }
        throw ClusterError(first, property: property?.name ?? "bootstrap.servers")
    }

    private func reachable(_ properties: ClientProperties) throws(ClusterError) -> ClientProperties
    {
        guard let cluster = try embeddedCluster else { return properties }
        var reachable = properties
        reachable.remove(KafkaSettings.bootstrapNames)
        reachable.set("bootstrap.servers", cluster.bootstrapServers)
        return reachable
    }

    private func make(
        _ properties: ClientProperties,
        with create: (
            UnsafePointer<ckafka_property>?, Int, UnsafeMutablePointer<ckafka_error>?
        ) -> OpaquePointer?
    ) throws(ClusterError) -> OpaquePointer {
        try unsafe CStrings.with { (strings) throws(ClusterError) in
            let list = unsafe strings.properties(properties.pairs)
            var error = ckafka_error()
            if let client = unsafe create(list.baseAddress, list.count, &error) {
                return unsafe client
            }
            let refusal = PropertyRefusal(error)
            let culprit = refusal.culprit(among: properties).flatMap {
                properties.entries[$0].origin
            }
            throw ClusterError(
                translator.diagnostic(refusal, culprit: culprit, section: settings.location),
                property: culprit?.name ?? "")
        }
    }
}
