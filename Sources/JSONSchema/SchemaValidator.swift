public import Events

/// Validates events with a compiled schema; used by one thread.
///
/// The evaluation walks the index of the event, builds no values and, as long as the event is
/// valid, allocates nothing. An event with an overlay must be settled first
/// (`EventArena.settle`), or it is rendered for each call.
public final class SchemaValidator {
    private let program: SchemaProgram
    private let matcher = PatternMatcher()

    init(_ program: SchemaProgram) { self.program = program }

    /// Whether the event is as the schema says. One that can't be parsed is not.
    public func isValid(_ event: Event, in arena: EventArena) -> Bool {
        isValid(arena.root(of: event), in: arena)
    }

    /// Whether a value is as the schema says.
    public func isValid(_ value: FieldValue, in arena: EventArena) -> Bool {
        var evaluation = Evaluation(
            program: program, arena: arena, matcher: matcher, sink: Verdict())
        return !value.isMissing && evaluation.evaluate(value, 0)
    }

    /// What is wrong with the event, the first `limit` violations in the order of its fields.
    public func violations(of event: Event, in arena: EventArena, limit: Int) -> [Violation] {
        violations(of: arena.root(of: event), in: arena, limit: limit)
    }

    /// What is wrong with a value.
    public func violations(
        of value: FieldValue, in arena: EventArena, limit: Int
    ) -> [Violation] {
        guard !value.isMissing else {
            return [
                Violation(
                    error: .noValue, instancePath: "", schemaPath: "",
                    sentence: "there is no JSON value to validate")
            ]
        }
        var evaluation = Evaluation(
            program: program, arena: arena, matcher: matcher,
            sink: Explanation(program: program, arena: arena, limit: limit))
        _ = evaluation.evaluate(value, 0)
        return evaluation.sink.violations
    }
}
