internal import CEL
internal import Events

/// The rules that a task goes by: those of the file, with what records have changed.
struct RuleSet {
    static let mostRules = 256

    /// One condition of a rule.
    struct Test {
        enum Question {
            case expression(Expression)
            case fields(Condition)
        }

        let question: Question
        let rule: Int
        /// What it means when it holds.
        let bits: UInt8
        /// What it means when it does not.
        let bitsIfNot: UInt8
    }

    private let fileRules: [Rule]
    /// By name; `nil` takes a rule of the file away.
    private var changes: [String: Rule?] = [:]

    /// Those of the file in its order, then others in the order of their names.
    private(set) var rules: [Rule] = []
    /// The tests of each rule stand together.
    private(set) var tests: [Test] = []
    private(set) var schedules: [Int] = []
    /// Which schedules there are; 0 for none.
    private(set) var scheduleVersion: UInt64 = 0
    /// The longest time that an action is remembered, for the rules' own limits.
    private(set) var longestLimit: Int64 = 0
    private var places: [UInt64: Int] = [:]

    init(_ fileRules: [Rule]) {
        self.fileRules = fileRules
        arrange()
    }

    /// The place of the rule that a slot belongs to.
    func place(of identity: UInt64) -> Int? { places[identity] }

    func rule(named name: String) -> Rule? { rules.first { $0.name == name } }

    /// Puts a rule in the place of the one of its name; `nil` takes that one away.
    mutating func change(_ name: String, to rule: Rule?) {
        changes[name] = .some(rule)
        arrange()
    }

    private mutating func arrange() {
        let known = Set(fileRules.map(\.name))
        rules = fileRules.compactMap { rule in
            if let change = changes[rule.name] { return change }
            return rule
        }
        for name in changes.keys.sorted() where !known.contains(name) {
            if let rule = changes[name] ?? nil { rules.append(rule) }
        }
        tests = []
        schedules = []
        places = [:]
        longestLimit = 0
        var version = StableHash()
        for (index, rule) in rules.enumerated() {
            places[rule.identity] = index
            longestLimit = max(longestLimit, rule.limit?.span ?? 0)
            if case .schedule = rule.pattern {
                schedules.append(index)
                version.add(rule.version)
            }
            addTests(of: rule, at: index)
        }
        scheduleVersion = schedules.isEmpty ? 0 : version.value
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
        let question: Test.Question =
            switch condition {
            case .expression(let expression): .expression(expression)
            case .tests(let condition): .fields(condition)
            }
        tests.append(Test(question: question, rule: rule, bits: bits, bitsIfNot: ifNot))
    }
}
