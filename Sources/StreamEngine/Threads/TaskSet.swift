internal import Events
internal import Histogram
internal import Logging
internal import StreamCore

/// The tasks of one stream thread.
struct TaskSet {
    private let application: Application
    private let log: Logger
    private var tasksByIdentifier: [TaskIdentifier: StreamTask] = [:]
    /// In the order of their identifiers, so that rounds are the same every time.
    private(set) var all: [StreamTask] = []
    private var changedTasks: Set<TaskIdentifier> = []
    private var retired: [String: OperatorMetrics] = [:]
    private var recordCount = 0
    private var commitCount = 0
    private var firstRecord: ContinuousClock.Instant?
    private var lastCommit: ContinuousClock.Instant?
    private var commitMicroseconds = Histogram<UInt64>(
        highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .two)

    init(application: Application, log: Logger) {
        self.application = application
        self.log = log
    }

    var partitionCount: Int { all.reduce(0) { $0 + $1.sources.count } }

    /// Whether a task can go on without waiting for the consumer.
    var hasWork: Bool {
        all.contains { task in
            task.sources.indices.contains { !task.needsRecords(input: $0) } && !task.isWaiting
        }
    }

    /// Whether every input of every task has been read to its end and processed.
    var isQuiet: Bool {
        all.allSatisfy { task in task.sources.indices.allSatisfy { task.isAtEnd(input: $0) } }
    }

    // MARK: Progress

    mutating func noteProgress(of task: TaskIdentifier, records: Int) {
        changedTasks.insert(task)
        recordCount += records
        if firstRecord == nil, records > 0 { firstRecord = ContinuousClock().now }
    }

    func hasChanged(_ task: TaskIdentifier) -> Bool { changedTasks.contains(task) }

    var changed: [StreamTask] { all.filter { changedTasks.contains($0.identifier) } }

    /// Commits the tasks' state; returns what the group is to be told.
    func commitState(of changed: [StreamTask]) throws(EngineError)
        -> [TopicPartition: CommittedOffset]
    {
        var offsets: [TopicPartition: CommittedOffset] = [:]
        for task in changed {
            do {
                let checkpoint = try task.commit()
                let metadata = CommitMetadata(checkpoint).description
                for (source, offset) in checkpoint.offsets {
                    offsets[source] = CommittedOffset(offset: offset, metadata: metadata)
                }
            } catch {
                throw .state(error)
            }
        }
        return offsets
    }

    mutating func noteCommit(of changed: [StreamTask], took duration: Duration) {
        for task in changed { changedTasks.remove(task.identifier) }
        commitCount += 1
        lastCommit = ContinuousClock().now
        let (seconds, attoseconds) = duration.components
        let microseconds = UInt64(max(0, seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
        commitMicroseconds.record(min(microseconds, 600_000_000))
    }

    // MARK: Opening and closing

    /// Opens the tasks of partitions that the group gave; returns where to start each partition.
    mutating func open(
        _ partitions: [TopicPartition], committed: [TopicPartition: CommittedOffset],
        control: ThreadControl
    ) throws(EngineError) -> [TopicPartition: StartPosition] {
        var positions: [TopicPartition: StartPosition] = [:]
        for (identifier, sources) in application.tasks(of: partitions) {
            let opening = try open(
                identifier, sources: sources, committed: committed, control: control)
            positions.merge(opening) { _, new in new }
        }
        all = tasksByIdentifier.values.sorted { $0.identifier < $1.identifier }
        return positions
    }

    private mutating func open(
        _ identifier: TaskIdentifier, sources: [TopicPartition],
        committed: [TopicPartition: CommittedOffset], control: ThreadControl
    ) throws(EngineError) -> [TopicPartition: StartPosition] {
        let state = try openState(identifier, control: control)
        let task = StreamTask(
            plan: application.plan, identifier: identifier, state: state,
            options: StreamTask.Options(
                runLimit: application.settings.runLimit,
                maxIdle: application.settings.maxTaskIdle),
            now: application.wallClock())
        let opening = TaskOpening(
            task: identifier, sources: sources, hasState: state != nil,
            checkpoint: state?.checkpoint,
            committed: committed.filter { sources.contains($0.key) },
            allowsStateLoss: application.settings.allowsStateLoss)
        do {
            let positions = try opening.startPositions()
            for (input, source) in task.sources.enumerated() {
                if case .offset(let offset) = positions[source] {
                    task.start(input: input, at: offset)
                }
            }
            tasksByIdentifier[identifier] = task
            log.info(
                "opened task",
                metadata: [
                    "task": "\(identifier)", "from": "\(Self.describe(positions))",
                    "stream time": "\(task.streamTime)",
                ])
            return positions
        } catch {
            task.close()
            var disagreement = error
            disagreement.path = application.storage.path(of: identifier)
            throw .offsets(disagreement)
        }
    }

    private static func describe(_ positions: [TopicPartition: StartPosition]) -> String {
        positions.sorted { $0.key < $1.key }.map { source, position in
            switch position {
            case .offset(let offset): "\(source)@\(offset)"
            case .reset: "\(source)@reset"
            }
        }.joined(separator: " ")
    }

    /// Opens the state of a task, and waits a while for its former owner to let go of it.
    private func openState(
        _ identifier: TaskIdentifier, control: ThreadControl
    ) throws(EngineError) -> (any TaskState)? {
        let stores = application.plan.subtopologies[identifier.subtopology].stores
        guard !stores.isEmpty else { return nil }
        let clock = ContinuousClock()
        let deadline = clock.now + application.settings.stateLockTimeout
        while true {
            do {
                return try application.storage.open(identifier, stores: stores)
            } catch {
                guard case .locked = error, clock.now < deadline, !control.isStopping else {
                    throw .state(error)
                }
                control.pause(.milliseconds(20))
            }
        }
    }

    func tasks(of partitions: [TopicPartition]) -> [StreamTask] {
        application.tasks(of: partitions).keys.sorted().compactMap { tasksByIdentifier[$0] }
    }

    /// Closes tasks without committing.
    mutating func close(_ leaving: [StreamTask]) {
        for task in leaving {
            retire(task)
            task.close()
            tasksByIdentifier[task.identifier] = nil
            changedTasks.remove(task.identifier)
        }
        all = tasksByIdentifier.values.sorted { $0.identifier < $1.identifier }
    }

    mutating func closeAll() { close(all) }

    private mutating func retire(_ task: StreamTask) {
        for metrics in task.metrics {
            retired[metrics.name] = retired[metrics.name].map { $0 + metrics } ?? metrics
        }
    }

    // MARK: Metrics

    func metrics(sent: Int, isStopped: Bool) -> ThreadMetrics {
        var operators = retired
        for task in all {
            for metrics in task.metrics {
                operators[metrics.name] = operators[metrics.name].map { $0 + metrics } ?? metrics
            }
        }
        var metrics = ThreadMetrics(
            records: recordCount, sent: sent, commits: commitCount,
            commitMicrosecondsMedian: commitMicroseconds.valueAtPercentile(50),
            commitMicrosecondsHigh: commitMicroseconds.valueAtPercentile(99),
            tasks: all.map { ($0.identifier, $0.streamTime) }, operators: operators,
            isStopped: isStopped)
        metrics.firstRecord = firstRecord
        metrics.lastCommit = lastCommit
        return metrics
    }
}
