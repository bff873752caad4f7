public import Events

/// One sub-topology on one partition, at work.
///
/// Chooses the next record by event time among its source partitions, moves stream time, runs the
/// operators, fires timers and collects what is to be written. It knows neither Kafka nor clock
/// nor thread: the engine and the driver feed it and take what it gives.
///
/// ```swift
/// let task = StreamTask(plan: plan, identifier: id, state: state, options: options, now: now)
/// fill(task.batch(input: 0))                    // records of a source partition
/// task.accept(input: 0, position: 512, isAtEnd: false, now: now)
/// let progress = try task.run(now: now, output: output)
/// ```
///
/// - State: in the stores of `state`; how far it came is ``checkpoint()``. Nothing is durable
///   before ``commit()``.
/// - Late records: stream time is the minimum of the inputs' watermarks; each operator says what
///   it does with a record behind it.
/// - Source: Kafka Streams' `StreamTask` and `PartitionGroup` (the choice by timestamp),
///   Akidau et al., "The Dataflow Model", VLDB 2015 (watermarks).
public final class StreamTask {
    public struct Options: Sendable {
        /// How many records one run takes at the most.
        public var runLimit: Int
        /// How long a run waits for a partition that is empty but not read to its end.
        public var maxIdle: Duration
        /// The partitions of the topics that are read, by name; 1 where it is not known. They say
        /// how many tasks write a repartition topic, and the clock waits to hear of all of them.
        public var partitionCounts: [String: Int32]

        public init(
            runLimit: Int = 512, maxIdle: Duration = .seconds(1),
            partitionCounts: [String: Int32] = [:]
        ) {
            self.runLimit = runLimit
            self.maxIdle = maxIdle
            self.partitionCounts = partitionCounts
        }
    }

    /// What a run did.
    public enum Progress: Sendable, Equatable {
        case processed(records: Int)
        /// An input must be filled first.
        case starved
    }

    public let identifier: TaskIdentifier
    /// The partitions that are the task's own: those of its first inputs.
    public let sources: [TopicPartition]
    /// The partitions that every task reads for itself: those of the inputs behind. They belong to
    /// no group, and how far they were read is in the state only.
    public let broadcastSources: [TopicPartition]
    public let hasState: Bool

    var inputs: [InputPartition]
    /// How many of the inputs move the clock: the first ones.
    private let timedCount: Int
    private var choice: RecordChoice
    var graph: TaskGraph
    let state: (any TaskState)?
    private let timerStores: [any TimerStore]
    private let taskArena = EventArena()
    private var commitSequence: Int64
    /// When it was last asked, by the wall clock, whether the group has caught up.
    private var lastGroupQuestion = Timestamp.distantPast
    /// Whether the last run could not choose, because an input may still have an earlier record.
    public private(set) var isWaiting = false

    /// `state`: opened with the sub-topology's stores; `nil` when it has none.
    public init(
        plan: TopologyPlan, identifier: TaskIdentifier, state: (any TaskState)?,
        options: Options = Options(), now: Timestamp
    ) {
        let subtopology = plan.subtopologies[identifier.subtopology]
        precondition(subtopology.stores.isEmpty == (state == nil), "stores and state go together")
        self.identifier = identifier
        self.state = state
        timerStores = subtopology.stores.filter { $0.kind == .timers }.compactMap {
            state?.timerStore($0.name)
        }
        hasState = state != nil
        inputs = TaskInputs.make(
            plan: plan, subtopology: subtopology, partition: identifier.partition,
            partitionCounts: options.partitionCounts, now: now)
        let own = inputs.filter { $0.broadcast == nil }
        sources = own.map(\.source)
        broadcastSources = inputs.dropFirst(own.count).map(\.source)
        let timed = own.filter { !$0.isFeedback }
        timedCount = timed.count
        let clock = TaskClock(
            settings: timed.map(\.settings), writerCounts: timed.map(\.writerCount), now: now)
        graph = TaskGraph(
            plan: plan, subtopology: subtopology, task: identifier, state: state, arena: taskArena)
        choice = RecordChoice(
            clock: clock, nodeCount: subtopology.nodes.count, timeline: graph.timeline,
            options: options)
        commitSequence = state?.checkpoint?.sequence ?? 0
        if let checkpoint = state?.checkpoint {
            for input in inputs {
                if let offset = checkpoint.offsets[input.source] { input.rewind(to: offset) }
            }
            // Inputs that changed leave what is true of any: stream time does not go back.
            if !choice.clock.restore(checkpoint.clock) {
                choice.clock.advance(to: checkpoint.streamTime)
            }
        }
    }

    public var streamTime: Timestamp { choice.clock.streamTime }

    /// When the earliest timer is due; `.distantFuture` when there is none.
    public var nextTimer: Timestamp { timerStores.reduce(.distantFuture) { min($0, $1.next) } }

    /// How many inputs there are, broadcasts included.
    public var inputCount: Int { inputs.count }

    /// The offset of the next record that an input wants; `nil` when it has not been read yet.
    public func position(input: Int) -> Int64? {
        inputs[input].position < 0 ? nil : inputs[input].position
    }

    // MARK: Feeding

    /// Where the records of an input are to be put before `accept`.
    public func batch(input: Int) -> RecordBatch { inputs[input].batch }

    /// Whether everything that was read from an input is processed.
    public func needsRecords(input: Int) -> Bool { inputs[input].isEmpty }

    /// Takes what was put into the input's batch. `position` is the offset behind it.
    public func accept(input: Int, position: Int64, isAtEnd: Bool, now: Timestamp) {
        choice.clock.setNow(now)
        noteArrival(input: input, recordCount: inputs[input].batch.count, isAtEnd: isAtEnd)
        inputs[input].decode(position: position)
        isWaiting = false
    }

    /// More records of an input have come that were not fetched yet.
    func noteUnfetched(input: Int) {
        noteArrival(input: input, recordCount: 0, isAtEnd: false)
    }

    /// An input got records that may be later than what the others have got since they were last
    /// looked at: until they are looked at again, none of them counts as read to its end.
    public func distrustEnds(except input: Int) {
        for index in inputs.indices where index != input {
            inputs[index].noteArrival(isAtEnd: false)
        }
    }

    private func noteArrival(input: Int, recordCount: Int, isAtEnd: Bool) {
        inputs[input].noteArrival(isAtEnd: isAtEnd)
        if input < timedCount {
            choice.clock.noteArrival(input: input, recordCount: recordCount, isAtEnd: isAtEnd)
        }
    }

    /// Whether an input has been read to its end.
    public func isAtEnd(input: Int) -> Bool { inputs[input].isAtEnd && inputs[input].isEmpty }

    // MARK: Running

    /// Processes the next records, as many as one run takes, and appends what they give to
    /// `output`.
    public func run(now: Timestamp, output: OutputBatch) throws(TaskError) -> Progress {
        turnClock(to: now)
        let records = choose()
        isWaiting = records == 0
        guard records > 0 else { return .starved }
        try graph.run(chosen: choice.chosen, streamTime: streamTime, output: output)
        return .processed(records: records)
    }

    private func choose() -> Int {
        guard inputs.count == 1 else {
            beginRun(in: taskArena)
            return choice.take(from: inputs, into: taskArena)
        }
        guard !inputs[0].isEmpty else { return 0 }
        // With one source partition there is nothing to choose, and nothing to copy.
        beginRun(in: inputs[0].arena)
        return choice.take(fromOnly: inputs[0])
    }

    private func turnClock(to now: Timestamp) {
        choice.clock.setNow(now)
        for (index, input) in inputs.prefix(timedCount).enumerated() where !input.isEmpty {
            choice.clock.noteBacklog(input: index)
        }
    }

    /// Lets stream time follow the idleness of inputs and the wall clock, and fires what is due.
    ///
    /// `isGroupCaughtUp`: asked, at most once a second, before wall time moves the clock
    ///   of a task that other tasks feed: whether they have nothing left that could come.
    public func advance(
        now: Timestamp, isGroupCaughtUp: () -> Bool = { true }, output: OutputBatch
    ) throws(TaskError) {
        turnClock(to: now)
        let before = choice.clock.streamTime
        choice.clock.advance()
        if choice.clock.mayFollowWallTime, isFedWhole(isGroupCaughtUp) {
            choice.clock.followWallTime()
        }
        if choice.clock.streamTime > before {
            try fire(at: choice.clock.streamTime, output: output)
        }
    }

    /// Moves stream time forward by hand: for tests of topologies.
    public func advance(to time: Timestamp, output: OutputBatch) throws(TaskError) {
        guard time > choice.clock.streamTime else { return }
        choice.clock.advance(to: time)
        try fire(at: time, output: output)
    }

    private func isFedWhole(_ isGroupCaughtUp: () -> Bool) -> Bool {
        guard inputs.contains(where: { $0.writerCount > 0 }) else { return true }
        let now = choice.clock.wallClock
        guard now.milliseconds(since: lastGroupQuestion) >= 1000 else { return false }
        lastGroupQuestion = now
        return isGroupCaughtUp()
    }

    /// Fires the timers that are due at `time` without moving stream time: the input has ended for
    /// good. All there are, when no time is given.
    public func finish(until time: Timestamp = .distantFuture, output: OutputBatch)
        throws(TaskError)
    {
        graph.endInput()
        try fire(at: time, output: output)
    }

    private func fire(at time: Timestamp, output: OutputBatch) throws(TaskError) {
        beginRun(in: taskArena)
        choice.pass(time)
        try graph.run(chosen: choice.chosen, streamTime: time, output: output)
    }

    private func beginRun(in arena: EventArena) {
        if arena === taskArena { arena.reset() }
        graph.beginRun(arena: arena)
        choice.beginRun()
    }

    // MARK: Committing

    /// How far the task has come.
    public func checkpoint() -> TaskCheckpoint {
        var offsets: [TopicPartition: Int64] = [:]
        for input in inputs where input.position >= 0 { offsets[input.source] = input.position }
        return TaskCheckpoint(
            sequence: commitSequence, streamTime: choice.clock.streamTime, offsets: offsets,
            clock: choice.clock.encoded())
    }

    /// What the next commit will be, but for its changelog offsets.
    public func nextCheckpoint() -> TaskCheckpoint {
        var checkpoint = checkpoint()
        checkpoint.sequence += 1
        return checkpoint
    }

    /// Makes the state durable together with how far the task has come; returns that.
    public func commit(
        changelogOffsets: [Int: Int64] = [:]
    ) throws(StoreError) -> TaskCheckpoint {
        let checkpoint = countCommit(changelogOffsets)
        try state?.commit(checkpoint)
        return checkpoint
    }

    /// Makes the changes durable beside the state as it is, undecided, together with how far the
    /// task has come; returns that.
    public func prepare(
        changelogOffsets: [Int: Int64] = [:]
    ) throws(StoreError) -> TaskCheckpoint {
        let checkpoint = countCommit(changelogOffsets)
        try state?.prepare(checkpoint)
        return checkpoint
    }

    private func countCommit(_ changelogOffsets: [Int: Int64]) -> TaskCheckpoint {
        var checkpoint = nextCheckpoint()
        checkpoint.changelogOffsets = changelogOffsets
        commitSequence = checkpoint.sequence
        return checkpoint
    }

    /// It was decided for what is prepared.
    public func applyPrepared() throws(StoreError) { try state?.applyPrepared() }

    /// Starts an input from `offset`; nothing of it may have been read.
    public func start(input: Int, at offset: Int64) { inputs[input].rewind(to: offset) }

    /// What each operator has done since the task began, in the order of the topology.
    public var metrics: [OperatorMetrics] { graph.metrics }

    /// Which of the reloads its operators have; 0 when they are as the topology was loaded.
    public private(set) var reload = 0

    /// Takes over the operators' definitions of a reload, whose number it then has; between runs.
    /// Returns the names of the operators that took theirs.
    @discardableResult
    public func adopt(
        _ definitions: [String: any OperatorDefinition], ofReload reload: Int
    ) -> [String] {
        self.reload = reload
        return graph.adopt(definitions)
    }

    /// Gives the state back for its next owner; what was not committed is forgotten.
    public func close() { state?.close() }
}
