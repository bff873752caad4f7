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
///     conditions.look(at: event)
///     if conditions.decision(on: isView, in: arena) == .met { ... }
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

    /// What was read of a field, and for which event.
    private struct Reading: BitwiseCopyable {
        var value = FieldValue.missing
        var turn = 0
    }

    private let evaluation: Evaluation
    private let variable: Variable
    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var conditions: [EventCondition] = []
    @safe @exclusivity(unchecked) private var plans = Pool<Plan>(capacity: 16)
    @safe @exclusivity(unchecked) private var tests = Pool<Test>(capacity: 16)
    @safe @exclusivity(unchecked) private var fields: [FieldPath] = []
    @safe @exclusivity(unchecked) private var readings = Pool<Reading>(capacity: 16)
    /// The event that is asked, and how many were before it.
    @safe @exclusivity(unchecked) private var event: Event?
    @safe @exclusivity(unchecked) private var turn = 0

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

    private func number(of path: FieldPath) -> Int {
        if let known = fields.firstIndex(of: path) { return known }
        fields.append(path)
        readings.append(Reading())
        return fields.count - 1
    }

    /// Turns to an event: what is asked from now on is asked of it.
    func look(at event: Event) {
        self.event = event
        turn &+= 1
    }

    /// The value of a field.
    func value(of field: Field, in arena: EventArena) -> FieldValue {
        unsafe reading(of: field.index, in: arena).pointee.value
    }

    /// What the field says, where it is kept: a value is large.
    private func reading(of field: Int, in arena: EventArena) -> UnsafePointer<Reading> {
        let reading = unsafe readings.pointer(at: field)
        if unsafe reading.pointee.turn != turn { read(field, in: arena) }
        return unsafe reading
    }

    private func read(_ field: Int, in arena: EventArena) {
        guard let event else { return }
        readings[field] = Reading(
            value: arena.value(of: event, at: fields[field]), turn: turn)
    }

    /// Whether the event meets a condition, or that this can't be said.
    func decision(on number: Number, in arena: EventArena) -> Decision {
        if let decision = decisionByFields(number.index, in: arena) { return decision }
        guard let event else { return .notMet }
        switch conditions[number.index] {
        case .tests(let condition): return condition.matches(event, in: arena) ? .met : .notMet
        case .expression(let expression):
            evaluation.bind(variable, to: event, in: arena)
            return evaluation.decision(of: expression)
        }
    }

    /// Why the event can't be said to meet a condition, or not to.
    func reason(ofFailing number: Number, in arena: EventArena) -> String {
        guard case .expression(let expression) = conditions[number.index], let event else {
            return ""
        }
        evaluation.bind(variable, to: event, in: arena)
        do {
            _ = try evaluation.boolean(of: expression)
            return ""
        } catch {
            return EventEvaluation.reason(error)
        }
    }

    /// `nil` when it takes more than the tests to say.
    private func decisionByFields(_ index: Int, in arena: EventArena) -> Decision? {
        let plan = plans[index]
        if plan.testCount == 0 { return nil }
        var failure: Decision?
        var isUnclear = false
        for index in plan.firstTest..<plan.firstTest + plan.testCount {
            let test = unsafe tests.pointer(at: index)
            let reading = unsafe reading(of: test.pointee.field, in: arena)
            switch unsafe test.pointee.test.decision(of: reading.pointee.value, in: arena) {
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
