import StreamCore
import StreamEngine
import StreamTesting

// MARK: - Whether all is done

extension Simulation {
    /// Whether every task is at work, its state restored.
    var hasAllTasks: Bool {
        workers.reduce(0) { $0 + $1.taskCount }
            == plan.subtopologies.count * Int(SimulatedTopology.partitions)
    }

    var isCommitted: Bool {
        guard !cluster.hasOpenTransactions else { return false }
        let committed = cluster.committedOffsets(group: SimulatedTopology.application)
        let internalTopics = plan.repartitions.map { plan.topics[$0.topic] }
        return (SimulatedTopology.sources + internalTopics).allSatisfy { topic in
            cluster.recordEnds(of: topic).enumerated().allSatisfy { partition, end in
                let source = TopicPartition(topic: topic, partition: Int32(partition))
                return committed[source]?.offset ?? 0 >= end
            }
        }
    }
}
