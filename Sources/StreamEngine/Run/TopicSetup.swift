internal import Foundation
internal import StreamCore

/// Looks at the topics of an application before it runs, and makes those that are missing: are they
/// there, do their partitions fit, do the changelogs keep what is written.
struct TopicSetup {
    let application: Application

    /// Returns the number of partitions of every topic that is read or written by records.
    func run() throws(EngineError) -> [String: Int32] {
        var plan = try plan()
        if let failure = plan.failure { throw failure }
        let missing = plan.missing
        if !missing.isEmpty {
            try create(missing)
            // Another process may have been faster, and made them otherwise.
            plan = try self.plan()
            if let failure = plan.failure { throw failure }
        }
        return plan.partitionCounts(of: [.source, .sink, .repartition])
    }

    /// What a start would do; nothing is touched.
    func plan() throws(EngineError) -> TopicPlan {
        let found = try describe(TopicDecision.topics(of: application))
        var configurations: [String: [String: String]] = [:]
        for topic in TopicDecision.changelogTopics(of: application) where found[topic] != nil {
            do {
                configurations[topic] = try application.cluster.topicConfiguration(of: topic)
            } catch {
                throw .cluster(error, doing: "looking at the changelog topics")
            }
        }
        return TopicDecision(
            application: application, found: found, configurations: configurations
        ).plan()
    }

    /// Asks until a broker answers, for as long as brokers may be away.
    private func describe(_ topics: [String]) throws(EngineError) -> [String: Int32] {
        let limit = application.settings.brokerTimeout
        let deadline = ContinuousClock().now + limit
        while true {
            do {
                return try application.cluster.describeTopics(topics)
            } catch {
                guard error.isForWantOfAnswer else {
                    throw .cluster(error, doing: "looking at the topics")
                }
                guard ContinuousClock().now < deadline else {
                    throw .brokersAway(limit: limit, last: error)
                }
                // Some answers come at once.
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
    }

    private func create(_ topics: [TopicSpec]) throws(EngineError) {
        do {
            try application.cluster.createTopics(topics)
        } catch {
            throw .cluster(error, doing: "creating topics")
        }
    }
}
