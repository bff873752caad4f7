internal import Events
internal import Logging
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
/// threads but the `control`, which it reads and publishes to once per round.
final class StreamThread {
    let index: Int
    private let application: Application
    private let control: ThreadControl
    private let log: Logger
    private let clock = ContinuousClock()

    private let consumer: any Consumer
    private let producer: any Producer
    private let sender: OutputSender
    private var tasks: TaskSet
    private var nextCommit: ContinuousClock.Instant
    private var nextPublication: ContinuousClock.Instant
    private var quiet: QuietWatch
    /// Whose turn it is first in the next round.
    private var firstTask = 0

    init(index: Int, application: Application, control: ThreadControl, log: Logger)
        throws(EngineError)
    {
        self.index = index
        self.application = application
        self.control = control
        self.log = log
        let settings = application.settings
        let clientID = "\(application.plan.topology.application)-\(index)"
        do {
            consumer = try application.cluster.makeConsumer(
                ConsumerSettings(
                    group: application.plan.topology.application, clientID: clientID,
                    threadIndex: index, isCopartitioned: application.isCopartitioned))
        } catch {
            throw .cluster(error, doing: "opening a consumer")
        }
        do {
            producer = try application.cluster.makeProducer(ProducerSettings(clientID: clientID))
        } catch {
            consumer.close()
            throw .cluster(error, doing: "opening a producer")
        }
        sender = OutputSender(
            producer: producer, topics: application.plan.topics, patience: settings.brokerTimeout)
        tasks = TaskSet(application: application, log: log)
        nextCommit = clock.now + settings.commitInterval
        nextPublication = clock.now
        quiet = QuietWatch()
    }

    /// Runs until the control asks to stop, or something fails.
    func run() {
        do throws(EngineError) {
            try subscribe()
            while !control.isStopping { try round() }
            log.info("stopping", metadata: ["thread": "\(index)"])
            try commit()
        } catch {
            control.fail(error)
        }
        tasks.closeAll()
        consumer.close()
        producer.close()
        control.publish(tasks.metrics(sent: sender.sentCount, isStopped: true))
    }

    private func subscribe() throws(EngineError) {
        do {
            try consumer.subscribe(to: application.subscribedTopics)
        } catch {
            throw .cluster(error, doing: "joining the group")
        }
    }

    /// One round: what the group says, then every task once, then a commit when it is time.
    private func round() throws(EngineError) {
        let event: ConsumerEvent
        do {
            event = try consumer.wait(timeout: waitTime())
        } catch {
            throw .cluster(error, doing: "reading from the sources")
        }
        try handle(event)
        let processed = try runTasks()
        try sender.send(clock: clock)
        if clock.now >= nextCommit {
            try commit()
            nextCommit = clock.now + application.settings.commitInterval
        }
        if clock.now >= nextPublication {
            control.publish(tasks.metrics(sent: sender.sentCount, isStopped: false))
            nextPublication = clock.now + .milliseconds(100)
        }
        if application.settings.stopsWhenCaughtUp { try watchQuiet(processed: processed) }
    }

    /// Nothing while a task has work, and next to nothing while outputs wait for their turn; else
    /// until the next commit, and not longer than a tick, so that clocks and the control are looked
    /// at.
    private func waitTime() -> Duration {
        if tasks.hasWork { return .zero }
        if sender.hasWaiting { return .milliseconds(1) }
        let untilCommit = nextCommit - clock.now
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
            processed += try takeTurn(of: all[index], now: now)
            if step + 1 < all.count, clock.now >= nextCommit {
                firstTask = index + 1
                break
            }
        }
        return processed
    }

    private func takeTurn(of task: StreamTask, now: Timestamp) throws(EngineError) -> Int {
        var processed = 0
        for _ in 0..<Self.runsPerTurn {
            try fill(task, now: now)
            let records = try run(task, now: now)
            try sender.send(clock: clock)
            guard records > 0 else { break }
            processed += records
        }
        return processed
    }

    /// Fetches for the inputs of a task that have nothing left.
    private func fill(_ task: StreamTask, now: Timestamp) throws(EngineError) {
        for (input, source) in task.sources.enumerated() where task.needsRecords(input: input) {
            do {
                let status = try consumer.fetch(
                    source, into: task.batch(input: input),
                    recordLimit: application.settings.runLimit, byteLimit: 4 << 20)
                guard status.recordCount > 0 || status.isAtEnd != task.isAtEnd(input: input) else {
                    continue
                }
                task.accept(
                    input: input, position: status.position, isAtEnd: status.isAtEnd, now: now)
                tasks.noteProgress(of: task.identifier, records: status.recordCount)
                if status.recordCount > 0 { control.noteBrokerAlive() }
            } catch {
                throw .cluster(error, doing: "reading \(source)")
            }
        }
    }

    private func run(_ task: StreamTask, now: Timestamp) throws(EngineError) -> Int {
        do {
            switch try task.run(now: now, output: sender.output) {
            case .processed(let records): return records
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

    // MARK: Commit

    /// Everything written is acknowledged, then state is made durable, then the group's offsets
    /// follow.
    private func commit() throws(EngineError) {
        try commit(tasks.changed)
    }

    private func commit(_ changed: [StreamTask]) throws(EngineError) {
        guard !changed.isEmpty else { return }
        let start = clock.now
        try sender.flush(clock: clock)
        FaultPoint.reached(.flushed)
        let offsets = try tasks.commitState(of: changed)
        FaultPoint.reached(.stateCommitted)
        if !offsets.isEmpty {
            do {
                try consumer.commit(offsets)
                application.committedOffsets.note(offsets)
            } catch  where error.kind == .fenced {
                // The partitions are somebody else's by now, who goes on from the state files.
                log.warning("commit refused by the group", metadata: ["reason": "\(error)"])
            } catch {
                throw .cluster(error, doing: "committing offsets")
            }
        }
        FaultPoint.reached(.offsetsCommitted)
        control.noteBrokerAlive()
        tasks.noteCommit(of: changed, took: clock.now - start)
    }

    // MARK: Rebalance

    private func handle(_ event: ConsumerEvent) throws(EngineError) {
        switch event {
        case .nothing, .recordsReady: return
        case .warning(let error):
            if error.kind == .unreachable { control.noteBrokerDown(error) }
            log.warning("cluster", metadata: ["reason": "\(error)"])
        case .assigned(let partitions, let incremental):
            try assign(partitions, incremental: incremental)
        case .revoked(let partitions, let isLost, let incremental):
            try revoke(partitions, isLost: isLost, incremental: incremental)
        }
    }

    private func assign(
        _ partitions: [TopicPartition], incremental: Bool
    ) throws(EngineError) {
        log.info("assigned", metadata: ["partitions": "\(partitions.sorted())"])
        let committed: [TopicPartition: CommittedOffset]
        do {
            committed = try consumer.committed(partitions)
        } catch {
            throw .cluster(error, doing: "reading the group's offsets")
        }
        let positions = try tasks.open(partitions, committed: committed, control: control)
        do {
            try consumer.assign(positions, incremental: incremental)
        } catch {
            throw .cluster(error, doing: "taking over partitions")
        }
        quiet.reset()
    }

    private func revoke(
        _ partitions: [TopicPartition], isLost: Bool, incremental: Bool
    ) throws(EngineError) {
        log.info(
            isLost ? "lost" : "revoked", metadata: ["partitions": "\(partitions.sorted())"])
        let leaving = tasks.tasks(of: partitions)
        if !isLost { try commit(leaving.filter { tasks.hasChanged($0.identifier) }) }
        tasks.close(leaving)
        do {
            try consumer.unassign(partitions, incremental: incremental)
        } catch {
            throw .cluster(error, doing: "giving back partitions")
        }
        quiet.reset()
    }

    // MARK: Caught up

    /// Tells the control when this thread has processed everything that there is.
    private func watchQuiet(processed: Int) throws(EngineError) {
        let isQuiet = tasks.isQuiet && processed == 0
        if isQuiet, !quiet.hasStarted { try commit() }
        guard quiet.note(isQuiet: isQuiet, at: clock.now) else {
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
