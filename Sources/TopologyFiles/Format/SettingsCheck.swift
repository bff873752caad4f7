internal import Events
internal import StreamCore

/// Checks values of a file against the specs of its settings: names, kinds, ranges.
///
/// What it lets through, the code that reads the settings need not check again.
struct SettingsCheck {
    private let folder: TopologyFolder
    private(set) var diagnostics = Diagnostics()

    init(folder: TopologyFolder) { self.folder = folder }

    /// Checks a map with fixed keys; `part` is its name in messages.
    mutating func check(_ value: ConfigurationValue, against fields: [FieldSpec], in part: String) {
        guard let entries = value.entries else {
            report("'\(part)' must be a map, not \(value.kindName)", at: value)
            return
        }
        let known = KnownKeys(fields)
        let meant = known.misspellings(in: value)
        for entry in entries {
            let name = meant[entry.key] ?? entry.key
            if let field = fields.first(where: { $0.name == name }) {
                check(entry.value, is: field.kind, named: entry.key)
            }
            if !known.contains(entry.key) {
                reportUnknown(entry, in: part, meant: meant[entry.key], known: known.names)
            }
        }
        let present = Set(entries.map(\.key)).union(meant.values)
        for field in fields where field.isRequired && !present.contains(field.name) {
            report(
                "'\(part)' needs '\(field.name)'", at: value,
                remedy: "add '\(field.name): ...', \(field.kind.words): \(field.summary.clause)")
        }
    }

    mutating func reportUnknown(
        _ entry: ConfigurationValue.Entry, in part: String, meant: String?, known: [String]
    ) {
        report(
            Diagnostic(
                "unknown key '\(entry.key)' in '\(part)'", at: entry.keyLocation,
                remedy: meant.map { "did you mean '\($0)'?" }
                    ?? NearestName.remedy(for: entry.key, known: known)))
    }

    mutating func check(_ value: ConfigurationValue, is kind: FieldSpec.Kind, named name: String) {
        switch kind {
        case .boolean, .integer, .number, .string: checkScalar(value, is: kind, named: name)
        case .duration, .size, .fieldPath, .choice, .file: checkText(value, is: kind, named: name)
        case .json: break
        case .expression:
            if !value.isScalar {
                report(
                    "'\(name)' must be \(kind.words), not \(value.kindName)", at: value,
                    remedy: "write for example event.amount * 2.0; see Docs/expressions.md")
            }
        case .condition:
            if !value.isScalar, value.entries == nil {
                report(
                    "'\(name)' must be \(kind.words), not \(value.kindName)", at: value,
                    remedy: "write for example event.event_type == 'purchase'")
            }
        case .list(let kind): checkList(value, of: kind, named: name)
        case .oneOrMore(let kind):
            if case .list(let values) = value.content {
                if values.isEmpty {
                    report("'\(name)' is empty", at: value, remedy: "name at least one")
                }
                checkList(value, of: kind, named: name)
            } else {
                check(value, is: kind, named: name)
            }
        case .map(_, let kind):
            guard let entries = value.entries else {
                report("'\(name)' must be a map, not \(value.kindName)", at: value)
                return
            }
            for entry in entries { check(entry.value, is: kind, named: "\(name).\(entry.key)") }
        case .object(let fields): check(value, against: fields, in: name)
        }
    }

    mutating func report(
        _ message: String, at value: ConfigurationValue, remedy: String? = nil
    ) {
        report(Diagnostic(message, at: value.location, remedy: remedy))
    }

    mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

    private mutating func checkList(
        _ value: ConfigurationValue, of kind: FieldSpec.Kind, named name: String
    ) {
        guard case .list(let values) = value.content else {
            report(
                "'\(name)' must be a list, not \(value.kindName)", at: value,
                remedy: "write '[...]', or one '- ' a line")
            return
        }
        for (index, value) in values.enumerated() {
            check(value, is: kind, named: "\(name)[\(index)]")
        }
    }
}

// MARK: - Scalars

extension SettingsCheck {
    private mutating func checkScalar(
        _ value: ConfigurationValue, is kind: FieldSpec.Kind, named name: String
    ) {
        switch (kind, value.content) {
        case (.boolean, .boolean), (.string, .string), (.string, .boolean), (.string, .integer),
            (.string, .number):
            break
        case (.integer(let range), .integer(let integer)):
            if !range.contains(integer) { reportRange(value, kind, name) }
        case (.number(let range), .integer(let integer)):
            if !range.contains(Double(integer)) { reportRange(value, kind, name) }
        case (.number(let range), .number(let number)):
            if !number.isFinite || !range.contains(number) { reportRange(value, kind, name) }
        default:
            let written = value.isScalar ? "'\(value.text)'" : value.kindName
            report("'\(name)' must be \(kind.words), not \(written)", at: value)
        }
    }

    private mutating func reportRange(
        _ value: ConfigurationValue, _ kind: FieldSpec.Kind, _ name: String
    ) {
        report("'\(name)' must be \(kind.words), not \(value.text)", at: value)
    }

    private mutating func checkText(
        _ value: ConfigurationValue, is kind: FieldSpec.Kind, named name: String
    ) {
        guard value.isScalar else {
            report("'\(name)' must be \(kind.words), not \(value.kindName)", at: value)
            return
        }
        switch kind {
        case .duration(let allowsZero): checkDuration(value, allowsZero, named: name)
        case .size:
            if SizeText.parse(value.text) == nil {
                report(
                    "'\(name)' is not a size: '\(value.text)'", at: value,
                    remedy: "write a number and a unit, such as 64KiB, 8MiB or 1GB")
            }
        case .fieldPath:
            do {
                _ = try FieldPath(value.text)
            } catch {
                report("'\(name)' is not a field path: \(error)", at: value)
            }
        case .choice(let choices):
            if !choices.contains(value.text) {
                report(
                    "'\(name)' must be \(choices.alternatives), not '\(value.text)'", at: value,
                    remedy: NearestName.find(value.text, in: choices).map {
                        "did you mean '\($0)'?"
                    })
            }
        case .file:
            if !folder.holds(value.text) {
                report(
                    "'\(name)' names a file that does not exist: '\(value.text)'", at: value,
                    remedy: "it is looked for at \(folder.resolve(value.text))")
            }
        default: break
        }
    }

    private mutating func checkDuration(
        _ value: ConfigurationValue, _ allowsZero: Bool, named name: String
    ) {
        guard let duration = DurationText.parse(value.text) else {
            report(
                "'\(name)' is not a duration: '\(value.text)'", at: value,
                remedy: DurationText.remedy(for: value.text))
            return
        }
        if duration == .zero, !allowsZero {
            report("'\(name)' must be longer than nothing, not '\(value.text)'", at: value)
        }
    }
}
