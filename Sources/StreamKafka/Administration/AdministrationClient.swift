internal import CKafka
internal import StreamCore
internal import StreamEngine

/// The client for requests that belong to no consumer and no producer. Used by one thread at a
/// time; frees itself.
@safe
struct AdministrationClient: ~Copyable {
    private let handle: OpaquePointer
    private let timeout: Duration
    let translator: ErrorTranslator
    private let logs: LogDrain
    private let cluster: EmbeddedCluster?
    private var trouble: ConnectionTrouble

    init(
        _ handle: OpaquePointer, timeout: Duration, logs: LogDrain,
        keepingAlive cluster: EmbeddedCluster?
    ) {
        unsafe self.handle = handle
        self.timeout = timeout
        self.logs = logs
        self.cluster = cluster
        translator = logs.translator
        trouble = ConnectionTrouble(translator)
    }

    deinit { unsafe ckafka_admin_destroy(handle) }

    /// Runs one request: `body` gets the shim's handle, the time limit in milliseconds, and the
    /// error to fill in when it returns `nil`.
    mutating func request<Answer>(
        about subject: String = "",
        _ body: (OpaquePointer, Int32, inout ckafka_error) -> Answer?
    ) throws(ClusterError) -> Answer {
        var error = ckafka_error()
        let answer = unsafe body(handle, timeout.timeoutMilliseconds, &error)
        unsafe logs.drain(ckafka_admin_logs(handle))
        var noted = ckafka_error()
        while unsafe ckafka_admin_next_error(handle, &noted) { _ = trouble.note(noted) }
        guard let answer else { throw trouble.explain(error, subject: subject) }
        trouble.noteSuccess()
        return answer
    }

    /// The first offset and the end of a partition, as far as this client's isolation sees.
    mutating func writtenRange(
        of partition: TopicPartition
    ) throws(ClusterError) -> Range<Int64> {
        var low: Int64 = 0
        var high: Int64 = 0
        try unsafe request(about: "\(partition)") {
            unsafe ckafka_admin_watermarks(
                $0, partition.topic, partition.partition, $1, &low, &high, &$2) ? () : nil
        }
        return low..<max(low, high)
    }

    /// Throws the first partition's own error.
    func check(_ partitions: UnsafeMutableBufferPointer<ckafka_partition>) throws(ClusterError) {
        for index in partitions.indices where unsafe partitions[index].code != 0 {
            let partition = unsafe partitions[index]
            throw unsafe translator.translate(
                code: partition.code, subject: "\(TopicPartition(partition))")
        }
    }

    /// Topics by name; what is not there is left out.
    mutating func describe(
        _ names: [String]
    ) throws(ClusterError) -> [String: TopicDescription] {
        if names.isEmpty { return [:] }
        return try CStrings.with { (strings) throws(ClusterError) in
            // The embedded cluster creates each topic that is asked for by name.
            let isEmbedded = cluster != nil
            let list = unsafe strings.names(names)
            let topics = try unsafe request(about: names.joined(separator: ", ")) {
                unsafe ckafka_admin_describe_topics(
                    $0, isEmbedded ? nil : list.baseAddress, list.count, $1, &$2)
            }
            defer { unsafe ckafka_topic_list_destroy(topics) }
            let found = try unsafe descriptions(in: topics.pointee)
            return found.filter { names.contains($0.key) }
        }
    }

    private func descriptions(
        in topics: ckafka_topic_list
    ) throws(ClusterError) -> [String: TopicDescription] {
        var found: [String: TopicDescription] = [:]
        for index in 0..<(unsafe topics.count) {
            let topic = unsafe topics.items[index]
            let name = unsafe String(cString: topic.name)
            switch unsafe Int(topic.code) {
            case 0:
                found[name] = unsafe TopicDescription(
                    partitionCount: topic.partition_count,
                    hasLeaders: topic.leaderless_count == 0)
            case Int(CKAFKA_CODE_UNKNOWN_TOPIC_OR_PARTITION), Self.leaderNotAvailable: break
            default: throw unsafe translator.translate(code: topic.code, subject: name)
            }
        }
        return found
    }

    private static let leaderNotAvailable = 5
}

/// What the cluster's metadata tells of a topic.
struct TopicDescription: Sendable {
    var partitionCount: Int32
    /// Whether every partition can be written to and read from at this moment.
    var hasLeaders: Bool
}
