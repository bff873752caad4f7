import Events
import StreamCore

/// A store whose one value is damaged in many ways: cut short at each byte, then with others in the
/// place of some bytes.
struct DamagedState {
    private let store: String
    private let key: String
    private let stores: [StoreSpec]
    private let identifier = TaskIdentifier(subtopology: 0, partition: 0)
    /// The value as it was written.
    let value: [UInt8]

    /// Takes the value of the only key of a store, which was committed and closed.
    init(_ store: String, key: String, in origin: InMemoryStateStorage, of plan: TopologyPlan)
        throws
    {
        self.store = store
        self.key = key
        stores = plan.subtopologies[0].stores
        var found: [UInt8] = []
        let kept = try origin.open(identifier, stores: stores)
        try unsafe kept.keyValueStore(store).forEach { _, value in found = unsafe Array(value) }
        value = found
    }

    /// Calls `body` with a state for each of so many ways.
    func forEach(rounds: Int, seed: UInt64, _ body: (InMemoryStateStorage) throws -> Void) throws {
        var random = SeededGenerator(seed: seed)
        for round in 0..<rounds {
            var damaged = value
            if round < value.count {
                damaged = Array(value[..<round])
            } else {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(
                        in: 0...255, using: &random)
                }
            }
            let storage = InMemoryStateStorage()
            let state = try storage.open(identifier, stores: stores)
            var name = ByteBuffer()
            var bytes = ByteBuffer()
            name.append(string: key)
            bytes.append(unsafe damaged.span.bytes)
            try unsafe state.keyValueStore(store).put(name.bytes, bytes.bytes)
            try state.commit(TaskCheckpoint(sequence: 1))
            state.close()
            try body(storage)
        }
    }
}
