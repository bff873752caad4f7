internal import CEL
internal import Events
internal import StreamCore

/// Evaluates the expressions of an operator in one task.
///
/// It allocates nothing per event, once the memory is there that the largest of them needed.
final class EventEvaluation {
    private let evaluation: Evaluation
    private let event: Variable

    init(_ scope: EventScope) {
        evaluation = Evaluation(scope.declarations)
        event = scope.event
    }

    /// Whether an event meets a condition, or that this can't be said.
    func decision(
        on condition: EventCondition, of event: Event, in arena: EventArena
    ) -> Decision {
        switch condition {
        case .tests(let condition): return condition.matches(event, in: arena) ? .met : .notMet
        case .expression(let expression):
            evaluation.bind(self.event, to: event, in: arena)
            return evaluation.decision(of: expression)
        }
    }

    /// Why an event can't be said to meet a condition, or not to.
    func reason(
        ofFailing condition: EventCondition, for event: Event, in arena: EventArena
    ) -> String {
        guard case .expression(let expression) = condition else { return "" }
        evaluation.bind(self.event, to: event, in: arena)
        do {
            _ = try evaluation.boolean(of: expression)
            return ""
        } catch {
            return Self.reason(error)
        }
    }

    /// Sets a field of an event to what an expression gives for it; returns false when it can't be
    /// set.
    func set(
        _ path: FieldPath, of event: inout Event, in arena: EventArena, to expression: Expression
    ) throws(EvaluationError) -> Bool {
        evaluation.bind(self.event, to: event, in: arena)
        return try evaluation.set(path, of: &event, in: arena, to: expression)
    }

    /// Where in its expression, what happened, and what to do about it.
    static func reason(_ error: EvaluationError) -> String {
        "\(error)" + (error.reason.remedy.map { "; \($0)" } ?? "")
    }
}
