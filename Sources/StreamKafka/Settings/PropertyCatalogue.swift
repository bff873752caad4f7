internal import CKafka

/// The names of librdkafka's properties, by the side that they belong to.
///
/// librdkafka itself decides what is valid. The names serve to find the nearest one to a typo, and
/// to keep a producer's property away from a consumer, which would warn about it at every start.
/// A property of a later librdkafka that is not listed is passed through to both sides.
package enum PropertyCatalogue {
    /// The side that alone knows `name`; `nil` for a property of both, and for an unknown one.
    static func side(of name: String) -> ClientSide? {
        if consumer.contains(name) { return .consumer }
        if producer.contains(name) { return .producer }
        return nil
    }

    /// All names that are listed.
    package static var names: Set<String> { consumer.union(producer).union(common) }

    static func isSecret(_ name: String) -> Bool {
        unsafe ckafka_property_is_secret(name)
            || name.hasPrefix("sasl.oauthbearer.") && !openOAuthNames.contains(name)
            || secretWords.contains { name.contains($0) }
    }

    private static let secretWords = ["password", "secret", "private", "key.pem"]

    /// Choices and addresses, which an error has to be able to quote.
    private static let openOAuthNames: Set = [
        "sasl.oauthbearer.method", "sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.scope",
    ]

    static let consumer: Set = [
        "auto.commit.enable", "auto.commit.interval.ms", "auto.offset.reset", "check.crcs",
        "consume.callback.max.messages", "coordinator.query.interval.ms", "enable.auto.commit",
        "enable.auto.offset.store", "enable.partition.eof", "fetch.error.backoff.ms",
        "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes", "fetch.wait.max.ms",
        "group.id", "group.instance.id", "group.protocol.type", "heartbeat.interval.ms",
        "isolation.level", "max.partition.fetch.bytes", "max.poll.interval.ms",
        "offset.store.method", "offset.store.path", "offset.store.sync.interval.ms",
        "partition.assignment.strategy", "queued.max.messages.kbytes", "queued.min.messages",
        "session.timeout.ms",
    ]

    static let producer: Set = [
        "acks", "batch.num.messages", "batch.size", "compression.codec", "compression.level",
        "compression.type", "delivery.report.only.error", "delivery.timeout.ms",
        "enable.gapless.guarantee", "enable.idempotence", "linger.ms", "message.send.max.retries",
        "message.timeout.ms", "partitioner", "produce.offset.report",
        "queue.buffering.backpressure.threshold", "queue.buffering.max.kbytes",
        "queue.buffering.max.messages", "queue.buffering.max.ms", "queuing.strategy",
        "request.required.acks", "request.timeout.ms", "retries", "retry.backoff.ms",
        "sticky.partitioning.linger.ms", "transaction.timeout.ms", "transactional.id",
    ]

    static let common: Set = [
        "allow.auto.create.topics", "api.version.fallback.ms", "api.version.request",
        "api.version.request.timeout.ms", "bootstrap.servers", "broker.address.family",
        "broker.address.ttl", "broker.version.fallback", "client.id", "client.rack",
        "connections.max.idle.ms", "debug", "enable.random.seed",
        "enable.sasl.oauthbearer.unsecure.jwt", "enable.ssl.certificate.verification",
        "internal.termination.signal", "log.connection.close", "log.queue", "log.thread.name",
        "log_level", "max.in.flight", "max.in.flight.requests.per.connection",
        "message.copy.max.bytes", "message.max.bytes", "metadata.broker.list",
        "metadata.max.age.ms", "plugin.library.paths", "receive.message.max.bytes",
        "reconnect.backoff.jitter.ms", "reconnect.backoff.max.ms", "reconnect.backoff.ms",
        "sasl.kerberos.keytab", "sasl.kerberos.kinit.cmd",
        "sasl.kerberos.min.time.before.relogin", "sasl.kerberos.principal",
        "sasl.kerberos.service.name", "sasl.mechanism", "sasl.mechanisms",
        "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config",
        "sasl.oauthbearer.extensions", "sasl.oauthbearer.method", "sasl.oauthbearer.scope",
        "sasl.oauthbearer.token.endpoint.url", "sasl.password", "sasl.username",
        "security.protocol", "socket.blocking.max.ms", "socket.connection.setup.timeout.ms",
        "socket.keepalive.enable", "socket.max.fails", "socket.nagle.disable",
        "socket.receive.buffer.bytes", "socket.send.buffer.bytes", "socket.timeout.ms",
        "ssl.ca.certificate.stores", "ssl.ca.location", "ssl.ca.pem", "ssl.certificate.location",
        "ssl.certificate.pem", "ssl.cipher.suites", "ssl.crl.location", "ssl.curves.list",
        "ssl.endpoint.identification.algorithm", "ssl.engine.id", "ssl.engine.location",
        "ssl.key.location", "ssl.key.password", "ssl.key.pem", "ssl.keystore.location",
        "ssl.keystore.password", "ssl.providers", "ssl.sigalgs.list", "statistics.interval.ms",
        "topic.blacklist", "topic.metadata.propagation.max.ms",
        "topic.metadata.refresh.fast.cnt", "topic.metadata.refresh.fast.interval.ms",
        "topic.metadata.refresh.interval.ms", "topic.metadata.refresh.sparse",
    ]
}
