internal import CKafka
internal import StreamCore
internal import StreamEngine

/// Transactions on librdkafka, which bounds each of these calls by the transaction timeout.
///
/// What an error asks for is told by its flags, looked at in the order that librdkafka prescribes:
/// fatal, to abort, to call again; an error with none of the three is as good as fatal.
extension KafkaProducer {
    func initTransactions() throws(ClusterError) {
        try unsafe call { unsafe ckafka_producer_init_transactions($0, &$1) }
    }

    func beginTransaction() throws(ClusterError) {
        try unsafe call { unsafe ckafka_producer_begin_transaction($0, &$1) }
    }

    func sendOffsets(
        _ offsets: [TopicPartition: CommittedOffset], group: any GroupMetadata
    ) throws(ClusterError) {
        guard let group = group as? KafkaGroupMetadata else {
            preconditionFailure("the group metadata \(group) is of another cluster's consumer")
        }
        try CStrings.with { (strings) throws(ClusterError) in
            let list = unsafe strings.partitions(offsets)
            try unsafe call {
                unsafe ckafka_producer_send_offsets(
                    $0, list.baseAddress, list.count, group.handle, &$1)
            }
        }
    }

    func commitTransaction() throws(ClusterError) {
        do {
            try unsafe call { unsafe ckafka_producer_commit_transaction($0, &$1) }
        } catch {
            // The request that ends the transaction may have got through before what failed.
            var failure = error
            if !failure.kind.canBeGoneOnFrom { failure.kind = .unknownOutcome }
            throw failure
        }
    }

    func abortTransaction() throws(ClusterError) {
        try unsafe call { unsafe ckafka_producer_abort_transaction($0, &$1) }
        // What the abort threw away is no failure of the next transaction.
        var ignored = ckafka_error()
        _ = unsafe ckafka_producer_take_failure(handle, &ignored)
    }

    private func call(
        _ body: (OpaquePointer, inout ckafka_error) -> Bool
    ) throws(ClusterError) {
        var error = ckafka_error()
        guard unsafe !body(handle, &error) else { return }
        throw transactionError(error)
    }

    /// The error with the kind that says what can be done about the transaction.
    func transactionError(_ error: ckafka_error, subject: String = "") -> ClusterError {
        var translated = translator.translate(error, subject: subject)
        if error.is_fatal {
            if translated.kind != .fenced { translated.kind = .fatal }
        } else if error.requires_abort {
            translated.kind = .abortable
        } else if error.is_retriable {
            translated.kind = .retriable
        } else if translated.kind == .retriable || translated.kind == .unreachable {
            translated.kind = .fatal
        }
        return translated
    }
}

extension ClusterError.Kind {
    /// Whether the transaction is known to be open still: it can be called again, or aborted.
    fileprivate var canBeGoneOnFrom: Bool { self == .retriable || self == .abortable }
}
