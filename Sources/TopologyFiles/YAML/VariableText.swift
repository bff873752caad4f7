/// A text with `${NAME}` and `${NAME:-default}` in it; `$${` stands for `${` itself.
struct VariableText {
    enum Part: Equatable {
        case text(String)
        case variable(name: String, fallback: String?)
    }

    /// What is wrong with a text, what to do, and the characters where it is wrong.
    struct Failure: Error, Equatable {
        let message: String
        let remedy: String
        let excerpt: String
    }

    let parts: [Part]

    init(_ text: String) throws(Failure) {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                parts.append(try Self.takeVariable(from: &rest))
            } else {
                literal.append(character)
                rest = rest.dropFirst()
            }
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        self.parts = parts
    }

    private static func takeVariable(from rest: inout Substring) throws(Failure) -> Part {
        let excerpt = String(rest)
        guard let end = rest.firstIndex(of: "}") else {
            throw Failure(
                message: "'${' has no '}'", remedy: "close it, or write '$${' for '${' itself",
                excerpt: excerpt)
        }
        let inside = rest[..<end].dropFirst(2)
        rest = rest[rest.index(after: end)...]
        let name = inside.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let behind = inside[name.endIndex...]
        guard let first = name.first, !first.isNumber, behind.isEmpty || behind.hasPrefix(":-")
        else {
            throw Failure(
                message: "'${\(inside)}' names no variable",
                remedy: "write '${NAME}' or '${NAME:-default}', or '$${' for '${' itself",
                excerpt: excerpt)
        }
        let fallback = behind.isEmpty ? nil : String(behind.dropFirst(2))
        guard fallback?.contains("${") != true else {
            throw Failure(
                message: "the default of '\(name)' holds another '${'",
                remedy: "write the default out", excerpt: excerpt)
        }
        return .variable(name: String(name), fallback: fallback)
    }
}
