internal import Events
public import StreamCore

/// Decides where a task goes on when it comes to this process.
///
/// Two things were written at each commit: the state file, with its sequence number and the source
/// offsets, and then the group's offsets, with the same number in their metadata. Compared, they
/// say what happened since:
///
/// ```
/// group's number        what happened                          the task
/// equal to the file's   a clean stop, or a crash between commits   goes on
/// one less              a crash between the two writes             goes on from the file
/// none, file is fresh   the first start                            goes on from the file
/// more                  the task was elsewhere, its state with it  stops: the file is behind
/// less, or not ours     somebody moved the group's offsets         stops: never guess
/// ```
///
/// - Source: "Commit, exactly once" in the design; Kafka Streams keeps offsets in a checkpoint
///   file that it can't compare with the group's and wipes the state instead.
public struct TaskOpening: Sendable {
    public var task: TaskIdentifier
    public var sources: [TopicPartition]
    public var hasState: Bool
    /// As the state file has it.
    public var checkpoint: TaskCheckpoint?
    /// As the group has it.
    public var committed: [TopicPartition: CommittedOffset]
    public var allowsStateLoss: Bool

    public init(
        task: TaskIdentifier, sources: [TopicPartition], hasState: Bool,
        checkpoint: TaskCheckpoint?, committed: [TopicPartition: CommittedOffset],
        allowsStateLoss: Bool
    ) {
        self.task = task
        self.sources = sources
        self.hasState = hasState
        self.checkpoint = checkpoint
        self.committed = committed
        self.allowsStateLoss = allowsStateLoss
    }

    /// Where to start each source partition.
    public func startPositions() throws(OffsetDisagreement)
        -> [TopicPartition: StartPosition]
    {
        guard hasState else { return positions { committed[$0]?.offset } }
        guard let checkpoint else {
            guard committed.isEmpty || allowsStateLoss else {
                throw disagreement(.stateIsMissing)
            }
            return positions { committed[$0]?.offset }
        }
        try compare(checkpoint)
        return positions { checkpoint.offsets[$0] ?? committed[$0]?.offset }
    }

    private func positions(_ offset: (TopicPartition) -> Int64?)
        -> [TopicPartition: StartPosition]
    {
        Dictionary(
            uniqueKeysWithValues: sources.map { ($0, offset($0).map { .offset($0) } ?? .reset) })
    }

    private func compare(_ checkpoint: TaskCheckpoint) throws(OffsetDisagreement) {
        guard !committed.isEmpty else {
            // The group's first commit follows the file's first.
            if checkpoint.sequence > 1 { throw disagreement(.groupHasNoOffsets) }
            return
        }
        var groupSequence: Int64 = 0
        for (source, offset) in committed {
            guard let metadata = CommitMetadata(offset.metadata) else {
                throw disagreement(.offsetsAreNotOurs(source, offset.offset))
            }
            groupSequence = max(groupSequence, metadata.sequence)
        }
        switch checkpoint.sequence - groupSequence {
        case 0:
            for (source, offset) in committed where checkpoint.offsets[source] != offset.offset {
                throw disagreement(.offsetsAreNotOurs(source, offset.offset))
            }
        case 1: return
        case ..<0:
            throw disagreement(.stateIsBehind(file: checkpoint.sequence, group: groupSequence))
        default: throw disagreement(.groupIsBehind(file: checkpoint.sequence, group: groupSequence))
        }
    }

    private func disagreement(_ kind: OffsetDisagreement.Kind) -> OffsetDisagreement {
        OffsetDisagreement(task: task, kind: kind)
    }
}

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

/// The state file of a task and the group's offsets tell different stories.
public struct OffsetDisagreement: Error, Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case stateIsMissing
        case stateIsBehind(file: Int64, group: Int64)
        case groupIsBehind(file: Int64, group: Int64)
        case groupHasNoOffsets
        case offsetsAreNotOurs(TopicPartition, Int64)
    }

    public let task: TaskIdentifier
    public let kind: Kind
    /// Where the state file is, for the remedy; empty when it is in memory.
    public var path = ""

    public init(task: TaskIdentifier, kind: Kind) {
        self.task = task
        self.kind = kind
    }
}

extension OffsetDisagreement: CustomStringConvertible {
    public var description: String {
        let remove = "rm '\(path)'*"
        return switch kind {
        case .stateIsMissing:
            """
            task \(task): the group has committed offsets, but there is no state file \(path); \
            start it where the file is, or run with --allow-state-loss to go on from the group's \
            offsets with empty state
            """
        case .stateIsBehind(let file, let group):
            """
            task \(task): the state file \(path) is of commit \(file), the group is at commit \
            \(group): the task went on elsewhere; bring that state file here, or remove this one \
            with: \(remove) and run with --allow-state-loss
            """
        case .groupIsBehind(let file, let group):
            """
            task \(task): the group's offsets were moved back: they are of commit \(group), the \
            state file \(path) is of commit \(file), and would count records twice; to process \
            them again from empty state: \(remove) and run with --allow-state-loss
            """
        case .groupHasNoOffsets:
            """
            task \(task): the state file \(path) is there, but the group has no offsets: they \
            expired or were deleted; to start anew: \(remove)
            """
        case .offsetsAreNotOurs(let source, let offset):
            """
            task \(task): the group's offset \(offset) of \(source) was not written by Millrace \
            together with the state file \(path); to go on from it with empty state: \(remove) \
            and run with --allow-state-loss
            """
        }
    }
}
