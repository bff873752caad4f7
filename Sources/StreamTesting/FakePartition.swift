internal import Events

/// One partition of a ``FakeCluster``: records and the control records that end transactions, each
/// at an offset of its own.
struct FakePartition {
    private enum Entry {
        case record(FakeCluster.Record, transaction: Int?)
        case control
        /// A later record of the same key took its place.
        case compacted
    }

    private var entries: [Entry] = []
    /// Where each transaction that is not ended yet begins.
    private var openTransactions: [Int: Int] = [:]
    private var abortedTransactions: Set<Int> = []

    /// The offset behind everything that was written.
    var endOffset: Int { entries.count }

    /// The offset before which nothing is undecided: a reader of committed records gets no further.
    var lastStableOffset: Int { openTransactions.values.min() ?? entries.count }

    mutating func append(_ record: FakeCluster.Record, transaction: Int?) {
        if let transaction, openTransactions[transaction] == nil {
            openTransactions[transaction] = entries.count
        }
        entries.append(.record(record, transaction: transaction))
    }

    /// Writes the control record that ends a transaction, if it has records here.
    mutating func end(_ transaction: Int, isCommit: Bool) {
        guard openTransactions.removeValue(forKey: transaction) != nil else { return }
        if !isCommit { abortedTransactions.insert(transaction) }
        entries.append(.control)
    }

    /// The record at an offset, if a reader of committed records may see it.
    func committedRecord(at offset: Int) -> FakeCluster.Record? {
        guard offset < lastStableOffset, case .record(let record, let transaction) = entries[offset]
        else { return nil }
        return transaction.map(abortedTransactions.contains) == true ? nil : record
    }

    /// Appends to `batch` what a reader of committed records finds from `offset` on; returns the
    /// offset behind it.
    func read(from offset: Int, into batch: RecordBatch, recordLimit: Int) -> Int {
        var position = offset
        while position < lastStableOffset, batch.count < recordLimit {
            if let record = committedRecord(at: position) {
                record.append(to: batch, offset: Int64(position))
            }
            position += 1
        }
        return position
    }

    /// Leaves of each key its last record only, as a broker does from time to time with what is
    /// decided; the last record of all stays where it is.
    mutating func compact() {
        var last: [[UInt8]: Int] = [:]
        for offset in 0..<lastStableOffset {
            guard let key = committedRecord(at: offset)?.key else { continue }
            if let earlier = last.updateValue(offset, forKey: key) { entries[earlier] = .compacted }
        }
    }

    /// Every record that a reader of committed records sees.
    var committedRecords: [FakeCluster.Record] {
        (0..<lastStableOffset).compactMap { committedRecord(at: $0) }
    }

    /// Every record that was written, whatever became of its transaction.
    var allRecords: [FakeCluster.Record] {
        entries.compactMap { if case .record(let record, _) = $0 { record } else { nil } }
    }
}
