internal import Events
internal import StreamCore

/// The `sessionize` operator at work in one task.
///
/// Per key the open sessions lie in one value of the store. An event becomes a session of its own,
/// takes in what it touches, the latest first, and is written back. One timer per key is enough:
/// it is set at the earliest time at which a session may close, and set anew when it fires too
/// early, because sessions grow more often than they close.
final class Sessionizer: Operator {
    enum Output {
        static let main = 0
        static let updates = 1
        static let closed = 2
        static let late = 3
        static let bots = 4
        static let rejected = 5
    }

    private let settings: SessionizeSettings
    private var store: (any KeyValueStore)?
    private var timers: (any TimerStore)?

    // Scratch, reused from event to event.
    private var stored: [UInt8] = []
    private var loaded = ByteBuffer(capacity: 4096)
    private var timerKey: [UInt8] = []
    private var list = SessionList()
    private var merge: SessionMerge
    private var merged: [Session] = []
    private var kept: [Session] = []
    private var encoded = ByteBuffer(capacity: 4096)
    private var document = ByteBuffer(capacity: 4096)
    /// Where the union of the current event's sessions starts in `encoded`.
    private var unionStart = 0
    private var keyCopy = ByteBuffer(capacity: 64)
    private var channelEntry = ByteBuffer(capacity: 64)
    private var stepEntry = ByteBuffer(capacity: 512)

    init(settings: SessionizeSettings) {
        self.settings = settings
        merge = SessionMerge(maximumSteps: settings.maximumSteps)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let timers = openStores(context)
        for event in events {
            if timers.next <= event.streamTime { try advance(to: event.streamTime, in: context) }
            try process(event, in: context)
        }
    }

    @discardableResult
    private func openStores(_ context: OperatorContext) -> any TimerStore {
        if let timers { return timers }
        let opened = context.timerStore(settings.timersName)
        timers = opened
        store = context.keyValueStore(settings.storeName)
        return opened
    }

    // MARK: Events

    private func process(_ event: Event, in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        if let bots = settings.bots, bots.matches(event, in: arena) {
            context.emit(event, to: Output.bots)
            return
        }
        guard let key = unsafe sessionKey(of: event, in: arena) else {
            try context.refuse(event, to: Output.rejected, error: "missing_key") {
                settings.key.map { "the field '\($0)' has no value to keep sessions by" }
                    ?? "the record has no key to keep sessions by"
            }
            return
        }
        // What follows writes to the arena, where the key lies.
        keyCopy.removeAll()
        unsafe keyCopy.append(key)
        let opens = !(settings.keepAlive?.matches(event, in: arena) ?? false)
        let own = session(of: event, countsAsEvent: opens, in: arena)
        let isJoined = try storing {
            try join(own, at: event.streamTime, opens: opens)
        }
        switch isJoined {
        case .joined: announce(event: event, in: context)
        case .nothingToKeepAlive: context.emit(event)
        case .late:
            context.countLate()
            context.emit(event, to: Output.late)
        }
    }

    /// Runs what only stores can make fail.
    private func storing<Result>(_ body: () throws -> Result) throws(OperatorError) -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw .store(error)
        } catch {
            preconditionFailure("stores throw StoreError, not \(error)")
        }
    }

    private func sessionKey(of event: Event, in arena: EventArena) -> UnsafeRawBufferPointer? {
        guard let path = settings.key else {
            return unsafe event.key.isAbsent ? nil : arena.bytes(event.key)
        }
        let value = arena.value(of: event, at: path)
        switch value.kind {
        case .string where value.text.count > 0: return unsafe arena.bytes(value.text)
        case .integer, .unsignedInteger, .decimal, .boolean: return unsafe arena.bytes(value.raw)
        case .string, .missing, .null, .object, .array: return nil
        }
    }

    /// The event as a session of its own. Its texts point into the arena and the scratch buffers.
    private func session(
        of event: Event, countsAsEvent: Bool, in arena: EventArena
    ) -> Session {
        let channel = unsafe text(settings.channel, of: event, in: arena)
        let gap = unsafe channel.map { unsafe settings.gap(ofChannel: $0) } ?? settings.gap
        let time = event.timestamp.milliseconds
        var session = Session(at: time, reach: event.timestamp.adding(milliseconds: gap).milliseconds)
        session.day = settings.days?.day(of: time) ?? 0
        unsafe session.campaign = unsafe text(settings.campaign, of: event, in: arena)
        guard countsAsEvent else { return session }
        session.eventCount = 1
        let isView = settings.views?.matches(event, in: arena) ?? true
        if isView {
            session.viewCount = settings.views == nil ? 0 : 1
            if let page = unsafe text(settings.page, of: event, in: arena) {
                unsafe (session.entry, session.entryTime) = unsafe (page, time)
                unsafe (session.exit, session.exitTime) = unsafe (page, time)
            }
        }
        if let path = settings.revenue {
            let value = arena.value(of: event, at: path)
            if value.isNumber { session.revenue = unsafe ExactDecimal(arena.bytes(value.raw)) }
        }
        channelEntry.removeAll()
        if let channel = unsafe channel {
            unsafe SessionList.write(channel, to: &channelEntry)
            session.channels = unsafe SessionList.Block(count: 1, bytes: channelEntry.bytes)
        }
        if let step = unsafe text(settings.step, of: event, in: arena) {
            stepEntry.removeAll()
            stepEntry.append(number: time)
            unsafe SessionList.write(step, to: &stepEntry)
            session.steps = unsafe SessionList.Block(count: 1, bytes: stepEntry.bytes)
            session.lastStepTime = time
        }
        return session
    }

    private func text(
        _ path: FieldPath?, of event: Event, in arena: EventArena
    ) -> UnsafeRawBufferPointer? {
        guard let path else { return nil }
        let value = arena.value(of: event, at: path)
        guard value.kind == .string, value.text.count > 0 else { return nil }
        return unsafe arena.bytes(value.text)
    }

    private enum Joining {
        case joined
        case nothingToKeepAlive
        case late
    }

    /// Puts the event's session among those of its key.
    private func join(_ own: Session, at streamTime: Timestamp, opens: Bool) throws -> Joining {
        guard let store else { preconditionFailure("stores are opened before events come") }
        let key = unsafe keyCopy.bytes
        unsafe try load(key, from: store)
        takeTouching(own)
        if merged.count == 1 {
            guard opens else { return .nothingToKeepAlive }
            guard closingTime(of: own) > streamTime.milliseconds else { return .late }
        }
        unsafe try writeBack(key: key, to: store)
        return .joined
    }

    /// Reads the sessions of a key into `list`; they point into `loaded`. Returns whether there
    /// are any.
    @discardableResult
    private func load(
        _ key: UnsafeRawBufferPointer, from store: any KeyValueStore
    ) throws -> Bool {
        list.removeAll()
        guard unsafe try store.get(key, into: &stored) else { return false }
        loaded.removeAll()
        unsafe stored.withUnsafeBytes { unsafe loaded.append($0) }
        unsafe list.read(loaded.bytes)
        return true
    }

    /// Splits the sessions of the key into those that the event joins and those that stay.
    private func takeTouching(_ own: Session) {
        merged.removeAll(keepingCapacity: true)
        kept.removeAll(keepingCapacity: true)
        var union = own
        for session in list.sessions.reversed() {
            let isSameCampaign =
                unsafe own.campaign == nil ? true : Self.equal(own.campaign, session.campaign)
            let isCompatible =
                unsafe merged.isEmpty
                ? isSameCampaign : Self.equal(merged[0].campaign, session.campaign)
            if isCompatible,
                session.touches(union, maximumLength: settings.maximumLength)
            {
                merged.append(session)
                SessionMerge.add(session, to: &union)
            } else {
                kept.append(session)
            }
        }
        // The oldest first, the event last, so that equal times keep the order of arrival.
        merged.reverse()
        merged.append(own)
        kept.reverse()
    }

    private static func equal(_ a: UnsafeRawBufferPointer?, _ b: UnsafeRawBufferPointer?) -> Bool {
        switch unsafe (a, b) {
        case (nil, nil): true
        case (let a?, let b?): unsafe a.elementsEqual(b)
        default: false
        }
    }

    private func writeBack(key: UnsafeRawBufferPointer, to store: any KeyValueStore) throws {
        var union = merged[0]
        for part in merged.dropFirst() { SessionMerge.add(part, to: &union) }
        let due = closingTime(of: union)
        encoded.removeAll()
        SessionList.writeHeader(
            timer: min(list.timer, due), count: kept.count + 1, to: &encoded)
        // Sessions stay in the order of their starts.
        let earlier = kept.prefix { $0.start <= union.start }.count
        for session in kept[..<earlier] { SessionList.write(session, to: &encoded) }
        unionStart = encoded.count
        merge.write(merged, to: &encoded)
        for session in kept[earlier...] { SessionList.write(session, to: &encoded) }
        unsafe try store.put(key, encoded.bytes)
        if due < list.timer {
            unsafe try timers?.set(key, at: Timestamp(milliseconds: due))
        }
    }

    /// The first moment at which no further event can join the session.
    private func closingTime(of session: Session) -> Int64 {
        Timestamp(milliseconds: session.reach)
            .adding(milliseconds: settings.grace).adding(milliseconds: 1).milliseconds
    }

    // MARK: Outputs of an event

    private func announce(event: Event, in context: OperatorContext) {
        guard context.isConnected(Output.main) || context.isConnected(Output.updates) else {
            return
        }
        let union = unsafe SessionList.session(in: encoded.bytes, at: unionStart)
        if context.isConnected(Output.main) {
            var tagged = event
            document.removeAll()
            unsafe SessionDocument.writeID(of: union, key: keyCopy.bytes, to: &document)
            if let output = settings.output {
                unsafe context.arena.set(output, of: &tagged, toString: document.bytes)
            }
            context.emit(tagged)
        }
        if context.isConnected(Output.updates) {
            announceUpdates(union: union, event: event, in: context)
        }
    }

    private func announceUpdates(union: Session, event: Event, in context: OperatorContext) {
        let key = unsafe keyCopy.bytes
        let moment = (event.streamTime, event.sequence)
        for old in merged.dropLast() where old.start != union.start {
            document.removeAll()
            unsafe SessionDocument.writeRetraction(
                of: old, replacedBy: union, key: key, operatorName: settings.name, to: &document)
            unsafe emit(
                key: key, at: event.timestamp, moment: moment, to: Output.updates, in: context)
        }
        document.removeAll()
        unsafe SessionDocument.write(
            union, key: key, status: .open, operatorName: settings.name, to: &document)
        unsafe emit(key: key, at: event.timestamp, moment: moment, to: Output.updates, in: context)
    }

    /// Emits what stands in `document`.
    private func emit(
        key: UnsafeRawBufferPointer, at time: Timestamp,
        moment: (streamTime: Timestamp, sequence: Int64), to output: Int,
        in context: OperatorContext
    ) {
        var event = unsafe context.arena.addEvent(json: document.bytes, key: key, timestamp: time)
        event.streamTime = moment.streamTime
        event.sequence = moment.sequence
        context.emit(event, to: output)
    }

    // MARK: Closing

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let timers = openStores(context)
        try storing {
            while let due = try timers.takeDue(at: streamTime, key: &timerKey) {
                try close(dueAt: due, in: context)
            }
        }
    }

    /// Closes the sessions of the timer's key that are due, and sets the timer for the others.
    private func close(dueAt due: Timestamp, in context: OperatorContext) throws {
        guard let store else { preconditionFailure("stores are opened before timers fire") }
        unsafe try timerKey.withUnsafeBytes { key in
            // A timer that was overtaken by an earlier one: the earlier one set the next.
            guard unsafe try load(key, from: store), list.timer == due.milliseconds else {
                return
            }
            kept.removeAll(keepingCapacity: true)
            var next = Int64.max
            for session in list.sessions {
                let closing = closingTime(of: session)
                if closing <= due.milliseconds {
                    unsafe emitClosed(session, key: key, due: due, in: context)
                } else {
                    kept.append(session)
                    next = min(next, closing)
                }
            }
            unsafe try writeKept(key: key, timer: next, to: store)
        }
    }

    private func emitClosed(
        _ session: Session, key: UnsafeRawBufferPointer, due: Timestamp,
        in context: OperatorContext
    ) {
        guard context.isConnected(Output.closed) else { return }
        document.removeAll()
        unsafe SessionDocument.write(
            session, key: key, status: .closed, operatorName: settings.name, to: &document)
        unsafe emit(
            key: key, at: Timestamp(milliseconds: session.end),
            moment: context.moment(ofTimerDueAt: due), to: Output.closed, in: context)
    }

    private func writeKept(
        key: UnsafeRawBufferPointer, timer: Int64, to store: any KeyValueStore
    ) throws {
        guard !kept.isEmpty else {
            unsafe try store.delete(key)
            return
        }
        encoded.removeAll()
        SessionList.writeHeader(timer: timer, count: kept.count, to: &encoded)
        for session in kept { SessionList.write(session, to: &encoded) }
        unsafe try store.put(key, encoded.bytes)
        unsafe try timers?.set(key, at: Timestamp(milliseconds: timer))
    }
}
