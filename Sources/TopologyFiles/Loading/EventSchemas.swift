internal import Operators
internal import StreamCore

/// Which JSON Schema the events have been checked with when they come to an operator.
struct EventSchemas {
    private let entries: [String: ConfigurationValue.Entry]
    private let operators: OperatorRegistry
    /// What was found out already, by the operator's name; an operator that is being looked at has
    /// none, so that a circle, which is refused elsewhere, comes to an end.
    private var found: [String: String?] = [:]

    init(_ entries: [ConfigurationValue.Entry], _ operators: OperatorRegistry) {
        self.entries = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
        self.operators = operators
    }

    /// The schema's file; `nil` when there is none, or not the same one on all ways.
    mutating func schema(before entry: ConfigurationValue.Entry) -> String? {
        if let known = found[entry.key] { return known }
        found[entry.key] = .some(nil)
        guard let from = entry.value["from"] else { return nil }
        let inputs = if case .list(let values) = from.content { values } else { [from] }
        var schemas: Set<String?> = []
        for input in inputs { schemas.insert(schema(of: input)) }
        guard schemas.count == 1, let common = schemas.first else { return nil }
        found[entry.key] = .some(common)
        return common
    }

    private mutating func schema(of input: ConfigurationValue) -> String? {
        let reference = StreamReference(input.text)
        guard let entry = entries[reference.node],
            let chosen = entry.value.entries?.first(where: { operators[$0.key] != nil }),
            let spec = operators[chosen.key]
        else { return nil }
        switch spec.eventSchema {
        case .unknown: return nil
        case .unchanged: return schema(before: entry)
        case .file(let file): return reference.output == nil ? file(chosen.value) : nil
        }
    }
}
