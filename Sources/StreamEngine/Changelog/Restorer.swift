internal import Events
internal import Logging
internal import StreamCore

/// Restores those tasks of a stream thread that came without their state, a piece in each round, so
/// that the thread's other tasks go on.
///
/// What was restored is noted with the state every few seconds and when the task is taken away: a
/// restore that is interrupted goes on there.
final class Restorer {
    /// A task whose state is whole.
    struct Restored {
        let request: TaskRestore.Request
        /// What its state is as of; `nil` when it begins empty.
        let checkpoint: TaskCheckpoint?
        let log: TaskLog
    }

    /// How many records of a partition one round takes: some 10 ms of work.
    private static let roundLimit = 8192
    /// How often progress is told, and how often it is noted with the state: what is noted is merged
    /// into the tables, which is cheaper for more at once.
    private static let tellInterval = Duration.seconds(5)
    private static let noteInterval = Duration.seconds(30)

    struct Restore {
        let request: TaskRestore.Request
        /// `nil` until the ranges of its partitions are known.
        var restore: TaskRestore?
        var readsCheckpoints = false
        /// Where its changelogs are still to be begun; `nil` when they are read.
        var starts: [TopicPartition: Int64]?
        let since: ContinuousClock.Instant
        var noted: ContinuousClock.Instant
        var told: ContinuousClock.Instant
        /// Since when a broker could not be asked.
        var troubleSince: ContinuousClock.Instant?
    }

    let application: Application
    private let layout: ChangelogLayout
    private let log: Logger
    private let reader: any PartitionReader
    private let checkpointReader: CheckpointReader
    private(set) var restores: [TaskIdentifier: Restore] = [:]
    private let batch = RecordBatch()
    /// Whether the last round took records.
    private(set) var hasWork = false
    /// Records taken by restores that are done or were cancelled.
    private(set) var pastRecordCount = 0
    /// How long something was being restored, and since when something is.
    private(set) var pastTime = Duration.zero
    private(set) var busySince: ContinuousClock.Instant?

    init(
        application: Application, layout: ChangelogLayout, reader: any PartitionReader, log: Logger
    ) {
        self.application = application
        self.layout = layout
        self.reader = reader
        checkpointReader = CheckpointReader(reader)
        self.log = log
    }

    var isIdle: Bool { restores.isEmpty }

    func isRestoring(_ task: TaskIdentifier) -> Bool { restores[task] != nil }

    var tasks: [TaskIdentifier] { restores.keys.sorted() }

    // MARK: Tasks come and go

    func begin(_ request: TaskRestore.Request) {
        let now = application.clock.now()
        busySince = busySince ?? now
        restores[request.task] = Restore(request: request, since: now, noted: now, told: now)
        hasWork = true
        log.info(
            "restoring state",
            metadata: [
                "task": "\(request.task)",
                "file": "\(request.state.checkpoint.map { "commit \($0.sequence)" } ?? "none")",
                "group": "\(request.groupSequence.map { "commit \($0)" } ?? "none")",
            ])
    }

    /// Lets go of the state of tasks that are taken away; what was restored stays.
    func cancel(_ leaving: [TaskIdentifier]) {
        for task in leaving {
            guard let restore = restores[task] else { continue }
            pastRecordCount += restore.restore?.recordCount ?? 0
            if let progress = restore.restore?.progress {
                do {
                    try restore.request.state.commitRestored(progress, checkpoint: nil)
                } catch {
                    // The next restore goes on from what was noted before.
                    log.warning(
                        "cannot note the progress of a restore",
                        metadata: ["task": "\(task)", "reason": "\(error)"])
                }
            }
            stopReading(task)
            restores[task] = nil
            restore.request.state.close()
        }
        noteIdleness()
    }

    private func noteIdleness() {
        guard restores.isEmpty, let since = busySince else { return }
        pastTime += application.clock.now() - since
        busySince = nil
    }

    func close() {
        cancel(tasks)
        reader.close()
    }

    /// Stores of a state that is as of the group's last commit whose changelogs have to begin anew,
    /// and where: what lies in them is not that state.
    func begins(
        of task: TaskIdentifier, checkpoint: TaskCheckpoint
    ) throws(ClusterError) -> [Int: Int64] {
        var begins: [Int: Int64] = [:]
        for (store, partition) in layout.changelogs(of: task).enumerated() {
            let end = try reader.writtenRange(partition).upperBound
            guard let offset = checkpoint.changelogOffsets[store], offset <= end else {
                begins[store] = end
                continue
            }
        }
        return begins
    }

    // MARK: Rounds

    /// Restores a piece of every task; returns those that are whole now.
    func round() throws(EngineError) -> [Restored] {
        hasWork = false
        var restored: [Restored] = []
        for task in tasks {
            do throws(RestoreFailure) {
                if let done = try advance(task) { restored.append(done) }
                restores[task]?.troubleSince = nil
            } catch {
                switch error {
                case .engine(let failure): throw failure
                case .cluster(let failure): try endure(failure, of: task)
                }
            }
        }
        return restored
    }

    /// Waits until there is something to read, when the last round found nothing.
    func wait(timeout: Duration) throws(EngineError) {
        do {
            try reader.wait(timeout: timeout)
        } catch {
            throw .cluster(error, doing: "reading changelogs")
        }
    }

    private enum RestoreFailure: Error {
        case engine(EngineError)
        case cluster(ClusterError)
    }

    private func advance(_ task: TaskIdentifier) throws(RestoreFailure) -> Restored? {
        guard let restore = restores[task]?.restore else {
            try locate(task)
            return nil
        }
        switch restore.reading {
        case .checkpoints:
            guard try readCheckpoints(of: task) else { return nil }
            return try decide(task)
        case .changelogs:
            try beginChangelogs(of: task)
            try readChangelogs(of: task)
            guard restores[task]!.restore!.isRestored else {
                try noteProgress(of: task)
                return nil
            }
            return try finish(task)
        }
    }

    /// Asks what lies in the task's partitions, and begins to read.
    private func locate(_ task: TaskIdentifier) throws(RestoreFailure) {
        var ranges: [TopicPartition: Range<Int64>] = [:]
        let checkpoints = layout.checkpoints(of: task)
        for partition in [checkpoints] + layout.changelogs(of: task) {
            ranges[partition] = try onCluster { (reader) throws(ClusterError) in
                try reader.writtenRange(partition)
            }
        }
        let restore = TaskRestore(
            restores[task]!.request, layout: layout, ranges: ranges,
            settings: application.settings)
        try onCluster { (_) throws(ClusterError) in
            try checkpointReader.begin(checkpoints, at: restore.checkpointStart)
        }
        restores[task]!.readsCheckpoints = true
        restores[task]!.restore = restore
        hasWork = true
    }

    /// Whether all of them are read.
    private func readCheckpoints(of task: TaskIdentifier) throws(RestoreFailure) -> Bool {
        let partition = layout.checkpoints(of: task)
        let status = try onCluster { (_) throws(ClusterError) in
            try checkpointReader.advance(partition, recordLimit: Self.roundLimit)
        }
        if status.recordCount > 0 { hasWork = true }
        do {
            try restores[task]!.restore!.readCheckpoints(
                checkpointReader.records(of: partition))
        } catch {
            throw .engine(.offsets(located(error)))
        }
        if status.isAtEnd, application.settings.deliberateFault == .restoresWhatIsStable {
            return true
        }
        return restores[task]!.restore!.hasReadCheckpoints(upTo: status.position)
    }

    private func decide(_ task: TaskIdentifier) throws(RestoreFailure) -> Restored? {
        let state = restores[task]!.request.state
        try onCluster { (_) throws(ClusterError) in try endCheckpoints(of: task) }
        let plan: TaskRestore.Plan
        do {
            plan = try restores[task]!.restore!.decide()
        } catch {
            throw .engine(.offsets(located(error)))
        }
        for change in plan.confirmed {
            log.notice(
                "confirmed: a store is not restored from its changelog",
                metadata: ["task": "\(task)", "reason": "\(change.difference ?? "")"])
        }
        if plan.clearsFirst {
            log.notice(
                "the state file is no part of the changelog; it is restored from the start",
                metadata: ["task": "\(task)"])
            try onState { () throws(StoreError) in try state.clear() }
        }
        hasWork = true
        guard !plan.starts.isEmpty else { return try finish(task) }
        restores[task]!.starts = plan.starts
        try beginChangelogs(of: task)
        return nil
    }

    /// Begins to read the changelogs, unless they are read already.
    private func beginChangelogs(of task: TaskIdentifier) throws(RestoreFailure) {
        guard let starts = restores[task]!.starts else { return }
        try onCluster { (reader) throws(ClusterError) in try reader.start(starts) }
        restores[task]!.starts = nil
    }

    private func endCheckpoints(of task: TaskIdentifier) throws(ClusterError) {
        guard restores[task]?.readsCheckpoints == true else { return }
        try checkpointReader.end(layout.checkpoints(of: task))
        restores[task]!.readsCheckpoints = false
    }

    private func readChangelogs(of task: TaskIdentifier) throws(RestoreFailure) {
        let changelogs = layout.changelogs(of: task)
        for (store, partition) in changelogs.enumerated()
        where !restores[task]!.restore!.isRead(store) {
            let status = try fetch(partition)
            if status.recordCount > 0 { hasWork = true }
            do {
                try restores[task]!.restore!.take(batch, position: status.position, store: store)
            } catch {
                guard case .offsets(let disagreement) = error else { throw .engine(error) }
                throw .engine(.offsets(located(disagreement)))
            }
        }
    }

    private func fetch(_ partition: TopicPartition) throws(RestoreFailure) -> FetchStatus {
        try onCluster { (reader) throws(ClusterError) in
            try reader.fetch(
                partition, into: batch, recordLimit: Self.roundLimit, byteLimit: 8 << 20)
        }
    }

    private func finish(_ task: TaskIdentifier) throws(RestoreFailure) -> Restored {
        let entry = restores[task]!
        let restore = entry.restore!
        let restored: Restored
        switch restore.outcome() {
        case .isNew(let log):
            if entry.request.state.restoreProgress?.isComplete == false {
                try commitRestored(task, TaskCheckpoint())
            }
            restored = Restored(request: entry.request, checkpoint: nil, log: log)
        case .restored(let checkpoint, let log):
            try commitRestored(task, checkpoint)
            restored = Restored(request: entry.request, checkpoint: checkpoint, log: log)
        }
        stopReading(task)
        restores[task] = nil
        pastRecordCount += restore.recordCount
        noteIdleness()
        let seconds = (application.clock.now() - entry.since) / .seconds(1)
        log.info(
            "restored state",
            metadata: [
                "task": "\(task)", "records": "\(restore.recordCount)",
                "seconds": "\(seconds)",
                "as of": "\(restored.checkpoint.map { "commit \($0.sequence)" } ?? "new")",
            ])
        return restored
    }

    private func commitRestored(
        _ task: TaskIdentifier, _ checkpoint: TaskCheckpoint
    ) throws(RestoreFailure) {
        try onState { () throws(StoreError) in
            try restores[task]!.request.state.commitRestored(
                RestoreProgress(offsets: checkpoint.changelogOffsets, isComplete: true),
                checkpoint: checkpoint)
        }
    }

    private func noteProgress(of task: TaskIdentifier) throws(RestoreFailure) {
        let now = application.clock.now()
        let entry = restores[task]!
        if now - entry.noted >= Self.noteInterval, let progress = entry.restore?.progress {
            restores[task]!.noted = now
            try onState { () throws(StoreError) in
                try entry.request.state.commitRestored(progress, checkpoint: nil)
            }
        }
        guard now - entry.told >= Self.tellInterval else { return }
        restores[task]!.told = now
        let metrics = metrics(of: entry, now: now)
        log.info(
            "restoring state",
            metadata: [
                "task": "\(task)", "records": "\(metrics.records)",
                "rate": "\(Int(metrics.recordsPerSecond))/s",
                "left": "\(metrics.timeLeft.map { "\($0)" } ?? "unknown")",
            ])
    }

    // MARK: Trouble

    /// Lets a while pass in which a broker can't be asked.
    private func endure(
        _ failure: ClusterError, of task: TaskIdentifier
    ) throws(EngineError) {
        let now = application.clock.now()
        guard failure.mayPass else {
            throw .cluster(failure, doing: "restoring the state of task \(task)")
        }
        let since = restores[task]?.troubleSince ?? now
        if restores[task]?.troubleSince == nil {
            log.warning(
                "cannot restore yet", metadata: ["task": "\(task)", "reason": "\(failure)"])
        }
        restores[task]?.troubleSince = since
        guard now - since < application.settings.brokerTimeout else {
            throw .brokersAway(limit: application.settings.brokerTimeout, last: failure)
        }
    }

    private func stopReading(_ task: TaskIdentifier) {
        do {
            try endCheckpoints(of: task)
            try reader.stop(layout.changelogs(of: task))
        } catch {
            log.debug("cannot stop reading a changelog", metadata: ["reason": "\(error)"])
        }
    }

    private func located(_ disagreement: OffsetDisagreement) -> OffsetDisagreement {
        disagreement.located(by: application.storage)
    }

    private func onCluster<Result>(
        _ body: (any PartitionReader) throws(ClusterError) -> Result
    ) throws(RestoreFailure) -> Result {
        do { return try body(reader) } catch { throw .cluster(error) }
    }

    private func onState(_ body: () throws(StoreError) -> Void) throws(RestoreFailure) {
        do { try body() } catch { throw .engine(.state(error)) }
    }
}
