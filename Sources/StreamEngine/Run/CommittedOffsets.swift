internal import StreamCore
internal import Synchronization

/// The offsets that this process's threads have committed.
final class CommittedOffsets: Sendable {
    private let offsets = Mutex<[TopicPartition: Int64]>([:])

    func note(_ committed: [TopicPartition: CommittedOffset]) {
        offsets.withLock { $0.merge(committed.mapValues(\.offset)) { _, new in new } }
    }

    func offset(of source: TopicPartition) -> Int64? { offsets.withLock { $0[source] } }
}
