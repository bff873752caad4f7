internal import Events
internal import StreamCore

/// Actions that wait for the end of quiet hours: they are released then, or taken back before.
extension Profiles {
    /// Takes what has waited until now.
    mutating func release(dueAt time: Int64, _ place: Place, in context: OperatorContext) {
        var index = 0
        while index < profile.held.count {
            let action = profile.held[index]
            guard action.due <= time else {
                index += 1
                continue
            }
            profile.held.remove(at: index)
            guard let rule = rules.place(of: action.rule) else {
                report(action, .ruleRemoved, at: time, place, in: context)
                continue
            }
            candidates.append(
                Candidate(
                    rule: rule, matchedAt: action.matchedAt, startedAt: action.startedAt,
                    identity: action.identity, data: action.data,
                    change: SegmentChange.allCases[
                        min(Int(action.change), SegmentChange.allCases.count - 1)],
                    target: min(Int(action.target), rules.rules[rule].targets.count - 1),
                    wasHeld: true))
        }
    }

    /// An exit comes too late for the order of events, while actions of its absence wait for the end
    /// of quiet hours: those that began until then are taken back.
    mutating func cancelHeld(
        of rule: Rule, startedUntil time: Int64, at now: Int64, _ place: Place,
        in context: OperatorContext
    ) {
        for index in profile.held.indices.reversed()
        where profile.held[index].rule == rule.identity && profile.held[index].startedAt <= time {
            cancelHeld(index, at: now, place, in: context)
        }
    }

    /// The exits that are to be applied until `moment`, while the actions of absences wait for the
    /// end of quiet hours; and those that came until one was due. `rule`: only those of this one.
    mutating func cancelHeld(
        until moment: Int64, of rule: Rule? = nil, at now: Int64, _ place: Place,
        in context: OperatorContext
    ) {
        for position in profile.held.indices.reversed() {
            let action = profile.held[position]
            guard rule == nil || rule?.identity == action.rule,
                let index = rules.place(of: action.rule),
                profile.isOver(action, rules.rules[index], at: moment)
            else { continue }
            cancelHeld(position, at: now, place, in: context)
        }
    }

    /// An exit that is applied earlier than its time has come to, since too many events waited or the
    /// grace was shortened, may be that of an action which is held from now on, or still is.
    mutating func cancelHeldByAppliedExits(
        at now: Int64, _ place: Place, in context: OperatorContext
    ) {
        if profile.exits.isEmpty { return }
        for index in profile.held.indices.reversed() {
            let action = profile.held[index]
            let isOver = profile.exits.contains {
                $0.rule == action.rule && action.startedAt < $0.time && $0.time < action.due
            }
            if isOver { cancelHeld(index, at: now, place, in: context) }
        }
        profile.exits.removeAll(keepingCapacity: true)
    }

    private mutating func cancelHeld(
        _ index: Int, at now: Int64, _ place: Place, in context: OperatorContext
    ) {
        report(profile.held[index], .cancelled, at: now, place, in: context)
        profile.held.remove(at: index)
    }
}
