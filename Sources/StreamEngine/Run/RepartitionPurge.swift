internal import Logging
internal import StreamCore

/// Deletes the records of repartition topics that every reader has committed: nobody reads them
/// again, and their topics keep them for ever otherwise.
struct RepartitionPurge {
    private static let interval = Duration.seconds(30)

    private let application: Application
    private let log: Logger
    private var next: ContinuousClock.Instant
    private var purged: [TopicPartition: Int64] = [:]

    init(application: Application, log: Logger) {
        self.application = application
        self.log = log
        next = ContinuousClock().now + Self.interval
    }

    mutating func run(at now: ContinuousClock.Instant) {
        guard now >= next else { return }
        next = now + Self.interval
        var due: [TopicPartition: Int64] = [:]
        for repartition in application.plan.repartitions {
            let topic = application.plan.topics[repartition.topic]
            for partition in 0..<(application.partitionCounts[topic] ?? 0) {
                let source = TopicPartition(topic: topic, partition: partition)
                if let offset = application.committedOffsets.offset(of: source),
                    offset > purged[source] ?? 0
                {
                    due[source] = offset
                }
            }
        }
        guard !due.isEmpty else { return }
        do {
            try application.cluster.deleteRecords(before: due)
            purged.merge(due) { _, new in new }
        } catch {
            log.warning(
                "cannot purge repartition topics; they grow until it works",
                metadata: ["reason": "\(error)"])
        }
    }
}
