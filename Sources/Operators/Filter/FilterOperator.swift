internal import Events
public import StreamCore

/// Keeps the events that meet a condition.
///
/// ```yaml
/// purchases:
///   from: valid
///   filter: { when: { field: event_type, equals: purchase } }
/// ```
///
/// ``Condition`` says what can be asked of a field and how values compare.
///
/// - Units: none.
/// - Late records: none; `filter` does not look at the time.
/// - State: none.
/// - Errors: none; an event that can't be read meets only conditions on missing fields.
/// - Source: none; the words are those of topology files until their expressions are CEL.
public struct FilterOperator: OperatorDefinition {
    let condition: Condition

    public func makeOperator() -> any Operator { Filter(condition: condition) }
}

private final class Filter: Operator {
    private static let dropped = 1

    private let condition: Condition

    init(condition: Condition) { self.condition = condition }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        for event in events {
            let isKept = condition.matches(event, in: context.arena)
            context.emit(event, to: isKept ? 0 : Self.dropped)
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
                "dropped", "The events that do not meet the condition, when somebody wants them.")
        ],
        example: """
            filter:
              when:
                all:
                  - { field: event_type, in: [purchase, refund] }
                  - { field: order.total, at_least: 100 }
                  - not: { field: user.is_test, equals: true }
            """,
        make: { configuration in
            guard var nested = configuration.nested("when") else {
                configuration.report("'when' is missing: say which events to keep")
                return nil
            }
            let condition = Condition(configuration: &nested)
            configuration.absorb(nested)
            return condition.map { FilterOperator(condition: $0) }
        })
}
