internal import Events
internal import Sketches
internal import StreamCore

/// Tumbling and hopping windows: of one length, starting at multiples of `every` since the epoch.
///
/// Each window of a group is an entry of the store, under its start and the group's bytes, with a
/// timer of the same key at the moment at which it closes. So an event costs the same however many
/// windows of its group are open.
struct AlignedAggregates: ~Copyable, AggregateWindows {
    private let settings: AggregateSettings
    private let size: Int64
    private let every: Int64

    // Scratch, reused from event to event.
    private var input: AggregateInput
    private var result: AggregateResult
    private var tally: Tally
    private var stored: [UInt8] = []
    private var loaded = ByteBuffer(capacity: 4096)
    private var timerKey: [UInt8] = []
    private var entryKey = ByteBuffer(capacity: 256)
    private var encoded = ByteBuffer(capacity: 4096)

    init(_ settings: AggregateSettings) {
        guard case .aligned(let size, let every) = settings.window else {
            preconditionFailure("aligned windows without a size")
        }
        self.settings = settings
        self.size = size
        self.every = every
        input = AggregateInput(settings)
        result = AggregateResult(settings)
        tally = Tally(settings.measures)
    }

    static func group(ofEntry key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        unsafe TimerEntryKey.parts(key)?.key
    }

    // MARK: Events

    mutating func process(
        _ events: [Event], _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError) {
        for event in events {
            if timers.next <= event.streamTime {
                try advance(to: event.streamTime, store, timers, in: context)
            }
            guard try input.accept(event, in: context) else { continue }
            guard let starts = starts(of: event.timestamp.milliseconds) else {
                try input.refuseTime(of: event, in: context)
                continue
            }
            try add(event, starts, store, timers, in: context)
        }
    }

    /// The starts of the windows that hold `time`, in order; `nil` when one of them has no end in
    /// time.
    private func starts(of time: Int64) -> StrideThrough<Int64>? {
        let rest = time % every
        let (last, isBeforeTime) = time.subtractingReportingOverflow(
            rest < 0 ? rest + every : rest)
        // As many windows as end after the time.
        let count = (size - 1 - (time &- last)) / every
        let (first, isTooEarly) = last.subtractingReportingOverflow(count * every)
        guard !isBeforeTime, !isTooEarly, closingTime(of: last) < .distantFuture else {
            return nil
        }
        return stride(from: first, through: last, by: Int64.Stride(every))
    }

    /// When a window closes: it ends, and late events have had their time.
    private func closingTime(of start: Int64) -> Timestamp {
        Timestamp(milliseconds: start).adding(milliseconds: size)
            .adding(milliseconds: settings.grace)
    }

    private mutating func add(
        _ event: Event, _ starts: StrideThrough<Int64>, _ store: any KeyValueStore,
        _ timers: any TimerStore, in context: OperatorContext
    ) throws(OperatorError) {
        var isLate = false
        for start in starts {
            let due = closingTime(of: start)
            guard due > event.streamTime else {
                isLate = true
                continue
            }
            do {
                try add(to: start, due: due, store, timers)
                if settings.emission == .update {
                    let moment = AggregateResult.Moment(
                        timestamp: event.timestamp, streamTime: event.streamTime,
                        sequence: event.sequence)
                    try emit(start, .open, moment, in: context)
                }
            } catch {
                throw .store(error)
            }
        }
        guard isLate else { return }
        context.countLate()
        context.emit(event, to: AggregateOutput.late)
    }

    private mutating func add(
        to start: Int64, due: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore
    ) throws(StoreError) {
        entryKey.removeAll()
        entryKey.append(littleEndian: TimerEntryKey.ordered(start).byteSwapped)
        unsafe entryKey.append(input.group.bytes)
        if try unsafe store.get(entryKey.bytes, into: &stored) {
            try decode()
        } else {
            tally.removeAll()
            try unsafe timers.set(entryKey.bytes, at: due)
        }
        tally.add(input.measures)
        encoded.removeAll()
        tally.encode(to: &encoded)
        try unsafe store.put(entryKey.bytes, encoded.bytes)
    }

    private mutating func decode() throws(StoreError) {
        loaded.removeAll()
        let stored = stored
        loaded.append(unsafe stored.span.bytes)
        var reader = unsafe SketchReader(loaded.bytes)
        do {
            try tally.decode(&reader)
        } catch {
            throw .damaged(settings.storeName, error)
        }
    }

    private mutating func emit(
        _ start: Int64, _ status: WindowStatus, _ moment: AggregateResult.Moment,
        in context: OperatorContext
    ) throws(StoreError) {
        do {
            try unsafe result.emit(
                tally, start: start, end: start + size, group: input.group.bytes, status, moment,
                in: context)
        } catch {
            throw .damaged(settings.storeName, error)
        }
    }

    // MARK: Closing

    mutating func advance(
        to streamTime: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError) {
        do {
            while let due = try timers.takeDue(
                at: streamTime, into: &entryKey, scratch: &timerKey)
            {
                try close(dueAt: due, store, in: context)
            }
        } catch {
            throw .store(error)
        }
    }

    private mutating func close(
        dueAt due: Timestamp, _ store: any KeyValueStore, in context: OperatorContext
    ) throws(StoreError) {
        guard let (start, group) = unsafe TimerEntryKey.parts(entryKey.bytes),
            start.adding(milliseconds: size) < .distantFuture
        else { throw .damaged(settings.storeName, SketchError("a timer has no window")) }
        guard try unsafe store.get(entryKey.bytes, into: &stored) else { return }
        try decode()
        input.group.removeAll()
        unsafe input.group.append(group)
        let (streamTime, sequence) = context.moment(ofTimerDueAt: due)
        let moment = AggregateResult.Moment(
            timestamp: start.adding(milliseconds: size - 1), streamTime: streamTime,
            sequence: sequence)
        try emit(start.milliseconds, .closed, moment, in: context)
        try unsafe store.delete(entryKey.bytes)
    }
}
