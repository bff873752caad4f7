internal import Events
internal import Foundation
internal import StreamCore
internal import StreamEngine

/// A producer of a ``FakeCluster``; records are there at once and acknowledged at the next poll.
final class FakeProducer: Producer {
    private let cluster: FakeCluster
    private let process: FakeProcess?
    private let transactionalID: String?
    /// As of `initTransactions`; the coordinator's is higher once this producer is fenced.
    private var epoch: Int?
    private var isInTransaction = false
    private(set) var outstandingCount = 0
    private var writtenOffsets: [TopicPartition: Int64] = [:]

    init(cluster: FakeCluster, process: FakeProcess?, transactionalID: String?) {
        self.cluster = cluster
        self.process = process
        self.transactionalID = transactionalID
    }

    private func perform<Result>(
        _ operation: FakeCluster.Operation, _ body: () throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        try cluster.perform(operation, of: process, body)
    }

    // MARK: Records

    func send(_ batch: OutputBatch, from first: Int, topics: [String]) throws(ClusterError) -> Int {
        try perform(.send) { () throws(ClusterError) in
            let room = max(0, cluster.producerCapacity - outstandingCount)
            let taken = min(room, batch.count - first)
            guard taken > 0 else { return 0 }
            var transaction: FakeTransactions.Transaction?
            if transactionalID != nil {
                // The client library keeps records back while the transaction before is ended.
                guard let begun = try joinTransaction() else { return 0 }
                transaction = begun
            }
            for index in first..<first + taken {
                try write(batch, record: index, topics: topics, transaction: &transaction)
            }
            if let transactionalID, let transaction {
                cluster.transactions.producers[transactionalID]!.open = transaction
            }
            outstandingCount += taken
            cluster.condition.broadcast()
            return taken
        }
    }

    private func write(
        _ batch: OutputBatch, record: Int, topics: [String],
        transaction: inout FakeTransactions.Transaction?
    ) throws(ClusterError) {
        let slot = batch.slots[record]
        let topic = topics[Int(slot.topic)]
        guard let partitions = cluster.logs[topic]?.count else {
            throw .unknownTopic(topic)
        }
        let key = unsafe batch.key(of: record).map { unsafe Array($0) }
        if slot.partition >= 0, Int(slot.partition) >= partitions {
            throw .unknownTopic(topic)
        }
        let partition =
            slot.partition >= 0
            ? Int(slot.partition) : FakeCluster.partition(of: key, count: partitions)
        transaction?.partitions.insert(
            TopicPartition(topic: topic, partition: Int32(partition)))
        cluster.logs[topic]![partition].append(
            FakeCluster.Record(
                key: key, value: unsafe batch.value(of: record).map { unsafe Array($0) },
                headers: unsafe Array(batch.headers(of: record)), timestamp: slot.timestamp),
            transaction: transaction?.number)
        guard slot.partition >= 0 else { return }
        writtenOffsets[TopicPartition(topic: topic, partition: slot.partition)] = Int64(
            cluster.logs[topic]![partition].endOffset)
    }

    func writtenOffset(_ partition: TopicPartition) -> Int64? { writtenOffsets[partition] }

    func poll(timeout: Duration) throws(ClusterError) {
        try perform(.poll) {}
        // With room at once there is nothing to wait for; a time-out passes.
        if outstandingCount == 0 { cluster.clock?.advance(by: timeout) }
        outstandingCount = 0
    }

    func flush(timeout: Duration) throws(ClusterError) {
        try perform(.flush) {}
        outstandingCount = 0
    }

    func close() {}

    // MARK: Transactions

    func initTransactions() throws(ClusterError) {
        try perform(.initTransactions) { () throws(ClusterError) in
            let id = id
            cluster.transactions.producers[id, default: .init()].epoch += 1
            if cluster.transactions.producers[id]!.open != nil {
                cluster.transactions.end(id, isCommit: false) {
                    cluster.now + cluster.nextMarkerDelay
                }
                cluster.writeMarkers()
            }
            guard cluster.transactions.producers[id]!.ending == nil else {
                throw .concurrentTransactions
            }
            epoch = cluster.transactions.producers[id]!.epoch
            isInTransaction = false
        }
    }

    func beginTransaction() throws(ClusterError) {
        try perform(.beginTransaction) { () throws(ClusterError) in
            guard epoch != nil, !isInTransaction else { throw Self.wrongState }
            isInTransaction = true
        }
    }

    func sendOffsets(
        _ offsets: [TopicPartition: CommittedOffset], group: any GroupMetadata
    ) throws(ClusterError) {
        try perform(.sendOffsets) { () throws(ClusterError) in
            guard let group = group as? FakeGroupMetadata else {
                preconditionFailure("the group metadata is of another cluster")
            }
            guard var transaction = try joinTransaction() else { throw .concurrentTransactions }
            guard
                cluster.groups[group.group]?.accepts(group.member, generation: group.generation)
                    == true
            else {
                var refusal = ClusterError.illegalGeneration
                refusal.kind = .abortable
                throw refusal
            }
            transaction.offsets[group.group, default: [:]].merge(offsets) { _, new in new }
            cluster.transactions.producers[id]!.open = transaction
        }
    }

    func commitTransaction() throws(ClusterError) {
        try perform(.commitTransaction) { () throws(ClusterError) in
            do throws(ClusterError) {
                try end(isCommit: true)
            } catch {
                // What the transaction became before this producer was fenced can't be told here.
                var failure = error
                failure.kind = .unknownOutcome
                throw failure
            }
        }
        isInTransaction = false
    }

    func abortTransaction() throws(ClusterError) {
        try perform(.abortTransaction) { () throws(ClusterError) in try end(isCommit: false) }
        isInTransaction = false
        outstandingCount = 0
    }

    /// Ends the open transaction. When there is none, the request came a second time, or nothing
    /// was ever put into the transaction.
    private func end(isCommit: Bool) throws(ClusterError) {
        try checkEpoch()
        guard cluster.transactions.producers[id]!.open != nil else { return }
        cluster.transactions.end(id, isCommit: isCommit) {
            cluster.now + cluster.nextMarkerDelay
        }
        cluster.writeMarkers()
    }

    /// The transaction to put records and offsets into; `nil` while the one before is ended.
    private func joinTransaction() throws(ClusterError) -> FakeTransactions.Transaction? {
        guard isInTransaction else { throw Self.wrongState }
        try checkEpoch()
        guard cluster.transactions.producers[id]!.ending == nil else { return nil }
        let timeout = Int64(cluster.transactionTimeout / .milliseconds(1))
        return cluster.transactions.openTransaction(
            of: id, deadline: cluster.clock == nil ? .max : cluster.now + timeout)
    }

    private func checkEpoch() throws(ClusterError) {
        guard cluster.transactions.producers[id]?.epoch == epoch, epoch != nil else {
            throw .fencedProducer
        }
    }

    private var id: String {
        guard let transactionalID else { preconditionFailure("the producer has no transactions") }
        return transactionalID
    }

    private static let wrongState = ClusterError(
        kind: .fatal, code: "_STATE", reason: "no transaction is open, or one is")
}
