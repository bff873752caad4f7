internal import Events

/// What a task has read from one of its source partitions and not processed yet.
///
/// Records are decoded when they come in, because the task chooses between its partitions by
/// event time, and the event time is inside the record.
final class InputPartition {
    let source: TopicPartition
    /// The plan's node that the events go to.
    let node: Int
    let settings: WatermarkSettings
    /// Milliseconds; see ``WatermarkSettings/aheadLimit``.
    let aheadLimit: Int64
    /// Whether the event time is a field of the event, and not the record's timestamp.
    let hasOwnTimestamp: Bool
    /// How many tasks write the topic, when it is a repartition topic; else 0.
    let writerCount: Int
    /// When its records come among those of the others, if every task has them.
    let broadcast: Topology.Broadcast?
    /// Whether its records are commands to the task, each of which has a run of its own.
    let isControl: Bool
    /// Whether its records are what the operator's own tasks sent: they are taken as soon as they
    /// are there, and move no clock.
    let isFeedback: Bool

    /// The engine fills it, then calls `decode`.
    let batch = RecordBatch()
    let arena = EventArena()
    @safe @exclusivity(unchecked) private(set) var events: [Event] = []
    /// Index of the next event to choose.
    @safe @exclusivity(unchecked) private(set) var head = 0
    /// Offset behind the last record that was fetched; -1 before the first fetch.
    private var fetchedPosition: Int64 = -1
    /// When the partition ran empty, by the wall clock.
    @safe @exclusivity(unchecked) private(set) var emptySince: Timestamp
    /// Whether nothing more has come than what was fetched.
    private(set) var isAtEnd = false
    /// Whether its end was reached once.
    private var isLoaded = false

    private let decoder: any RecordDecoder

    init(
        source: TopicPartition, topic: Int, node: Int, settings: WatermarkSettings,
        hasOwnTimestamp: Bool, writerCount: Int = 0, broadcast: Topology.Broadcast? = nil,
        isControl: Bool = false, isFeedback: Bool = false, decoder: any RecordDecoder,
        now: Timestamp
    ) {
        self.source = source
        self.node = node
        self.settings = settings
        aheadLimit = settings.aheadLimit.wholeMilliseconds
        self.hasOwnTimestamp = hasOwnTimestamp
        self.writerCount = writerCount
        self.broadcast = broadcast
        self.isControl = isControl
        self.isFeedback = isFeedback
        self.decoder = decoder
        emptySince = now
        batch.topic = Int32(topic)
        batch.partition = source.partition
    }

    var isEmpty: Bool { head == events.count }

    /// The time by which the next event is chosen; `nil` when there is none.
    @safe @exclusivity(unchecked) private(set) var nextTime: Timestamp?

    /// The offset of the next record to process; -1 when nothing was read yet.
    var position: Int64 { isEmpty ? fetchedPosition : arena.offset(of: events[head]) }

    /// Whether an event of another input must wait for what this one still gives.
    ///
    /// A table that comes first is read to its end, however long that takes; else the wait for a
    /// record that may be earlier has its limit.
    func holdsBack(at now: Timestamp, maxIdle: Int64) -> Bool {
        if isControl || isFeedback { return false }
        if broadcast == .first { return !isLoaded }
        return !isAtEnd && now.milliseconds(since: emptySince) < maxIdle
    }

    func noteArrival(isAtEnd: Bool) {
        self.isAtEnd = isAtEnd
        if isAtEnd { isLoaded = true }
    }

    private func time(of event: Event) -> Timestamp {
        broadcast == .first || isControl || isFeedback ? .distantPast : event.timestamp
    }

    /// Decodes the records of `batch`.
    func decode(position: Int64) {
        precondition(isEmpty, "\(source) was fetched before its records were processed")
        fetchedPosition = position
        head = 0
        events.removeAll(keepingCapacity: true)
        arena.reset()
        guard batch.count > 0 else { return }
        arena.attach(batch)
        decoder.decode(recordCount: batch.count, in: arena, into: &events)
        nextTime = events.first.map(time)
    }

    /// The events of the next record; a record is processed as a whole, so that an offset says
    /// all there is to say about progress.
    func nextRecordRange() -> Range<Int> {
        let offset = arena.offset(of: events[head])
        var end = head + 1
        while end < events.count, arena.offset(of: events[end]) == offset { end += 1 }
        return head..<end
    }

    func advance(to index: Int, now: Timestamp) {
        head = index
        nextTime = isEmpty ? nil : time(of: events[index])
        if isEmpty { emptySince = now }
    }

    /// Starts from `offset`, forgetting what was read.
    func rewind(to offset: Int64) {
        fetchedPosition = offset
        events.removeAll(keepingCapacity: true)
        head = 0
        nextTime = nil
    }
}
