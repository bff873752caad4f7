internal import Events
public import StreamCore

/// What is written beside each committed offset: the task's commit sequence number and stream time.
public struct CommitMetadata: Sendable, Hashable, CustomStringConvertible {
    public let sequence: Int64
    public let streamTime: Int64

    public init(_ checkpoint: TaskCheckpoint) {
        sequence = checkpoint.sequence
        streamTime = checkpoint.streamTime.milliseconds
    }

    /// Reads what `description` wrote; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "millrace", parts[1] == "1",
            let sequence = Int64(parts[2]), let streamTime = Int64(parts[3])
        else { return nil }
        self.sequence = sequence
        self.streamTime = streamTime
    }

    public var description: String { "millrace 1 \(sequence) \(streamTime)" }
}

extension TaskCheckpoint {
    /// What the group is told of this commit. Broadcast partitions are nobody's in the group: theirs
    /// are in the state only.
    func offsetsForGroup(of sources: [TopicPartition]) -> [TopicPartition: CommittedOffset] {
        let metadata = CommitMetadata(self).description
        var told: [TopicPartition: CommittedOffset] = [:]
        for source in sources {
            guard let offset = offsets[source] else { continue }
            told[source] = CommittedOffset(offset: offset, metadata: metadata)
        }
        return told
    }
}
