import StreamCore
import Synchronization

/// A registry in memory, which can be away.
final class SchemaTable: SchemaSource {
    private struct State {
        var schemas: [Int32: RegisteredSchema]
        var isAway = false
        var questions = 0
    }

    private let state: Mutex<State>

    init(_ schemas: [Int32: String] = [:], kind: RegisteredSchema.Kind = .avro) {
        state = Mutex(
            State(
                schemas: schemas.mapValues {
                    RegisteredSchema(kind: kind, text: Array($0.utf8))
                }))
    }

    var questions: Int { state.withLock { $0.questions } }

    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    func schema(id: Int32) throws(SchemaSourceError) -> RegisteredSchema? {
        let (isAway, schema) = state.withLock { state in
            state.questions += 1
            return (state.isAway, state.schemas[id])
        }
        if isAway { throw SchemaSourceError("the registry is away") }
        return schema
    }

    func identifier(
        of schema: RegisteredSchema, subject: String, registers: Bool
    ) throws(SchemaSourceError) -> Int32 {
        let (isAway, known) = state.withLock { state in
            (state.isAway, state.schemas.first { $0.value == schema }?.key)
        }
        if isAway { throw SchemaSourceError("the registry is away") }
        guard let known else { throw SchemaSourceError("it has no such schema") }
        return known
    }
}
