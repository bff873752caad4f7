internal import Events
internal import Sketches
internal import StreamCore

/// The `deduplicate` operator at work in one task.
final class Deduplicator: Operator {
    enum Output {
        static let main = 0
        static let duplicates = 1
        static let conflicts = 2
        static let late = 3
        static let rejected = 4
    }

    private let settings: DeduplicateSettings
    /// A value that is borrowed once per run: an access to a property of a class costs as much as
    /// some of the work on it.
    private var events: FirstEvents
    private var stores: TimedStores

    init(_ settings: DeduplicateSettings) {
        self.settings = settings
        stores = TimedStores(entries: settings.storeName, timers: settings.timersName)
        events = FirstEvents(settings)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        try self.events.process(events, stores.entries, stores.timers, in: context)
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        do {
            try events.seen.advance(to: streamTime, stores.entries, stores.timers)
        } catch {
            throw .store(error)
        }
    }
}

/// What becomes of each event: it is the first of its id, or it is not.
struct FirstEvents: ~Copyable {
    private let settings: DeduplicateSettings
    var seen: SeenEvents

    // Scratch, reused from event to event.
    private var id = ByteBuffer(capacity: 256)
    private var payload = ByteBuffer(capacity: 4096)
    /// What each event of the batch would be remembered as; `nil` for one without an id.
    private var candidates: [SeenEvent?] = []

    init(_ settings: DeduplicateSettings) {
        self.settings = settings
        seen = SeenEvents(settings)
    }

    mutating func process(
        _ events: [Event], _ ids: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError) {
        let arena = context.arena
        candidates.removeAll(keepingCapacity: true)
        for event in events { candidates.append(candidate(event, in: arena)) }
        seen.prefetch(candidates, from: ids)
        for (index, event) in events.enumerated() {
            do {
                if timers.next <= event.streamTime {
                    try seen.advance(to: event.streamTime, ids, timers)
                }
            } catch {
                throw .store(error)
            }
            if let candidate = candidates[index] {
                try process(event, candidate, ids, timers, in: context)
            } else {
                try refuse(event, in: context)
            }
        }
    }

    private mutating func process(
        _ event: Event, _ first: SeenEvent, _ ids: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError) {
        if event.timestamp.adding(milliseconds: settings.within) < event.streamTime {
            return passLate(event, in: context)
        }
        let known: SeenEvent?
        do {
            known = try seen.find(
                first.id, near: first.time, at: event.streamTime, in: ids)
            if known == nil { try seen.add(first, to: ids, timers) }
        } catch {
            throw .store(error)
        }
        guard let known else { return context.emit(event) }
        guard known.payload == first.payload else {
            return try refuseConflict(event, with: known, in: context)
        }
        if context.isConnected(Deduplicator.Output.duplicates) {
            context.emit(event, to: Deduplicator.Output.duplicates)
        } else {
            context.countDropped()
        }
    }

    /// Reads scope and key into `id`; returns what is missing of them.
    private mutating func readID(of event: Event, in arena: EventArena) -> FieldGroup.Absence? {
        id.removeAll()
        if let absence = settings.scope?.append(of: event, in: arena, to: &id) { return absence }
        return settings.key.append(of: event, in: arena, to: &id)
    }

    private func hasUsableTime(_ event: Event) -> Bool {
        let (_, isTooEarly) = event.timestamp.milliseconds.subtractingReportingOverflow(
            settings.sliceLength)
        let end = event.timestamp.adding(milliseconds: settings.within)
            .adding(milliseconds: settings.sliceLength)
        return !isTooEarly && end < .distantFuture
    }

    private mutating func candidate(_ event: Event, in arena: EventArena) -> SeenEvent? {
        guard readID(of: event, in: arena) == nil, hasUsableTime(event) else { return nil }
        return SeenEvent(
            id: unsafe Murmur3.hash(id.bytes), payload: payloadHash(of: event, in: arena),
            time: event.timestamp.milliseconds)
    }

    /// Refuses an event that is no candidate.
    private mutating func refuse(
        _ event: Event, in context: OperatorContext
    ) throws(OperatorError) {
        if let absence = readID(of: event, in: context.arena) {
            return try context.refuse(
                event, to: Deduplicator.Output.rejected, error: "missing_key"
            ) {
                absence.reason(to: "tell the event by")
            }
        }
        try context.refuse(event, to: Deduplicator.Output.rejected, error: "unusable_time") {
            event.timestamp == .distantPast
                ? "the event has no time"
                : "an event at \(event.timestamp) would be remembered until after the end of time"
        }
    }

    private func passLate(_ event: Event, in context: OperatorContext) {
        context.countLate()
        switch settings.lateness {
        case .output: context.emit(event, to: Deduplicator.Output.late)
        case .pass: context.emit(event)
        }
    }

    /// A hash of the value as it is here, without what is to be ignored.
    private mutating func payloadHash(of event: Event, in arena: EventArena) -> UInt64 {
        var event = event
        for path in settings.ignored { arena.remove(path, of: &event) }
        payload.removeAll()
        arena.render(event, into: &payload)
        return unsafe Murmur3.hash(payload.bytes).low
    }

    private func refuseConflict(
        _ event: Event, with known: SeenEvent, in context: OperatorContext
    ) throws(OperatorError) {
        try context.refuse(event, to: Deduplicator.Output.conflicts, error: "conflict") {
            "another event with the same id and another payload came first; its time is "
                + "\(Timestamp(milliseconds: known.time))"
        }
    }
}
