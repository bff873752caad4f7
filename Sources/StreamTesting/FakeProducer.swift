internal import Events
internal import Foundation
internal import StreamCore
internal import StreamEngine

/// A producer of a ``FakeCluster``; records are there at once and acknowledged at the next poll.
final class FakeProducer: Producer {
    private let cluster: FakeCluster
    private(set) var outstandingCount = 0

    init(cluster: FakeCluster) { self.cluster = cluster }

    func send(_ batch: OutputBatch, from first: Int, topics: [String]) throws(ClusterError) -> Int {
        try cluster.locked { () throws(ClusterError) in
            try cluster.check(.send)
            let room = max(0, cluster.producerCapacity - outstandingCount)
            let taken = min(room, batch.count - first)
            for index in first..<first + taken {
                try write(batch, record: index, topics: topics)
            }
            outstandingCount += taken
            cluster.condition.broadcast()
            return taken
        }
    }

    private func write(
        _ batch: OutputBatch, record: Int, topics: [String]
    ) throws(ClusterError) {
        let slot = batch.slots[record]
        let topic = topics[Int(slot.topic)]
        guard let partitions = cluster.logs[topic]?.count else {
            throw ClusterError(
                kind: .unknownTopic, code: "UNKNOWN_TOPIC_OR_PART",
                reason: "there is no such topic", subject: topic)
        }
        let key = unsafe batch.key(of: record).map { unsafe Array($0) }
        let partition =
            slot.partition >= 0
            ? Int(slot.partition) : cluster.partition(of: key, count: partitions)
        cluster.logs[topic]![partition].append(
            FakeCluster.Record(
                key: key, value: unsafe batch.value(of: record).map { unsafe Array($0) },
                headers: unsafe Array(batch.headers(of: record)), timestamp: slot.timestamp))
    }

    func poll(timeout: Duration) throws(ClusterError) { outstandingCount = 0 }

    func flush(timeout: Duration) throws(ClusterError) {
        try cluster.locked { () throws(ClusterError) in try cluster.check(.flush) }
        outstandingCount = 0
    }

    func close() {}
}
