internal import StreamCore
internal import StreamEngine

/// The transaction coordinator of a ``FakeCluster``.
///
/// ```
///            records, offsets                 markers written
///  (none) ───────────────────▶ open ──end──▶ ending ─────────▶ (none)
///                               │  timeout, or a newer producer:
///                               └──────────── aborted, epoch + 1
/// ```
///
/// The markers of a transaction that ends may come later than the answer to its commit: until then
/// its records and offsets are undecided for everybody else, and its producer can't begin another.
struct FakeTransactions {
    struct Transaction {
        let number: Int
        let deadline: Int64
        var partitions: Set<TopicPartition> = []
        /// By group: what counts once the transaction is committed.
        var offsets: [String: [TopicPartition: CommittedOffset]] = [:]
    }

    struct Ending {
        let transaction: Transaction
        let isCommit: Bool
        /// When the markers are written.
        let due: Int64
    }

    struct Producer {
        var epoch = 0
        var open: Transaction?
        var ending: Ending?
    }

    var producers: [String: Producer] = [:]
    private var count = 0

    /// Whether a transaction that is not ended holds an offset of a partition.
    func holdsOffset(of partition: TopicPartition, group: String) -> Bool {
        producers.values.contains { producer in
            [producer.open, producer.ending?.transaction].contains {
                $0?.offsets[group]?[partition] != nil
            }
        }
    }

    /// The open transaction of a producer, begun when there is none.
    mutating func openTransaction(of id: String, deadline: Int64) -> Transaction {
        if let open = producers[id]?.open { return open }
        count += 1
        let transaction = Transaction(number: count, deadline: deadline)
        producers[id, default: Producer()].open = transaction
        return transaction
    }

    /// Decides a transaction; its markers are written at `due`.
    mutating func end(_ id: String, isCommit: Bool, due: Int64) {
        guard let open = producers[id]?.open else { return }
        producers[id]!.open = nil
        producers[id]!.ending = Ending(transaction: open, isCommit: isCommit, due: due)
    }

    /// Aborts what has been open for too long; returns whose.
    mutating func expire(at now: Int64, markerDelay: (String) -> Int64) {
        for (id, producer) in producers.sorted(by: { $0.key < $1.key }) {
            guard let open = producer.open, open.deadline <= now else { continue }
            producers[id]!.epoch += 1
            end(id, isCommit: false, due: now + markerDelay(id))
        }
    }

    /// Takes the transactions whose markers are due.
    mutating func takeDue(at now: Int64) -> [Ending] {
        var due: [Ending] = []
        for (id, producer) in producers.sorted(by: { $0.key < $1.key }) {
            guard let ending = producer.ending, ending.due <= now else { continue }
            producers[id]!.ending = nil
            due.append(ending)
        }
        return due
    }
}
