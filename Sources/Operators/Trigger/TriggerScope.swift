internal import CEL
internal import Events
internal import StreamCore

/// What the expressions of a trigger may name.
///
/// Conditions on what happened see `event`. What is asked at the moment of a decision, when there
/// may be no event, sees `profile`, the latest values that the operator keeps, and `now`, stream
/// time.
struct TriggerScope: Sendable {
    let events: EventScope
    let moments: Declarations
    let profile: Variable
    let now: Variable

    /// What every profile has besides the fields that the topology names.
    static let ownFields: [String: ValueType] = [
        "first_seen": .timestamp, "last_seen": .timestamp, "segments": .list(.string),
    ]

    init(_ configuration: Configuration, profileFields: [String]) {
        events = EventScope(configuration)
        var fields = Self.ownFields
        for name in profileFields { fields[name] = .dynamic }
        var declarations = Declarations()
        profile = declarations.declare(
            "profile", .record(RecordType(name: "profile", fields: fields)))
        now = declarations.declare("now", .timestamp)
        moments = declarations
    }
}

extension Configuration {
    /// An expression over `profile` and `now`.
    mutating func momentExpression(
        of found: ConfigurationValue, in scope: TriggerScope, resultType: ValueType
    ) -> Expression? {
        compiled(found, found.text, scope.moments, resultType)
    }

    /// An expression whose text was made from a setting; what is wrong with it is reported there.
    mutating func compiled(
        _ found: ConfigurationValue, _ text: String, _ declarations: Declarations,
        _ resultType: ValueType
    ) -> Expression? {
        guard found.isScalar else {
            report("an expression is needed here, not \(found.kindName)", at: found.location)
            return nil
        }
        do {
            return try Expression.compile(text, declarations, resultType: resultType)
        } catch {
            for problem in error.all.prefix(3) {
                let place = found.location(ofLine: problem.line, column: problem.column)
                report(problem.message, at: place ?? found.location, remedy: problem.remedy)
            }
            return nil
        }
    }
}
