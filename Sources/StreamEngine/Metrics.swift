public import Events
public import StreamCore

/// What one stream thread has done since the application began.
public struct ThreadMetrics: Sendable {
    public var records = 0
    public var sent = 0
    public var commits = 0
    public var commitMicrosecondsMedian: UInt64 = 0
    public var commitMicrosecondsHigh: UInt64 = 0
    public var tasks: [(task: TaskIdentifier, streamTime: Timestamp)] = []
    public var operators: [String: OperatorMetrics] = [:]
    public var isStopped = false
    /// When the first record was read, and when the last commit was done.
    var firstRecord: ContinuousClock.Instant?
    var lastCommit: ContinuousClock.Instant?
}

/// What an application has done since it began.
public struct EngineMetrics: Sendable {
    /// Records read from the sources, internal ones included.
    public var records = 0
    /// Records acknowledged or on their way to the sinks.
    public var sent = 0
    public var commits = 0
    /// Of the slowest thread; half of the commits, and all but one in a hundred, took less.
    public var commitMicrosecondsMedian: UInt64 = 0
    public var commitMicrosecondsHigh: UInt64 = 0
    public var tasks: [(task: TaskIdentifier, streamTime: Timestamp)] = []
    public var operators: [String: OperatorMetrics] = [:]
    /// From the first record read to the last commit done; `nil` before there was one.
    public var activeTime: Duration?

    init(_ threads: [ThreadMetrics]) {
        for thread in threads {
            records += thread.records
            sent += thread.sent
            commits += thread.commits
            commitMicrosecondsMedian = max(
                commitMicrosecondsMedian, thread.commitMicrosecondsMedian)
            commitMicrosecondsHigh = max(commitMicrosecondsHigh, thread.commitMicrosecondsHigh)
            tasks += thread.tasks
            operators.merge(thread.operators) { $0 + $1 }
        }
        tasks.sort { $0.task < $1.task }
        if let first = threads.compactMap(\.firstRecord).min(),
            let last = threads.compactMap(\.lastCommit).max()
        {
            activeTime = last - first
        }
    }
}
