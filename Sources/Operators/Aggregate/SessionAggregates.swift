internal import Events
internal import Sketches
internal import StreamCore

/// Session windows: they grow with their events, and a late event can make one of several.
///
/// Per group they lie in one value of the store, in the order of their starts, with one timer, as
/// `sessionize` keeps its sessions; which of them become one is the same rule, ``SessionJoin``.
struct SessionAggregates: ~Copyable, AggregateWindows {
    private let settings: AggregateSettings
    private let gap: Int64
    private let maximumLength: Int64

    // Scratch, reused from event to event.
    private var input: AggregateInput
    private var result: AggregateResult
    private var tally: Tally
    private var part: Tally
    private var stored: [UInt8] = []
    private var timerKey: [UInt8] = []
    private var list = SessionTallies()
    private var encoded = ByteBuffer(capacity: 4096)
    private var encodedTally = ByteBuffer(capacity: 4096)

    init(_ settings: AggregateSettings) {
        guard case .session(let gap, let maximumLength) = settings.window else {
            preconditionFailure("session windows without a gap")
        }
        self.settings = settings
        self.gap = gap
        self.maximumLength = maximumLength
        input = AggregateInput(settings)
        result = AggregateResult(settings)
        tally = Tally(settings.measures)
        part = Tally(settings.measures)
    }

    static func group(ofEntry key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        unsafe key
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
            let time = event.timestamp.milliseconds
            let own = SessionTallies.Window(
                start: time, end: time,
                reach: event.timestamp.adding(milliseconds: gap).milliseconds)
            guard own.closingTime(grace: settings.grace) < .max else {
                try input.refuseTime(of: event, in: context)
                continue
            }
            do {
                if try !join(own, event, store, timers, in: context) {
                    context.countLate()
                    context.emit(event, to: AggregateOutput.late)
                }
            } catch {
                throw .store(error)
            }
        }
    }

    /// Adds an event to the windows of its group; false when it is late.
    private mutating func join(
        _ own: SessionTallies.Window, _ event: Event, _ store: any KeyValueStore,
        _ timers: any TimerStore, in context: OperatorContext
    ) throws(StoreError) -> Bool {
        try load(from: store)
        let join = SessionJoin(own, among: list.windows, maximumLength: maximumLength)
        let due = join.union.closingTime(grace: settings.grace)
        if join.count == 0, due <= event.streamTime.milliseconds { return false }
        tally.removeAll()
        if let before = join.before { try decode(before) }
        tally.add(input.measures)
        for index in join.behind { try add(index) }
        encode(join, due: due)
        try unsafe store.put(input.group.bytes, encoded.bytes)
        if due < list.timer {
            try unsafe timers.set(input.group.bytes, at: Timestamp(milliseconds: due))
        }
        if settings.emission == .update { try emitUpdates(join, event, in: context) }
        return true
    }

    /// Writes the group's windows with the union in place of those that it was made of.
    private mutating func encode(_ join: SessionJoin<SessionTallies.Window>, due: Int64) {
        let place = join.before ?? join.behind.lowerBound
        encodedTally.removeAll()
        tally.encode(to: &encodedTally)
        encoded.removeAll()
        SessionTallies.writeHeader(
            timer: min(list.timer, due), count: list.windows.count - join.count + 1, to: &encoded)
        for index in 0..<place { list.write(index, to: &encoded) }
        unsafe SessionTallies.write(join.union, encodedTally.bytes, to: &encoded)
        // Between the two stand windows that start with the event and would be too long with it.
        let between = join.before.map { $0 + 1 } ?? place
        for index in between..<join.behind.lowerBound { list.write(index, to: &encoded) }
        for index in join.behind.upperBound..<list.windows.count {
            list.write(index, to: &encoded)
        }
    }

    /// Retracts the windows whose id is no longer true, then shows the one that is.
    private mutating func emitUpdates(
        _ join: SessionJoin<SessionTallies.Window>, _ event: Event, in context: OperatorContext
    ) throws(StoreError) {
        let moment = AggregateResult.Moment(
            timestamp: event.timestamp, streamTime: event.streamTime, sequence: event.sequence)
        let merged = (join.before.map { [$0] } ?? []) + join.behind
        do {
            for index in merged where list.windows[index].start != join.union.start {
                try unsafe result.emitRetraction(
                    ofStart: list.windows[index].start, replacedByStart: join.union.start,
                    group: input.group.bytes, moment, in: context)
            }
            try unsafe result.emit(
                tally, start: join.union.start, end: join.union.end, group: input.group.bytes,
                .open, moment, in: context)
        } catch {
            throw .damaged(settings.storeName, error)
        }
    }

    // MARK: State

    /// Reads the windows of the group; returns whether there are any.
    @discardableResult
    private mutating func load(from store: any KeyValueStore) throws(StoreError) -> Bool {
        list.removeAll()
        guard try unsafe store.get(input.group.bytes, into: &stored) else { return false }
        do {
            let stored = stored
            try list.read(unsafe stored.span.bytes)
        } catch {
            throw .damaged(settings.storeName, error)
        }
        return true
    }

    /// Reads one of them into `tally`.
    private mutating func decode(_ index: Int) throws(StoreError) {
        var reader = unsafe SketchReader(list.content(of: index))
        do {
            try tally.decode(&reader)
        } catch {
            throw .damaged(settings.storeName, error)
        }
    }

    /// Adds one of them to `tally`.
    private mutating func add(_ index: Int) throws(StoreError) {
        swap(&tally, &part)
        try decode(index)
        swap(&tally, &part)
        tally.formUnion(part)
    }

    // MARK: Closing

    mutating func advance(
        to streamTime: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError) {
        do {
            while let due = try timers.takeDue(
                at: streamTime, into: &input.group, scratch: &timerKey)
            {
                try close(dueAt: due, store, timers, in: context)
            }
        } catch {
            throw .store(error)
        }
    }

    /// Closes the windows of the group that are due, and sets the timer for the others.
    private mutating func close(
        dueAt due: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(StoreError) {
        // A timer that was overtaken by an earlier one: the earlier one set the next.
        guard try load(from: store), list.timer == due.milliseconds else { return }
        var next = Int64.max
        var open: [Int] = []
        for (index, window) in list.windows.enumerated() {
            let closing = window.closingTime(grace: settings.grace)
            if closing <= due.milliseconds {
                try close(index, dueAt: due, in: context)
            } else {
                open.append(index)
                next = min(next, closing)
            }
        }
        guard !open.isEmpty else { return try unsafe store.delete(input.group.bytes) }
        encoded.removeAll()
        SessionTallies.writeHeader(timer: next, count: open.count, to: &encoded)
        for index in open { list.write(index, to: &encoded) }
        try unsafe store.put(input.group.bytes, encoded.bytes)
        try unsafe timers.set(input.group.bytes, at: Timestamp(milliseconds: next))
    }

    private mutating func close(
        _ index: Int, dueAt due: Timestamp, in context: OperatorContext
    ) throws(StoreError) {
        try decode(index)
        let window = list.windows[index]
        let (streamTime, sequence) = context.moment(ofTimerDueAt: due)
        let moment = AggregateResult.Moment(
            timestamp: Timestamp(milliseconds: window.end), streamTime: streamTime,
            sequence: sequence)
        do {
            try unsafe result.emit(
                tally, start: window.start, end: window.end, group: input.group.bytes, .closed,
                moment, in: context)
        } catch {
            throw .damaged(settings.storeName, error)
        }
    }
}
