internal import CEL
internal import Events
public import StreamCore

/// Keeps the events that meet a condition.
///
/// ```yaml
/// purchases:
///   from: valid
///   filter: { when: event.event_type == 'purchase' && event.order.total >= 100.0 }
/// ```
///
/// The condition is an expression, or a map with tests of fields: ``Condition``.
///
/// - Units: none.
/// - Late records: none; `filter` does not look at the time.
/// - State: none.
/// - Errors: an event for which the expression has no value, for example because a field is
///   missing, goes to `.failed`. Tests of fields have no errors; an event that can't be read meets
///   only those on missing fields.
/// - Source: CEL, the Common Expression Language; for tests of fields none.
public struct FilterOperator: OperatorDefinition {
    let condition: EventCondition
    let scope: EventScope

    public var mayRefuse: Bool { condition.mayFail }

    public func makeOperator() -> any Operator { Filter(condition, in: scope) }
}

private final class Filter: Operator {
    private static let dropped = 1
    private static let failed = 2

    private let conditions: EventConditions
    private let condition: EventConditions.Number

    init(_ condition: EventCondition, in scope: EventScope) {
        conditions = EventConditions(scope)
        self.condition = conditions.add(condition)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        for event in events {
            conditions.look(at: event)
            switch conditions.decision(on: condition, in: arena) {
            case .met: context.emit(event)
            case .notMet: context.emit(event, to: Self.dropped)
            case .failed:
                try context.refuse(event, to: Self.failed, error: "expression") {
                    let reason = conditions.reason(ofFailing: condition, in: arena)
                    return "'when' can't be decided: \(reason)"
                }
            }
        }
    }
}

extension FilterOperator {
    /// What a topology file can say of `filter`.
    public static let spec = OperatorSpec(
        name: "filter",
        summary: "Keeps the events that meet a condition.",
        fields: [
            FieldSpec(
                "when", .condition, required: true, "What an event must meet to be kept.")
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "dropped", "The events that do not meet the condition, when somebody wants them."),
            OperatorSpec.Output(
                "failed", "Events for which the expression has no value, as they came.",
                isForFailures: true),
        ],
        eventSchema: .unchanged,
        example: """
            filter:
              when: event.event_type in ['purchase', 'refund'] && event.order.total >= 100.0
            """,
        make: { configuration in
            guard var nested = configuration.nested("when") else {
                configuration.report("'when' is missing: say which events to keep")
                return nil
            }
            let scope = EventScope(configuration)
            let condition = EventCondition(configuration: &nested, in: scope)
            configuration.absorb(nested)
            return condition.map { FilterOperator(condition: $0, scope: scope) }
        })
}
