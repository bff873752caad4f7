internal import Events
internal import StreamCore

/// The `link` operator at work in one task.
final class Linker: Operator {
    enum Output {
        static let main = 0
        static let merges = 1
        static let profiles = 2
        static let review = 3
        static let rejected = 4
        /// Of `scope: global` only.
        static let feedback = 5
    }

    private let settings: LinkSettings
    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var identifiers: IdentifierKeys
    private let decisions: DecisionReader
    @safe @exclusivity(unchecked) private var graph: IdentityGraph?
    /// `nil` when nothing is forgotten by age.
    @safe @exclusivity(unchecked) private var lastSeen: LastSeen?
    @safe @exclusivity(unchecked) private var outputs: LinkOutputs
    /// Of the events at hand.
    @safe @exclusivity(unchecked) private var keys = KeyList()
    @safe @exclusivity(unchecked) private var description: [UInt8] = []
    @safe @exclusivity(unchecked) private var buffer = ByteBuffer(capacity: 64)
    @safe @exclusivity(unchecked) private var refusedCount = 0

    init(_ settings: LinkSettings) {
        self.settings = settings
        identifiers = IdentifierKeys(settings)
        decisions = DecisionReader(settings)
        outputs = LinkOutputs(settings)
        if let retention = settings.retention {
            lastSeen = LastSeen(settings, retention: retention)
        }
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        open(in: context)
        guard context.input == 0 else {
            for event in events { try decide(event, in: context) }
            return
        }
        keys.removeAll()
        for event in events { identifiers.read(event, in: context.arena, into: &keys) }
        if let store = graph?.store { keys.prefetch(in: store) }
        for (number, event) in events.enumerated() {
            try advance(to: event.streamTime, in: context)
            try link(event, keys.keys(ofEvent: number), in: context)
        }
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        open(in: context)
        do throws(StoreError) {
            guard let erased = try unsafe graph?.erase(key) else { return 0 }
            try lastSeen?.remove(erased.keys, in: context)
            tell(erased, because: nil, in: context)
            return erased.keys.count
        } catch {
            throw .store(error)
        }
    }

    private func tell(
        _ erased: IdentityGraph.Erased, because source: Event?, in context: OperatorContext
    ) {
        outputs.tell(
            forgotten: erased.profiles, reviews: erased.reviews, because: source, in: context)
        for outcome in erased.outcomes { outputs.tell(outcome, because: source, in: context) }
    }

    /// Forgets the profiles of which nothing was seen for the retention.
    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        // The end of an input is no passing of time.
        if lastSeen == nil || context.isAtEnd { return }
        open(in: context)
        do throws(StoreError) {
            while let stale = try lastSeen?.takeStale(at: streamTime, in: context) {
                let members = try graph?.members(with: stale.key) ?? []
                if members.isEmpty {
                    try lastSeen?.remove([stale.key], in: context)
                    continue
                }
                if try lastSeen?.keep(stale, with: members, in: context) == true { continue }
                guard let erased = try graph?.erase(members) else { continue }
                try lastSeen?.remove(members, in: context)
                var cause = unsafe context.arena.addTombstone(
                    key: UnsafeRawBufferPointer(start: nil, count: 0), timestamp: stale.due)
                (cause.streamTime, cause.sequence) = context.moment(ofTimerDueAt: stale.due)
                tell(erased, because: cause, in: context)
            }
        } catch {
            throw .store(error)
        }
    }

    private func open(in context: OperatorContext) {
        if graph == nil {
            graph = IdentityGraph(
                context.keyValueStore(settings.storeName),
                likeness: settings.likeness.map { context.keyValueStore($0.storeName) }, settings)
        }
    }

    // MARK: Events

    private func link(
        _ event: Event, _ keys: Range<Int>, in context: OperatorContext
    ) throws(OperatorError) {
        // An event of nobody goes on as it is.
        guard !keys.isEmpty else { return context.emit(event) }
        if let likeness = settings.likeness {
            _ = PersonDescription.read(event, in: context.arena, likeness, into: &description)
        }
        let profile: ProfileID?
        do throws(StoreError) {
            profile = try self.profile(of: event, keys, in: context)
        } catch {
            throw .store(error)
        }
        guard let profile else { return context.emit(event) }
        var linked = event
        buffer.removeAll()
        profile.append(to: &buffer)
        if unsafe context.arena.set(settings.target, of: &linked, toString: buffer.bytes) {
            context.emit(linked)
        } else {
            try context.refuse(event, unsettable: settings.target, to: Output.rejected)
        }
    }

    /// The profile of an event, whose identifiers are taken.
    private func profile(
        of event: Event, _ keys: Range<Int>, in context: OperatorContext
    ) throws(StoreError) -> ProfileID? {
        let known = try graph?.known(
            self.keys, keys, described: description, at: event.timestamp.milliseconds)
        guard let known else { return try take(self.keys.arrays(keys), of: event, in: context) }
        if mustNote(event, known.noted) {
            let keys = self.keys.arrays(keys)
            try graph?.note(keys, at: note(keys, of: event, in: context))
        }
        return known.profile
    }

    /// Takes identifiers of which one or a link is new, and tells what that changes.
    private func take(
        _ keys: [[UInt8]], of event: Event, in context: OperatorContext
    ) throws(StoreError) -> ProfileID? {
        let time = event.timestamp.milliseconds
        let noted = try note(keys, of: event, in: context)
        if let new = try graph?.addLone(keys, noted: noted, at: time) {
            outputs.tell(new: new, of: keys[0], because: event, in: context)
            return new
        }
        guard
            let outcome = try graph?.add(keys, noted: noted, described: description, at: time)
        else { return nil }
        if outcome.isRefused { noteRefusal(in: context) }
        noteFullBlocks(in: context)
        outputs.tell(outcome, because: event, in: context)
        return outcome.members.first { $0.key == keys[0] }?.node.profile
    }

    /// Whether identifiers of which the one seen longest ago is noted at `noted` are to be noted anew.
    private func mustNote(_ event: Event, _ noted: Int64) -> Bool {
        guard lastSeen != nil, let time = LastSeen.time(of: event) else { return false }
        return lastSeen?.isNoted(noted, at: time) == false
    }

    /// Notes that identifiers were seen; returns the times that are written of them.
    private func note(
        _ keys: [[UInt8]], of event: Event, in context: OperatorContext
    ) throws(StoreError) -> [Int64] {
        guard lastSeen != nil, let time = LastSeen.time(of: event) else { return [] }
        var noted: [Int64] = []
        for key in keys {
            noted.append(
                try lastSeen?.note(key, at: time, of: event, in: context) ?? .min)
        }
        return noted
    }

    private func noteRefusal(in context: OperatorContext) {
        refusedCount += 1
        context.setGauge("links.refused", to: Double(refusedCount))
    }

    private func noteFullBlocks(in context: OperatorContext) {
        guard let count = graph?.fullBlockCount, count > 0 else { return }
        context.setGauge("likeness.not_compared", to: Double(count))
    }

    // MARK: Decisions

    private func decide(_ event: Event, in context: OperatorContext) throws(OperatorError) {
        guard let decided = try decisions.read(event, in: context) else { return }
        let outcome: IdentityGraph.Outcome?
        do throws(StoreError) {
            outcome = try graph?.decide(decided.decision, decided.left, decided.right)
        } catch {
            throw .store(error)
        }
        guard let outcome else {
            return try decisions.refuse(
                event, "an identifier has too many decisions", byEachTask: true, in: context)
        }
        if outcome.isRefused {
            return try decisions.refuse(
                event,
                "more than \(settings.mostTogether) identifiers would hang together "
                    + "('max_together')", byEachTask: true, in: context)
        }
        outputs.tell(outcome, because: event, in: context)
    }
}
