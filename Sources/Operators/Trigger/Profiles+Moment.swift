internal import CEL
internal import Events
internal import StreamCore

/// What is asked at the moment of a decision: conditions over the profile, times of the calendar.
extension Profiles {
    /// Makes `profile` and `now` known to the expressions of the moment. `last`: the latest moment of
    /// which the profile shows what was said.
    mutating func bind(
        at now: Int64, seeingUntil last: Int64, in context: OperatorContext
    ) {
        moments.bind(
            settings.scope.now, to: .timestamp(Moment(Timestamp(milliseconds: now))))
        if isProfileBound { return }
        isProfileBound = true
        document.removeAll()
        writeProfile(asOf: last)
        let event = unsafe context.arena.addEvent(
            json: document.bytes, key: nil, timestamp: .distantPast)
        moments.bind(settings.scope.profile, to: event, in: context.arena)
    }

    private mutating func writeProfile(asOf last: Int64) {
        document.append("{\"first_seen\":\"")
        document.append(iso8601: Timestamp(milliseconds: profile.firstSeen))
        document.append("\",\"last_seen\":")
        if let seen = profile.field(RuleSet.lastSeen, at: last) {
            unsafe document.append(profile.text(seen.json))
        } else {
            document.append("\"")
            document.append(iso8601: Timestamp(milliseconds: min(profile.lastSeen, last)))
            document.append("\"")
        }
        document.append(",\"segments\":[")
        let start = document.count
        for segment in rules.segments where profile.belongs(to: segment.identity) {
            if document.count > start { document.append(UInt8(ascii: ",")) }
            document.append(jsonString: rules.rules[segment.rule].name)
        }
        document.append("]")
        for field in settings.profileFields {
            guard let known = profile.field(field.hash, at: last) else { continue }
            document.append(UInt8(ascii: ","))
            document.append(jsonString: field.name)
            document.append(UInt8(ascii: ":"))
            unsafe document.append(profile.text(known.json))
        }
        document.append(UInt8(ascii: "}"))
    }

    /// The customer's clock: by `zone`, else by that of the operator, else the fallback.
    mutating func clock(_ zone: ZoneExpression?) -> LocalClock {
        guard let zone = zone ?? settings.zone, let name = try? moments.value(of: zone.name),
            case .string(let name) = name
        else { return clocks.fallback }
        return clocks.clock(name)
    }

    // MARK: Times of the calendar

    /// Computes when the schedules are due next, of what was said until `moment`, that included.
    mutating func appoint(after moment: Int64, in context: OperatorContext) {
        profile.rulesVersion = rules.version
        isProfileBound = false
        for appointment in rules.schedules {
            let rule = rules.rules[appointment.rule]
            guard case .schedule(let schedule) = rule.pattern else { continue }
            let slot = profile.slot(of: rule)
            let hasDate = appointment.dateField.map { profile.field($0, at: moment) != nil }
            if hasDate == false {
                profile.slots[slot].marks[0] = ProfileState.none
            } else {
                bind(at: moment, seeingUntil: moment, in: context)
                profile.slots[slot].marks[0] = next(schedule, after: moment)
            }
        }
    }

    private mutating func next(_ schedule: Schedule, after moment: Int64) -> Int64 {
        var day: Int64?
        if let date = schedule.date {
            guard let text = try? moments.value(of: date), case .string(let text) = text,
                let time = Timestamp(iso8601: String(text.prefix(10)))
            else { return ProfileState.none }
            day = time.milliseconds.dividedByDay.day
        }
        let due = schedule.next(after: moment, day: day, on: clock(schedule.zone))
        return due == .max ? ProfileState.none : due
    }

    /// An appointment is due: the rule fires and gets its next one, as long as the profile is kept.
    mutating func keep(
        _ schedule: Schedule, _ slot: Int, at index: Int, dueAt time: Int64,
        in context: OperatorContext
    ) {
        let due = profile.slots[slot].marks[0]
        guard due != ProfileState.none, due <= time else { return }
        profile.slots[slot].marks[0] = ProfileState.none
        guard due <= profile.lastSeen.addingSaturated(settings.retention) else {
            profile.rulesVersion = ProfileState.restsUntilSeen
            return
        }
        candidates.append(
            Candidate(rule: index, matchedAt: due, startedAt: due, identity: 0, data: .empty))
        bind(at: time, seeingUntil: ProfileState.settled(at: time), in: context)
        profile.slots[slot].marks[0] = next(schedule, after: due)
    }

    // MARK: What an action carries

    /// The values of the event that an action of the rule will carry, as JSON.
    mutating func data(
        of rule: Rule, _ bits: UInt8, _ event: Event, in arena: EventArena
    ) -> ProfileState.Piece {
        guard !rule.data.isEmpty, rule.pattern.takesData(bits) else { return .empty }
        evaluation.bind(settings.scope.events.event, to: event, in: arena)
        let empty: StaticString = "{}"
        var event = unsafe arena.addEvent(
            json: UnsafeRawBufferPointer(start: empty.utf8Start, count: 2), key: nil,
            timestamp: event.timestamp)
        for field in rule.data {
            // One that has no value is left out.
            _ = try? evaluation.set(
                FieldPath(name: field.name), of: &event, in: arena, to: field.value)
        }
        document.removeAll()
        arena.render(event, into: &document)
        // The bytes of the profile take a copy; what is too long is not carried.
        guard document.count <= Self.longestField else { return .empty }
        return unsafe profile.add(document.bytes)
    }
}

extension RulePattern {
    /// Whether an event that meets these conditions may be the one whose data goes along.
    fileprivate func takesData(_ bits: UInt8) -> Bool {
        switch self {
        case .plain, .threshold, .absence: bits & 1 != 0
        case .segment: true
        case .sequence(let steps, _): bits & 1 << UInt8(steps.count - 1) != 0
        case .schedule: false
        }
    }
}
