public import Events

/// Validates events with a compiled schema; used by one thread.
///
/// The evaluation walks the index of the event, builds no values and, as long as the event is
/// valid, allocates nothing. An event with an overlay must be settled first
/// (`EventArena.settle`), or it is rendered for each call.
public final class SchemaValidator {
    private let program: SchemaProgram
    private let room = EvaluationRoom()

    init(_ program: SchemaProgram) { self.program = program }

    /// Whether the event is as the schema says. One that can't be parsed is not.
    public func isValid(_ event: Event, in arena: EventArena) -> Bool {
        guard let reader = arena.reader(of: event) else { return false }
        return isValid(0, reader)
    }

    /// Whether a value is as the schema says.
    public func isValid(_ value: FieldValue, in arena: EventArena) -> Bool {
        guard let (reader, node) = arena.reader(of: value) else { return false }
        return isValid(node, reader)
    }

    private func isValid(_ node: Int32, _ reader: DocumentReader) -> Bool {
        var evaluation = Evaluation(program, reader, node: node, room: room, sink: Verdict())
        return evaluation.evaluate(node, 0) && !evaluation.isExhausted
    }

    /// What is wrong with the event, the first `limit` violations in the order of its fields.
    public func violations(of event: Event, in arena: EventArena, limit: Int) -> [Violation] {
        violations(of: arena.root(of: event), in: arena, limit: limit)
    }

    /// What is wrong with a value.
    public func violations(
        of value: FieldValue, in arena: EventArena, limit: Int
    ) -> [Violation] {
        guard let (reader, node) = arena.reader(of: value) else {
            return [
                Violation(
                    error: .noValue, instancePath: "", schemaPath: "",
                    sentence: "there is no JSON value to validate")
            ]
        }
        let sink = Explanation(program: program, limit: limit)
        var evaluation = Evaluation(program, reader, node: node, room: room, sink: sink)
        _ = evaluation.evaluate(node, 0)
        if evaluation.isExhausted, evaluation.sink.violations.isEmpty {
            _ = evaluation.abort(Finding(keyword: .tooManySteps, node: node, rule: 0))
        }
        return evaluation.sink.violations
    }
}
