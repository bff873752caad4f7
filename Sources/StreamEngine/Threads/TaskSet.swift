internal import Events
internal import Histogram
internal import Logging
internal import StreamCore

/// The tasks of one stream thread.
struct TaskSet {
    let application: Application
    let log: Logger
    private var tasksByIdentifier: [TaskIdentifier: StreamTask] = [:]
    private(set) var states: [TaskIdentifier: any TaskState] = [:]
    /// Where the changelogs of tasks stand; empty without changelogs.
    var logs: [TaskIdentifier: TaskLog] = [:]
    /// In the order of their identifiers, so that rounds are the same every time.
    private(set) var all: [StreamTask] = []
    /// Where reading began, of partitions that began where the reset policy said.
    private(set) var firstOffsets: [TopicPartition: Int64] = [:]
    private var awaitsFirstOffset: Set<TopicPartition> = []
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
            (0..<task.inputCount).contains { !task.needsRecords(input: $0) } && !task.isWaiting
        }
    }

    /// Whether every input of every task has been read to its end and processed.
    var isQuiet: Bool {
        all.allSatisfy { task in (0..<task.inputCount).allSatisfy { task.isAtEnd(input: $0) } }
    }

    // MARK: Progress

    mutating func noteProgress(of task: TaskIdentifier, records: Int) {
        changedTasks.insert(task)
        recordCount += records
        if firstRecord == nil, records > 0 { firstRecord = application.clock.now() }
    }

    /// Records of a partition were fetched.
    mutating func noteFetched(_ source: TopicPartition, first: Int64?) {
        guard !awaitsFirstOffset.isEmpty, let first, awaitsFirstOffset.remove(source) != nil
        else { return }
        firstOffsets[source] = first
    }

    func hasChanged(_ task: TaskIdentifier) -> Bool { changedTasks.contains(task) }

    var changed: [StreamTask] { all.filter { changedTasks.contains($0.identifier) } }

    mutating func noteCommit(of changed: [StreamTask], took duration: Duration) {
        for task in changed {
            changedTasks.remove(task.identifier)
            if let offsets = states[task.identifier]?.checkpoint?.changelogOffsets {
                logs[task.identifier]?.noteCommit(offsets: offsets)
            }
            for source in task.sources { firstOffsets[source] = nil }
        }
        commitCount += 1
        lastCommit = application.clock.now()
        let (seconds, attoseconds) = duration.components
        let microseconds = UInt64(max(0, seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
        commitMicroseconds.record(min(microseconds, 600_000_000))
    }

    // MARK: Members

    func has(_ task: TaskIdentifier) -> Bool { tasksByIdentifier[task] != nil }

    func tasks(of partitions: [TopicPartition]) -> [StreamTask] {
        application.tasks(of: partitions).keys.sorted().compactMap { tasksByIdentifier[$0] }
    }

    /// Takes a task in, in place of one with the same identifier.
    mutating func add(
        _ task: StreamTask, state: (any TaskState)?, at positions: [TopicPartition: StartPosition]
    ) {
        for (input, source) in task.sources.enumerated() {
            if case .offset(let offset) = positions[source] {
                task.start(input: input, at: offset)
            } else {
                awaitsFirstOffset.insert(source)
            }
        }
        tasksByIdentifier[task.identifier] = task
        states[task.identifier] = state
        changedTasks.remove(task.identifier)
        sort()
    }

    /// Closes tasks without committing.
    mutating func close(_ leaving: [StreamTask]) {
        for task in leaving {
            retire(task)
            task.close()
            tasksByIdentifier[task.identifier] = nil
            states[task.identifier] = nil
            logs[task.identifier] = nil
            changedTasks.remove(task.identifier)
            for source in task.sources {
                firstOffsets[source] = nil
                awaitsFirstOffset.remove(source)
            }
        }
        sort()
    }

    mutating func closeAll() { close(all) }

    private mutating func sort() {
        all = tasksByIdentifier.values.sorted { $0.identifier < $1.identifier }
    }

    /// Keeps what a task has counted.
    mutating func retire(_ task: StreamTask) {
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
