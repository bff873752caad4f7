public import StreamCore

/// What exactly once needs of the properties.
extension KafkaSettings {
    private static let defaultSessionTimeout = Duration.seconds(45)
    private static let defaultPollInterval = Duration.seconds(300)
    /// As in Kafka Streams.
    private static let longestTransactionTimeout = Duration.seconds(10)

    /// The name that this process keeps over restarts, if the user gave it one.
    public var instance: String? {
        property("group.instance.id", of: .consumer).map(\.value)
    }

    /// After how long without a heartbeat the group gives a member's partitions away.
    public var sessionTimeout: Duration {
        milliseconds("session.timeout.ms", of: .consumer) ?? Self.defaultSessionTimeout
    }

    /// How long a member may take between two looks at the group.
    public var maxPollInterval: Duration {
        milliseconds("max.poll.interval.ms", of: .consumer) ?? Self.defaultPollInterval
    }

    /// After how long the broker aborts a transaction that nobody ends: the user's word, else ten
    /// seconds, or less where the session timeout asks for it.
    ///
    /// It has to be over before somebody else takes over the partitions of a member that died,
    /// because until then the offsets that its transaction holds can't be read.
    public var transactionTimeout: Duration {
        milliseconds("transaction.timeout.ms", of: .producer)
            ?? min(Self.longestTransactionTimeout, sessionTimeout * 3 / 4)
    }

    /// All that speaks against running exactly once with these properties.
    ///
    /// - Parameters:
    ///   - guarantee: Where the file asks for it.
    ///   - commitInterval: How often transactions are committed.
    ///   - place: Where the file says so.
    /// - Returns: What is wrong; empty when nothing is.
    public func exactlyOnceDiagnostics(
        at guarantee: SourceLocation, commitInterval: Duration, at place: SourceLocation
    ) -> [Diagnostic] {
        embeddedDiagnostics(guarantee) + timeoutDiagnostics + idempotenceDiagnostics
            + commitIntervalDiagnostics(commitInterval, at: place == .none ? guarantee : place)
    }

    /// All that speaks against changelogs, or standby copies, with these properties.
    ///
    /// - Parameters:
    ///   - changelog: Where the file asks for changelogs.
    ///   - standby: Where it asks for standby copies; `nil` when it does not.
    /// - Returns: What is wrong; empty when nothing is.
    public func changelogDiagnostics(
        at changelog: SourceLocation, standbyAt standby: SourceLocation?
    ) -> [Diagnostic] {
        var wrong: [Diagnostic] = []
        if isEmbedded {
            wrong.append(
                Diagnostic(
                    "'changelog: kafka' needs brokers that keep topics, and the embedded cluster "
                        + "is gone with its process", at: changelog,
                    remedy: "name brokers in 'bootstrap.servers', or write 'changelog: none'"))
        }
        if standby != nil, let name = property("client.id", of: .consumer) {
            wrong.append(
                Diagnostic(
                    "'client.id' hides from other processes who has which task, which "
                        + "'standby_replicas' goes by", at: name.location,
                    remedy: "leave it out: clients are called after the application, the process "
                        + "and the thread"))
        }
        return wrong
    }

    private func commitIntervalDiagnostics(
        _ interval: Duration, at place: SourceLocation
    ) -> [Diagnostic] {
        guard interval >= transactionTimeout else { return [] }
        return [
            Diagnostic(
                "'commit_interval' (\(DurationText.format(interval))) must be below the transaction "
                    + "timeout (\(DurationText.format(transactionTimeout))): the broker would abort "
                    + "every transaction before its commit", at: place,
                remedy: "commit more often, or raise 'transaction.timeout.ms' and "
                    + "'session.timeout.ms' under 'kafka'")
        ]
    }

    private func embeddedDiagnostics(_ guarantee: SourceLocation) -> [Diagnostic] {
        guard isEmbedded else { return [] }
        return [
            Diagnostic(
                "'guarantee: exactly_once' needs brokers with transactions, and the embedded "
                    + "cluster has none", at: guarantee,
                remedy: "name brokers in 'bootstrap.servers', or write 'guarantee: at_least_once'")
        ]
    }

    private var timeoutDiagnostics: [Diagnostic] {
        guard transactionTimeout >= sessionTimeout else { return [] }
        let place =
            property("transaction.timeout.ms", of: .producer)
            ?? property("session.timeout.ms", of: .consumer)
        return [
            Diagnostic(
                "'transaction.timeout.ms' (\(transactionTimeout.wholeMilliseconds)) must be below "
                    + "'session.timeout.ms' (\(sessionTimeout.wholeMilliseconds)): whoever takes "
                    + "over from a member that died waits for its transaction",
                at: place?.location ?? location,
                remedy: "leave 'transaction.timeout.ms' out, or raise 'session.timeout.ms'")
        ]
    }

    private var idempotenceDiagnostics: [Diagnostic] {
        let chosen = properties(of: .producer)
        guard PropertyRules.isIdempotenceOff(chosen),
            let property = property("enable.idempotence", of: .producer)
        else { return [] }
        return [
            Diagnostic(
                "'\(property.name)' must be 'true' under 'guarantee: exactly_once': transactions "
                    + "are built on it", at: property.location, remedy: "leave it out")
        ]
    }

    private func property(_ name: String, of side: ClientSide) -> KafkaProperty? {
        properties(of: side).last { $0.ownName == name }
    }

    private func milliseconds(_ name: String, of side: ClientSide) -> Duration? {
        property(name, of: side).flatMap { Int64($0.value) }.map { .milliseconds($0) }
    }
}
