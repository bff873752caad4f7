internal import CEL
internal import Events

/// The rules that a task goes by: those of the file, with what records have changed.
struct RuleSet {
    static let mostRules = 256
    /// Under which hash it is kept when the profile was seen last.
    static let lastSeen = StableHash.of("last_seen")

    /// One condition of a rule.
    struct Test: BitwiseCopyable {
        let condition: EventConditions.Number
        let rule: Int
        /// What it means when it holds.
        let bits: UInt8
        /// What it means when it does not.
        let bitsIfNot: UInt8
    }

    /// A rule with a schedule.
    struct Appointment: BitwiseCopyable {
        let rule: Int
        /// The field of the profile, by its hash, without which it has no date.
        let dateField: UInt64?
    }

    private let settings: TriggerSettings
    /// By name; `nil` takes a rule of the file away.
    private var changes: [String: Rule?] = [:]
    /// By name; how often a rule was removed.
    private var removals: [String: UInt64] = [:]

    /// Those of the file in its order, then others in the order of their names.
    private(set) var rules: [Rule] = []
    private(set) var conditions: EventConditions
    /// What is kept of events, in the order of the settings.
    private(set) var profileFields: [EventConditions.Field] = []
    /// The tests of each rule stand together.
    private(set) var tests: [Test] = []
    private(set) var schedules: [Appointment] = []
    /// The rules of segments, in their order.
    private(set) var segments: [(identity: UInt64, rule: Int)] = []
    /// Of what profiles keep for rules, and of the schedules; never 0.
    private(set) var version: UInt64 = 0
    /// The fields of the profile, by their hashes, that say when schedules are due; `nil` when all may.
    private var scheduleFields: [UInt64]? = []
    /// The longest time that an action is remembered, for the rules' own limits.
    private(set) var longestLimit: Int64 = 0
    /// Whether an expression asks when the profile was seen last: then it is kept as a field, to
    /// know it as of each moment.
    private(set) var asksLastSeen = false
    /// By the rules' identities, in their order.
    private var places: [(identity: UInt64, index: Int)] = []

    init(_ settings: TriggerSettings) {
        self.settings = settings
        conditions = EventConditions(settings.scope.events)
        arrange()
    }

    /// Whether a change of a field of the profile can change when a schedule is due.
    func schedulesDepend(on field: UInt64) -> Bool { scheduleFields?.contains(field) ?? true }

    /// The place of the rule that a slot belongs to.
    func place(of identity: UInt64) -> Int? {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle].identity < identity { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low].identity == identity ? places[low].index : nil
    }

    func rule(named name: String) -> Rule? { rules.first { $0.name == name } }

    /// How often a rule of this name was removed.
    func removals(of name: String) -> UInt64 { removals[name] ?? 0 }

    /// Puts a rule in the place of the one of its name; `nil` takes that one away. `removals`: how
    /// often one of its name was removed, this time included.
    mutating func change(_ name: String, to rule: Rule?, removals: UInt64) {
        changes[name] = .some(rule)
        self.removals[name] = removals
        arrange()
    }

    private mutating func arrange() {
        let known = Set(settings.rules.map(\.name))
        rules = settings.rules.compactMap { rule in
            if let change = changes[rule.name] { return change }
            return rule
        }
        for name in changes.keys.sorted() where !known.contains(name) {
            if let rule = changes[name] ?? nil { rules.append(rule) }
        }
        let conditions = EventConditions(settings.scope.events)
        self.conditions = conditions
        profileFields = settings.profileFields.map { conditions.add($0.path) }
        tests = []
        schedules = []
        segments = []
        scheduleFields = []
        longestLimit = 0
        var version = StableHash()
        for field in settings.profileFields { version.add(field.hash) }
        for (index, rule) in rules.enumerated() {
            longestLimit = max(longestLimit, rule.limit?.span ?? 0)
            version.add(rule.identity)
            if case .segment = rule.pattern { segments.append((rule.identity, index)) }
            if case .schedule(let schedule) = rule.pattern {
                schedules.append(Appointment(rule: index, dateField: dateField(of: schedule)))
                note(schedule)
                version.add(rule.version)
            }
            addTests(of: rule, at: index)
        }
        places = rules.enumerated().map { ($0.element.identity, $0.offset) }
        places.sort { $0.identity < $1.identity }
        asksLastSeen = (settings.moments + rules.flatMap(\.moments)).contains(where: asksLastSeen)
        version.add(asksLastSeen ? 1 : 0)
        self.version = version.value | 1
    }

    private func asksLastSeen(_ expression: Expression) -> Bool {
        let profile = settings.scope.profile
        guard expression.variables.contains(profile) else { return false }
        guard let fields = expression.fields(of: profile) else { return true }
        return fields.contains { $0.components.first == .name("last_seen") }
    }

    private func dateField(of schedule: Schedule) -> UInt64? {
        schedule.date?.field(of: settings.scope.profile).flatMap { profileField(of: $0) }
    }

    /// The field of the profile that a path leads into, by its hash.
    private func profileField(of path: FieldPath) -> UInt64? {
        guard case .name(let name)? = path.components.first else { return nil }
        return settings.profileFields.first { $0.name == name }?.hash
    }

    private mutating func note(_ schedule: Schedule) {
        let zone = schedule.zone ?? settings.zone
        for expression in [schedule.date, zone?.name].compactMap({ $0 }) {
            guard expression.variables == [settings.scope.profile],
                let paths = expression.fields(of: settings.scope.profile)
            else {
                scheduleFields = nil
                return
            }
            for path in paths {
                guard let field = profileField(of: path) else {
                    scheduleFields = nil
                    return
                }
                scheduleFields?.append(field)
            }
        }
    }

    private mutating func addTests(of rule: Rule, at index: Int) {
        switch rule.pattern {
        case .plain(let when): add(when, index, 1)
        case .sequence(let steps, _):
            for (step, condition) in steps.enumerated() { add(condition, index, 1 << UInt8(step)) }
        case .absence(let start, let exit, _, _):
            add(start, index, 1)
            add(exit, index, 2)
        case .threshold(let reaches, let rearms):
            add(.expression(reaches), index, 1)
            add(.expression(rearms), index, 2)
        case .segment(let member, _, _): add(member, index, 1, ifNot: 2)
        case .schedule: break
        }
    }

    private mutating func add(
        _ condition: EventCondition, _ rule: Int, _ bits: UInt8, ifNot: UInt8 = 0
    ) {
        tests.append(
            Test(condition: conditions.add(condition), rule: rule, bits: bits, bitsIfNot: ifNot))
    }
}

extension TriggerSettings {
    /// The expressions that are asked at the moment of a decision.
    fileprivate var moments: [Expression] {
        let own = [zone?.name, suppression, quietHours?.zone?.name]
        return own.compactMap(\.self)
            + channels.flatMap { channel in
                [channel.consent, channel.suppression, channel.quietHours?.zone?.name]
                    .compactMap(\.self)
            }
    }
}

extension Rule {
    fileprivate var moments: [Expression] {
        var expressions = [condition, quietHours?.zone?.name]
        if case .schedule(let schedule) = pattern {
            expressions += [schedule.date, schedule.zone?.name]
        }
        return expressions.compactMap(\.self)
    }
}
