import StreamCore

/// What a task's state should hold: plain dictionaries and a sorted array, and what they were at
/// the last commit.
struct StateModel: Equatable {
    struct Content: Equatable {
        /// Without the stores that are empty.
        var stores: [String: [[UInt8]: [UInt8]]] = [:]
        var timers = SortedTimers()
    }

    /// An entry or a timer, as a changelog names them.
    struct Place: Hashable {
        var store: String
        var key: [UInt8]
    }

    /// As of the last decided commit.
    var committed = Content()
    var current = Content()
    var checkpoint: TaskCheckpoint?
    var prepared: TaskCheckpoint?
    var restoreProgress: RestoreProgress?
    /// What was put, deleted, set or taken since the last commit.
    var touched: Set<Place> = []

    mutating func commit(_ checkpoint: TaskCheckpoint) {
        self.checkpoint = checkpoint
        restoreProgress = nil
        settle()
    }

    mutating func prepare(_ checkpoint: TaskCheckpoint) {
        prepared = checkpoint
        restoreProgress = nil
        touched = []
    }

    mutating func applyPrepared() {
        checkpoint = prepared
        prepared = nil
        settle()
    }

    mutating func discardPrepared() {
        prepared = nil
        rollBack()
    }

    mutating func commitRestored(_ progress: RestoreProgress, _ checkpoint: TaskCheckpoint?) {
        self.checkpoint = checkpoint
        restoreProgress = progress
        settle()
    }

    mutating func clear() {
        prepared = nil
        current = Content()
        commitRestored(RestoreProgress(isComplete: false), nil)
    }

    mutating func rollBack() {
        current = committed
        touched = []
    }

    private mutating func settle() {
        committed = current
        touched = []
    }
}

extension StateModel.Content {
    subscript(store: String, key: [UInt8]) -> [UInt8]? {
        get { stores[store]?[key] }
        set {
            stores[store, default: [:]][key] = newValue
            if stores[store]?.isEmpty == true { stores[store] = nil }
        }
    }

    func entries(_ store: String) -> [Entry] {
        (stores[store] ?? [:]).map { Entry(key: $0.key, value: $0.value) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

/// Everything that a state holds; the timers are taken for it and rolled back after.
func content(of state: any TaskState, stores: [StoreSpec]) throws -> StateModel.Content {
    var content = StateModel.Content()
    for store in stores {
        switch store.kind {
        case .keyValue:
            let entries = try state.keyValueStore(store.name).entries()
            if !entries.isEmpty {
                content.stores[store.name] = Dictionary(
                    uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
            }
        case .timers:
            let timers = state.timerStore(store.name)
            while let timer = try timers.takeDue(at: .max) { content.timers.insert(timer) }
        }
    }
    try state.rollBack()
    return content
}

/// Timers in order, each once.
struct SortedTimers: Equatable {
    private(set) var all: [TimerEntry] = []

    var first: TimerEntry? { all.first }

    mutating func insert(_ timer: TimerEntry) {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle] < timer { low = middle + 1 } else { high = middle }
        }
        if low == all.count || all[low] != timer { all.insert(timer, at: low) }
    }

    mutating func remove(_ timer: TimerEntry) { all.removeAll { $0 == timer } }

    mutating func takeDue(at time: Int64) -> TimerEntry? {
        guard let first, first.time <= time else { return nil }
        return all.removeFirst()
    }
}
