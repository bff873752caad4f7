internal import Events
internal import StreamCore

/// Schemas of a registry by the ids that records name, each compiled once.
final class RegistrySchemas<Compiled> {
    enum Answer {
        case usable(Compiled)
        case unusable(EventFailure)
    }

    /// Schemas that are remembered; their ids come from records.
    private static var most: Int { 10_000 }

    private let source: any SchemaSource
    private let compile: (RegisteredSchema, Int32) -> Answer
    private var known: [Int32: Answer] = [:]
    private var last: (id: Int32, compiled: Compiled)?
    private var outage: EventFailure?

    init(_ source: any SchemaSource, compile: @escaping (RegisteredSchema, Int32) -> Answer) {
        self.source = source
        self.compile = compile
    }

    /// Forgets that the registry gave no answer.
    func beginBatch() { outage = nil }

    func schema(id: Int32) -> Answer {
        if let last, last.id == id { return .usable(last.compiled) }
        if let answer = known[id] {
            if case .usable(let compiled) = answer { last = (id, compiled) }
            return answer
        }
        if let outage { return .unusable(outage) }
        do {
            guard let found = try source.schema(id: id) else {
                // It may be registered yet, so this is not remembered here.
                return .unusable(
                    EventFailure(
                        error: "unknown_schema",
                        reason: "the schema registry has no schema \(id), which bytes 1 to 4 name"))
            }
            let answer = compile(found, id)
            if known.count >= Self.most { known.removeAll() }
            known[id] = answer
            return answer
        } catch {
            let failure = EventFailure(
                error: "registry_unavailable", reason: "schema \(id): \(error.reason)",
                isOutage: true)
            outage = failure
            return .unusable(failure)
        }
    }
}
