internal import CEL
internal import Events
internal import StreamCore

/// The `score` operator at work in one task.
///
/// Features are computed event by event, in order; models then take the rows of a batch at once.
final class Scorer: Operator {
    enum Output {
        static let main = 0
        static let shadow = 1
        static let late = 2
        static let failed = 3
    }

    /// Rows that go through the models together.
    private static let batchRows = 256

    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var settings: ScoreSettings
    @safe @exclusivity(unchecked) private var reader: FeatureReader
    @safe @exclusivity(unchecked) private var history: FeatureHistory
    @safe @exclusivity(unchecked) private var batch: ScoreBatch
    @safe @exclusivity(unchecked) private var stores: TimedStores
    @safe @exclusivity(unchecked) private var entry = FeatureHistory.Entry()
    @safe @exclusivity(unchecked) private var stored: [UInt8] = []
    @safe @exclusivity(unchecked) private var key = ByteBuffer(capacity: 256)
    @safe @exclusivity(unchecked) private var encoded = ByteBuffer(capacity: 4096)
    @safe @exclusivity(unchecked) private var shownOverflows = 0

    init(settings: ScoreSettings) {
        self.settings = settings
        stores = TimedStores(entries: settings.storeName, timers: settings.timersName)
        let evaluation = Evaluation(settings.scope.events.declarations)
        reader = FeatureReader(settings, evaluation)
        history = FeatureHistory(settings)
        batch = ScoreBatch(settings, evaluation)
        entry.values = Array(repeating: 0, count: settings.valueCount)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let stores = settings.isStateful ? self.stores.open(in: context) : nil
        if let stores, settings.key == nil { context.prefetch(events, in: stores.entries) }
        for event in events {
            if let stores, stores.timers.next <= event.streamTime {
                try advance(to: event.streamTime, in: context)
            }
            try prepare(event, stores, in: context)
            if batch.rowCount == Self.batchRows { try batch.finish(in: context) }
        }
        try batch.finish(in: context)
        if history.overflowCount > shownOverflows {
            shownOverflows = history.overflowCount
            context.setGauge("history.overflows", to: Double(shownOverflows))
        }
    }

    func adopt(_ definition: any OperatorDefinition) -> Bool {
        guard let changed = (definition as? ScoreOperator)?.settings,
            changed.name == settings.name, changed.isStateful == settings.isStateful,
            changed.definition == settings.definition
        else { return false }
        settings = changed
        let evaluation = Evaluation(changed.scope.events.declarations)
        reader = FeatureReader(changed, evaluation)
        history = FeatureHistory(changed, overflowCount: history.overflowCount)
        batch = ScoreBatch(changed, evaluation)
        entry.values = Array(repeating: 0, count: changed.valueCount)
        return true
    }

    // MARK: Events

    private func prepare(
        _ event: Event, _ stores: TimedStores.Opened?, in context: OperatorContext
    ) throws(OperatorError) {
        do throws(FeatureReader.Obstacle) {
            let arena = context.arena
            let isWanted = try reader.isWanted(event, in: arena)
            if stores != nil { try reader.read(event, in: arena, into: &entry) }
            if isWanted {
                try batch.begin(event, reader, in: arena)
            } else {
                batch.pass(event)
            }
        } catch {
            return batch.refuse(event, error)
        }
        guard let stores else { return }
        do {
            if let refusal = try remember(event, stores, in: context) {
                batch.takeBack()
                refuse(event, refusal, in: context)
            }
        } catch {
            throw .store(error)
        }
    }

    private enum Refusal {
        case noKey, noTime, late
    }

    private func refuse(_ event: Event, _ refusal: Refusal, in context: OperatorContext) {
        switch refusal {
        case .late:
            context.countLate()
            context.emit(event, to: Output.late)
        case .noKey:
            let reason =
                settings.key.map { "the field '\($0)' has no value to keep a history by" }
                ?? "the record has no key to keep a history by"
            batch.refuse(event, FeatureReader.Obstacle(error: "missing_key", reason: reason))
        case .noTime:
            batch.refuse(
                event,
                FeatureReader.Obstacle(error: "unusable_time", reason: "the event has no time"))
        }
    }

    /// Fills in the features that look back, and remembers the event; says why when it can't.
    private func remember(
        _ event: Event, _ stores: TimedStores.Opened, in context: OperatorContext
    ) throws(StoreError) -> Refusal? {
        let range = keyRange(of: event, in: context.arena)
        guard !range.isAbsent else { return .noKey }
        guard event.timestamp != .distantPast else { return .noTime }
        let time = event.timestamp.milliseconds
        guard event.timestamp.adding(milliseconds: settings.grace) >= event.streamTime else {
            return .late
        }
        key.removeAll()
        unsafe key.append(context.arena.bytes(range))
        let isKnown = try load(from: stores)
        if time < history.foldedTime { return .late }
        if batch.isOpen {
            let own = entry
            for (index, feature) in settings.histories.enumerated() {
                batch.set(feature, to: history.value(of: index, asOf: time, own: own))
            }
        }
        guard entry.present != 0 else { return nil }
        history.insert(entry, streamTime: event.streamTime.milliseconds)
        if !isKnown || history.timer == .max { try setTimer(stores) }
        encoded.removeAll()
        history.write(to: &encoded)
        try unsafe stores.entries.put(key.bytes, encoded.bytes)
        return nil
    }

    private func keyRange(of event: Event, in arena: EventArena) -> ByteRange {
        guard let path = settings.key else { return event.key }
        let value = arena.value(of: event, at: path)
        return switch value.kind {
        case .string where value.text.count > 0: value.text
        case .integer, .unsignedInteger, .decimal, .boolean: value.raw
        case .string, .missing, .null, .object, .array: .absent
        }
    }

    // MARK: State

    /// Reads the history of `key`; returns whether there is one.
    private func load(from stores: TimedStores.Opened) throws(StoreError) -> Bool {
        guard try unsafe stores.entries.get(key.bytes, into: &stored) else {
            history.removeAll()
            return false
        }
        try history.read(stored)
        return true
    }

    /// The timer that forgets the key, unless there are events until then.
    private func setTimer(_ stores: TimedStores.Opened) throws(StoreError) {
        let due = Timestamp(milliseconds: history.latest)
            .adding(milliseconds: settings.retention).adding(milliseconds: 1)
        history.setTimer(due.milliseconds)
        try unsafe stores.timers.set(key.bytes, at: due)
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        guard settings.isStateful else { return }
        let stores = self.stores.open(in: context)
        do {
            while stores.timers.next <= streamTime,
                let due = try stores.timers.takeDue(
                    at: streamTime, into: &key, scratch: &stored)
            {
                try expire(dueAt: due.milliseconds, stores)
            }
        } catch {
            throw .store(error)
        }
    }

    private func expire(dueAt due: Int64, _ stores: TimedStores.Opened) throws(StoreError) {
        guard try load(from: stores), history.timer == due else { return }
        let end = Timestamp(milliseconds: history.latest)
            .adding(milliseconds: settings.retention).milliseconds
        // At the end of all time nothing is kept: there is no later timer.
        guard end >= due, due < Timestamp.distantFuture.milliseconds else {
            return try unsafe stores.entries.delete(key.bytes)
        }
        try setTimer(stores)
        encoded.removeAll()
        history.write(to: &encoded)
        try unsafe stores.entries.put(key.bytes, encoded.bytes)
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        guard settings.isStateful else { return 0 }
        do {
            return try unsafe self.stores.open(in: context).entries.erase(key)
        } catch {
            throw .store(error)
        }
    }
}
