internal import StreamCore

/// How the memory of a task is divided.
struct MemoryBudget {
    private static let smallest = 64 << 10
    /// A process that starts again reads the log within a fraction of a second.
    private static let logByteMaximum = 64 << 20

    /// For SQLite's pages.
    let pageByteCount: Int
    /// For the entries of all key-value stores.
    let entryByteCount: Int
    /// For the timers of one store.
    let timerByteCount: Int
    /// How long the log of commits may grow. It is no memory, but in proportion to it.
    let logByteCount: Int

    init(byteLimit: Int, stores: [StoreSpec]) {
        let total = max(byteLimit, Self.smallest)
        let timerStoreCount = stores.count { $0.kind == .timers }
        let hasEntries = stores.contains { $0.kind == .keyValue }
        logByteCount = min(total, Self.logByteMaximum)
        pageByteCount = total / 4
        let rest = total - pageByteCount
        // Timers are small, and those far ahead need not be in memory.
        let timers = timerStoreCount == 0 ? 0 : hasEntries ? rest / 6 : rest
        entryByteCount = rest - timers
        timerByteCount = timers / max(1, timerStoreCount)
    }
}
