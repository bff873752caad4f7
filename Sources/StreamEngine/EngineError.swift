public import StreamCore

/// Why an application had to stop.
public enum EngineError: Error, Sendable, Equatable {
    case cluster(ClusterError, doing: String)
    case brokersAway(limit: Duration, last: ClusterError?)
    case missingTopics([String])
    /// Topics that one task reads must have the same number of partitions.
    case differentPartitionCounts([String: Int32])
    case changelogTopic(String, ChangelogTopicFault)
    case state(StoreError)
    /// The topology does not fit the state that is there.
    case stateChanges(StatePlan)
    case task(TaskError)
    case offsets(OffsetDisagreement)
    /// The threads did not end in time.
    case shutdownTookTooLong(limit: Duration)
}

extension EngineError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cluster(let error, let doing): "\(doing) failed with \(error)"
        case .brokersAway(let limit, let last):
            """
            no broker answered for \(DurationText.format(limit)) (processing.broker_timeout): \
            \(last?.reason ?? "check 'bootstrap.servers' and the cluster")
            """
        case .missingTopics(let topics):
            """
            missing topics: \(topics.sorted().joined(separator: ", ")); create them, correct the \
            names in the topology, or run with --create-topics
            """
        case .differentPartitionCounts(let counts):
            """
            topics that are read together have different numbers of partitions: \
            \(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")); \
            records of one key would go to different tasks; give them the same number
            """
        case .changelogTopic(let topic, .partitions(let found, let wanted)):
            """
            the changelog topic '\(topic)' has \(found) partitions, and there are \(wanted) tasks, so \
            it is another topology's, or the source topics got more partitions; to have it written \
            anew from the state files: kafka-topics.sh --bootstrap-server SERVER --delete \
            --topic '\(topic)', then start every instance where its state is
            """
        case .changelogTopic(let topic, .cleanupPolicy(let policy)):
            """
            the changelog topic '\(topic)' has cleanup.policy=\(policy), which would delete state; \
            repair it with: kafka-configs.sh --bootstrap-server SERVER --alter --entity-type topics \
            --entity-name '\(topic)' --add-config cleanup.policy=compact
            """
        case .state(let error): error.description
        case .stateChanges(let plan):
            """
            this topology does not fit the state that is here: \(plan.summary); run the topology that \
            wrote it, give this one another 'application', or run with --confirm-state-changes to \
            delete what is dropped and to begin what is changed empty
            """
        case .task(let error): error.description
        case .offsets(let disagreement): disagreement.description
        case .shutdownTookTooLong(let limit):
            """
            the shutdown took longer than \(DurationText.format(limit)); what was not committed is \
            processed again at the next start
            """
        }
    }
}
