public import Events

/// What an operator may touch while it works: the events' arena, its outputs, its stores.
///
/// One per operator and task. The task turns it from run to run; operators only use it.
@safe
public final class OperatorContext {
    /// The operator's name in the topology.
    public let operatorName: String
    public let errorPolicy: ErrorPolicy
    /// Which of its tasks this is. What every task reads, the first one, 0, may answer for all.
    public let partition: Int32

    // The arena and the outputs are touched for every event, by one thread, and no method calls
    // back.

    /// Where the events of the current run lie.
    public package(set) var arena: EventArena {
        get { currentArena }
        set { currentArena = newValue }
    }
    // Other modules would check each access of a property that is stored.
    @safe @exclusivity(unchecked) private var currentArena: EventArena

    /// Where the events that the operator is given come from: 0 is `from`, `i + 1` is named input
    /// `i` of the operator's spec.
    public package(set) var input = 0

    /// Whether the input has ended for good: what timers are fired for is not that time has passed.
    public package(set) var isAtEnd = false

    /// What was emitted during the current run, by output.
    @safe @exclusivity(unchecked) @usableFromInline package var emitted: [[Event]]
    @usableFromInline package let connected: [Bool]
    /// Records that the operator dropped, since the task began: those that it could not take, and
    /// those that it need not pass on.
    public private(set) var droppedCount = 0
    /// Records that came late and were dropped or sent to a side output, since the task began.
    public private(set) var lateCount = 0

    /// What the operator last published of itself, by name.
    public private(set) var gauges: [String: Double] = [:]

    private let state: (any TaskState)?
    @safe @exclusivity(unchecked) private var keysAhead: [UnsafeRawBufferPointer] = unsafe []
    private let failureHeaders: FailureHeaders
    private let timeline: Timeline
    /// Events emitted in the runs before, by output.
    private var emittedBefore: [Int]

    init(
        operatorName: String, errorPolicy: ErrorPolicy, partition: Int32, connected: [Bool],
        arena: EventArena,
        state: (any TaskState)?, failureHeaders: FailureHeaders, timeline: Timeline
    ) {
        self.operatorName = operatorName
        self.errorPolicy = errorPolicy
        self.partition = partition
        self.connected = connected
        currentArena = arena
        self.state = state
        self.failureHeaders = failureHeaders
        self.timeline = timeline
        emittedBefore = Array(repeating: 0, count: connected.count)
        emitted = Array(repeating: [], count: connected.count)
    }

    /// Sends `event` on to whatever reads the output: 0 is the main one, `i + 1` is side output
    /// `i` of the operator's spec.
    @inlinable public func emit(_ event: Event, to output: Int = 0) {
        if connected[output] { emitted[output].append(event) }
    }

    /// Whether anything reads the output, so that work for nobody can be left out.
    @inlinable public func isConnected(_ output: Int) -> Bool { connected[output] }

    /// Refuses a record as the operator's `on_error` says. `output` is the one for failures, and
    /// `reason` is only built when it is needed.
    public func refuse(
        _ event: Event, to output: Int, error: String, reason: () -> String
    ) throws(OperatorError) {
        switch errorPolicy {
        case .deadLetter:
            var failed = event
            failureHeaders.attach(
                to: &failed, in: arena, operatorName: operatorName, error: error, reason: reason())
            emit(failed, to: output)
        case .drop: droppedCount += 1
        case .fail: throw .refusedRecord(reason: reason())
        }
    }

    /// An event was dropped for another reason than `on_error`, for example since it is a retry.
    public func countDropped() { droppedCount += 1 }

    public func countLate() { lateCount += 1 }

    /// Publishes a number about the operator: `drift.amount`. Not for every event: it costs a look-up
    /// by text. Of several tasks the greatest is shown, so a gauge should be worse when it is more.
    public func setGauge(_ name: String, to value: Double) { gauges[name] = value }

    /// Where what a timer gives stands among the events of the task: stream time is the timer's
    /// own, as if the clock had stopped there on its way, and its place is in front of the event
    /// with which the clock got there. So it does not depend on where runs end.
    public func moment(ofTimerDueAt time: Timestamp) -> (streamTime: Timestamp, sequence: Int64) {
        (time, timeline.sequence(reaching: time))
    }

    func endRun() {
        for output in emitted.indices where !emitted[output].isEmpty {
            emittedBefore[output] += emitted[output].count
            emitted[output].removeAll(keepingCapacity: true)
        }
    }

    /// Events emitted since the task began, by output.
    var emittedCounts: [Int] { zip(emittedBefore, emitted).map { $0 + $1.count } }

    /// The store that the operator's definition named.
    public func keyValueStore(_ name: String) -> any KeyValueStore {
        guard let state else { preconditionFailure("operator \(operatorName) has no state") }
        return state.keyValueStore(name)
    }

    /// Says that a store is read for these events, in their order, under their keys.
    public func prefetch(_ events: [Event], in store: any KeyValueStore) {
        unsafe keysAhead.removeAll(keepingCapacity: true)
        for event in events where !event.key.isAbsent {
            unsafe keysAhead.append(currentArena.bytes(event.key))
        }
        unsafe store.prefetch(keysAhead)
    }

    public func timerStore(_ name: String) -> any TimerStore {
        guard let state else { preconditionFailure("operator \(operatorName) has no state") }
        return state.timerStore(name)
    }
}
