package import Events

/// The event-time clock of a task: a watermark per input, and stream time as their minimum.
///
/// Stream time only moves forward. An input that has been without records for its `idle_after`
/// is left out of the minimum; when all are, stream time holds, or goes on with wall time when
/// the topology says so and every input has been read to its end.
///
/// An input that other tasks write (a repartition topic) carries the watermark of each writer;
/// its own is their minimum, so that a writer that lags does not make its records late. Before
/// all writers were heard of, it holds the clock back for its `idle_after`.
///
/// - State: encoded with the checkpoint, so that a restart goes on where it stopped.
package struct TaskClock {
    private struct Writer {
        let task: TaskIdentifier
        var watermark: Int64
        var lastArrival: Int64
    }

    private struct Input {
        let settings: WatermarkSettings
        let outOfOrderness: Int64
        let idleAfter: Int64
        var latest = Int64.min
        var lastArrival: Int64
        var isAtEnd = false
        /// Writers of a repartition topic that were heard of.
        var writers: [Writer] = []
        /// How many there are; 0 for a topic that no task writes.
        let writerCount: Int
        /// Until when writers that were not heard of yet hold the clock back.
        var awaitsWritersUntil: Int64
    }

    private var inputs: [Input]
    /// The wall clock, in milliseconds, as of the current run.
    private var now: Int64
    package private(set) var streamTime = Timestamp.distantPast

    /// `writerCounts`: by input, how many tasks write it; 0 for a source topic.
    package init(settings: [WatermarkSettings], writerCounts: [Int] = [], now: Timestamp) {
        self.now = now.milliseconds
        inputs = settings.enumerated().map { index, settings in
            let idleAfter = settings.idleAfter.wholeMilliseconds
            return Input(
                settings: settings, outOfOrderness: settings.outOfOrderness.wholeMilliseconds,
                idleAfter: idleAfter, lastArrival: now.milliseconds,
                writerCount: index < writerCounts.count ? writerCounts[index] : 0,
                awaitsWritersUntil: now.adding(milliseconds: idleAfter).milliseconds)
        }
    }

    /// Turns the wall clock; it never goes back.
    package mutating func setNow(_ now: Timestamp) { self.now = max(self.now, now.milliseconds) }

    package var wallClock: Timestamp { Timestamp(milliseconds: now) }

    /// Records came for an input, or its end was reached.
    package mutating func noteArrival(input: Int, recordCount: Int, isAtEnd: Bool) {
        inputs[input].isAtEnd = isAtEnd
        if recordCount > 0 { inputs[input].lastArrival = now }
    }

    /// Records of an input wait to be processed: it is not idle, however long that takes.
    package mutating func noteBacklog(input: Int) { inputs[input].lastArrival = now }

    /// An event of an input was chosen; returns stream time with it.
    @discardableResult
    package mutating func observe(_ timestamp: Timestamp, input: Int) -> Timestamp {
        if timestamp.milliseconds > inputs[input].latest {
            inputs[input].latest = timestamp.milliseconds
            advance()
        }
        return streamTime
    }

    /// An event that another task wrote at its own watermark was chosen.
    @discardableResult
    package mutating func observe(
        writer task: TaskIdentifier, watermark: Timestamp, input: Int
    ) -> Timestamp {
        if let known = inputs[input].writers.firstIndex(where: { $0.task == task }) {
            let before = inputs[input].writers[known].watermark
            inputs[input].writers[known].watermark = max(before, watermark.milliseconds)
            inputs[input].writers[known].lastArrival = now
        } else {
            inputs[input].writers.append(
                Writer(task: task, watermark: watermark.milliseconds, lastArrival: now))
        }
        advance()
        return streamTime
    }

    /// Moves stream time on when inputs became idle.
    package mutating func advance() {
        if inputs.count == 1, inputs[0].writerCount == 0 {
            move(to: watermark(ofInput: 0))
            return
        }
        var minimum = Int64.max
        for index in inputs.indices
        where !isIdle(since: inputs[index].lastArrival, of: inputs[index]) {
            minimum = min(minimum, watermark(ofInput: index))
        }
        if minimum < .max { move(to: minimum) }
    }

    private func isIdle(since arrival: Int64, of input: Input) -> Bool {
        Timestamp(milliseconds: now).milliseconds(since: Timestamp(milliseconds: arrival))
            >= input.idleAfter
    }

    /// Moves stream time forward by hand.
    package mutating func advance(to time: Timestamp) { move(to: time.milliseconds) }

    /// Whether wall time may move the clock: the topology says so, and every input has been read
    /// to its end and was without records for its `idle_after`.
    package var mayFollowWallTime: Bool {
        inputs.allSatisfy {
            $0.settings.whenIdle == .wallClock && $0.isAtEnd
                && isIdle(since: $0.lastArrival, of: $0)
        }
    }

    /// Lets stream time go on with wall time.
    package mutating func followWallTime() {
        guard let patience = inputs.map(\.outOfOrderness).max() else { return }
        move(to: saturating(now, minus: patience))
    }

    /// An input is large: one that nobody writes is not copied for that.
    private func watermark(ofInput index: Int) -> Int64 {
        inputs[index].writerCount == 0
            ? saturating(inputs[index].latest, minus: inputs[index].outOfOrderness)
            : watermark(ofWritersOf: inputs[index])
    }

    private func watermark(ofWritersOf input: Input) -> Int64 {
        if input.writers.count < input.writerCount, now < input.awaitsWritersUntil { return .min }
        var minimum = Int64.max
        for writer in input.writers where !isIdle(since: writer.lastArrival, of: input) {
            minimum = min(minimum, writer.watermark)
        }
        return minimum < .max ? minimum : input.writers.map(\.watermark).max() ?? .min
    }

    private mutating func move(to time: Int64) {
        if time > streamTime.milliseconds { streamTime = Timestamp(milliseconds: time) }
    }

    private func saturating(_ time: Int64, minus amount: Int64) -> Int64 {
        time < Int64.min + amount ? .min : time - amount
    }

    // MARK: Checkpoint

    /// Stream time, and per input the latest event time and the writers' watermarks.
    package func encoded() -> [UInt8] {
        var numbers: [Int64] = [streamTime.milliseconds, Int64(inputs.count)]
        for input in inputs {
            numbers += [input.latest, Int64(input.writers.count)]
            for writer in input.writers {
                numbers += [
                    Int64(writer.task.subtopology), Int64(writer.task.partition), writer.watermark,
                ]
            }
        }
        return numbers.flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        }
    }

    /// Goes on from a checkpoint; returns false, unchanged, when the bytes are of other inputs.
    package mutating func restore(_ bytes: [UInt8]) -> Bool {
        guard bytes.count % 8 == 0 else { return false }
        var numbers = stride(from: 0, to: bytes.count, by: 8).map { start in
            (0..<8).reduce(Int64(0)) { $0 | Int64(bytes[start + $1]) << ($1 * 8) }
        }[...]
        var restored = inputs
        guard let time = numbers.popFirst(), numbers.popFirst() == Int64(inputs.count) else {
            return false
        }
        for index in restored.indices {
            guard let latest = numbers.popFirst(), let count = numbers.popFirst(), count >= 0,
                count <= numbers.count / 3
            else { return false }
            restored[index].latest = latest
            restored[index].writers = (0..<count).map { _ in
                Writer(
                    task: TaskIdentifier(
                        subtopology: Int(numbers.removeFirst()),
                        partition: Int32(truncatingIfNeeded: numbers.removeFirst())),
                    watermark: numbers.removeFirst(), lastArrival: now)
            }
            // Those that were not heard of before the checkpoint are waited for as at the first start:
            // what they have written since would be late otherwise.
            restored[index].awaitsWritersUntil =
                wallClock.adding(milliseconds: inputs[index].idleAfter).milliseconds
        }
        guard numbers.isEmpty else { return false }
        inputs = restored
        streamTime = Timestamp(milliseconds: time)
        return true
    }
}
