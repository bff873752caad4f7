public import StreamCore

/// Decides where a task goes on, when it comes to this process and after every commit that failed.
///
/// Two things know of each commit: the state file, by its sequence number and source offsets, and
/// the group, by its offsets with the same number in their metadata. Under `exactly_once` the file
/// holds the changes of a commit as *prepared* until the group's offsets decide. Compared, they say
/// what happened; `n` is the number of the state as it is:
///
/// ```
/// group's number      what happened                             the task
/// n                   the last commit was decided and applied      discards what is prepared
/// n+1, it is prepared   it was decided, and not yet applied        applies what is prepared
/// n-1, at least once  a crash between the file and the offsets     goes on from the file
/// none, file is fresh   the first start                            goes on from the file
/// further on          the task was elsewhere, its state with it    restores the difference from
///                                                                  its changelogs, or stops
/// less, or not ours   somebody moved the group's offsets           stops: never guess
/// ```
///
/// The number is needed, the offsets are not enough: a commit may move no offset, because only
/// timers fired; and a task may have been elsewhere and come back.
///
/// - Source: "Commit, exactly once" in the design; Kafka Streams keeps offsets in a checkpoint
///   file that it can't compare with the group's and wipes the state instead.
public struct TaskOpening: Sendable {
    public var task: TaskIdentifier
    public var sources: [TopicPartition]
    public var hasState: Bool
    /// As the state file has it.
    public var checkpoint: TaskCheckpoint?
    /// What the state file holds as prepared.
    public var prepared: TaskCheckpoint?
    /// As the group has it.
    public var committed: [TopicPartition: CommittedOffset]
    public var guarantee: EngineSettings.Guarantee
    public var allowsStateLoss: Bool
    /// Whether the state can be restored from changelogs.
    public var hasChangelog = false
    /// Whether the file was left in the middle of a restore.
    public var isRestoring = false

    public init(
        task: TaskIdentifier, sources: [TopicPartition], hasState: Bool,
        checkpoint: TaskCheckpoint?, prepared: TaskCheckpoint? = nil,
        committed: [TopicPartition: CommittedOffset],
        guarantee: EngineSettings.Guarantee = .atLeastOnce, allowsStateLoss: Bool
    ) {
        self.task = task
        self.sources = sources
        self.hasState = hasState
        self.checkpoint = checkpoint
        self.prepared = prepared
        self.committed = committed
        self.guarantee = guarantee
        self.allowsStateLoss = allowsStateLoss
    }

    /// What the task goes on from.
    public struct Decision: Sendable, Equatable {
        public enum Prepared: Sendable, Equatable {
            case apply
            /// Also when there is nothing prepared.
            case discard
        }

        public var prepared: Prepared
        /// Whether the state has to be restored before the task can go on, and to which commit of
        /// the group at least.
        public var restore: Restore?
        /// Where to start each source partition.
        public var positions: [TopicPartition: StartPosition]

        public struct Restore: Sendable, Equatable {
            /// The number of the group's last commit; `nil` before the first.
            public var groupSequence: Int64?

            public init(groupSequence: Int64?) { self.groupSequence = groupSequence }
        }

        public init(prepared: Prepared, positions: [TopicPartition: StartPosition]) {
            self.prepared = prepared
            self.positions = positions
        }
    }

    /// What to go on from.
    public func decide() throws(OffsetDisagreement) -> Decision {
        guard hasState else { return goOn { committed[$0]?.offset } }
        let group = try groupSequence()
        if let prepared, isDecided(prepared) {
            return goOn(.apply) { prepared.offsets[$0] ?? committed[$0]?.offset }
        }
        if hasChangelog, checkpoint.map({ $0.sequence < group ?? 0 }) ?? true {
            var decision = goOn { committed[$0]?.offset }
            decision.restore = Decision.Restore(groupSequence: group)
            return decision
        }
        guard let checkpoint else {
            if isRestoring { throw disagreement(.restoreIsUnfinished) }
            guard group == nil || allowsStateLoss else { throw disagreement(.stateIsMissing) }
            return goOn { committed[$0]?.offset }
        }
        try compare(checkpoint, with: group)
        return goOn { checkpoint.offsets[$0] ?? committed[$0]?.offset }
    }

    private func goOn(
        _ prepared: Decision.Prepared = .discard, _ offset: (TopicPartition) -> Int64?
    ) -> Decision {
        Decision(
            prepared: prepared,
            positions: Dictionary(
                uniqueKeysWithValues: sources.map {
                    ($0, offset($0).map { .offset($0) } ?? .reset)
                }))
    }

    /// Whether the group's last commit is the one that was prepared here, and not one of the same
    /// number that the task made elsewhere: then it would have come further, or less far, or its
    /// clock would stand elsewhere.
    private func isDecided(_ prepared: TaskCheckpoint) -> Bool {
        !committed.isEmpty
            && committed.allSatisfy { source, offset in
                offset.offset == prepared.offsets[source]
                    && CommitMetadata(offset.metadata) == CommitMetadata(prepared)
            }
    }

    /// The number of the group's last commit of this task; `nil` before the first.
    private func groupSequence() throws(OffsetDisagreement) -> Int64? {
        var sequence: Int64?
        for (source, offset) in committed.sorted(by: { $0.key < $1.key }) {
            if let metadata = CommitMetadata(offset.metadata) {
                sequence = max(sequence ?? 0, metadata.sequence)
            } else if checkpoint == nil {
                // There is no state yet that anybody's offsets could disagree with.
                sequence = sequence ?? 0
            } else {
                throw disagreement(.offsetsAreNotOurs(source, offset.offset))
            }
        }
        return sequence
    }

    private func compare(
        _ checkpoint: TaskCheckpoint, with group: Int64?
    ) throws(OffsetDisagreement) {
        // At least once, the file's commit comes before the group's.
        let lead: Int64 = guarantee == .atLeastOnce ? 1 : 0
        guard let group else {
            if checkpoint.sequence > lead { throw disagreement(.groupHasNoOffsets) }
            return
        }
        switch checkpoint.sequence - group {
        case 0: try compareOffsets(with: checkpoint)
        case 1 where lead == 1: return
        case ..<0:
            throw disagreement(.stateIsBehind(file: checkpoint.sequence, group: group))
        default: throw disagreement(.groupIsBehind(file: checkpoint.sequence, group: group))
        }
    }

    private func compareOffsets(with checkpoint: TaskCheckpoint) throws(OffsetDisagreement) {
        for (source, offset) in committed.sorted(by: { $0.key < $1.key })
        where checkpoint.offsets[source] != offset.offset {
            throw disagreement(.offsetsAreNotOurs(source, offset.offset))
        }
    }

    private func disagreement(_ kind: OffsetDisagreement.Kind) -> OffsetDisagreement {
        OffsetDisagreement(task: task, kind: kind)
    }
}
