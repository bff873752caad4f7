internal import Events
internal import StreamCore

/// The timers of one store: those before a horizon in memory, all of them in the file.
///
/// Every timer before the horizon is in memory. What lies behind it is in the file, or in memory
/// until it is written. When the earliest timers are used up, the next ones are read and the
/// horizon moves on; when memory runs out, the latest ones are dropped and it moves back.
final class TimerQueue {
    private let store: Int
    /// For the timers; what happened since the last commit has another quarter of the memory.
    private let byteLimit: Int
    private let journalByteLimit: Int
    @safe @exclusivity(unchecked) private(set) var pages: TimerPages
    /// What changed since the last commit.
    @safe @exclusivity(unchecked) private(set) var journal: TimerJournal
    /// A timer that is in the file and not in memory does not come before this; `nil` when there
    /// is none.
    @safe @exclusivity(unchecked) private var horizon: TimerKey? = .earliest
    /// The latest of the timers that were taken and are still in the table: since timers are taken
    /// in order, everything up to it that is in the table was taken.
    @safe @exclusivity(unchecked) private(set) var lastTaken: TimerKey?
    /// The time of the earliest timer; `.distantFuture` when there is none, and `.distantPast` when
    /// that cannot be known, so that whoever waits for it learns why.
    @safe @exclusivity(unchecked) private(set) var next = Timestamp.distantFuture

    init(store: Int, byteLimit: Int) {
        self.store = store
        journalByteLimit = byteLimit / 4
        self.byteLimit = byteLimit - journalByteLimit
        journal = TimerJournal(capacity: journalByteLimit)
        pages = TimerPages(pageByteCount: min(max(byteLimit / 32, 512), 8_192) & ~15)
    }

    var byteCount: Int { pages.byteCount + journal.byteCount }
    var isOverLimit: Bool {
        pages.byteCount > byteLimit || journal.byteCount > journalByteLimit
    }
    /// Whether it would soon be over its limit for timers.
    var isCrowded: Bool { pages.byteCount > byteLimit - byteLimit / 4 }
    /// Whether anything changed since the last commit.
    var hasChanges: Bool { !journal.isEmpty }
    /// Whether the table is not up to date.
    var isUnwritten: Bool { pages.unwrittenCount > 0 || lastTaken != nil }

    func set(_ point: TimerPoint) {
        pages.insert(point, isUnwritten: true)
        journal.add(point, isSet: true)
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
        journal.add(first, isSet: false)
        pages.removeFirst()
        updateNext()
        return Timestamp(milliseconds: taken)
    }

    /// Writes what changed; it is still unwritten until `markWritten`. With an undo table, the rows
    /// are noted there before they change.
    func writeChanges(
        to table: RowTable, noting undo: UndoTable?
    ) throws(StoreError) {
        guard isUnwritten else { return }
        // All of it before any row changes: a timer that was taken and set again is noted twice.
        if let undo { try noteRows(of: table, in: undo) }
        if let lastTaken { try table.removeThrough(lastTaken.bytes) }
        try unsafe forEachUnwrittenKey { (key) throws(StoreError) in
            try unsafe table.write(key, .empty)
        }
    }

    private func noteRows(
        of table: RowTable, in undo: UndoTable
    ) throws(StoreError) {
        if let lastTaken {
            try unsafe lastTaken.bytes.withBytes { (last) throws(StoreError) in
                var rows = try table.rows()
                while try rows.next(), unsafe rows.key.compare(last) <= 0 {
                    try unsafe undo.note(rows.key)
                }
            }
        }
        try unsafe forEachUnwrittenKey { (key) throws(StoreError) in
            try unsafe undo.note(key)
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

    /// Does what the log says was done. It was done in this order, from where the table is.
    func replay(_ change: LogRecord, from database: TaskDatabase) throws(StoreError) {
        guard let parts = unsafe TimerEntryKey.parts(change.key) else {
            throw try database.table(store).damagedRow("a timer in the log has no time")
        }
        let point = unsafe TimerPoint(parts.time.milliseconds, parts.key)
        if unsafe change.value != nil {
            set(point)
        } else {
            var key: [UInt8] = []
            let time = try takeDue(at: .distantFuture, key: &key, from: database)
            let isSame = unsafe key.withBytes { unsafe $0.hasSameBytes(as: point.key) }
            guard time == (unsafe parts.time), isSame else {
                throw try database.table(store).damagedRow("a timer that was taken is not there")
            }
        }
        journal.removeAll()
    }

    /// What changed is in the log.
    func markLogged() { journal.removeAll() }

    /// What the log held was written; what changed since is still unwritten.
    func markLoggedWritten() {
        pages.markAllWritten()
        lastTaken = nil
        unsafe journal.forEach { (key, isSet) in
            guard let parts = unsafe TimerEntryKey.parts(key) else { return }
            let point = unsafe TimerPoint(parts.time.milliseconds, parts.key)
            if isSet { pages.markUnwritten(point) } else { noteTaken(point) }
        }
    }

    func markWritten() {
        pages.markAllWritten()
        lastTaken = nil
        journal.removeAll()
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
        journal.removeAll()
        lastTaken = nil
        horizon = .earliest
        try load(from: database)
    }

    /// Forgets what is in memory; what comes next is not known until `reload`.
    func suspend() {
        pages.removeAll()
        journal.removeAll()
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
