public import Operators
internal import StreamCore

/// The reference page of all operators, as Markdown, made from their specs.
///
/// `millrace schema --reference` prints it; a test compares it with `Docs/operators.md`.
public struct OperatorReference {
    public let text: String

    public init(operators: OperatorRegistry) {
        var lines = [
            "# Operators: reference", "",
            "Made from the operators' specs by `millrace schema --reference`; a test keeps it equal,",
            "and runs every example. What each operator does in detail is on its page in",
            "[operators](operators/README.md).", "",
            "Every operator also takes `from`, `with` (what its named inputs read) and `on_error`.",
        ]
        for spec in operators.all { lines += Self.section(of: spec) }
        text = lines.joined(separator: "\n") + "\n"
    }

    private static func section(of spec: OperatorSpec) -> [String] {
        var lines = [
            "", "## \(spec.name)", "", spec.summary, "", "```yaml", spec.example, "```", "",
        ]
        lines += ["| setting | what it is | default |", "|---|---|---|"]
        lines += rows(of: spec.fields, below: "")
        if !spec.namedInputs.isEmpty {
            lines += ["", "| named input | what it reads |", "|---|---|"]
            lines += spec.namedInputs.map { input in
                let notes =
                    (input.isRequired ? " Required." : "")
                    + (input.isBroadcast ? " From a broadcast source." : "")
                return "| `\(input.name)` | \(escaped(input.summary))\(notes) |"
            }
        }
        if !spec.sideOutputs.isEmpty {
            lines += ["", "| output | what comes out |", "|---|---|"]
            lines += spec.sideOutputs.map { "| `.\($0.name)` | \(escaped($0.summary)) |" }
        }
        return lines
    }

    private static func rows(of fields: [FieldSpec], below prefix: String) -> [String] {
        fields.flatMap { field in
            let name = prefix + field.name
            let value = field.isRequired ? "required" : field.defaultText.map { "`\($0)`" } ?? ""
            let row =
                "| `\(name)` | \(escaped(field.summary)) "
                + "(\(escaped(field.kind.words))) | \(escaped(value)) |"
            return [row] + nested(in: field.kind, below: name)
        }
    }

    /// The settings of a map with fixed keys, also of those in a list or under free keys.
    private static func nested(in kind: FieldSpec.Kind, below name: String) -> [String] {
        switch kind {
        case .object(let fields): rows(of: fields, below: "\(name).")
        case .list(let kind), .oneOrMore(let kind): nested(in: kind, below: "\(name)[]")
        case .map(_, let kind): nested(in: kind, below: "\(name).*")
        default: []
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("\n", with: " ")
    }
}
