internal import CEL

/// One rule, checked and compiled: what must happen, and what is sent then.
///
/// A class, so that a task that asks for a rule does not copy it.
final class Rule: Sendable {
    let name: String
    /// What its state is kept under: name and kind, so that the rest may be tuned while it runs, and
    /// how often a rule of its name was removed, so that one that comes back begins anew.
    let identity: UInt64
    /// What its actions are counted under: they were sent, also when the rule was removed since.
    let countIdentity: UInt64
    /// The first 16 digits of the SHA-256 of what the rule says.
    let version: String
    let pattern: RulePattern
    /// What must hold at the moment of the decision.
    let condition: Expression?
    /// How long the rule waits for events that come late. Milliseconds.
    let grace: Int64
    let priority: Int16
    let campaign: String
    let campaignHash: UInt64
    /// The channel and its fallbacks, in the order in which they are tried.
    let targets: [Target]
    let data: [DataField]
    let limit: FrequencyCap?
    let quietHours: QuietHours?
    let exemptions: Gates

    /// Where an action goes.
    struct Target: Sendable {
        let channel: String
        let channelHash: UInt64
        let template: String
    }

    /// A value that an action carries, computed of the event.
    struct DataField: Sendable {
        let name: String
        let value: Expression
    }

    init(
        name: String, removals: UInt64, version: String, pattern: RulePattern,
        condition: Expression?,
        grace: Int64, priority: Int16, campaign: String, targets: [Target], data: [DataField],
        limit: FrequencyCap?, quietHours: QuietHours?, exemptions: Gates
    ) {
        self.name = name
        self.version = version
        self.pattern = pattern
        self.condition = condition
        self.grace = grace
        self.priority = priority
        self.campaign = campaign
        self.targets = targets
        self.data = data
        self.limit = limit
        self.quietHours = quietHours
        self.exemptions = exemptions
        campaignHash = StableHash.of(campaign)
        countIdentity = StableHash.of(name, pattern.kind)
        identity =
            removals == 0 ? countIdentity : StableHash.of(name, pattern.kind, String(removals))
    }
}

/// What must happen for a rule.
enum RulePattern: Sendable {
    /// An event.
    case plain(when: EventCondition)
    /// Events one after the other, the last at most `within` after the first.
    case sequence(steps: [EventCondition], within: Int64)
    /// An event that no other follows `within` its time. `restarts`: a further one begins anew.
    case absence(start: EventCondition, exit: EventCondition, within: Int64, restarts: Bool)
    /// A value that reaches a bound, having been beyond the other one since it last did.
    case threshold(reaches: Expression, rearms: Expression)
    /// Events say whether the profile belongs to it; without a word it does for `stays`.
    case segment(member: EventCondition, stays: Int64, reports: SegmentChange)
    /// A time of the calendar.
    case schedule(Schedule)

    var kind: String {
        switch self {
        case .plain: "event"
        case .sequence: "sequence"
        case .absence: "absence"
        case .threshold: "threshold"
        case .segment: "segment"
        case .schedule: "schedule"
        }
    }

    /// The longest time between an event and what it leads to, grace left out.
    var span: Int64 {
        switch self {
        case .plain, .threshold, .schedule: 0
        case .sequence(_, let within), .absence(_, _, let within, _): within
        case .segment(_, let stays, _): stays == .max ? 0 : stays
        }
    }
}

/// Which changes of a segment lead to an action.
enum SegmentChange: String, CaseIterable, Sendable {
    case enter, exit, both
}

/// The gates that an action passes, and which of them a rule is exempt from.
struct Gates: OptionSet, Sendable {
    let rawValue: UInt8

    static let consent = Gates(rawValue: 1)
    static let suppression = Gates(rawValue: 2)
    static let quietHours = Gates(rawValue: 4)
    static let caps = Gates(rawValue: 8)
    static let priority = Gates(rawValue: 16)
    static let budget = Gates(rawValue: 32)

    /// What a transactional message need not pass.
    static let marketing: Gates = [.consent, .quietHours, .caps, .priority, .budget]

    static let names: [(name: String, gate: Gates)] = [
        ("consent", .consent), ("suppression", .suppression), ("quiet_hours", .quietHours),
        ("caps", .caps), ("priority", .priority), ("budget", .budget),
    ]
}

/// Hashes that are the same everywhere and always: words multiplied in, finished as SplitMix64 does.
struct StableHash {
    private var state: UInt64

    init(seed: UInt64 = 0xcbf2_9ce4_8422_2325) { state = seed }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position + 8 <= bytes.count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            mix(UInt64(littleEndian: word))
            position += 8
        }
        var rest = UInt64(bytes.count - position)
        while position < bytes.count {
            rest = rest << 8 | UInt64(unsafe bytes[position])
            position += 1
        }
        mix(rest)
    }

    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
        state ^= state >> 32
    }

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { unsafe add(UnsafeRawBufferPointer($0)) }
    }

    mutating func add(_ number: UInt64) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe add($0) }
    }

    var value: UInt64 {
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    static func of(_ texts: String...) -> UInt64 {
        var hash = StableHash()
        for text in texts { hash.add(text) }
        return hash.value
    }
}
