internal import CEL
internal import Events
internal import StreamCore

/// The profiles of a task: what an event does to one, and what time does.
@safe struct Profiles: ~Copyable {
    /// What an event says to a rule.
    private struct Match: BitwiseCopyable {
        let rule: Int
        let bits: UInt8
    }

    /// The longest value of a profile's field, in bytes of JSON.
    static let longestField = 1024

    let settings: TriggerSettings
    var rules: RuleSet
    let evaluation: Evaluation
    let moments: Evaluation
    var clocks: ClockCache

    // Scratch, reused from event to event.
    var profile = ProfileState()
    var key = ByteBuffer(capacity: 256)
    var candidates: [Candidate] = []
    var document = ByteBuffer(capacity: 2048)
    var attempts: [Attempt] = []
    private var stored: [UInt8] = []
    private var timerKey: [UInt8] = []
    private var encoded = ByteBuffer(capacity: 4096)
    private var matches = Pool<Match>(capacity: 16)
    private var fields: [(hash: UInt64, json: UnsafeRawBufferPointer)] = unsafe []
    private var seen = ByteBuffer(capacity: 64)
    /// Whether `profile` was bound for the expressions of the moment.
    var isProfileBound = false

    init(settings: TriggerSettings) {
        self.settings = settings
        rules = RuleSet(settings)
        evaluation = Evaluation(settings.scope.events.declarations)
        moments = Evaluation(settings.scope.moments)
        clocks = ClockCache(fallback: settings.fallbackClock)
    }

    // MARK: Events

    mutating func process(
        _ events: [Event], _ stores: TriggerStores, in context: OperatorContext
    ) throws(OperatorError) {
        for event in events {
            if stores.timers.next <= event.streamTime {
                try advance(to: event.streamTime, stores, in: context)
            }
            try process(event, stores, in: context)
        }
    }

    private mutating func process(
        _ event: Event, _ stores: TriggerStores, in context: OperatorContext
    ) throws(OperatorError) {
        let arena = context.arena
        guard let keyRange = try key(of: event, in: context) else { return }
        findMatches(event, in: arena)
        guard collectFields(of: event, in: arena) else {
            try context.refuse(event, to: Triggerer.Output.rejected, error: "field_too_long") {
                "a field of the profile has more than \(Self.longestField) bytes of JSON"
            }
            return
        }
        if matches.isEmpty, unsafe fields.isEmpty { return }
        key.removeAll()
        unsafe key.append(arena.bytes(keyRange))
        do {
            let isKnown = try unsafe stores.profiles.get(key.bytes, into: &stored)
            if isKnown, matches.isEmpty,
                unsafe ProfileState.repeat(
                    fields, at: event.timestamp.milliseconds,
                    settled: ProfileState.settled(at: event.streamTime.milliseconds),
                    rules.version, in: &stored)
            {
                return try unsafe stores.profiles.put(key.bytes, copyOf: stored)
            }
            try open(isKnown)
            try take(event, stores, in: context)
            try close(stores, at: event.streamTime.milliseconds)
        } catch {
            throw .store(error)
        }
    }

    private func key(
        of event: Event, in context: OperatorContext
    ) throws(OperatorError) -> ByteRange? {
        let arena = context.arena
        var range = event.key
        if let path = settings.key {
            let value = arena.value(of: event, at: path)
            switch value.kind {
            case .string: range = value.text
            case .integer, .unsignedInteger, .decimal, .boolean: range = value.raw
            case .missing, .null, .object, .array: range = .absent
            }
        }
        let isTimed = abs(event.timestamp.milliseconds / 2) < Int64.max / 4
        if !range.isAbsent, isTimed { return range }
        let error = range.isAbsent ? "missing_key" : "unusable_time"
        try context.refuse(event, to: Triggerer.Output.rejected, error: error) {
            if range.isAbsent {
                return settings.key.map { "the field '\($0)' has no value to keep profiles by" }
                    ?? "the record has no key to keep profiles by"
            }
            return "the event has no time that can be used"
        }
        return nil
    }

    /// Which conditions of which rules the event meets. One that has no value is not met, and says
    /// nothing of a segment.
    private mutating func findMatches(_ event: Event, in arena: EventArena) {
        matches.removeAll()
        rules.conditions.look(at: event)
        guard !rules.tests.isEmpty else { return }
        var (rule, bits) = (-1, UInt8(0))
        for test in rules.tests {
            if test.rule != rule {
                if bits != 0 { matches.append(Match(rule: rule, bits: bits)) }
                (rule, bits) = (test.rule, 0)
            }
            switch rules.conditions.decision(on: test.condition, in: arena) {
            case .met: bits |= test.bits
            case .notMet: bits |= test.bitsIfNot
            case .failed: break
            }
        }
        if bits != 0 { matches.append(Match(rule: rule, bits: bits)) }
    }

    /// The fields of the profile that the event has; false when one is too long.
    private mutating func collectFields(of event: Event, in arena: EventArena) -> Bool {
        unsafe fields.removeAll(keepingCapacity: true)
        for (place, field) in rules.profileFields.enumerated() {
            let value = rules.conditions.value(of: field, in: arena)
            if value.isMissing { continue }
            let json = unsafe arena.bytes(value.raw)
            if json.count > Self.longestField { return false }
            unsafe fields.append((settings.profileFields[place].hash, json))
        }
        if rules.asksLastSeen, unsafe !(fields.isEmpty && matches.isEmpty) {
            seen.removeAll()
            seen.append("\"")
            seen.append(iso8601: event.timestamp)
            seen.append("\"")
            unsafe fields.append((RuleSet.lastSeen, seen.bytes))
        }
        return true
    }

    /// Reads the profile of `key`, or begins one.
    private mutating func open(_ isKnown: Bool) throws(StoreError) {
        candidates.empty()
        isProfileBound = false
        if isKnown {
            try profile.read(stored, storeName: settings.profilesName)
            if profile.rulesVersion != rules.version { dropForgotten() }
        } else {
            profile.removeAll()
        }
    }

    /// Forgets what belongs to rules and fields that are no longer there.
    private mutating func dropForgotten() {
        for index in profile.fields.indices.reversed() {
            let hash = profile.fields[index].hash
            if hash == RuleSet.lastSeen && rules.asksLastSeen { continue }
            if !settings.profileFields.contains(where: { $0.hash == hash }) {
                profile.fields.remove(at: index)
            }
        }
        for slot in profile.slots.indices.reversed()
        where rules.place(of: profile.slots[slot].rule) == nil {
            profile.facts.removeSubrange(profile.facts(of: slot))
            for fact in profile.facts.indices where profile.facts[fact].slot > slot {
                profile.facts[fact].slot -= 1
            }
            profile.slots.remove(at: slot)
        }
    }

    private mutating func take(
        _ event: Event, _ stores: TriggerStores, in context: OperatorContext
    ) throws(StoreError) {
        let arena = context.arena
        let time = event.timestamp.milliseconds
        let streamTime = event.streamTime.milliseconds
        let settled = ProfileState.settled(at: streamTime)
        profile.note(seen: time)
        var mustAppoint = settle(at: settled)
        for index in unsafe fields.indices {
            let field = unsafe fields[index]
            unsafe profile.set(field.hash, to: field.json, at: time, settled: settled)
        }
        if time <= settled, settle(at: settled) { mustAppoint = true }
        if mustAppoint { appoint(after: streamTime, in: context) }
        let now = max(time, streamTime)
        let moment = (event.streamTime, event.sequence)
        var isLate = false
        let identity = matches.isEmpty ? 0 : self.identity(of: event, in: arena)
        for index in 0..<matches.count {
            let match = matches[index]
            let rule = rules.rules[match.rule]
            let data = data(of: rule, match.bits, event, in: arena)
            if case .plain = rule.pattern {
                candidates.append(
                    Candidate(
                        rule: match.rule, matchedAt: time, startedAt: time, identity: identity,
                        data: data))
                continue
            }
            let slot = profile.slot(of: rule)
            profile.advance(slot, rule, at: match.rule, to: streamTime, &candidates)
            if ProfileState.decision(of: time, rule.grace) <= streamTime
                || time < profile.slots[slot].applied
            {
                isLate = true
                if match.bits & 2 != 0, case .absence = rule.pattern {
                    cancelHeld(of: rule, startedUntil: time, at: now, moment, in: context)
                }
            } else {
                let fact = Fact(
                    slot: slot, time: time, bits: match.bits, identity: identity, data: data)
                profile.insert(fact)
                if let end = profile.endOfWaiting(in: slot, rule) {
                    cancelHeld(until: end, of: rule, at: now, moment, in: context)
                    profile.advance(slot, rule, at: match.rule, to: end, &candidates)
                }
            }
        }
        // What an event says of the profile counts for what it leads to itself.
        try decide(at: now, seeingUntil: now, moment, stores, in: context)
        cancelHeldByAppliedExits(at: now, moment, in: context)
        if isLate {
            context.countLate()
            context.emit(event, to: Triggerer.Output.late)
        }
    }

    /// Settles what was said until `moment`. Returns whether the schedules have to be computed anew.
    private mutating func settle(at moment: Int64) -> Bool {
        let hasChanged = profile.settleFields(at: moment) { rules.schedulesDepend(on: $0) }
        return hasChanged
            || profile.rulesVersion != rules.version
                && (profile.firstSeen <= moment || !mayHaveAppointments)
    }

    /// Whether all that is known of the profile leaves any schedule a date.
    private var mayHaveAppointments: Bool {
        rules.schedules.contains { appointment in
            guard let field = appointment.dateField else { return true }
            return profile.fields.contains { $0.hash == field }
        }
    }

    /// What tells the event from others, also when it is read again.
    private func identity(of event: Event, in arena: EventArena) -> UInt64 {
        var hash = StableHash()
        if let path = settings.eventID {
            let value = arena.value(of: event, at: path)
            if !value.isMissingOrNull {
                unsafe hash.add(arena.bytes(value.raw))
                return hash.value
            }
        }
        unsafe hash.add(arena.bytes(arena.rawValue(of: event)))
        return hash.value
    }

    // MARK: Time

    /// Does what is due at `streamTime`.
    mutating func advance(
        to streamTime: Timestamp, _ stores: TriggerStores, in context: OperatorContext
    ) throws(OperatorError) {
        do {
            while let due = try stores.timers.takeDue(
                at: streamTime, into: &key, scratch: &timerKey)
            {
                try wake(dueAt: due, stores, in: context)
            }
        } catch {
            throw .store(error)
        }
    }

    private mutating func wake(
        dueAt due: Timestamp, _ stores: TriggerStores, in context: OperatorContext
    ) throws(StoreError) {
        guard try unsafe stores.profiles.get(key.bytes, into: &stored) else { return }
        // A timer that was overtaken by an earlier one: that one set the next.
        guard ProfileState.timer(in: stored) == due.milliseconds else { return }
        try open(true)
        profile.timer = .max
        let time = due.milliseconds
        let moment = context.moment(ofTimerDueAt: due)
        let settled = ProfileState.settled(at: time)
        let mustAppoint = settle(at: settled) && profile.rulesVersion != ProfileState.restsUntilSeen
        cancelHeld(until: time, at: time, moment, in: context)
        for slot in profile.slots.indices {
            guard let index = rules.place(of: profile.slots[slot].rule) else { continue }
            profile.advance(slot, rules.rules[index], at: index, to: time, &candidates)
        }
        if mustAppoint { appoint(after: settled, in: context) }
        for slot in profile.slots.indices {
            guard let index = rules.place(of: profile.slots[slot].rule),
                case .schedule(let schedule) = rules.rules[index].pattern
            else { continue }
            keep(schedule, slot, at: index, dueAt: time, in: context)
        }
        release(dueAt: time, moment, in: context)
        try decide(at: time, seeingUntil: settled, moment, stores, in: context)
        cancelHeldByAppliedExits(at: time, moment, in: context)
        try close(stores, at: time)
    }

    /// When the profile is to be forgotten.
    private var forgetting: Int64 {
        var last = profile.lastSeen
        for action in profile.sent { last = max(last, action.time) }
        var time = ProfileState.decision(of: last, settings.retention)
        for action in profile.held { time = max(time, action.due) }
        return time
    }

    /// Writes the profile back and sets its timer.
    private mutating func close(
        _ stores: TriggerStores, at streamTime: Int64
    ) throws(StoreError) {
        var next = forgetting
        if next <= streamTime { return try unsafe stores.profiles.delete(key.bytes) }
        for slot in profile.slots.indices {
            if let index = rules.place(of: profile.slots[slot].rule) {
                next = min(next, profile.wake(slot, rules.rules[index]))
            }
        }
        for action in profile.held { next = min(next, action.due) }
        if !rules.schedules.isEmpty {
            if profile.rulesVersion != rules.version, profile.firstSeen >= streamTime {
                next = min(next, profile.firstSeen.addingSaturated(1))
            }
            let change = profile.nextChange { rules.schedulesDepend(on: $0) }
            next = min(next, change.addingSaturated(1))
        }
        if next < profile.timer {
            try unsafe stores.timers.set(key.bytes, at: Timestamp(milliseconds: next))
            profile.timer = next
        }
        profile.dropEmptySlots()
        encoded.removeAll()
        profile.write(to: &encoded)
        try unsafe stores.profiles.put(key.bytes, encoded.bytes)
    }
}
