internal import Events

/// Makes the source partitions of a task from its sub-topology: those that are its own, of which
/// feedback comes last, then those that every task reads.
enum TaskInputs {
    static func make(
        plan: TopologyPlan, subtopology: TopologyPlan.Subtopology, partition: Int32,
        partitionCounts: [String: Int32], now: Timestamp
    ) -> [InputPartition] {
        var inputs: [InputPartition] = []
        var feedback: [InputPartition] = []
        var broadcasts: [InputPartition] = []
        for (index, node) in subtopology.nodes.enumerated() {
            switch node.kind {
            case .source(let source, let topics):
                let reader = decodingNode(of: index, in: subtopology)
                for topic in topics {
                    let name = plan.topics[topic]
                    let partitions =
                        source.broadcast == nil
                        ? partition..<(partition + 1) : 0..<(partitionCounts[name] ?? 1)
                    let made = partitions.map { partition in
                        InputPartition(
                            source: TopicPartition(topic: name, partition: partition),
                            topic: topic, node: index, settings: source.watermark,
                            hasOwnTimestamp: source.timestamp != nil, broadcast: source.broadcast,
                            decoder: reader.makeDecoder(timestamp: source.timestamp), now: now)
                    }
                    if source.broadcast == nil { inputs += made } else { broadcasts += made }
                }
            case .repartitionSource(let repartition, _) where repartition.isFeedback:
                feedback.append(
                    InputPartition(
                        source: TopicPartition(
                            topic: plan.topics[repartition.topic], partition: partition),
                        topic: repartition.topic, node: index, settings: WatermarkSettings(),
                        hasOwnTimestamp: false, isFeedback: true, decoder: FeedbackDecoder(),
                        now: now))
            case .repartitionSource(let repartition, let watermark):
                inputs.append(
                    InputPartition(
                        source: TopicPartition(
                            topic: plan.topics[repartition.topic], partition: partition),
                        topic: repartition.topic, node: index, settings: watermark,
                        hasOwnTimestamp: false,
                        writerCount: writerCount(of: repartition, plan, partitionCounts),
                        decoder: RepartitionDecoder(), now: now))
            case .control(let topic, _):
                broadcasts.append(
                    InputPartition(
                        source: TopicPartition(topic: plan.topics[topic], partition: 0),
                        topic: topic, node: index, settings: WatermarkSettings(),
                        hasOwnTimestamp: false, broadcast: .inOrder, isControl: true,
                        decoder: RepartitionDecoder(), now: now))
            case .operator, .sink, .repartitionSink: break
            }
        }
        return inputs + feedback + broadcasts
    }

    /// A sub-topology has as many tasks as the widest of its topics has partitions.
    private static func writerCount(
        of repartition: TopologyPlan.Repartition, _ plan: TopologyPlan,
        _ partitionCounts: [String: Int32]
    ) -> Int {
        repartition.producers.reduce(0) { count, producer in
            let topics = plan.subtopologies[producer].sourceTopics
            return count
                + Int(topics.map { partitionCounts[plan.topics[$0]] ?? 1 }.max() ?? 1)
        }
    }

    static func decodingNode(
        of source: Int, in subtopology: TopologyPlan.Subtopology
    ) -> any DecodingOperatorDefinition {
        for node in subtopology.nodes where node.inputs.contains(where: { $0.node == source }) {
            if case .operator(let node) = node.kind,
                let definition = node.definition as? any DecodingOperatorDefinition
            {
                return definition
            }
        }
        preconditionFailure("a checked topology parses every source")
    }
}

extension TopologyPlan {
    /// A decoder for the records of a source topic, as its task uses it: for looking at records
    /// before they are processed.
    ///
    /// - Precondition: the topic is one that a source names.
    public func makeDecoder(topic: String) -> any RecordDecoder {
        for subtopology in subtopologies {
            for (index, node) in subtopology.nodes.enumerated() {
                guard case .source(let source, let indices) = node.kind,
                    indices.contains(where: { topics[$0] == topic })
                else { continue }
                return TaskInputs.decodingNode(of: index, in: subtopology)
                    .makeDecoder(timestamp: source.timestamp)
            }
        }
        preconditionFailure("no source reads '\(topic)'")
    }
}
