internal import Events
internal import StreamCore

/// A join of two streams at work in one task.
///
/// An event meets those of the other side that are kept and not farther away than the window, and
/// is then kept itself until stream time is more than window and grace behind it. If it has met
/// none by then, a left or outer join shows it alone.
final class WindowJoiner: Operator {
    private let settings: JoinSettings
    private let window: Int64
    private var stores: TimedStores

    // Scratch, reused from event to event.
    private var kept = JoinedEvents()
    private var value = ByteBuffer(capacity: 1024)
    private var key = ByteBuffer(capacity: 64)
    private var scratch = ByteBuffer(capacity: 1024)
    private var timerKey: [UInt8] = []

    init(_ settings: JoinSettings, window: Int64) {
        self.settings = settings
        stores = TimedStores(entries: settings.eventsName, timers: settings.timersName)
        self.window = window
    }

    /// The first moment at which an event of `time` is no longer kept.
    private func end(of time: Int64) -> Timestamp {
        Timestamp(milliseconds: time).adding(milliseconds: window).adding(
            milliseconds: settings.grace
        ).adding(milliseconds: 1)
    }

    // MARK: Events

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        // Without a window the rows of a table would be joined; here nobody needs them.
        if context.input == JoinInput.table { return }
        for event in events {
            if stores.timers.next <= event.streamTime {
                try advance(to: event.streamTime, in: context)
            }
            try process(event, stores, in: context)
        }
    }

    private func process(
        _ event: Event, _ stores: TimedStores.Opened, in context: OperatorContext
    ) throws(OperatorError) {
        let arena = context.arena
        let isOther = context.input == JoinInput.other
        let lookup = isOther ? settings.otherKey : settings.key
        let keyText = lookup.text(of: event, in: arena)
        if keyText.isAbsent {
            return try refuse(event, "missing_key", lookup.missingReason, in: context)
        }
        let end = end(of: event.timestamp.milliseconds)
        if event.timestamp == .distantPast || end == .distantFuture {
            return try refuse(event, "unusable_time", "the event has no usable time", in: context)
        }
        if end <= event.streamTime {
            context.countLate()
            context.emit(event, to: JoinOutput.late)
            return
        }
        value.removeAll()
        // Of the events of 'from' nothing is left out: it is what results are made of.
        let columns = isOther ? settings.columns : RowColumns(nil)
        guard columns.append(event, in: arena, to: &value) else {
            return try refuse(event, "no_object", "the event is no object", in: context)
        }
        var probe = event
        if !isOther, !arena.setToNull(settings.output, of: &probe) {
            return try refuse(
                event, "field_not_settable",
                "the field '\(settings.output)' can't be set: an array is in the way", in: context)
        }
        key.removeAll()
        unsafe key.append(arena.bytes(keyText))
        do {
            try unsafe kept.load(key.bytes, from: stores.entries)
        } catch {
            throw .store(error)
        }
        guard kept.entries.count < settings.maximumEvents else {
            return try refuse(
                event, "too_many_events",
                "\(settings.maximumEvents) events of its key are kept already", in: context)
        }
        try meet(event, isOther: isOther, endingAt: end, stores, in: context)
    }

    private func meet(
        _ event: Event, isOther: Bool, endingAt end: Timestamp, _ stores: TimedStores.Opened,
        in context: OperatorContext
    ) throws(OperatorError) {
        let time = event.timestamp.milliseconds
        let moment = (event.streamTime, event.sequence)
        var isMatched = false
        for index in kept.entries.indices {
            let entry = kept.entries[index]
            guard entry.isOther != isOther, distance(entry.time, time) <= UInt64(window) else {
                continue
            }
            kept.entries[index].isMatched = true
            isMatched = true
            unsafe kept.bytes.withUnsafeBytes { bytes in
                let found = unsafe UnsafeRawBufferPointer(rebasing: bytes[entry.value])
                let foundKey = unsafe entry.key.map {
                    unsafe UnsafeRawBufferPointer(rebasing: bytes[$0])
                }
                let ownKey = unsafe event.key.isAbsent ? nil : context.arena.bytes(event.key)
                unsafe emit(
                    left: isOther ? found : value.bytes, right: isOther ? value.bytes : found,
                    key: isOther ? foundKey : ownKey,
                    at: Timestamp(milliseconds: max(time, entry.time)), moment, in: context)
            }
        }
        let arena = context.arena
        unsafe kept.append(
            isOther: isOther, isMatched: isMatched, time: time,
            key: event.key.isAbsent ? nil : arena.bytes(event.key), value: value.bytes)
        do {
            if end.milliseconds < kept.timer {
                kept.timer = end.milliseconds
                try unsafe stores.timers.set(key.bytes, at: end)
            }
            try unsafe kept.store(key.bytes, in: stores.entries, scratch: &scratch)
        } catch {
            throw .store(error)
        }
    }

    /// How far two times are apart, of whatever size.
    private func distance(_ left: Int64, _ right: Int64) -> UInt64 {
        UInt64(bitPattern: max(left, right)) &- UInt64(bitPattern: min(left, right))
    }

    private func refuse(
        _ event: Event, _ error: String, _ reason: @autoclosure () -> String,
        in context: OperatorContext
    ) throws(OperatorError) {
        try context.refuse(event, to: JoinOutput.rejected, error: error) { reason() }
    }

    /// Emits a result; `nil` is the side that is not there.
    private func emit(
        left: UnsafeRawBufferPointer?, right: UnsafeRawBufferPointer?,
        key: UnsafeRawBufferPointer?, at time: Timestamp,
        _ moment: (streamTime: Timestamp, sequence: Int64), in context: OperatorContext
    ) {
        let arena = context.arena
        var event: Event
        if let left = unsafe left {
            event = unsafe arena.addEvent(json: left, key: key, timestamp: time)
        } else {
            let empty: StaticString = "{}"
            event = unsafe arena.addEvent(
                json: UnsafeRawBufferPointer(
                    start: empty.utf8Start, count: empty.utf8CodeUnitCount),
                key: key, timestamp: time)
        }
        (event.streamTime, event.sequence) = moment
        if let right = unsafe right {
            unsafe arena.set(settings.output, of: &event, toJSON: right)
        } else {
            arena.setToNull(settings.output, of: &event)
        }
        context.emit(event)
    }

    // MARK: Time

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        do throws(StoreError) {
            while let due = try stores.timers.takeDue(
                at: streamTime, into: &key, scratch: &timerKey)
            {
                try expire(at: due, stores, in: context)
            }
        } catch {
            throw .store(error)
        }
    }

    /// Forgets the events of the current key that are due.
    private func expire(
        at due: Timestamp, _ stores: TimedStores.Opened, in context: OperatorContext
    ) throws(StoreError) {
        try unsafe kept.load(key.bytes, from: stores.entries)
        let moment = context.moment(ofTimerDueAt: due)
        var rest: [JoinedEvents.Entry] = []
        var next = Int64.max
        for entry in kept.entries {
            let end = end(of: entry.time)
            if end > due {
                rest.append(entry)
                next = min(next, end.milliseconds)
                continue
            }
            let isShown = settings.type == .outer || (settings.type == .left && !entry.isOther)
            if entry.isMatched || !isShown { continue }
            unsafe kept.bytes.withUnsafeBytes { bytes in
                let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[entry.value])
                let key = unsafe entry.key.map {
                    unsafe UnsafeRawBufferPointer(rebasing: bytes[$0])
                }
                unsafe emit(
                    left: entry.isOther ? nil : value, right: entry.isOther ? value : nil,
                    key: key, at: Timestamp(milliseconds: entry.time), moment, in: context)
            }
        }
        guard rest.count < kept.entries.count || next != kept.timer else { return }
        kept.entries = rest
        kept.timer = next
        if next != .max {
            try unsafe stores.timers.set(key.bytes, at: Timestamp(milliseconds: next))
        }
        try unsafe kept.store(key.bytes, in: stores.entries, scratch: &scratch)
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        let stores = self.stores.open(in: context)
        do {
            try unsafe kept.load(key, from: stores.entries)
            try unsafe stores.entries.delete(key)
            return kept.entries.count
        } catch {
            throw .store(error)
        }
    }
}
