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
    /// Tasks whose state is being restored.
    public var restores: [RestoreMetrics] = []
    /// Records taken from changelogs by restores, also by those that are done.
    public var restoredRecords = 0
    /// How long state was being restored; of the slowest thread.
    public var restoreTime = Duration.zero
    public var standbys: [StandbyMetrics] = []
    public var isStopped = false
    /// When the first record was read, and when the last commit was done.
    var firstRecord: ContinuousClock.Instant?
    var lastCommit: ContinuousClock.Instant?
}

/// How far the restore of a task's state has come.
public struct RestoreMetrics: Sendable, Equatable {
    public var task: TaskIdentifier
    /// Records taken from the changelogs so far.
    public var records: Int
    /// How much of the changelogs is read, and how much there is to read, in offsets: some of them
    /// hold nothing any more.
    public var offsetsRead: Int64
    public var offsetsInAll: Int64
    public var elapsed: Duration

    /// Records taken a second.
    public var recordsPerSecond: Double { Double(records) / max(elapsed / .seconds(1), 0.001) }

    /// At the pace so far; `nil` before there is one.
    public var timeLeft: Duration? {
        guard offsetsRead > 0 else { return nil }
        return elapsed * (Double(offsetsInAll - offsetsRead) / Double(offsetsRead))
    }
}

/// A copy of another process's state that is kept here.
public struct StandbyMetrics: Sendable, Equatable {
    public var task: TaskIdentifier
    /// Records taken from the changelogs since it is kept.
    public var records: Int
    /// How far it is behind, in offsets of the changelogs, when that was last looked at; `nil` before.
    public var lag: Int64?
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
    /// Tasks whose state is being restored.
    public var restores: [RestoreMetrics] = []
    /// Records taken from changelogs by restores, also by those that are done.
    public var restoredRecords = 0
    /// How long state was being restored; of the slowest thread.
    public var restoreTime = Duration.zero
    /// Copies of other processes' states.
    public var standbys: [StandbyMetrics] = []
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
            restores += thread.restores
            standbys += thread.standbys
            restoredRecords += thread.restoredRecords
            restoreTime = max(restoreTime, thread.restoreTime)
            operators.merge(thread.operators) { $0 + $1 }
        }
        tasks.sort { $0.task < $1.task }
        restores.sort { $0.task < $1.task }
        standbys.sort { $0.task < $1.task }
        if let first = threads.compactMap(\.firstRecord).min(),
            let last = threads.compactMap(\.lastCommit).max()
        {
            activeTime = last - first
        }
    }
}
