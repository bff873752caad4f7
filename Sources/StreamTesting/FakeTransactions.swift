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
/// The markers of a transaction that ends may come later than the answer to its commit, those of each
/// partition and of the group's offsets in their own time: until then what lies there is undecided for
/// everybody else. Before the last one is written, its producer can't begin another.
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
        var markers: [Marker]
    }

    struct Marker {
        /// Where it is written; `nil` for the group's offsets.
        let partition: TopicPartition?
        /// When.
        let due: Int64
    }

    /// A marker of an ended transaction whose time has come.
    struct DueMarker {
        let transaction: Transaction
        let isCommit: Bool
        let partition: TopicPartition?
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
            let isEnding = producer.ending?.markers.contains { $0.partition == nil } ?? false
            return [producer.open, isEnding ? producer.ending?.transaction : nil].contains {
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

    /// Decides a transaction; asks of each marker when it is written.
    mutating func end(_ id: String, isCommit: Bool, due: () -> Int64) {
        guard let open = producers[id]?.open else { return }
        let markers =
            [Marker(partition: nil, due: due())]
            + open.partitions.sorted().map { Marker(partition: $0, due: due()) }
        producers[id]!.open = nil
        producers[id]!.ending = Ending(transaction: open, isCommit: isCommit, markers: markers)
    }

    /// Aborts what has been open for too long; returns whose.
    mutating func expire(at now: Int64, markerDelay: () -> Int64) {
        for (id, producer) in producers.sorted(by: { $0.key < $1.key }) {
            guard let open = producer.open, open.deadline <= now else { continue }
            producers[id]!.epoch += 1
            end(id, isCommit: false) { now + markerDelay() }
        }
    }

    /// Takes the markers that are due.
    mutating func takeDue(at now: Int64) -> [DueMarker] {
        var due: [DueMarker] = []
        for (id, producer) in producers.sorted(by: { $0.key < $1.key }) {
            guard let ending = producer.ending else { continue }
            for marker in ending.markers where marker.due <= now {
                due.append(
                    DueMarker(
                        transaction: ending.transaction, isCommit: ending.isCommit,
                        partition: marker.partition))
            }
            producers[id]!.ending!.markers.removeAll { $0.due <= now }
            if producers[id]!.ending!.markers.isEmpty { producers[id]!.ending = nil }
        }
        return due
    }
}
