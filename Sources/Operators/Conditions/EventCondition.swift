internal import CEL
internal import StreamCore

/// What an operator asks of an event: an expression, or tests of fields.
enum EventCondition: Sendable {
    case expression(Expression)
    case tests(Condition)

    /// Reads a condition of either form; `nil` when there is something wrong with it, which is then
    /// reported.
    init?(configuration: inout Configuration, in scope: EventScope) {
        let value = configuration.value
        if value.isScalar {
            guard
                let expression = configuration.expression(
                    of: value, in: scope, resultType: .boolean)
            else { return nil }
            self = .expression(expression)
        } else {
            guard let condition = Condition(configuration: &configuration) else { return nil }
            self = .tests(condition)
        }
    }

    /// Whether there may be events of which it can't be said.
    var mayFail: Bool {
        switch self {
        case .expression: true
        case .tests: false
        }
    }
}
