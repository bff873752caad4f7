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
