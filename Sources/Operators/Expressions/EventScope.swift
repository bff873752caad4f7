internal import CEL
internal import Events
internal import StreamCore

/// What the expressions of an operator may name: `event`.
///
/// Behind a `validate` it has the types of the schema, so that a misspelt field is found when the
/// topology loads; elsewhere nothing is known about it.
struct EventScope: Sendable {
    private(set) var declarations: Declarations
    let event: Variable
    private let type: ValueType

    /// The scope at the place of an operator.
    init(_ configuration: Configuration) {
        self.init(type: Self.type(in: configuration))
    }

    private init(type: ValueType) {
        self.type = type
        var declarations = Declarations()
        event = declarations.declare("event", type)
        self.declarations = declarations
    }

    /// Adds a variable of which nothing is known; its name may have dots.
    mutating func declare(_ name: String) -> Variable { declarations.declare(name, .dynamic) }

    /// The scope behind a step that sets a field: it may be there, and nothing else is known of it.
    ///
    /// An evaluation in the one scope also takes expressions of the other.
    func setting(_ path: FieldPath) -> EventScope {
        EventScope(type: Self.setting(path.components[...], in: type))
    }

    private static func setting(
        _ path: ArraySlice<FieldPath.Component>, in type: ValueType
    ) -> ValueType {
        guard case .record(let record) = type, case .name(let name)? = path.first else {
            return .dynamic
        }
        let field = record.fields[name].map { setting(path.dropFirst(), in: $0) } ?? .dynamic
        return .record(record.adding([name: field]))
    }

    private static func type(in configuration: Configuration) -> ValueType {
        // A schema that can't be read is reported where the topology names it.
        guard let file = configuration.eventSchema,
            let schema = try? configuration.readFile(file),
            let type = ValueType(jsonSchema: schema, name: "event"), case .record = type
        else { return .dynamic }
        return type
    }
}

extension Configuration {
    /// So many problems of one expression are told; what is no expression at all has one a word.
    private static var reportedProblems: Int { 10 }

    /// The expression that a setting holds; `nil` when something is wrong with it, which is then
    /// reported where it stands.
    ///
    /// `resultType`: what it must give; without one it may give anything.
    mutating func expression(
        of found: ConfigurationValue, in scope: EventScope, resultType: ValueType? = nil
    ) -> Expression? {
        guard found.isScalar else {
            report("an expression is needed here, not \(found.kindName)", at: found.location)
            return nil
        }
        do {
            guard let resultType else {
                return try Expression.compile(found.text, scope.declarations)
            }
            return try Expression.compile(found.text, scope.declarations, resultType: resultType)
        } catch {
            for problem in error.all.prefix(Self.reportedProblems) { report(problem, in: found) }
            return nil
        }
    }

    private mutating func report(_ problem: ExpressionProblem, in found: ConfigurationValue) {
        if let place = found.location(ofLine: problem.line, column: problem.column) {
            report(problem.message, at: place, remedy: problem.remedy)
        } else {
            report(
                "\(problem.message) (at \(problem.line):\(problem.column) of the expression)",
                at: found.location, remedy: problem.remedy)
        }
    }
}
