internal import Foundation
internal import StreamCore

/// Looks at the topics of an application before it runs: are they there, do their partitions fit,
/// are the internal ones made.
struct TopicSetup {
    let application: Application

    /// Returns the number of partitions of every topic that is read.
    func run() throws(EngineError) -> [String: Int32] {
        var counts = try describe(externalTopics)
        counts = try createMissing(counts)
        try checkCopartitioning(counts)
        counts.merge(try createRepartitionTopics(counts)) { _, new in new }
        try ChangelogSetup(application: application).run(counts)
        return counts
    }

    private var externalTopics: [String] {
        application.plan.externalSourceTopics + application.plan.sinkTopics
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

    private func createMissing(_ counts: [String: Int32]) throws(EngineError) -> [String: Int32] {
        let missing = externalTopics.filter { counts[$0] == nil }
        guard !missing.isEmpty else { return counts }
        guard case .create(let partitions) = application.settings.missingTopics else {
            throw .missingTopics(missing)
        }
        // Topics that are read together must fit each other.
        let sources = application.plan.externalSourceTopics.compactMap { counts[$0] }
        let count = sources.first ?? partitions
        // Records bear their event time. Under the broker's default retention it would delete what
        // is replayed as soon as it is written.
        try create(
            missing.map {
                TopicSpec(name: $0, partitions: count, configuration: ["retention.ms": "-1"])
            })
        return try describe(externalTopics)
    }

    private func create(_ topics: [TopicSpec]) throws(EngineError) {
        guard !topics.isEmpty else { return }
        do {
            try application.cluster.createTopics(topics)
        } catch {
            throw .cluster(error, doing: "creating topics")
        }
    }

    private func checkCopartitioning(_ counts: [String: Int32]) throws(EngineError) {
        for subtopology in application.plan.subtopologies where !subtopology.stores.isEmpty {
            let topics = subtopology.sourceTopics.map { application.plan.topics[$0] }
            let known = counts.filter { topics.contains($0.key) }
            if Set(known.values).count > 1 { throw .differentPartitionCounts(known) }
        }
    }

    /// A repartition topic has as many partitions as the largest topic that it is fed from, and
    /// keeps its records until they are processed.
    private func createRepartitionTopics(
        _ counts: [String: Int32]
    ) throws(EngineError) -> [String: Int32] {
        var all = counts
        let plan = application.plan
        let names = plan.repartitions.map { plan.topics[$0.topic] }
        guard !names.isEmpty else { return [:] }
        let existing = try describe(names)
        // A repartition topic may be fed by another one: go on until every count is known.
        var open = plan.repartitions
        while !open.isEmpty {
            let before = open.count
            for repartition in open {
                let feeding = repartition.producers.flatMap { plan.subtopologies[$0].sourceTopics }
                let sizes = feeding.map { all[plan.topics[$0]] }
                guard !sizes.contains(nil) else { continue }
                let name = plan.topics[repartition.topic]
                let partitions = existing[name] ?? sizes.compactMap { $0 }.max() ?? 1
                if existing[name] == nil {
                    try create([
                        TopicSpec(
                            name: name, partitions: partitions,
                            configuration: ["cleanup.policy": "delete", "retention.ms": "-1"])
                    ])
                }
                all[name] = partitions
                open.removeAll { $0 == repartition }
            }
            precondition(open.count < before, "repartition topics feed each other in a circle")
        }
        return all
    }
}
