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
        /// Values of another type are converted where nothing is lost; what is invalid
        /// nevertheless goes to `.rejected`.
        case coerce
    }

    enum Errors: String, CaseIterable {
        case first, all

        /// How many violations are told at most; an event of thousands would tell nothing more.
        var limit: Int { self == .first ? 1 : 100 }
    }

    enum UnknownSchema: String, CaseIterable {
        case reject, pass
    }

    /// A schema of a file.
    struct NamedSchema: Sendable {
        let schema: Schema
        /// The file, as the topology names it.
        let file: String
        let outcome: Outcome
    }

    /// How an event gets its schema.
    enum Choice: Sendable {
        case same(NamedSchema)
        /// By the text of a field.
        case byField(FieldPath, [String: NamedSchema])
        /// By the id in front of the record's value.
        case byFrame(any StreamCore.SchemaSource)
    }

    private(set) var choice: Choice?
    let options: SchemaOptions
    let outcome: Outcome
    let unknownSchema: UnknownSchema
    let errors: Errors
    /// The part of the event that is validated; `nil` for all of it.
    let part: FieldPath?
    let violationsField: FieldPath
    let coercionsField: FieldPath
    let lineageField: FieldPath?
    /// The schemas' files, and those that they refer to.
    private(set) var files: [String] = []

    /// Reads the settings and the schemas; `nil` when there is something wrong, which is reported.
    init?(_ configuration: inout Configuration) {
        outcome = configuration.choice("on_violation", default: .reject)
        unknownSchema = configuration.choice("unknown_schema", default: .reject)
        errors = configuration.choice("errors", default: .first)
        part = configuration.fieldPath("part")
        violationsField =
            configuration.fieldPath("violations_field") ?? FieldPath(name: "violations")
        coercionsField = configuration.fieldPath("coercions_field") ?? FieldPath(name: "coercions")
        lineageField = configuration.fieldPath("lineage")
        options = SchemaOptions(
            formats: configuration.choice("formats", default: .annotate),
            unknownKeywords: configuration.choice("unknown_keywords", default: .refuse))
        readChoice(&configuration)
        refuseIdleKeys(&configuration)
        if choice == nil || !configuration.diagnostics.isEmpty { return nil }
    }

    /// The schema of every event, when all have the same.
    var onlySchema: NamedSchema? {
        if case .same(let schema) = choice { return schema }
        return nil
    }

    // MARK: Choice

    private mutating func readChoice(_ configuration: inout Configuration) {
        let ways = ["schema", "schemas", "registry"].filter { configuration.has($0) }
        guard ways.count == 1 else {
            configuration.report(
                ways.isEmpty
                    ? "'schema' is missing: name a JSON Schema file"
                    : "only one of \(ways.map { "'\($0)'" }.joined(separator: ", ")) can say which "
                        + "schema an event has",
                remedy: "write one of 'schema', 'schemas' with 'schema_field', and 'registry'")
            return
        }
        switch ways[0] {
        case "schema":
            choice = readFile("schema", configuration.value["schema"], outcome, &configuration)
                .map { .same($0) }
        case "schemas": readTable(&configuration)
        default: choice = configuration.registry("registry").map { .byFrame($0) }
        }
    }

    private mutating func readTable(_ configuration: inout Configuration) {
        var table: [String: NamedSchema] = [:]
        let outcomes = readOutcomes(&configuration)
        for entry in configuration.value["schemas"]?.entries ?? [] {
            table[entry.key] = readFile(
                "schemas", entry.value, outcomes[entry.key] ?? outcome, &configuration)
        }
        if table.isEmpty, configuration.diagnostics.isEmpty {
            configuration.report(
                "'schemas' is empty", at: configuration.value["schemas"]?.location,
                remedy: "write a value of 'schema_field' and its schema file")
        }
        guard let field = configuration.fieldPath("schema_field") else {
            configuration.report(
                "'schema_field' is missing: it says which field chooses between 'schemas'",
                remedy: "add it, for example 'schema_field: event_type'")
            return
        }
        choice = .byField(field, table)
    }

    /// What happens to invalid events of single schemas.
    private func readOutcomes(_ configuration: inout Configuration) -> [String: Outcome] {
        var outcomes: [String: Outcome] = [:]
        let keys = Set((configuration.value["schemas"]?.entries ?? []).map(\.key))
        for entry in configuration.value["outcomes"]?.entries ?? [] {
            outcomes[entry.key] = Outcome(rawValue: entry.value.text)
            if keys.contains(entry.key) { continue }
            configuration.report(
                "'outcomes' has '\(entry.key)', which 'schemas' has not", at: entry.keyLocation,
                remedy: NearestName.remedy(for: entry.key, known: keys))
        }
        return outcomes
    }

    /// Settings that would change nothing are mistakes.
    private func refuseIdleKeys(_ configuration: inout Configuration) {
        let outcomes = [outcome] + Array(readOutcomes(&configuration).values)
        func refuse(
            _ key: String, _ use: String, unless isUsed: Bool, remedy: String = "remove it"
        ) {
            guard !isUsed, let found = configuration.value[key] else { return }
            configuration.report(
                "'\(key)' is only for \(use)", at: found.location, remedy: remedy)
        }
        refuse(
            "violations_field", "'on_violation: tag'", unless: outcomes.contains(.tag),
            remedy: "remove it: a rejected event has the reason in its headers")
        refuse("coercions_field", "'on_violation: coerce'", unless: outcomes.contains(.coerce))
        let hasTable = configuration.has("schemas")
        refuse("schema_field", "'schemas'", unless: hasTable)
        refuse("outcomes", "'schemas'", unless: hasTable)
        refuse(
            "unknown_schema", "'schemas' and 'registry'",
            unless: hasTable || configuration.has("registry"))
        refuse("references", "schemas of files", unless: !configuration.has("registry"))
    }

    // MARK: Files

    private mutating func readFile(
        _ key: String, _ value: ConfigurationValue?, _ outcome: Outcome,
        _ configuration: inout Configuration
    ) -> NamedSchema? {
        guard let value else { return nil }
        let file = value.text
        let registry = registry(besides: file, &configuration)
        guard let text = text(of: file, at: value.location, &configuration) else { return nil }
        do {
            return NamedSchema(
                schema: try Schema(text, registry: registry, options: options), file: file,
                outcome: outcome)
        } catch {
            for problem in error.all {
                Self.report(problem, of: file, at: value.location, &configuration)
            }
            return nil
        }
    }

    /// The files that the schema may refer to: each under its `$id`, and under its path from the
    /// folder of the schema.
    private mutating func registry(
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
                Self.report(error, of: name, at: value.location, &configuration)
            }
        }
        return registry
    }

    private mutating func text(
        of file: String, at location: SourceLocation?, _ configuration: inout Configuration
    ) -> [UInt8]? {
        if !files.contains(file) { files.append(file) }
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
