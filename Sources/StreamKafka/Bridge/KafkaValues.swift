internal import CKafka
internal import StreamCore
internal import StreamEngine

extension ckafka_error {
    /// librdkafka's name of the error.
    var codeName: String {
        unsafe withUnsafePointer(to: self) { unsafe String(cString: ckafka_error_name($0)) }
    }

    /// librdkafka's own reason.
    var reason: String {
        unsafe withUnsafePointer(to: self) { unsafe String(cString: ckafka_error_text($0)) }
    }
}

extension TopicPartition {
    init(_ partition: ckafka_partition) {
        unsafe self.init(topic: String(cString: partition.topic), partition: partition.partition)
    }
}

extension CommittedOffset {
    /// `nil` for a partition without a committed offset.
    init?(_ partition: ckafka_partition) {
        guard unsafe partition.offset >= 0 else { return nil }
        unsafe self.init(
            offset: partition.offset,
            metadata: partition.metadata.map { unsafe String(cString: $0) } ?? "")
    }
}

extension Duration {
    /// Milliseconds as the shim takes them: rounded up, so that a short wait is no busy loop.
    var timeoutMilliseconds: Int32 {
        let whole = wholeMilliseconds
        let rounded = .milliseconds(whole) < self ? whole + 1 : whole
        return Int32(clamping: max(rounded, 0))
    }
}
