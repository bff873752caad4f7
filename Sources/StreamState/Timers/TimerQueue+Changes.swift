internal import Events
internal import StreamCore

extension TimerQueue {
    /// As `journal.forEachTimer`, when some of the changes were written before the commit: `undo`
    /// holds those.
    ///
    /// - Precondition: the table was up to date when the first of them was written.
    func forEachChange(
        in table: RowTable, undo: UndoTable,
        _ body: (_ key: UnsafeRawBufferPointer, _ isSet: Bool) throws(StoreError) -> Void
    ) throws(StoreError) {
        var key = TimerKey.earliest
        try pages.forEachUnwritten { (point) throws(StoreError) in
            key.assign(point)
            try unsafe key.bytes.withBytes { (key) throws(StoreError) in
                try unsafe body(key, true)
            }
        }
        try unsafe forEachWritten(in: table, undo, body)
        guard let lastTaken else { return }
        try unsafe lastTaken.bytes.withBytes { (last) throws(StoreError) in
            var rows = try table.rows()
            while try rows.next(), unsafe rows.key.compare(last) <= 0 {
                // One that was written and taken since the last commit is among the written ones.
                if try unsafe undo.contains(rows.key) { continue }
                if unsafe !isUnwritten(rows.key) { try unsafe body(rows.key, false) }
            }
        }
    }

    private func forEachWritten(
        in table: RowTable, _ undo: UndoTable,
        _ body: (_ key: UnsafeRawBufferPointer, _ isSet: Bool) throws(StoreError) -> Void
    ) throws(StoreError) {
        var keys = try undo.keys()
        while try keys.next() {
            if unsafe isUnwritten(keys.key) { continue }
            let isInTable = try unsafe table.read(keys.key) { unsafe $0 != nil }
            try unsafe body(keys.key, isInTable && !isTaken(keys.key))
        }
    }

    private func isTaken(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let lastTaken else { return false }
        return unsafe lastTaken.bytes.withUnsafeBytes { unsafe key.compare($0) <= 0 }
    }

    private func isUnwritten(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let parts = unsafe TimerEntryKey.parts(key) else { return false }
        return unsafe pages.containsUnwritten(TimerPoint(parts.time.milliseconds, parts.key))
    }
}
