internal import Events
internal import StreamCore

/// The timers of one store: those before a horizon in memory, all of them in the file.
///
/// Every timer before the horizon is in memory. What lies behind it is in the file, or in memory
/// until it is written. When the earliest timers are used up, the next ones are read and the
/// horizon moves on; when memory runs out, the latest ones are dropped and it moves back.
final class TimerQueue {
    private let store: Int
    private let byteLimit: Int
    private(set) var pages: TimerPages
    /// A timer that is in the file and not in memory does not come before this; `nil` when there
    /// is none.
    private var horizon: TimerKey? = .earliest
    /// The latest of the timers that were taken and are still in the file: since timers are taken
    /// in order, everything up to it that is in the file was taken.
    private(set) var lastTaken: TimerKey?
    /// The time of the earliest timer; `.distantFuture` when there is none, and `.distantPast` when
    /// that cannot be known, so that whoever waits for it learns why.
    private(set) var next = Timestamp.distantFuture

    init(store: Int, byteLimit: Int) {
        self.store = store
        self.byteLimit = byteLimit
        pages = TimerPages(pageByteCount: min(max(byteLimit / 32, 512), 8_192) & ~15)
    }

    var byteCount: Int { pages.byteCount }
    var isOverLimit: Bool { byteCount > byteLimit }
    var hasChanges: Bool { pages.unwrittenCount > 0 || lastTaken != nil }

    func set(_ point: TimerPoint) {
        pages.insert(point, isUnwritten: true)
        updateNext()
    }

    /// Removes the earliest timer when it is due, and replaces the content of `key`.
    func takeDue(
        at time: Timestamp, key: inout [UInt8], from database: TaskDatabase
    ) throws(StoreError) -> Timestamp? {
        guard next <= time else { return nil }
        if !isNear(pages.second) { try load(from: database) }
        guard let first = pages.first, isNear(first) else { return nil }
        let taken = first.time
        unsafe key.assign(first.key)
        noteTaken(first)
        pages.removeFirst()
        updateNext()
        return Timestamp(milliseconds: taken)
    }

    /// Writes what changed; it is still unwritten until `markWritten`. With an undo table, the rows
    /// are noted there before they change.
    func writeChanges(
        to table: RowTable, noting undo: UndoTable?, isPacked: Bool
    ) throws(StoreError) {
        guard hasChanges else { return }
        // All of it before any row changes: a timer that was taken and set again is noted twice.
        if let undo { try noteRows(of: table, in: undo, isPacked) }
        if let lastTaken { try table.removeThrough(lastTaken.bytes) }
        try unsafe forEachUnwrittenKey { (key) throws(StoreError) in
            try unsafe table.write(key, .empty)
        }
    }

    private func noteRows(
        of table: RowTable, in undo: UndoTable, _ isPacked: Bool
    ) throws(StoreError) {
        if let lastTaken {
            try unsafe lastTaken.bytes.withBytes { (last) throws(StoreError) in
                var rows = try table.rows()
                while try rows.next(), unsafe rows.key.compare(last) <= 0 {
                    try unsafe undo.note(rows.key, isPacked: isPacked)
                }
            }
        }
        try unsafe forEachUnwrittenKey { (key) throws(StoreError) in
            try unsafe undo.note(key, isPacked: isPacked)
        }
    }

    private func forEachUnwrittenKey(
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        var key = TimerKey.earliest
        try pages.forEachUnwritten { (point) throws(StoreError) in
            key.assign(point)
            try unsafe key.bytes.withBytes(body)
        }
    }

    func markWritten() {
        pages.markAllWritten()
        lastTaken = nil
        horizon?.withPoint { pages.removeSuffix($0) }
    }

    /// Drops the later half of the timers from memory.
    ///
    /// - Precondition: all are written.
    func shrink() {
        guard let middle = pages.middle else { return }
        horizon = TimerKey(middle)
        pages.removeSuffix(middle)
    }

    /// Forgets what is in memory and reads the earliest timers.
    func reload(from database: TaskDatabase) throws(StoreError) {
        pages.removeAll()
        lastTaken = nil
        horizon = .earliest
        try load(from: database)
    }

    /// Forgets what is in memory; what comes next is not known until `reload`.
    func suspend() {
        pages.removeAll()
        lastTaken = nil
        horizon = .earliest
        next = .distantPast
    }

    private func load(from database: TaskDatabase) throws(StoreError) {
        guard let from = horizon else { return }
        var rows = try database.table(store).rows(from: from.bytes)
        let limit = pages.byteCount + byteLimit / 2
        while try rows.next() {
            guard let key = unsafe TimerKey(rows.key) else {
                throw try database.table(store).damagedRow("a timer has no time")
            }
            key.withPoint { pages.insert($0, isUnwritten: false) }
            if pages.byteCount >= limit {
                horizon = key.successor
                updateNext()
                return
            }
        }
        horizon = nil
        updateNext()
    }

    private func isNear(_ point: TimerPoint?) -> Bool {
        guard let horizon else { return true }
        guard let point else { return false }
        return horizon.withPoint { point.compare($0) < 0 }
    }

    private func noteTaken(_ point: TimerPoint) {
        if let lastTaken, lastTaken.withPoint({ point.compare($0) <= 0 }) { return }
        if lastTaken == nil { lastTaken = TimerKey(point) } else { lastTaken?.assign(point) }
    }

    private func updateNext() {
        next = pages.first.map { Timestamp(milliseconds: $0.time) } ?? .distantFuture
    }
}
