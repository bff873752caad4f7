internal import CEL
internal import Events
internal import StreamCore

/// The open sessions of a task's keys: what an event does to them, and when they close.
///
/// Per key they lie in one value of the store, in the order of their starts. An event becomes a
/// session of its own, goes on with the session before it, takes in those behind it that it now
/// reaches, and is written back. One timer per key is enough: it is set at the earliest time at
/// which a session may close, and set anew when it fires too early, because sessions grow more
/// often than they close.
struct OpenSessions: ~Copyable {
    let settings: SessionizeSettings
    private let conditions: SessionConditions

    // Scratch, reused from event to event.
    private var stored: [UInt8] = []
    private var loaded = ByteBuffer(capacity: 4096)
    private var timerKey: [UInt8] = []
    private var list = SessionList()
    private var merge: SessionMerge
    private var channelEntry = ByteBuffer(capacity: 512)
    private var stepEntry = ByteBuffer(capacity: 512)
    var key = ByteBuffer(capacity: 256)
    var encoded = ByteBuffer(capacity: 4096)
    var document = ByteBuffer(capacity: 4096)
    var sessionID = ByteBuffer(capacity: 64)
    /// The sessions that the current event makes one, in the order of their times.
    private(set) var joined: [Session] = []
    /// Which of them is the event itself.
    private(set) var ownIndex = 0
    /// Where their union starts in `encoded`.
    private(set) var unionStart = 0

    init(settings: SessionizeSettings) {
        self.settings = settings
        conditions = SessionConditions(settings)
        merge = SessionMerge(maximumSteps: settings.maximumSteps)
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
            try process(event, store, timers, in: context)
        }
    }

    private mutating func process(
        _ event: Event, _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError) {
        let arena = context.arena
        conditions.look(at: event)
        switch conditions.decision(on: .bots, in: arena) {
        case .met?: return context.emit(event, to: Sessionizer.Output.bots)
        case .notMet?, nil: break
        case .failed?: return try refuse(event, failing: .bots, in: context)
        }
        let fields = SessionFields(of: event, in: arena, as: settings, conditions)
        if let failed = fields.failedCondition {
            return try refuse(event, failing: failed, in: context)
        }
        let own = session(of: event, fields, in: arena)
        guard try accepts(event, fields, own, in: context) else { return }
        // Outputs write to the arena, where the key lies.
        key.removeAll()
        unsafe key.append(arena.bytes(fields.key))
        do {
            switch try join(own, isKeepAlive: fields.isKeepAlive, event, store, timers) {
            case .joined: announce(event, in: context)
            case .nothingToKeepAlive: context.emit(event)
            case .late:
                context.countLate()
                context.emit(event, to: Sessionizer.Output.late)
            }
        } catch {
            throw .store(error)
        }
    }

    private func refuse(
        _ event: Event, failing name: SessionConditions.Name, in context: OperatorContext
    ) throws(OperatorError) {
        try context.refuse(event, to: Sessionizer.Output.rejected, error: "expression") {
            conditions.reason(ofFailing: name, in: context.arena)
        }
    }

    private func accepts(
        _ event: Event, _ fields: SessionFields, _ own: Session, in context: OperatorContext
    ) throws(OperatorError) -> Bool {
        let rejected = Sessionizer.Output.rejected
        if fields.key.isAbsent {
            let path = settings.key
            try context.refuse(event, to: rejected, error: "missing_key") {
                path.map { "the field '\($0)' has no value to keep sessions by" }
                    ?? "the record has no key to keep sessions by"
            }
            return false
        }
        if event.timestamp == .distantPast || closingTime(of: own) == .max {
            try context.refuse(event, to: rejected, error: "unusable_time") {
                event.timestamp == .distantPast
                    ? "the event has no time"
                    : "a session at \(event.timestamp) would end after the end of time"
            }
            return false
        }
        return true
    }

    /// The event as a session of its own. Its texts point into the arena and the scratch buffers.
    private mutating func session(
        of event: Event, _ fields: SessionFields, in arena: EventArena
    ) -> Session {
        let channel = unsafe Self.text(fields.channel, in: arena)
        let gap = unsafe channel.map { unsafe settings.gap(ofChannel: $0) } ?? settings.gap
        let time = event.timestamp.milliseconds
        var session = Session(
            at: time, reach: event.timestamp.adding(milliseconds: gap).milliseconds)
        // No session that starts with this event can have closed before that.
        let earliest = event.timestamp.adding(milliseconds: settings.smallestGap)
            .adding(milliseconds: settings.grace).adding(milliseconds: 1)
        if earliest <= event.streamTime { session.startedAt = event.streamTime.milliseconds }
        session.day = settings.days?.day(of: time) ?? 0
        unsafe session.campaign = unsafe Self.text(fields.campaign, in: arena)
        guard !fields.isKeepAlive else { return session }
        session.eventCount = 1
        if fields.isView {
            session.viewCount = settings.views == nil ? 0 : 1
            if let page = unsafe Self.text(fields.page, in: arena) {
                unsafe (session.entry, session.entryTime) = unsafe (page, time)
                unsafe (session.exit, session.exitTime) = unsafe (page, time)
            }
        }
        if !fields.amount.isMissingOrNull {
            session.revenue =
                fields.amount.isNumber
                ? unsafe ExactDecimal(amount: arena.bytes(fields.amount.raw)) : nil
            session.droppedAmounts = session.revenue == nil ? 1 : 0
        }
        if let channel = unsafe channel {
            channelEntry.removeAll()
            unsafe SessionList.write(channel, to: &channelEntry)
            session.channels = unsafe SessionList.Block(count: 1, bytes: channelEntry.bytes)
        }
        if let step = unsafe Self.text(fields.step, in: arena) {
            stepEntry.removeAll()
            stepEntry.append(number: time)
            unsafe SessionList.write(step, to: &stepEntry)
            session.steps = unsafe SessionList.Block(count: 1, bytes: stepEntry.bytes)
            session.lastStepTime = time
        }
        return session
    }

    private static func text(
        _ range: ByteRange, in arena: EventArena
    ) -> UnsafeRawBufferPointer? {
        unsafe range.isAbsent ? nil : SessionList.bounded(arena.bytes(range))
    }

    // MARK: Joining

    private enum Joining {
        case joined
        case nothingToKeepAlive
        case late
    }

    /// Puts the event's session among those of its key.
    private mutating func join(
        _ own: Session, isKeepAlive: Bool, _ event: Event, _ store: any KeyValueStore,
        _ timers: any TimerStore
    ) throws(StoreError) -> Joining {
        try load(from: store)
        let join = SessionJoin(own, among: list.sessions, maximumLength: settings.maximumLength)
        if isKeepAlive, join.before == nil { return .nothingToKeepAlive }
        joined.removeAll(keepingCapacity: true)
        if let before = join.before { joined.append(list.sessions[before]) }
        ownIndex = joined.count
        joined.append(own)
        joined += list.sessions[join.behind]
        let due = closingTime(of: join.union)
        if joined.count == 1, due <= event.streamTime.milliseconds { return .late }
        encode(join, due: due)
        try unsafe store.put(key.bytes, encoded.bytes)
        if due < list.timer { try unsafe timers.set(key.bytes, at: Timestamp(milliseconds: due)) }
        return .joined
    }

    /// Writes the key's sessions with the union in place of those that it was made of.
    private mutating func encode(_ join: SessionJoin<Session>, due: Int64) {
        let (before, behind) = (join.before, join.behind)
        let place = before ?? behind.lowerBound
        encoded.removeAll()
        SessionList.writeHeader(
            timer: min(list.timer, due), count: list.sessions.count - joined.count + 2,
            to: &encoded)
        list.write(0..<place, to: &encoded)
        unionStart = encoded.count
        merge.write(join.union, of: joined, to: &encoded)
        // Between the two stand sessions that start with the event and are of another campaign.
        list.write((before.map { $0 + 1 } ?? place)..<behind.lowerBound, to: &encoded)
        list.write(behind.upperBound..<list.sessions.count, to: &encoded)
    }

    /// Reads the sessions of `key` into `list`; they point into `loaded`. Returns whether there
    /// are any.
    @discardableResult
    private mutating func load(from store: any KeyValueStore) throws(StoreError) -> Bool {
        list.removeAll()
        guard try unsafe store.get(key.bytes, into: &stored) else { return false }
        loaded.removeAll()
        let stored = stored
        loaded.append(unsafe stored.span.bytes)
        guard unsafe list.read(loaded.bytes) else {
            throw .corrupt(
                path: settings.storeName, reason: "the sessions of a key are damaged",
                remedy: "restore the file, or reset the application")
        }
        return true
    }

    private func closingTime(of session: Session) -> Int64 {
        session.closingTime(grace: settings.grace)
    }

    // MARK: Closing

    /// Closes what is due at `streamTime`.
    mutating func advance(
        to streamTime: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError) {
        do {
            while let due = try timers.takeDue(at: streamTime, into: &key, scratch: &timerKey) {
                try close(dueAt: due, store, timers, in: context)
            }
        } catch {
            throw .store(error)
        }
    }

    /// Closes the sessions of `key` that are due, and sets the timer for the others.
    private mutating func close(
        dueAt due: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(StoreError) {
        // A timer that was overtaken by an earlier one: the earlier one set the next.
        guard try load(from: store), list.timer == due.milliseconds else { return }
        var next = Int64.max
        var openCount = 0
        for session in list.sessions {
            let closing = closingTime(of: session)
            if closing <= due.milliseconds {
                announceClosed(session, dueAt: due, in: context)
            } else {
                openCount += 1
                next = min(next, closing)
            }
        }
        guard openCount > 0 else { return try unsafe store.delete(key.bytes) }
        encoded.removeAll()
        SessionList.writeHeader(timer: next, count: openCount, to: &encoded)
        for session in list.sessions where closingTime(of: session) > due.milliseconds {
            SessionList.write(session, to: &encoded)
        }
        try unsafe store.put(key.bytes, encoded.bytes)
        try unsafe timers.set(key.bytes, at: Timestamp(milliseconds: next))
    }
}
