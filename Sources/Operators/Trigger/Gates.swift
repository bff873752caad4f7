internal import CEL
internal import Events
internal import StreamCore

/// How many actions a profile may get in a time.
struct FrequencyCap: Sendable {
    enum Scope: String, CaseIterable, Sendable {
        case profile, channel, campaign
    }

    enum Window: Sendable {
        /// A day of the customer's calendar.
        case calendarDay
        /// The milliseconds before the moment.
        case rolling(Int64)
    }

    let scope: Scope
    /// Only of this channel or campaign; 0 for any.
    let channelHash: UInt64
    let campaignHash: UInt64
    let limit: Int
    let window: Window
    /// As `.held` shows it.
    let words: String

    /// How long an action can count. A calendar day has 25 hours at most, and a zone may change.
    var span: Int64 {
        switch window {
        case .calendarDay: 2 * LocalClock.day
        case .rolling(let duration): duration
        }
    }

    /// Whether the cap is about an action.
    func covers(_ rule: Rule, _ target: Rule.Target) -> Bool {
        (channelHash == 0 || channelHash == target.channelHash)
            && (campaignHash == 0 || campaignHash == rule.campaignHash)
    }

    /// Whether an earlier action counts for one of this rule and target.
    func counts(_ sent: SentAction, for rule: Rule, _ target: Rule.Target) -> Bool {
        switch scope {
        case .profile: break
        case .channel: if sent.channel != target.channelHash { return false }
        case .campaign: if sent.campaign != rule.campaignHash { return false }
        }
        return (channelHash == 0 || channelHash == sent.channel)
            && (campaignHash == 0 || campaignHash == sent.campaign)
    }

    func isInside(_ time: Int64, at now: Int64, _ clock: LocalClock) -> Bool {
        switch window {
        case .calendarDay: clock.dayNumber(time) >= clock.dayNumber(now)
        case .rolling(let duration): time > now.addingSaturated(-duration)
        }
    }
}

/// How much a task may send to all its profiles together in a time.
struct Budget: Sendable {
    enum Scope: String, CaseIterable, Sendable {
        case all, channel, campaign, rule
    }

    enum Window: Sendable {
        case calendarDay, calendarMonth
        /// Windows of so many milliseconds from 1970 on.
        case tumbling(Int64)
    }

    let scope: Scope
    let channelHash: UInt64
    let campaignHash: UInt64
    let limit: Int64
    let window: Window
    let words: String
    /// What its counts are kept under.
    let identity: UInt64

    func covers(_ rule: Rule, _ target: Rule.Target) -> Bool {
        (channelHash == 0 || channelHash == target.channelHash)
            && (campaignHash == 0 || campaignHash == rule.campaignHash)
    }

    /// Which counter an action belongs to.
    func counter(of rule: Rule, _ target: Rule.Target) -> UInt64 {
        switch scope {
        case .all: 0
        case .channel: target.channelHash
        case .campaign: rule.campaignHash
        case .rule: rule.countIdentity
        }
    }

    /// The number of the window that a moment lies in.
    func index(at now: Int64, _ clock: LocalClock) -> Int64 {
        switch window {
        case .calendarDay: clock.dayNumber(now)
        case .calendarMonth: Schedule.Period.month.index(ofDay: clock.dayNumber(now))
        case .tumbling(let duration): now.dividedDown(by: duration).quotient
        }
    }
}

/// A channel and what it asks before anything is sent on it.
struct Channel: Sendable {
    let name: String
    let consent: Expression
    let suppression: Expression?
    let quietHours: QuietHours?
}

/// Why an action is not sent, or not yet.
enum HoldReason: String, Sendable {
    case condition
    case conditionFailed = "condition_failed"
    case noConsent = "no_consent"
    case suppressed
    case quietHours = "quiet_hours"
    case frequencyCap = "frequency_cap"
    case priority
    case budget
    case tooManyHeld = "too_many_held"
    case cancelled
    case ruleRemoved = "rule_removed"
}
