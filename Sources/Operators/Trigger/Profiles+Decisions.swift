internal import CEL
internal import Events
internal import StreamCore

/// A channel that was tried and did not let an action through.
struct Attempt {
    let channel: String
    let reason: HoldReason
    let detail: String
}

/// Through the gates: every candidate becomes an action, or a record on `.held` that says why not.
extension Profiles {
    /// So many actions of a profile wait for the end of quiet hours at the most.
    static let mostHeld = 32
    /// So many actions of a profile are remembered at the most.
    static let mostSent = 256

    typealias Place = (streamTime: Timestamp, sequence: Int64)

    /// Decides about all candidates: the highest priority first, then the earlier rule. `last`: the
    /// latest moment of which the profile shows what was said.
    mutating func decide(
        at now: Int64, seeingUntil last: Int64, _ place: Place, _ stores: TriggerStores,
        in context: OperatorContext
    ) throws(StoreError) {
        guard !candidates.isEmpty else { return }
        arrangeCandidates()
        isProfileBound = false
        bind(at: now, seeingUntil: last, in: context)
        for candidate in candidates {
            try decide(candidate, at: now, place, stores, in: context)
        }
        candidates.removeAll(keepingCapacity: true)
    }

    /// Sorts them, and leaves equal ones in their order.
    private mutating func arrangeCandidates() {
        for index in candidates.indices.dropFirst() {
            var position = index
            while position > 0, isBefore(candidates[position], candidates[position - 1]) {
                candidates.swapAt(position, position - 1)
                position -= 1
            }
        }
    }

    private func isBefore(_ left: Candidate, _ right: Candidate) -> Bool {
        let (a, b) = (rules.rules[left.rule], rules.rules[right.rule])
        if a.priority != b.priority { return a.priority > b.priority }
        if left.rule != right.rule { return left.rule < right.rule }
        return left.matchedAt < right.matchedAt
    }

    private mutating func decide(
        _ candidate: Candidate, at now: Int64, _ place: Place, _ stores: TriggerStores,
        in context: OperatorContext
    ) throws(StoreError) {
        let rule = rules.rules[candidate.rule]
        attempts.removeAll(keepingCapacity: true)
        if let condition = rule.condition {
            switch moments.decision(of: condition) {
            case .met: break
            case .notMet:
                return reject(
                    candidate, rule, .condition, "'and' does not hold", now, place, context)
            case .failed(let reason):
                let detail = "'and' has no value: \(reason)"
                return reject(candidate, rule, .conditionFailed, detail, now, place, context)
            }
        }
        for index in candidate.target..<rule.targets.count {
            let target = rule.targets[index]
            let channel = settings.channels.first { $0.name == target.channel }
            if let closed = consentGates(rule, channel) {
                attempts.append(closed)
                continue
            }
            if let quiet = quietHours(rule, channel, at: now) {
                if quiet.holds {
                    return hold(
                        candidate, rule, index, until: quiet.end, at: now, place, in: context)
                }
                attempts.append(
                    Attempt(
                        channel: target.channel, reason: .quietHours,
                        detail: "until \(Timestamp(milliseconds: quiet.end))"))
                continue
            }
            if let closed = try amountGates(rule, target, at: now, stores) {
                attempts.append(closed)
                continue
            }
            // Reserved before anything goes out, so that nothing else can take the place.
            try reserve(rule, target, at: now, stores)
            announce(candidate, rule, target, at: now, place, in: context)
            return
        }
        announceHeld(candidate, rule, at: now, until: nil, place, in: context)
    }

    private mutating func reject(
        _ candidate: Candidate, _ rule: Rule, _ reason: HoldReason, _ detail: String,
        _ now: Int64, _ place: Place, _ context: OperatorContext
    ) {
        attempts.append(Attempt(channel: "", reason: reason, detail: detail))
        announceHeld(candidate, rule, at: now, until: nil, place, in: context)
    }

    // MARK: Consent and suppression

    /// Both count as of now, also for what has waited. What can't be said is not consent, and is
    /// suppressed.
    private func consentGates(_ rule: Rule, _ channel: Channel?) -> Attempt? {
        guard let channel else {
            return Attempt(channel: "", reason: .noConsent, detail: "the channel is gone")
        }
        if !rule.exemptions.contains(.consent) {
            switch moments.decision(of: channel.consent) {
            case .met: break
            case .notMet: return Attempt(channel: channel.name, reason: .noConsent, detail: "")
            case .failed(let reason):
                return Attempt(
                    channel: channel.name, reason: .noConsent, detail: "no value: \(reason)")
            }
        }
        guard !rule.exemptions.contains(.suppression) else { return nil }
        if !settings.suppressedKeys.isEmpty,
            unsafe settings.suppressedKeys.contains(Array(key.bytes))
        {
            return Attempt(channel: channel.name, reason: .suppressed, detail: "in the file")
        }
        for condition in [settings.suppression, channel.suppression] {
            guard let condition else { continue }
            switch moments.decision(of: condition) {
            case .notMet: break
            case .met: return Attempt(channel: channel.name, reason: .suppressed, detail: "")
            case .failed(let reason):
                return Attempt(
                    channel: channel.name, reason: .suppressed, detail: "no value: \(reason)")
            }
        }
        return nil
    }

    // MARK: Quiet hours

    private mutating func quietHours(
        _ rule: Rule, _ channel: Channel?, at now: Int64
    ) -> (end: Int64, holds: Bool)? {
        guard !rule.exemptions.contains(.quietHours),
            let hours = rule.quietHours ?? channel?.quietHours ?? settings.quietHours
        else { return nil }
        let end = clock(hours.zone).end(of: hours, at: now)
        return end > now ? (end, hours.holds) : nil
    }

    private mutating func hold(
        _ candidate: Candidate, _ rule: Rule, _ target: Int, until end: Int64, at now: Int64,
        _ place: Place, in context: OperatorContext
    ) {
        let channel = rule.targets[target].channel
        guard profile.held.count < Self.mostHeld else {
            attempts.append(
                Attempt(channel: channel, reason: .tooManyHeld, detail: "\(Self.mostHeld) wait"))
            return announceHeld(candidate, rule, at: now, until: nil, place, in: context)
        }
        attempts.append(Attempt(channel: channel, reason: .quietHours, detail: ""))
        var name = rule.name
        let piece = name.withUTF8 { unsafe profile.add(UnsafeRawBufferPointer($0)) }
        profile.held.append(
            HeldAction(
                rule: rule.identity, due: end, matchedAt: candidate.matchedAt,
                startedAt: candidate.startedAt, identity: candidate.identity,
                target: UInt8(truncatingIfNeeded: target),
                change: UInt8(
                    truncatingIfNeeded: SegmentChange.allCases.firstIndex(of: candidate.change) ?? 0
                ),
                ruleName: piece, data: candidate.data))
        announceHeld(candidate, rule, at: now, until: end, place, in: context)
    }

    // MARK: Caps, priority, budget

    private mutating func amountGates(
        _ rule: Rule, _ target: Rule.Target, at now: Int64, _ stores: TriggerStores
    ) throws(StoreError) -> Attempt? {
        if !rule.exemptions.contains(.caps) {
            let clock = clock(nil)
            if let limit = rule.limit {
                let count = profile.sent.count {
                    $0.rule == rule.countIdentity && limit.isInside($0.time, at: now, clock)
                }
                if count >= limit.limit {
                    return Attempt(
                        channel: target.channel, reason: .frequencyCap,
                        detail: "the rule's limit, \(limit.words)")
                }
            }
            for cap in settings.caps where cap.covers(rule, target) {
                let count = profile.sent.count {
                    $0.isCounted && cap.counts($0, for: rule, target)
                        && cap.isInside($0.time, at: now, clock)
                }
                if count >= cap.limit {
                    return Attempt(
                        channel: target.channel, reason: .frequencyCap, detail: cap.words)
                }
            }
        }
        if let window = settings.priorityWindow, !rule.exemptions.contains(.priority) {
            let isBeaten = profile.sent.contains {
                $0.isCounted && $0.priority >= rule.priority
                    && $0.time >= now.addingSaturated(-window)
            }
            if isBeaten { return Attempt(channel: target.channel, reason: .priority, detail: "") }
        }
        guard !rule.exemptions.contains(.budget) else { return nil }
        for budget in settings.budgets where budget.covers(rule, target) {
            if try BudgetCount.isUsedUp(
                budget, rule, target, at: now, clocks.fallback, stores.budgets)
            {
                return Attempt(channel: target.channel, reason: .budget, detail: budget.words)
            }
        }
        return nil
    }

    private mutating func reserve(
        _ rule: Rule, _ target: Rule.Target, at now: Int64, _ stores: TriggerStores
    ) throws(StoreError) {
        let longest = max(
            settings.caps.map(\.span).max() ?? 0, settings.priorityWindow ?? 0, rules.longestLimit)
        let oldest = now.addingSaturated(-longest).addingSaturated(-LocalClock.day)
        profile.sent.removeAll { $0.time < oldest }
        if profile.sent.count >= Self.mostSent { profile.sent.removeFirst() }
        profile.sent.append(
            SentAction(
                time: now, channel: target.channelHash, campaign: rule.campaignHash,
                rule: rule.countIdentity, priority: rule.priority,
                isCounted: !rule.exemptions.contains(.caps)))
        guard !rule.exemptions.contains(.budget) else { return }
        for budget in settings.budgets where budget.covers(rule, target) {
            try BudgetCount.add(budget, rule, target, at: now, clocks.fallback, stores.budgets)
        }
    }
}
