internal import Events

/// The in-memory twin of a state in a file: what was committed or prepared outlives `close`.
final class InMemoryTaskState: TaskState {
    private(set) var checkpoint: TaskCheckpoint?
    private(set) var prepared: TaskCheckpoint?
    private(set) var restoreProgress: RestoreProgress?
    /// The stores of the last opening; their order gives the indexes.
    private(set) var specs: [StoreSpec] = []
    private var keyValueStores: [String: InMemoryKeyValueStore] = [:]
    private var timerStores: [String: InMemoryTimerStore] = [:]

    func add(_ stores: [StoreSpec]) {
        checkpoint = checkpoint?.reindexed(from: specs, to: stores)
        prepared = prepared?.reindexed(from: specs, to: stores)
        if let progress = restoreProgress {
            restoreProgress?.offsets = progress.offsets.reindexed(from: specs, to: stores)
        }
        specs = stores
        for store in stores {
            switch store.kind {
            case .keyValue where keyValueStores[store.name] == nil:
                keyValueStores[store.name] = InMemoryKeyValueStore()
            case .timers where timerStores[store.name] == nil:
                timerStores[store.name] = InMemoryTimerStore()
            default: break
            }
        }
    }

    /// Drops and empties what `stores` can't use.
    func adopt(_ stores: [StoreSpec]) {
        let found = specs
        let differing = Set(
            StoreComparison(found: found, wanted: stores).changes
                .filter { $0.difference != nil }.map(\.store))
        let kept = found.filter { !differing.contains($0.name) }
        // Also of the offsets, those of the stores that are kept.
        checkpoint = checkpoint?.reindexed(from: found, to: kept)
        prepared = prepared?.reindexed(from: found, to: kept)
        if let progress = restoreProgress {
            restoreProgress?.offsets = progress.offsets.reindexed(from: found, to: kept)
        }
        specs = kept
        for name in differing {
            keyValueStores[name] = nil
            timerStores[name] = nil
        }
    }

    func keyValueStore(_ name: String) -> any KeyValueStore {
        guard let store = keyValueStores[name] else { preconditionFailure("no store '\(name)'") }
        return store
    }

    func timerStore(_ name: String) -> any TimerStore {
        guard let store = timerStores[name] else { preconditionFailure("no store '\(name)'") }
        return store
    }

    func commit(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        requireDecided()
        requireRestored()
        self.checkpoint = checkpoint
        restoreProgress = nil
        forEachStore { $0.commit() }
    }

    func prepare(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        requireDecided()
        requireRestored()
        prepared = checkpoint
        restoreProgress = nil
        forEachStore { $0.prepare() }
    }

    func applyPrepared() throws(StoreError) {
        precondition(prepared != nil, "nothing is prepared")
        checkpoint = prepared
        prepared = nil
        forEachStore { $0.commit() }
    }

    func discardPrepared() throws(StoreError) {
        precondition(prepared != nil, "nothing is prepared")
        prepared = nil
        forEachStore { $0.discardPrepared() }
    }

    func rollBack() throws(StoreError) {
        requireDecided()
        forEachStore { $0.rollBack() }
    }

    func forEachChange(
        _ body: (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError) {
        requireDecided()
        for (index, spec) in specs.enumerated() {
            try unsafe store(spec).forEachChange { (key, value) throws(StoreError) in
                try unsafe body(index, key, value)
            }
        }
    }

    func forEachEntry(
        store index: Int,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        requireDecided()
        requireRestored()
        try unsafe store(specs[index]).forEachEntry(body)
    }

    func restore(
        store index: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        requireDecided()
        try unsafe store(specs[index]).restore(key, value)
    }

    func commitRestored(
        _ progress: RestoreProgress, checkpoint: TaskCheckpoint?
    ) throws(StoreError) {
        requireDecided()
        precondition(
            progress.isComplete == (checkpoint != nil),
            "\(progress) with checkpoint \(checkpoint as Any)")
        self.checkpoint = checkpoint
        restoreProgress = progress
        forEachStore { $0.commit() }
    }

    func clear() throws(StoreError) {
        (checkpoint, prepared) = (nil, nil)
        restoreProgress = RestoreProgress(isComplete: false)
        forEachStore { $0.clear() }
    }

    func close() {
        guard prepared == nil else { return }
        forEachStore { $0.rollBack() }
    }

    private func requireDecided() {
        precondition(prepared == nil, "commit \(prepared?.sequence ?? 0) is prepared")
    }

    private func requireRestored() {
        precondition(restoreProgress?.isComplete != false, "a restore is unfinished")
    }

    private func store(_ spec: StoreSpec) -> any InMemoryStore {
        switch spec.kind {
        case .keyValue: keyValueStores[spec.name]!
        case .timers: timerStores[spec.name]!
        }
    }

    private func forEachStore(_ body: (any InMemoryStore) -> Void) {
        for store in keyValueStores.values { body(store) }
        for store in timerStores.values { body(store) }
    }
}

/// What the task's state asks of each of its stores.
protocol InMemoryStore: AnyObject {
    /// What was changed, or prepared, is decided.
    func commit()
    /// What was changed is prepared: no more changes until it is committed or discarded.
    func prepare()
    func discardPrepared()
    func rollBack()
    func clear()
    func forEachChange(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError)
    /// - Precondition: nothing was changed since the last commit.
    func forEachEntry(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError)
    func restore(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
    ) throws(StoreError)
}

extension TaskCheckpoint {
    fileprivate func reindexed(from old: [StoreSpec], to new: [StoreSpec]) -> TaskCheckpoint {
        var checkpoint = self
        checkpoint.changelogOffsets = changelogOffsets.reindexed(from: old, to: new)
        return checkpoint
    }
}

extension [Int: Int64] {
    /// Offsets by store, for the same stores in another order.
    fileprivate func reindexed(from old: [StoreSpec], to new: [StoreSpec]) -> [Int: Int64] {
        var offsets: [Int: Int64] = [:]
        for (index, offset) in self {
            guard let moved = new.firstIndex(where: { $0.name == old[index].name }) else {
                continue
            }
            offsets[moved] = offset
        }
        return offsets
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, but an error keeps its type.
    func withStoreBytes(
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let result = unsafe withUnsafeBytes { bytes in
            Result { () throws(StoreError) in try unsafe body(bytes) }
        }
        try result.get()
    }
}
