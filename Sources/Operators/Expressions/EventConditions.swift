internal import CEL
internal import Events
internal import StreamCore

/// The conditions that an operator asks of its events, in one task.
///
/// They are asked together: a field that several of them are about is looked up once for an event,
/// and a condition that asks nothing but fields is decided without an evaluation.
///
/// ```swift
/// let conditions = EventConditions(scope)
/// let isView = conditions.add(settings.views)
/// for event in events {
///     if conditions.decision(on: isView, of: event, in: arena) == .met { ... }
/// }
/// ```
final class EventConditions {
    /// One of the conditions.
    struct Number: BitwiseCopyable {
        fileprivate let index: Int
    }

    /// A field that is read beside them.
    struct Field: BitwiseCopyable {
        fileprivate let index: Int
    }

    /// How a condition is decided by its tests; without any it takes an evaluation.
    private struct Plan: BitwiseCopyable {
        let firstTest: Int
        let testCount: Int
        let needsAll: Bool
    }

    private struct Test: BitwiseCopyable {
        let field: Int
        let test: FieldTest
    }

    private let evaluation: Evaluation
    private let variable: Variable
    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var conditions: [EventCondition] = []
    @safe @exclusivity(unchecked) private var plans: [Plan] = []
    @safe @exclusivity(unchecked) private var tests: [Test] = []
    @safe @exclusivity(unchecked) private var fields: [FieldPath] = []
    /// By field, its value in the event at hand, when `isRead` says so.
    @safe @exclusivity(unchecked) private var values: [FieldValue] = []
    @safe @exclusivity(unchecked) private var isRead: [Bool] = []
    @safe @exclusivity(unchecked) private var event: Event?
    @safe @exclusivity(unchecked) private var arena: EventArena?
    @safe @exclusivity(unchecked) private var generation = 0

    init(_ scope: EventScope) {
        evaluation = Evaluation(scope.declarations)
        variable = scope.event
    }

    /// Adds a condition of the scope, or of one that an evaluation in it takes too.
    func add(_ condition: EventCondition) -> Number {
        let first = tests.count
        var needsAll = true
        if case .expression(let expression) = condition,
            let asked = expression.fieldTests(of: variable)
        {
            needsAll = asked.needsAll
            for (path, test) in asked.tests {
                tests.append(Test(field: number(of: path), test: test))
            }
        }
        conditions.append(condition)
        plans.append(Plan(firstTest: first, testCount: tests.count - first, needsAll: needsAll))
        return Number(index: plans.count - 1)
    }

    /// Adds a field that the operator reads itself.
    func add(_ path: FieldPath) -> Field { Field(index: number(of: path)) }

    /// The value of a field in an event.
    func value(of field: Field, of event: Event, in arena: EventArena) -> FieldValue {
        look(at: event, in: arena)
        return value(field.index, event, in: arena)
    }

    private func value(_ field: Int, _ event: Event, in arena: EventArena) -> FieldValue {
        if !isRead[field] {
            values[field] = arena.value(of: event, at: fields[field])
            isRead[field] = true
        }
        return values[field]
    }

    private func number(of path: FieldPath) -> Int {
        if let known = fields.firstIndex(of: path) { return known }
        fields.append(path)
        values.append(.missing)
        isRead.append(false)
        return fields.count - 1
    }

    /// Whether an event meets a condition, or that this can't be said.
    func decision(on number: Number, of event: Event, in arena: EventArena) -> Decision {
        look(at: event, in: arena)
        if let decision = decisionByFields(number.index, event, in: arena) { return decision }
        switch conditions[number.index] {
        case .tests(let condition): return condition.matches(event, in: arena) ? .met : .notMet
        case .expression(let expression):
            evaluation.bind(variable, to: event, in: arena)
            return evaluation.decision(of: expression)
        }
    }

    /// Why an event can't be said to meet a condition, or not to.
    func reason(ofFailing number: Number, for event: Event, in arena: EventArena) -> String {
        guard case .expression(let expression) = conditions[number.index] else { return "" }
        evaluation.bind(variable, to: event, in: arena)
        do {
            _ = try evaluation.boolean(of: expression)
            return ""
        } catch {
            return EventEvaluation.reason(error)
        }
    }

    /// Forgets the fields of another event.
    private func look(at event: Event, in arena: EventArena) {
        if self.arena === arena, generation == arena.generation,
            self.event?.hasSameFields(as: event) == true
        {
            return
        }
        if self.arena !== arena { self.arena = arena }
        (self.event, generation) = (event, arena.generation)
        for field in isRead.indices { isRead[field] = false }
    }

    /// `nil` when it takes more than the tests to say.
    private func decisionByFields(
        _ index: Int, _ event: Event, in arena: EventArena
    ) -> Decision? {
        let plan = plans[index]
        if plan.testCount == 0 { return nil }
        var failure: Decision?
        var isUnclear = false
        for index in plan.firstTest..<plan.firstTest + plan.testCount {
            let (field, test) = (tests[index].field, tests[index].test)
            switch test.decision(of: value(field, event, in: arena), in: arena) {
            case .met?: if !plan.needsAll { return .met }
            case .notMet?: if plan.needsAll { return .notMet }
            case let failed?: failure = failure ?? failed
            case nil: isUnclear = true
            }
        }
        if isUnclear { return nil }
        return failure ?? (plan.needsAll ? .met : .notMet)
    }
}
