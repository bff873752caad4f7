import Events
import StreamCore

/// Keeps the latest `n` of each key that its table says, and notes it in the events that come by
/// `from`, so that its output depends on the order of both.
final class Lookup: Operator {
    private static let number = FieldPath(name: "n")
    private static let found = FieldPath(name: "found")
    private let storeName: String

    init(storeName: String) { self.storeName = storeName }

    static func definition(_ name: String, key: StateKey?) -> TestDefinition {
        let store = StoreSpec(name: "\(name).table", kind: .keyValue)
        return TestDefinition(stores: [store], stateKey: key, inputKey: key) {
            Lookup(storeName: store.name)
        }
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let store = context.keyValueStore(storeName)
        do {
            for event in events {
                let key = unsafe String(decoding: context.arena.bytes(event.key), as: UTF8.self)
                if context.input == 1 {
                    let number = context.arena.value(of: event, at: Self.number).integer ?? 0
                    try Stored.put(number, in: store, key)
                } else {
                    var noted = event
                    context.arena.set(
                        Self.found, of: &noted, to: try Stored.number(in: store, key))
                    context.emit(noted)
                }
            }
        } catch {
            throw .store(error)
        }
    }
}
