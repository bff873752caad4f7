internal import StreamCore
internal import Yams

/// What libyaml says about a text that is no YAML, in words that help the person who wrote it.
struct YAMLFailure {
    let diagnostic: Diagnostic

    init(_ error: YamlError, in source: SourceText) {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = SourceLocation(file: source.path, line: mark.line, column: mark.column)
            diagnostic = Self.diagnostic(problem, context, at: place, in: source)
        default:
            diagnostic = Diagnostic(
                "not valid YAML: \(error)",
                at: SourceLocation(file: source.path, line: 1, column: 1))
        }
    }

    private static func diagnostic(
        _ problem: String, _ context: YamlError.Context?, at place: SourceLocation,
        in source: SourceText
    ) -> Diagnostic {
        if problem == "but found another document" {
            return Diagnostic(
                "a second document begins here", at: place,
                remedy: "keep one topology in a file, without '---' between parts")
        }
        let during = context.map {
            " \($0.text), which begins at \($0.mark.line):\($0.mark.column)"
        }
        return Diagnostic(
            "not valid YAML: \(problem)\(during ?? "")", at: place,
            remedy: remedy(for: problem, at: place, in: source))
    }

    private static func remedy(
        for problem: String, at place: SourceLocation, in source: SourceText
    ) -> String? {
        let found = source.characters(at: place).first
        if found == "{", source.character(before: place) == "$" {
            return #"inside { } and [ ] write "${NAME}", in double quotes"#
        }
        switch problem {
        case "found character that cannot start any token":
            return found == "\t"
                ? "indent with spaces, not with tabs"
                : "put the value in quotes when it is a text"
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            return "indent with spaces, not with tabs"
        case "mapping values are not allowed in this context":
            return "check the indentation, and put a text that holds ': ' in quotes"
        case "did not find expected key", "did not find expected '-' indicator":
            return "check the indentation of this line and of the one before"
        case "could not find expected ':'":
            return "write 'key: value', with a space behind the colon"
        case "did not find expected ',' or '}'", "did not find expected ',' or ']'":
            return "close the bracket, or put a text that holds , [ ] { or } in quotes"
        case "found undefined alias":
            return "define it further up with '&name', or put the text in quotes"
        default: return nil
        }
    }
}
