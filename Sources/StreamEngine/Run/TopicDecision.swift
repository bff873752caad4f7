internal import StreamCore

/// Decides what a start does about the topics, from those that the cluster has.
struct TopicDecision {
    let application: Application
    /// The topics that are there, with their partitions.
    let found: [String: Int32]
    /// Of the changelog topics that are there; a cluster that can't tell leaves them out.
    let configurations: [String: [String: String]]

    /// Every topic that the decision is about.
    static func topics(of application: Application) -> [String] {
        let plan = application.plan
        var names = plan.externalSourceTopics + plan.sinkTopics
        names += plan.repartitions.map { plan.topics[$0.topic] }
        if let own = plan.controlTopics { names += [own.control, own.receipts] }
        var seen: Set<String> = []
        return (names + changelogTopics(of: application)).filter { seen.insert($0).inserted }
    }

    static func changelogTopics(of application: Application) -> [String] {
        guard let layout = application.changelog else { return [] }
        return layout.storeTopics.joined().map { layout.topics[$0] }
            + [layout.topics[layout.checkpointTopic]]
    }

    func plan() -> TopicPlan {
        var plan = TopicPlan()
        decideExternalTopics(&plan)
        decideRepartitionTopics(&plan)
        checkCopartitioning(&plan)
        decideControlTopics(&plan)
        decideChangelogs(&plan)
        return plan
    }

    /// Topics that others write or read are made only when that is wanted.
    private func decideExternalTopics(_ plan: inout TopicPlan) {
        let sources = application.plan.externalSourceTopics
        var missing: [String] = []
        var seen: Set<String> = []
        for (index, topic) in (sources + application.plan.sinkTopics).enumerated()
        where seen.insert(topic).inserted {
            let role: TopicPlan.Role = index < sources.count ? .source : .sink
            if let partitions = found[topic] {
                plan.add(topic, role, partitions, standing: .there)
            } else if case .create(let partitions) = application.settings.missingTopics {
                // Topics that are read together must fit each other. Records bear their event
                // time: under the broker's default retention it would delete what is replayed as
                // soon as it is written.
                let broadcasts = application.plan.broadcastTopics
                plan.add(
                    topic, role,
                    broadcasts.contains(topic)
                        ? 1
                        : sources.lazy.filter { !broadcasts.contains($0) }
                            .compactMap { found[$0] }.first ?? partitions,
                    ["retention.ms": "-1"])
            } else {
                missing.append(topic)
                plan.add(topic, role, nil, standing: .wrong(.missingTopics([topic])))
            }
        }
        if !missing.isEmpty { plan.failure = .missingTopics(missing) }
    }

    private func checkCopartitioning(_ plan: inout TopicPlan) {
        let counts = plan.partitionCounts(of: [.source, .sink, .repartition])
        for subtopology in application.plan.subtopologies where !subtopology.stores.isEmpty {
            let topics = subtopology.sourceTopics.map { application.plan.topics[$0] }
            let known = counts.filter { topics.contains($0.key) }
            guard Set(known.values).count > 1 else { continue }
            plan.refuse(Set(known.keys), .differentPartitionCounts(known))
        }
    }

    /// A repartition topic has as many partitions as the topic that it is read together with, else
    /// as the largest that it, or one that it is read together with, is fed from. It keeps its
    /// records until they are processed.
    private func decideRepartitionTopics(_ plan: inout TopicPlan) {
        let topology = application.plan
        var all = plan.partitionCounts(of: [.source, .sink])
        // A repartition topic may be fed by another one: go on until nothing more is known.
        var open = topology.repartitions
        var before = Int.max
        while open.count < before {
            before = open.count
            open.removeAll { repartition in
                let feeding = topology.feeding(repartition)
                let sizes = feeding.map { all[topology.topics[$0]] }
                let name = topology.topics[repartition.topic]
                guard found[name] != nil || !sizes.contains(nil) else { return false }
                all[name] = found[name] ?? sizes.compactMap { $0 }.max() ?? 1
                return true
            }
        }
        precondition(
            open.isEmpty || plan.failure != nil, "repartition topics feed each other in a circle")
        for repartition in topology.repartitions {
            let name = topology.topics[repartition.topic]
            plan.add(
                name, .repartition, all[name],
                ["cleanup.policy": "delete", "retention.ms": "-1"],
                standing: found[name] == nil ? .toCreate : .there)
        }
    }

    /// Commands are kept for so long that a task which was away for months still obeys them.
    private func decideControlTopics(_ plan: inout TopicPlan) {
        guard let own = application.plan.controlTopics else { return }
        for topic in [own.control, own.receipts] {
            plan.add(
                topic, .control, found[topic] ?? 1,
                ["cleanup.policy": "delete", "retention.ms": "\(180 * 86_400_000)"],
                standing: found[topic] == nil ? .toCreate : .there)
        }
    }

    private func decideChangelogs(_ plan: inout TopicPlan) {
        guard let layout = application.changelog else { return }
        let setup = ChangelogSetup(layout: layout, plan: application.plan)
        let wanted = setup.partitionCounts(
            plan.partitionCounts(of: [.source, .sink, .repartition]))
        let checkpoints = layout.topics[layout.checkpointTopic]
        for topic in Self.changelogTopics(of: application) {
            plan.add(
                topic, topic == checkpoints ? .checkpoints : .changelog,
                found[topic] ?? wanted[topic], ChangelogSetup.configuration,
                standing: found[topic] == nil ? .toCreate : .there)
        }
        for (topic, partitions) in found.sorted(by: { $0.key < $1.key }) {
            guard let wanted = wanted[topic] else { continue }
            let fault = ChangelogTopicFault(
                partitions: partitions, wanted: wanted, configuration: configurations[topic])
            if let fault { plan.refuse([topic], .changelogTopic(topic, fault)) }
        }
    }
}

extension TopologyPlan {
    /// The topics whose sizes decide that of a repartition topic.
    fileprivate func feeding(_ repartition: Repartition) -> [Int] {
        let siblings = repartitions.filter { $0.consumer == repartition.consumer }
        let given = subtopologies[repartition.consumer].sourceTopics.filter { topic in
            !siblings.contains { $0.topic == topic }
        }
        if !given.isEmpty { return given }
        // Its own feedback says nothing of the size.
        return siblings.flatMap(\.producers).filter { $0 != repartition.consumer }
            .flatMap { subtopologies[$0].sourceTopics }
    }
}

extension TopicPlan {
    fileprivate mutating func add(
        _ topic: String, _ role: Role, _ partitions: Int32?,
        _ configuration: [String: String] = [:], standing: Standing = .toCreate
    ) {
        entries.append(
            Entry(
                topic: topic, role: role, partitions: partitions,
                configuration: standing == .toCreate ? configuration : [:], standing: standing))
    }

    /// The start ends with the first reason; each topic has its own.
    fileprivate mutating func refuse(_ topics: Set<String>, _ error: EngineError) {
        for index in entries.indices where topics.contains(entries[index].topic) {
            entries[index].standing = .wrong(error)
        }
        failure = failure ?? error
    }
}
