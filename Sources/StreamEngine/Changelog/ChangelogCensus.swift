internal import Events
internal import StreamCore

/// Looks through the checkpoints topic for what lies in the changelogs of an application: which stores,
/// of which tasks, and what they mean. Reads only.
struct ChangelogCensus {
    private static let roundLimit = 4096
    private static let waitLimit = Duration.milliseconds(50)

    let application: Application
    let layout: ChangelogLayout

    /// Adds to `plan` what it says of tasks that have no state file here.
    func add(to plan: inout StatePlan) throws(EngineError) {
        let topic = layout.topics[layout.checkpointTopic]
        let here = Set(plan.entries.filter { $0.place == .files }.flatMap(\.tasks))
        do {
            let count = try application.cluster.describeTopics([topic])[topic] ?? 0
            guard count > 0 else { return }
            let reader = try application.makeReader(named: "plan")
            defer { reader.close() }
            for partition in 0..<count {
                try add(partition, from: reader, without: here, to: &plan)
            }
        } catch {
            throw .cluster(error, doing: "reading the topic \(topic)")
        }
    }

    private func add(
        _ partition: Int32, from reader: any PartitionReader,
        without here: Set<TaskIdentifier>, to plan: inout StatePlan
    ) throws(ClusterError) {
        let tasks = application.plan.subtopologies.filter { !$0.stores.isEmpty }.map {
            TaskIdentifier(subtopology: $0.index, partition: partition)
        }
        var logs = tasks.map {
            CheckpointLog($0, stores: stores(of: $0), layout: layout)
        }
        let records = try read(layout.topics[layout.checkpointTopic], partition, reader)
        // What somebody else wrote there, a restore refuses.
        for index in logs.indices { try? logs[index].read(records) }
        for (task, log) in zip(tasks, logs) where !here.contains(task) {
            guard let last = log.last else { continue }
            for change in last.changes(to: stores(of: task)) {
                plan.add(change, of: task, in: .changelogs)
            }
        }
    }

    private func stores(of task: TaskIdentifier) -> [StoreSpec] {
        application.plan.subtopologies[task.subtopology].stores
    }

    /// Reads a partition to its end.
    private func read(
        _ topic: String, _ number: Int32, _ reader: any PartitionReader
    ) throws(ClusterError) -> CheckpointRecords {
        let partition = TopicPartition(topic: topic, partition: number)
        let range = try reader.writtenRange(partition)
        try reader.start([partition: range.lowerBound])
        let batch = RecordBatch()
        var records = CheckpointRecords()
        let clock = application.clock
        let deadline = clock.now() + application.settings.brokerTimeout
        while true {
            let status = try reader.fetch(
                partition, into: batch, recordLimit: Self.roundLimit, byteLimit: 8 << 20)
            records.add(batch)
            // A transaction that is open is not waited for.
            if status.isAtEnd || status.position >= range.upperBound { break }
            if status.recordCount == 0 {
                guard clock.now() < deadline else {
                    throw ClusterError(
                        kind: .unreachable, code: "_TIMED_OUT",
                        reason: "its end was not reached in time", subject: "\(partition)")
                }
                try reader.wait(timeout: Self.waitLimit)
            }
        }
        try reader.stop([partition])
        return records
    }
}
