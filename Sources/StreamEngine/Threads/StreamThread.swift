internal import Events
package import Logging
internal import StreamCore

/// One member of the consumer group: a consumer, a producer, and the tasks that the group gave it.
///
/// ```
///  starting ──▶ running ◀──▶ rebalancing        rebalancing: tasks are closed or opened
///                  │  │                         running: fetch, process, send, commit
///                  │  └──────▶ failed           failed: nothing is committed any more
///                  ▼
///              stopping ──▶ stopped             stopping: the last commit, then leave the group
/// ```
///
/// The thread blocks in the client library and nowhere else. Nothing here is shared with other
/// threads but the `control`, which it reads and publishes to once per round. A round can be called
/// by itself: the simulation does, with a clock of its own.
package final class StreamThread {
    let index: Int
    let application: Application
    let control: ThreadControl
    let log: Logger
    var clock: EngineClock { application.clock }

    let consumer: any Consumer
    var producer: any Producer
    let sender: OutputSender
    var tasks: TaskSet
    /// `nil` without changelogs.
    let restorer: Restorer?
    let changelog: ChangelogWriter?
    /// `nil` when no task reads a broadcast.
    let broadcasts: BroadcastReader?
    /// `nil` at least once.
    var exactlyOnce: ExactlyOnceCommit?
    /// The tasks of the commit that is under way, and when it began.
    var committing: (tasks: [StreamTask], since: ContinuousClock.Instant)?
    /// What the transaction at hand decides on.
    var preparedOffsets: [TopicPartition: CommittedOffset] = [:]
    /// A task that the group went on without, and since when the group has not said so.
    var forsaken: (disagreement: OffsetDisagreement, since: ContinuousClock.Instant)?
    /// The tasks that this thread has or is about to open.
    var claimed: Set<TaskIdentifier> = []
    /// Since when an assignment could not be carried out, for a reason that goes away.
    var assignmentDelayedSince: ContinuousClock.Instant?
    /// At least once, whether the group refused a commit. Until it says who has which partition,
    /// nothing is processed and nothing committed: the state files would run ahead of the group's
    /// offsets by more than the one commit that a restart can make up for.
    var isFenced = false
    /// At least once, the offsets of states that are committed, while the group has not taken them.
    var untold: [TopicPartition: CommittedOffset] = [:]
    /// Since when it has not.
    var untoldSince: ContinuousClock.Instant?
    /// Whose turn it is first in the next round.
    private var firstTask = 0
    private var nextCommit: ContinuousClock.Instant
    private var nextPublication: ContinuousClock.Instant
    var quiet: QuietWatch

    package init(index: Int, application: Application, control: ThreadControl, log: Logger)
        throws(EngineError)
    {
        self.index = index
        self.application = application
        self.control = control
        self.log = log
        let settings = application.settings
        do {
            consumer = try application.cluster.makeConsumer(
                ConsumerSettings(
                    group: application.plan.topology.application,
                    clientID: application.clientID(ofThread: index), threadIndex: index,
                    isCopartitioned: application.isCopartitioned))
        } catch {
            throw .cluster(error, doing: "opening a consumer")
        }
        do {
            producer = try application.makeProducer(ofThread: index)
        } catch {
            consumer.close()
            throw .cluster(error, doing: "opening a producer")
        }
        do {
            restorer = try application.changelog.map { (layout) throws(ClusterError) in
                Restorer(
                    application: application, layout: layout,
                    reader: try application.makeReader(named: "restore-\(index)"), log: log)
            }
        } catch {
            consumer.close()
            producer.close()
            throw .cluster(error, doing: "opening a reader of changelogs")
        }
        do {
            broadcasts = try application.makeBroadcastReader(ofThread: index, log: log)
        } catch {
            consumer.close()
            producer.close()
            restorer?.close()
            throw .cluster(error, doing: "opening a reader of broadcast topics")
        }
        changelog = application.changelog.map {
            ChangelogWriter($0, fault: settings.deliberateFault)
        }
        sender = OutputSender(
            producer: producer, topics: application.topics, patience: settings.brokerTimeout)
        tasks = TaskSet(application: application, log: log)
        if settings.guarantee == .exactlyOnce {
            exactlyOnce = ExactlyOnceCommit(
                limits: ExactlyOnceCommit.Limits(patience: settings.brokerTimeout),
                fault: settings.deliberateFault)
        }
        let now = application.clock.now()
        nextCommit = now + settings.commitInterval
        nextPublication = now
        quiet = QuietWatch()
    }

    /// Runs until the control asks to stop, or something fails.
    func run() {
        do throws(EngineError) {
            try start()
            while !control.isStopping { try round() }
            log.info("stopping", metadata: ["thread": "\(index)"])
            try commit()
        } catch {
            control.fail(error)
            abortAfter(error)
        }
        close()
    }

    /// Readies the producer and joins the group.
    package func start() throws(EngineError) {
        if let first = exactlyOnce?.start() { try carryOut(first) }
        do {
            try consumer.subscribe(to: application.subscribedTopics)
        } catch {
            throw .cluster(error, doing: "joining the group")
        }
    }

    /// Leaves the group and gives everything back, without a commit.
    package func close() {
        tasks.closeAll()
        restorer?.close()
        broadcasts?.close()
        releaseClaims(on: Array(claimed))
        consumer.close()
        producer.close()
        control.publish(metrics(isStopped: true))
    }

    /// One round: what the group says, then every task once, then a commit when it is time.
    package func round() throws(EngineError) {
        let event: ConsumerEvent
        do {
            event = try consumer.wait(timeout: waitTime())
        } catch {
            throw .cluster(error, doing: "reading from the sources")
        }
        try handle(event)
        try restore()
        try pollBroadcasts()
        let processed = isFenced ? 0 : try runTasks()
        _ = try send()
        if clock.now() >= nextCommit {
            try commit()
            nextCommit = clock.now() + application.settings.commitInterval
        }
        if let forsaken, clock.now() - forsaken.since > application.settings.brokerTimeout {
            throw .offsets(forsaken.disagreement)
        }
        if clock.now() >= nextPublication {
            control.publish(metrics(isStopped: false))
            nextPublication = clock.now() + .milliseconds(100)
        }
        if application.settings.stopsWhenCaughtUp { try watchQuiet(processed: processed) }
    }

    /// What it has done so far.
    package var published: ThreadMetrics { metrics(isStopped: false) }

    private func metrics(isStopped: Bool) -> ThreadMetrics {
        var metrics = tasks.metrics(sent: sender.sentCount, isStopped: isStopped)
        metrics.restores = restorer?.metrics ?? []
        metrics.restoredRecords = restorer?.recordCount ?? 0
        metrics.restoreTime = restorer?.time ?? .zero
        return metrics
    }

    /// Nothing while a task has work, and next to nothing while outputs wait for their turn; else
    /// until the next commit, and not longer than a tick, so that clocks and the control are looked
    /// at.
    private func waitTime() -> Duration {
        if tasks.hasWork, !isFenced { return .zero }
        if let restorer, !restorer.isIdle {
            return restorer.hasWork ? .zero : .milliseconds(1)
        }
        if sender.hasWaiting { return .milliseconds(1) }
        let untilCommit = nextCommit - clock.now()
        return max(.zero, min(.milliseconds(50), untilCommit))
    }

    // MARK: Tasks

    /// How many runs a task has before it is the next one's turn. What one task reads mostly goes
    /// to one partition of a sink, so longer turns make fuller batches there: with one run each,
    /// four tasks sent ten times as many requests.
    private static let runsPerTurn = 4

    /// Each task in turn. When a commit falls due in the middle, the next round goes on behind the
    /// task that was the last.
    private func runTasks() throws(EngineError) -> Int {
        var processed = 0
        let now = application.wallClock()
        let all = tasks.all
        for step in all.indices {
            let index = (firstTask + step) % all.count
            // After a transaction that failed there are other tasks, at other offsets.
            guard try takeTurn(of: all[index], now: now, processed: &processed) else { break }
            if step + 1 < all.count, clock.now() >= nextCommit {
                firstTask = index + 1
                break
            }
        }
        return processed
    }

    /// False: what it wrote was lost, and the tasks with it.
    private func takeTurn(
        of task: StreamTask, now: Timestamp, processed: inout Int
    ) throws(EngineError) -> Bool {
        guard try logWhole(task) else { return false }
        let renewed = application.reloads.bring(task)
        if !renewed.isEmpty {
            log.info(
                "operators have new files",
                metadata: ["task": "\(task.identifier)", "operators": "\(renewed)"])
        }
        for _ in 0..<Self.runsPerTurn {
            try fill(task, now: now)
            let records = try run(task, now: now)
            processed += records
            guard try send() else { return false }
            if records == 0 { break }
        }
        return true
    }

    /// Hands over what a task wrote. False: it was lost, and the tasks with it.
    private func send() throws(EngineError) -> Bool {
        guard sender.hasWaiting else { return true }
        if exactlyOnce != nil { return try sendInTransaction() }
        try sender.send(clock: clock)
        return true
    }

    private func run(_ task: StreamTask, now: Timestamp) throws(EngineError) -> Int {
        do {
            switch try task.run(now: now, output: sender.output) {
            case .processed(let records):
                // Also when the records were fetched before the last commit.
                tasks.noteProgress(of: task.identifier, records: 0)
                return records
            case .starved:
                let before = task.streamTime
                try task.advance(
                    now: now, isGroupCaughtUp: { self.isGroupCaughtUp(upstreamOf: task) },
                    output: sender.output)
                if task.streamTime > before {
                    tasks.noteProgress(of: task.identifier, records: 0)
                }
                return 0
            }
        } catch {
            throw .task(error)
        }
    }

    /// Whether the group has processed everything that could still become input of `task`, as far
    /// as its commits tell.
    private func isGroupCaughtUp(upstreamOf task: StreamTask) -> Bool {
        let partitions = application.sourcePartitions(upstreamOf: task.identifier.subtopology)
        guard !partitions.isEmpty else { return true }
        do {
            let committed = try consumer.committed(partitions)
            for partition in partitions {
                let end = try consumer.offsetRange(partition).upperBound
                if end > committed[partition]?.offset ?? 0 { return false }
            }
            return true
        } catch {
            log.warning("cannot read the group's lag", metadata: ["reason": "\(error)"])
            return false
        }
    }

    // MARK: Caught up

    /// Tells the control when this thread has processed everything that there is.
    private func watchQuiet(processed: Int) throws(EngineError) {
        var isQuiet = tasks.isQuiet && processed == 0 && restorer?.isIdle ?? true
        if isQuiet, !quiet.hasStarted || !untold.isEmpty { try commit() }
        isQuiet = isQuiet && untold.isEmpty
        guard quiet.note(isQuiet: isQuiet, at: clock.now()) else {
            if !isQuiet { control.setCaughtUp(partitions: nil) }
            return
        }
        control.setCaughtUp(partitions: tasks.partitionCount)
    }
}

/// Notices when a thread has had nothing to do for a moment.
struct QuietWatch {
    private static let patience = Duration.milliseconds(200)
    private var since: ContinuousClock.Instant?

    /// Whether it is quiet as far as is known.
    var hasStarted: Bool { since != nil }

    mutating func reset() { since = nil }

    /// Returns whether it has been quiet for long enough.
    mutating func note(isQuiet: Bool, at now: ContinuousClock.Instant) -> Bool {
        guard isQuiet else {
            since = nil
            return false
        }
        let start = since ?? now
        since = start
        return now - start >= Self.patience
    }
}
