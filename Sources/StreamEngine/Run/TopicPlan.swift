/// What a start does about the topics of an application: the decision, without the deed.
///
/// ```swift
/// for entry in try application.topicPlan().entries { print(entry.topic, entry.standing) }
/// ```
public struct TopicPlan: Sendable {
    public enum Role: String, Sendable, Hashable {
        case source, sink, repartition, control, changelog, checkpoints
    }

    public enum Standing: Sendable, Equatable {
        case there
        case toCreate
        /// Keeps the application from starting.
        case wrong(EngineError)
    }

    public struct Entry: Sendable, Equatable {
        public let topic: String
        public let role: Role
        /// As it is, or as it will be made; `nil` while that depends on topics that are missing.
        public let partitions: Int32?
        /// What it is made with.
        public let configuration: [String: String]
        public internal(set) var standing: Standing
    }

    /// In the order of the roles; each topic once.
    public internal(set) var entries: [Entry] = []
    /// What the start is refused with.
    public internal(set) var failure: EngineError?

    /// The topics that the start makes.
    var missing: [TopicSpec] {
        entries.filter { $0.standing == .toCreate }.map {
            TopicSpec(name: $0.topic, partitions: $0.partitions, configuration: $0.configuration)
        }
    }

    /// The partitions of every topic that is read or written, as far as they are known.
    func partitionCounts(of roles: Set<Role>) -> [String: Int32] {
        entries.reduce(into: [:]) { counts, entry in
            if roles.contains(entry.role) { counts[entry.topic] = entry.partitions }
        }
    }
}
