internal import StreamCore

/// One key-value store of a task: a name for a part of its state.
final class SQLiteKeyValueStore: KeyValueStore {
    private let state: SQLiteTaskState
    private let store: Int

    init(_ state: SQLiteTaskState, store: Int) {
        self.state = state
        self.store = store
    }

    func get(_ key: UnsafeRawBufferPointer, into value: inout [UInt8]) throws(StoreError) -> Bool {
        try unsafe state.get(store, key, into: &value)
    }

    func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError) {
        try unsafe state.put(store, key, value)
    }

    func delete(_ key: UnsafeRawBufferPointer) throws(StoreError) {
        try unsafe state.delete(store, key)
    }

    func prefetch(_ keys: [UnsafeRawBufferPointer]) {
        unsafe state.cache.prefetch(keys, store: store)
    }

    func forEach(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        try unsafe state.forEach(store, body)
    }
}
