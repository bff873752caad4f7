internal import Events
internal import StreamCore

/// A join with a table at work in one task.
final class TableJoiner: Operator {
    private let settings: JoinSettings
    private var store: TableStore?

    init(_ settings: JoinSettings) { self.settings = settings }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        if store == nil { store = table(in: context) }
        if context.input == JoinInput.table {
            try store?.apply(events, refusingTo: JoinOutput.rejected, in: context)
        } else if context.input == 0 {
            for event in events { try join(event, in: context) }
        }
    }

    private func table(in context: OperatorContext) -> TableStore {
        TableStore(context.keyValueStore(settings.tableName), columns: settings.columns)
    }

    private func join(_ original: Event, in context: OperatorContext) throws(OperatorError) {
        var event = original
        let arena = context.arena
        let key = settings.key.text(of: event, in: arena)
        var isSet: Bool?
        if !key.isAbsent {
            do {
                isSet = unsafe try store?.withRow(of: arena.bytes(key)) {
                    unsafe arena.set(settings.output, of: &event, toJSON: $0)
                }
            } catch {
                throw .store(error)
            }
        }
        if isSet == nil {
            // As in Kafka Streams an inner join passes over what finds nothing.
            if settings.type == .inner { return }
            isSet = arena.setToNull(settings.output, of: &event)
        }
        if isSet == true {
            context.emit(event)
        } else {
            try context.refuse(original, unsettable: settings.output, to: JoinOutput.rejected)
        }
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        do {
            return try unsafe table(in: context).erase(key)
        } catch {
            throw .store(error)
        }
    }
}
