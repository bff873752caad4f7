internal import CKafka
internal import Glibc
public import StreamEngine

extension KafkaCluster {
    /// Topics with their number of partitions; topics that are not there are left out.
    public func describeTopics(_ names: [String]) throws(ClusterError) -> [String: Int32] {
        try describe(names).mapValues(\.partitionCount)
    }

    /// Creates the topics that are not there yet and waits until they can be used.
    ///
    /// The embedded cluster knows no configuration of topics and leaves it out.
    public func createTopics(_ topics: [TopicSpec]) throws(ClusterError) {
        if topics.isEmpty { return }
        let names = topics.map(\.name)
        let existing = try describeTopics(names)
        let missing = topics.filter { existing[$0.name] == nil }
        if missing.isEmpty { return }
        if let embedded = try embeddedCluster {
            try create(missing, on: embedded)
        } else {
            try administer { (client) throws(ClusterError) in try client.create(missing) }
        }
        try awaitTopics(missing.map(\.name)) {
            $0.count == missing.count && $0.values.allSatisfy(\.hasLeaders)
        }
    }

    /// Deletes topics with all their records; topics that are not there are passed over.
    ///
    /// - Throws: `ClusterError`; the embedded cluster can't delete.
    public func deleteTopics(_ names: [String]) throws(ClusterError) {
        if names.isEmpty { return }
        try refuseOnEmbedded("delete topics")
        try administer { (client) throws(ClusterError) in try client.delete(names) }
        try awaitTopics(names) { $0.isEmpty }
    }

    /// The configuration of a topic, with the broker's defaults, by property.
    public func describeConfiguration(
        of topic: String
    ) throws(ClusterError) -> [String: TopicProperty] {
        try refuseOnEmbedded("describe the configuration of topics")
        return try administer { (client) throws(ClusterError) in
            try client.configuration(of: topic)
        }
    }

    /// The configuration of a topic as the engine asks for it; the embedded cluster can't tell.
    public func topicConfiguration(of topic: String) throws(ClusterError) -> [String: String]? {
        guard !settings.isEmbedded else { return nil }
        return try describeConfiguration(of: topic).compactMapValues(\.value)
    }

    private func describe(
        _ names: [String]
    ) throws(ClusterError) -> [String: TopicDescription] {
        try administer { (client) throws(ClusterError) in try client.describe(names) }
    }

    /// The embedded cluster answers no requests of administration, which would only time out.
    func refuseOnEmbedded(_ what: String) throws(ClusterError) {
        guard settings.isEmbedded else { return }
        throw ClusterError(
            kind: .fatal, code: "_UNSUPPORTED_FEATURE",
            reason: "the embedded cluster can't \(what); set 'bootstrap.servers' to a real cluster")
    }

    /// Another process, or another thread, may have been faster.
    private func create(
        _ topics: [TopicSpec], on embedded: EmbeddedCluster
    ) throws(ClusterError) {
        for topic in topics {
            do {
                try embedded.createTopic(topic.name, partitions: topic.partitions)
            } catch {
                guard try describeTopics([topic.name]).isEmpty else { continue }
                throw error
            }
        }
    }

    /// Asks until the answer is as it should be. A new topic takes a moment to reach all brokers,
    /// and they tell nobody when it has.
    private func awaitTopics(
        _ names: [String], until isDone: ([String: TopicDescription]) -> Bool
    ) throws(ClusterError) {
        let deadline = ContinuousClock.now + requestTimeout
        var pause = Duration.milliseconds(5)
        while true {
            if isDone(try describe(names)) { return }
            guard ContinuousClock.now < deadline else {
                throw ClusterError(
                    kind: .retriable, code: "_TIMED_OUT",
                    reason: "the cluster's metadata doesn't show the change within "
                        + "\(requestTimeout)", subject: names.joined(separator: ", "))
            }
            usleep(UInt32(pause / .microseconds(1)))
            pause = min(pause * 2, .milliseconds(200))
        }
    }
}

/// One property of a topic, as a broker tells it.
public struct TopicProperty: Sendable, Hashable {
    /// The value; `nil` for none, and for a secret one.
    public var value: String?
    /// Whether nobody set it for this topic.
    public var isDefault: Bool

    /// A property.
    public init(value: String?, isDefault: Bool) {
        self.value = value
        self.isDefault = isDefault
    }
}

extension AdministrationClient {
    fileprivate mutating func create(_ topics: [TopicSpec]) throws(ClusterError) {
        try CStrings.with { (strings) throws(ClusterError) in
            let list = unsafe strings.list(
                topics.map { topic in
                    let configuration = unsafe strings.properties(
                        topic.configuration.map { ($0.key, $0.value) })
                    return unsafe ckafka_new_topic(
                        name: strings.copy(topic.name), partition_count: topic.partitions ?? -1,
                        replication_factor: -1, configuration: configuration.baseAddress,
                        configuration_count: configuration.count)
                })
            let results = unsafe strings.list(
                [ckafka_error](repeating: .init(), count: topics.count))
            try unsafe request(about: topics.map(\.name).joined(separator: ", ")) {
                unsafe ckafka_admin_create_topics(
                    $0, list.baseAddress, list.count, $1, results.baseAddress, &$2)
                    ? () : nil
            }
            try unsafe check(
                results, names: topics.map(\.name), passing: Int(CKAFKA_CODE_TOPIC_ALREADY_EXISTS))
        }
    }

    fileprivate mutating func delete(_ names: [String]) throws(ClusterError) {
        try CStrings.with { (strings) throws(ClusterError) in
            let list = unsafe strings.names(names)
            let results = unsafe strings.list(
                [ckafka_error](repeating: .init(), count: names.count))
            try unsafe request(about: names.joined(separator: ", ")) {
                unsafe ckafka_admin_delete_topics(
                    $0, list.baseAddress, list.count, $1, results.baseAddress, &$2)
                    ? () : nil
            }
            try unsafe check(
                results, names: names, passing: Int(CKAFKA_CODE_UNKNOWN_TOPIC_OR_PARTITION))
        }
    }

    fileprivate mutating func configuration(
        of topic: String
    ) throws(ClusterError) -> [String: TopicProperty] {
        let found = try unsafe request(about: topic) {
            unsafe ckafka_admin_describe_configuration($0, topic, $1, &$2)
        }
        defer { unsafe ckafka_configuration_destroy(found) }
        var properties: [String: TopicProperty] = [:]
        let entries = unsafe UnsafeBufferPointer(
            start: found.pointee.entries, count: found.pointee.count)
        for index in entries.indices {
            let entry = unsafe entries[index]
            unsafe properties[String(cString: entry.name)] = TopicProperty(
                value: entry.value.map { unsafe String(cString: $0) },
                isDefault: entry.is_default)
        }
        return properties
    }

    private func check(
        _ results: UnsafeMutableBufferPointer<ckafka_error>, names: [String], passing: Int
    ) throws(ClusterError) {
        for (index, name) in names.enumerated() {
            let result = unsafe results[index]
            guard result.code != 0, Int(result.code) != passing else { continue }
            throw translator.translate(result, subject: name)
        }
    }
}
