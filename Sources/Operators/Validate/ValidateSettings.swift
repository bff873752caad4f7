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
        let options = SchemaOptions(
            formats: configuration.choice("formats", default: .annotate),
            unknownKeywords: configuration.choice("unknown_keywords", default: .refuse))
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
        let registry = Self.registry(besides: file, &configuration)
        guard let schema = Self.read(file, registry, options, &configuration),
            configuration.diagnostics.isEmpty
        else { return nil }
        self.schema = schema
    }

    private static func read(
        _ file: String, _ registry: SchemaRegistry, _ options: SchemaOptions,
        _ configuration: inout Configuration
    ) -> Schema? {
        let location = configuration.value["schema"]?.location
        guard let text = text(of: file, at: location, &configuration) else { return nil }
        do {
            return try Schema(text, registry: registry, options: options)
        } catch {
            for problem in error.all { report(problem, of: file, at: location, &configuration) }
            return nil
        }
    }

    /// The files that the schema may refer to: each under its `$id`, and under its path from the
    /// folder of the schema.
    private static func registry(
        besides file: String, _ configuration: inout Configuration
    ) -> SchemaRegistry {
        var registry = SchemaRegistry()
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        for value in configuration.values("references") {
            let name = value.text
            guard let text = text(of: name, at: value.location, &configuration)
            else { continue }
            let address = name.hasPrefix(folder) ? String(name.dropFirst(folder.count)) : name
            do {
                try registry.add(text, at: address)
            } catch {
                report(error, of: name, at: value.location, &configuration)
            }
        }
        return registry
    }

    private static func text(
        of file: String, at location: SourceLocation?, _ configuration: inout Configuration
    ) -> [UInt8]? {
        do {
            return try configuration.readFile(file)
        } catch {
            configuration.report("the schema '\(file)' can't be read: \(error)", at: location)
            return nil
        }
    }

    private static func report(
        _ problem: SchemaProblem, of file: String, at location: SourceLocation?,
        _ configuration: inout Configuration
    ) {
        let place = problem.pointer.isEmpty ? "" : " at \(problem.pointer)"
        configuration.report(
            "the schema '\(file)' can't be used: \(problem.message)\(place)",
            at: location, remedy: problem.remedy)
    }
}
