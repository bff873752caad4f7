final class InMemoryKeyValueStore: KeyValueStore, InMemoryStore {
    private var entries: [InMemoryKey: [UInt8]] = [:]
    /// What the entries that were changed since the last decided commit were at it; nil for none.
    private var before: [InMemoryKey: [UInt8]?] = [:]
    private var isPrepared = false

    func get(_ key: UnsafeRawBufferPointer, into value: inout [UInt8]) throws(StoreError) -> Bool {
        guard let found = entries[unsafe InMemoryKey(key)] else { return false }
        value.removeAll(keepingCapacity: true)
        value.append(contentsOf: found)
        return true
    }

    func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError) {
        let key = unsafe InMemoryKey(key)
        note(entries.updateValue(unsafe Array(value), forKey: key), before: key)
    }

    func delete(_ key: UnsafeRawBufferPointer) throws(StoreError) {
        let key = unsafe InMemoryKey(key)
        note(entries.removeValue(forKey: key), before: key)
    }

    private func note(_ value: [UInt8]?, before key: InMemoryKey) {
        precondition(!isPrepared, "the store changes although a commit is prepared")
        if before[key] == nil { before[key] = .some(value) }
    }

    func forEach(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            unsafe key.bytes.withUnsafeBytes { key in
                unsafe value.withUnsafeBytes { unsafe body(key, $0) }
            }
        }
    }

    func commit() {
        isPrepared = false
        before.removeAll(keepingCapacity: true)
    }

    func prepare() { isPrepared = true }

    func discardPrepared() {
        isPrepared = false
        rollBack()
    }

    func rollBack() {
        for (key, value) in before { entries[key] = value }
        before.removeAll(keepingCapacity: true)
    }

    func clear() {
        entries.removeAll()
        commit()
    }

    func forEachChange(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError) {
        for key in before.keys.sorted() {
            unsafe try key.bytes.withStoreBytes { (bytes) throws(StoreError) in
                guard let value = entries[key] else { return try unsafe body(bytes, nil) }
                unsafe try value.withStoreBytes { (value) throws(StoreError) in
                    try unsafe body(bytes, value)
                }
            }
        }
    }

    func forEachEntry(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        precondition(before.isEmpty, "entries are walked over although some are not committed")
        for key in entries.keys.sorted() {
            guard let value = entries[key] else { continue }
            unsafe try key.bytes.withStoreBytes { (key) throws(StoreError) in
                unsafe try value.withStoreBytes { (value) throws(StoreError) in
                    try unsafe body(key, value)
                }
            }
        }
    }

    func restore(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        if let value = unsafe value { try unsafe put(key, value) } else { try unsafe delete(key) }
    }
}

/// Bytes that are hashed as a whole; an array hashes them one by one.
struct InMemoryKey: Hashable, Comparable {
    let bytes: [UInt8]

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = unsafe Array(bytes) }

    func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
