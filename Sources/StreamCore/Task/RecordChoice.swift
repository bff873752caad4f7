internal import Events

/// Chooses the next records of a task by event time, and moves its clock with them.
///
/// A value that the task borrows once per run, because an access to a property of a class costs
/// as much as choosing an event does.
struct RecordChoice {
    var clock: TaskClock
    /// The events that were chosen for this run, by the plan's node that they go to.
    private(set) var chosen: [[Event]]
    /// The place of the last event in the task.
    private(set) var sequence: Int64 = 0

    /// By input, the time of its next event.
    private var nextTimes: [Timestamp?] = []
    private let timeline: Timeline
    private let runLimit: Int
    private let maxIdleMilliseconds: Int64

    init(clock: TaskClock, nodeCount: Int, timeline: Timeline, options: StreamTask.Options) {
        self.clock = clock
        self.timeline = timeline
        chosen = Array(repeating: [], count: nodeCount)
        runLimit = options.runLimit
        maxIdleMilliseconds = options.maxIdle.wholeMilliseconds
    }

    /// Takes the next records of the only input, which lie in its arena; returns how many.
    mutating func take(fromOnly input: InputPartition) -> Int {
        let (events, arena) = (input.events, input.arena)
        var index = input.head
        var records = 0
        var offset: Int64?
        while index < events.count {
            let eventOffset = arena.offset(of: events[index])
            if eventOffset != offset {
                if records == runLimit { break }
                records += 1
                offset = eventOffset
            }
            add(events[index], in: arena, from: input, index: 0)
            index += 1
        }
        input.advance(to: index, now: clock.wallClock)
        return records
    }

    /// Takes the next records of several inputs, the earliest first, into `arena`; returns how
    /// many.
    mutating func take(from inputs: [InputPartition], into arena: EventArena) -> Int {
        var records = 0
        nextTimes.removeAll(keepingCapacity: true)
        for input in inputs { nextTimes.append(input.nextTime) }
        while records < runLimit, let index = earliest(of: inputs) {
            let input = inputs[index]
            // A command stands between two runs, so that its effect does not depend on where the
            // others end.
            if input.isControl, records > 0 { break }
            let range = input.nextRecordRange()
            for event in input.events[range] {
                let copy = arena.adopt(event, from: input.arena)
                if let failure = input.arena.failure(of: event) {
                    arena.markFailed(copy, failure)
                }
                add(copy, in: arena, from: input, index: index)
            }
            input.advance(to: range.upperBound, now: clock.wallClock)
            nextTimes[index] = input.nextTime
            records += 1
            if input.isControl { break }
        }
        return records
    }

    /// The moment that stream time reaches `time` without an event gets a place of its own.
    mutating func pass(_ time: Timestamp) {
        sequence += 1
        timeline.append(time, sequence: sequence)
    }

    /// Forgets the events of the last run and keeps the memory.
    mutating func beginRun() {
        for index in chosen.indices { chosen[index].removeAll(keepingCapacity: true) }
    }

    /// The input whose next event is the earliest; `nil` while one that may have an earlier event
    /// is still on its way.
    private func earliest(of inputs: [InputPartition]) -> Int? {
        var earliest: Int?
        var earliestTime = Timestamp.distantFuture
        for index in nextTimes.indices {
            if let time = nextTimes[index] {
                if earliest == nil || time < earliestTime {
                    earliest = index
                    earliestTime = time
                }
            } else if inputs[index].holdsBack(at: clock.wallClock, maxIdle: maxIdleMilliseconds) {
                return nil
            }
        }
        return earliest
    }

    private mutating func add(
        _ event: Event, in arena: EventArena, from input: InputPartition, index: Int
    ) {
        moveClock(for: event, in: arena, from: input, index: index)
        sequence += 1
        var event = event
        event.sequence = sequence
        event.streamTime = clock.streamTime
        timeline.append(event.streamTime, sequence: sequence)
        chosen[input.node].append(event)
    }

    /// A record that failed or lies too far ahead does not move the clock, nor does one that every
    /// task has, nor one that the task's own kind sent.
    private mutating func moveClock(
        for event: Event, in arena: EventArena, from input: InputPartition, index: Int
    ) {
        guard arena.failure(of: event) == nil, input.broadcast == nil, !input.isFeedback
        else { return }
        if input.writerCount > 0 {
            let headers = unsafe arena.bytes(arena.headers(of: event))
            if let (writer, watermark) = unsafe RepartitionHeader.read(headers) {
                clock.observe(writer: writer, watermark: watermark, input: index)
            }
            return
        }
        let recordTime = arena.recordTimestamp(of: event)
        let isTimed = input.hasOwnTimestamp && recordTime >= 0
        let reference = isTimed ? Timestamp(milliseconds: recordTime) : clock.wallClock
        if event.timestamp > reference.adding(milliseconds: input.aheadLimit) {
            arena.markFailed(event, Self.tooFarAhead(event.timestamp, of: reference))
        } else {
            clock.observe(event.timestamp, input: index)
        }
    }

    private static func tooFarAhead(_ time: Timestamp, of reference: Timestamp) -> EventFailure {
        EventFailure(
            error: "too_far_ahead",
            reason: "the event time \(time) is too far ahead of \(reference) (see 'ahead_limit')")
    }
}
