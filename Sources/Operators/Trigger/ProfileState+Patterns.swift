internal import Events

/// Something that a rule has found, and that goes to the gates.
struct Candidate {
    /// The rule's place among the rules.
    let rule: Int
    /// When it was so, in event time.
    let matchedAt: Int64
    /// When what led to it began.
    let startedAt: Int64
    let identity: UInt64
    let data: ProfileState.Piece
    var change = SegmentChange.both
    /// Which target to try first; later ones are its fallbacks.
    var target = 0
    /// Whether it has waited for the end of quiet hours.
    var wasHeld = false
}

/// The patterns of rules, step by step in the order of the events' times.
///
/// An event's facts are applied when stream time says that no earlier event can come any more:
/// when it has passed the event's time and the rule's grace. So the result does not depend on the
/// order in which events came, as long as none is late.
extension ProfileState {
    /// So many facts of a rule wait at the most; with more the earliest no longer waits.
    static let mostFacts = 64

    /// When something of a time is decided: as soon as stream time has passed it and the grace.
    static func decision(of time: Int64, _ grace: Int64) -> Int64 {
        time.addingSaturated(grace).addingSaturated(1)
    }

    /// Puts an event's fact among those of its slot.
    mutating func insert(_ fact: Fact) {
        let range = facts(of: fact.slot)
        var position = range.upperBound
        while position > range.lowerBound, facts[position - 1].time > fact.time { position -= 1 }
        facts.insert(fact, at: position)
    }

    /// Until when a slot of which too many facts wait has to be advanced: to what its first fact
    /// leads to. `nil` when they are not too many.
    func endOfWaiting(in slot: Int, _ rule: Rule) -> Int64? {
        let range = facts(of: slot)
        guard range.count > Self.mostFacts else { return nil }
        return Self.decision(of: facts[range.lowerBound].time, rule.grace)
    }

    /// Applies what is decided at `moment`, or was before.
    mutating func advance(
        _ slot: Int, _ rule: Rule, at index: Int, to moment: Int64, _ found: inout [Candidate]
    ) {
        let range = facts(of: slot)
        var position = range.lowerBound
        while true {
            let deadline = self.deadline(of: slot, rule)
            let isFactNext =
                position < range.upperBound && facts[position].time <= deadline
            let time = isFactNext ? facts[position].time : deadline
            guard time < .max, Self.decision(of: time, rule.grace) <= moment else { break }
            if isFactNext {
                apply(facts[position], rule, at: index, &found)
                slots[slot].applied = max(slots[slot].applied, time)
                position += 1
            } else {
                expire(slot, deadline, rule, at: index, &found)
            }
        }
        facts.removeSubrange(range.lowerBound..<position)
    }

    /// Until when a slot waits for something that has to come; `Int64.max` when it does not.
    private func deadline(of slot: Int, _ rule: Rule) -> Int64 {
        let mark = slots[slot].marks[0]
        guard mark != Self.none else { return .max }
        switch rule.pattern {
        case .absence(_, _, let within, _): return mark.addingSaturated(within)
        case .segment(_, let stays, _):
            return stays == .max ? .max : slots[slot].marks[1].addingSaturated(stays)
        case .plain, .sequence, .threshold, .schedule: return .max
        }
    }

    private mutating func expire(
        _ slot: Int, _ deadline: Int64, _ rule: Rule, at index: Int, _ found: inout [Candidate]
    ) {
        let state = slots[slot]
        slots[slot].marks[0] = Self.none
        slots[slot].marks[1] = Self.none
        slots[slot].data = .empty
        var change = SegmentChange.both
        if case .segment(_, _, let reports) = rule.pattern {
            if reports == .enter { return }
            change = .exit
        }
        found.append(
            Candidate(
                rule: index, matchedAt: deadline, startedAt: state.marks[0],
                identity: state.identity, data: state.data, change: change))
    }

    private mutating func apply(
        _ fact: Fact, _ rule: Rule, at index: Int, _ found: inout [Candidate]
    ) {
        switch rule.pattern {
        case .sequence(let steps, let within):
            applySteps(fact, count: steps.count, within, at: index, &found)
        case .absence(_, _, _, let restarts):
            if fact.bits & 2 != 0 {
                slots[fact.slot].marks[0] = Self.none
                exits.append((slots[fact.slot].rule, fact.time))
            }
            if fact.bits & 1 != 0, restarts || slots[fact.slot].marks[0] == Self.none {
                slots[fact.slot].marks[0] = fact.time
                slots[fact.slot].identity = fact.identity
                slots[fact.slot].data = fact.data
            }
        case .threshold:
            if fact.bits & 2 != 0 { slots[fact.slot].marks[0] = Self.none }
            if fact.bits & 1 != 0, slots[fact.slot].marks[0] == Self.none {
                slots[fact.slot].marks[0] = 0
                found.append(fact.candidate(at: index, since: fact.time))
            }
        case .segment(_, _, let reports): applyMembership(fact, reports, at: index, &found)
        case .plain, .schedule: break
        }
    }

    private mutating func applySteps(
        _ fact: Fact, count: Int, _ within: Int64, at index: Int, _ found: inout [Candidate]
    ) {
        var marks = slots[fact.slot].marks
        // The start of fewer steps is never earlier than that of more.
        for step in (1..<count).reversed() where fact.bits & 1 << UInt8(step) != 0 {
            let start = marks[step - 1]
            guard start != Self.none, fact.time <= start.addingSaturated(within) else { continue }
            if step < count - 1 {
                marks[step] = start
            } else {
                found.append(fact.candidate(at: index, since: start))
                marks = InlineArray(repeating: Self.none)
            }
        }
        if fact.bits & 1 != 0 { marks[0] = fact.time }
        slots[fact.slot].marks = marks
    }

    private mutating func applyMembership(
        _ fact: Fact, _ reports: SegmentChange, at index: Int, _ found: inout [Candidate]
    ) {
        let since = slots[fact.slot].marks[0]
        if fact.bits & 1 != 0 {
            slots[fact.slot].marks[1] = fact.time
            slots[fact.slot].identity = fact.identity
            guard since == Self.none else { return }
            slots[fact.slot].marks[0] = fact.time
            if reports != .exit {
                found.append(fact.candidate(at: index, since: fact.time, .enter))
            }
        } else if since != Self.none {
            slots[fact.slot].marks[0] = Self.none
            slots[fact.slot].marks[1] = Self.none
            if reports != .enter { found.append(fact.candidate(at: index, since: since, .exit)) }
        }
    }

    // MARK: When to wake

    /// The earliest moment at which a slot may have something to say; `Int64.max` when only an
    /// event can change that.
    func wake(_ slot: Int, _ rule: Rule) -> Int64 {
        let mark = slots[slot].marks[0]
        let range = facts(of: slot)
        switch rule.pattern {
        case .plain: return .max
        case .schedule: return mark == Self.none ? .max : mark
        case .sequence(let steps, _):
            // Only the last step gives something.
            let last = UInt8(1) << UInt8(steps.count - 1)
            return firstDecision(in: range, rule) { $0.bits & last != 0 }
        case .absence(_, _, let within, _):
            let isHeld = held.contains { $0.rule == rule.identity }
            let exit = isHeld ? firstDecision(in: range, rule) { $0.bits & 2 != 0 } : .max
            var start = mark
            if start == Self.none {
                start = facts[range].first { $0.bits & 1 != 0 }?.time ?? Self.none
            }
            guard start != Self.none else { return exit }
            return min(exit, Self.decision(of: start.addingSaturated(within), rule.grace))
        case .threshold:
            var isArmed = mark == Self.none
            for index in range {
                if facts[index].bits & 2 != 0 { isArmed = true }
                if isArmed, facts[index].bits & 1 != 0 {
                    return Self.decision(of: facts[index].time, rule.grace)
                }
            }
            return .max
        case .segment:
            let isMember = mark != Self.none
            let change = firstDecision(in: range, rule) { ($0.bits & 1 != 0) != isMember }
            let deadline = deadline(of: slot, rule)
            return deadline == .max ? change : min(change, Self.decision(of: deadline, rule.grace))
        }
    }

    /// Whether an exit takes an action of an absence back at `moment`: the time of its rule to be
    /// applied has come, or that of the action, and it is earlier than that.
    func isOver(_ action: HeldAction, _ rule: Rule, at moment: Int64) -> Bool {
        guard case .absence = rule.pattern,
            let slot = slots.firstIndex(where: { $0.rule == rule.identity })
        else { return false }
        return facts[facts(of: slot)].contains { fact in
            fact.bits & 2 != 0 && action.startedAt <= fact.time && fact.time < action.due
                && min(Self.decision(of: fact.time, rule.grace), action.due) <= moment
        }
    }

    private func firstDecision(
        in range: Range<Int>, _ rule: Rule, _ isMeant: (Fact) -> Bool
    ) -> Int64 {
        for index in range where isMeant(facts[index]) {
            return Self.decision(of: facts[index].time, rule.grace)
        }
        return .max
    }
}

extension Fact {
    fileprivate func candidate(
        at rule: Int, since start: Int64, _ change: SegmentChange = .both
    ) -> Candidate {
        Candidate(
            rule: rule, matchedAt: time, startedAt: start, identity: identity, data: data,
            change: change)
    }
}
