public import StreamEngine

extension FakeCluster {
    /// The calls that can be made to fail.
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        case describe, configuration, makeConsumer, makeProducer
        case wait, assign, unassign, rewind, fetch, committed, commit, offsetRange, groupMetadata
        case send, poll, flush
        case groupMembers
        case makeReader, startReading, stopReading, waitForReading, read, writtenRange
        case initTransactions, beginTransaction, sendOffsets, commitTransaction, abortTransaction

        /// Whether the cluster may get the request twice without a client that made it twice: what
        /// a client library sends again when an answer was lost.
        public var mayBeDeliveredTwice: Bool {
            switch self {
            case .commit, .initTransactions, .sendOffsets, .commitTransaction, .abortTransaction:
                true
            default: false
            }
        }
    }

    /// What goes wrong with a call.
    public enum Fault: Sendable {
        /// The cluster doesn't carry it out.
        case refuse(ClusterError)
        /// The cluster carries it out, and the answer is lost.
        case performThenFail(ClusterError)
        /// The cluster gets the request twice.
        case performTwice
    }
}

extension ClusterError {
    /// A producer whose transactional id belongs to another by now.
    static let fencedProducer = ClusterError(
        kind: .fenced, code: "INVALID_PRODUCER_EPOCH",
        reason: "another producer has the transactional id, or the transaction timed out")

    /// The markers of the transaction before are not written yet.
    static let concurrentTransactions = ClusterError(
        kind: .retriable, code: "CONCURRENT_TRANSACTIONS",
        reason: "the transaction before is still being ended")

    static let unstableOffsets = ClusterError(
        kind: .retriable, code: "UNSTABLE_OFFSET_COMMIT",
        reason: "a transaction that holds these offsets is still open")

    static let illegalGeneration = ClusterError(
        kind: .fenced, code: "ILLEGAL_GENERATION",
        reason: "the partitions are not this member's")

    static func unknownTopic(_ topic: String) -> ClusterError {
        ClusterError(
            kind: .unknownTopic, code: "UNKNOWN_TOPIC_OR_PART",
            reason: "there is no such topic or partition", subject: topic)
    }

    static let dead = ClusterError(
        kind: .fatal, code: "_DESTROY", reason: "the process of this client has crashed")
}
