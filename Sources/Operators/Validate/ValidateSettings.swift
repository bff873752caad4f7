internal import Events
internal import JSONSchema
internal import StreamCore

/// The settings of a `validate` operator.
struct ValidateSettings: Sendable {
    enum Outcome: String, CaseIterable {
        /// Invalid events go to `.rejected`.
        case reject
        /// Invalid events go on, with what is wrong in a field.
        case tag
    }

    enum Errors: String, CaseIterable {
        case first, all

        /// How many violations are told at most; an event of thousands would tell nothing more.
        var limit: Int { self == .first ? 1 : 100 }
    }

    let schema: Schema
    /// The schema's file, as the topology names it.
    let file: String
    let outcome: Outcome
    let errors: Errors
    let violationsField: FieldPath
    let lineageField: FieldPath?

    /// Reads the settings and the schema; `nil` when there is something wrong, which is reported.
    init?(_ configuration: inout Configuration) {
        outcome = configuration.choice("on_violation", default: .reject)
        errors = configuration.choice("errors", default: .first)
        violationsField =
            configuration.fieldPath("violations_field") ?? FieldPath(name: "violations")
        lineageField = configuration.fieldPath("lineage")
        if outcome == .reject, let found = configuration.value["violations_field"] {
            configuration.report(
                "'violations_field' is only for 'on_violation: tag'", at: found.location,
                remedy: "remove it: a rejected event has the reason in its headers")
        }
        guard let file = configuration.string("schema") else {
            configuration.report("'schema' is missing: name a JSON Schema file")
            return nil
        }
        self.file = file
        guard let schema = Self.read(file, &configuration), configuration.diagnostics.isEmpty
        else { return nil }
        self.schema = schema
    }

    private static func read(_ file: String, _ configuration: inout Configuration) -> Schema? {
        let location = configuration.value["schema"]?.location
        let text: [UInt8]
        do {
            text = try configuration.readFile(file)
        } catch {
            configuration.report("the schema '\(file)' can't be read: \(error)", at: location)
            return nil
        }
        do {
            return try Schema(text)
        } catch {
            for problem in error.all {
                let place = problem.pointer.isEmpty ? "" : " at \(problem.pointer)"
                configuration.report(
                    "the schema '\(file)' can't be used: \(problem.message)\(place)",
                    at: location, remedy: problem.remedy)
            }
            return nil
        }
    }
}
