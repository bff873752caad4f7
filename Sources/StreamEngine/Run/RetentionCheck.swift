internal import Logging
internal import StreamCore

/// Warns at the start of topics that delete records by their event time.
///
/// A record that Millrace writes carries the time of its event, and so do most records that it
/// reads. For a broker such a record is as old as its event, however freshly it is written: a topic
/// with a time retention deletes what a replay gives at its next check. That may be what somebody
/// wants, so it is a warning; but nobody should learn it from records that are gone.
struct RetentionCheck {
    private let application: Application
    private let log: Logger

    init(application: Application, log: Logger) {
        self.application = application
        self.log = log
    }

    func run() {
        for topic in topics {
            do {
                // A cluster that can't tell of one topic can't tell of any.
                guard let configuration = try application.cluster.topicConfiguration(of: topic)
                else { return }
                guard let retention = TopicRetention(configuration) else { continue }
                log.warning(
                    """
                    topic '\(topic)' deletes records whose event time is older than \
                    \(DurationText.format(retention.age)), however freshly they were written: \
                    replayed and late events are lost there; set its 'retention.ms' to -1, or its \
                    'message.timestamp.type' to LogAppendTime
                    """)
            } catch {
                // Without the right to look at it, the application runs all the same.
                log.debug(
                    "cannot see the retention of topics",
                    metadata: ["topic": "\(topic)", "reason": "\(error)"])
                return
            }
        }
    }

    private var topics: [String] {
        let plan = application.plan
        let internalTopics = plan.repartitions.map { plan.topics[$0.topic] }
        var seen: Set<String> = []
        return (plan.externalSourceTopics + plan.sinkTopics + internalTopics)
            .filter { seen.insert($0).inserted }
    }
}

/// A topic's rule to delete records once the time that they carry is so long ago.
struct TopicRetention: Equatable {
    let age: Duration

    /// `nil` when time deletes nothing, or goes by when the broker got the record.
    init?(_ configuration: [String: String]) {
        let policies = configuration["cleanup.policy", default: "delete"].split(separator: ",")
        guard policies.contains(where: { $0.filter { $0 != " " } == "delete" }),
            configuration["message.timestamp.type"] != "LogAppendTime",
            let milliseconds = configuration["retention.ms"].flatMap(Int64.init), milliseconds >= 0
        else { return nil }
        age = .milliseconds(milliseconds)
    }
}
