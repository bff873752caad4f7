public import StreamCore

/// The state file of a task and the group's offsets tell different stories.
public struct OffsetDisagreement: Error, Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case stateIsMissing
        case stateIsBehind(file: Int64, group: Int64)
        case groupIsBehind(file: Int64, group: Int64)
        case groupHasNoOffsets
        case offsetsAreNotOurs(TopicPartition, Int64)
        /// The restore of the file is unfinished, and there is no changelog to go on from.
        case restoreIsUnfinished
        case changelogIsMissing(group: Int64)
        case changelogIsBehind(changelog: Int64, group: Int64)
        case groupIsBehindChangelog(changelog: Int64, group: Int64?)
        /// Records at the start of a changelog are gone.
        case changelogIsTruncated(TopicPartition, Int64)
        case changelogIsForeign(TopicPartition, Int64)
        /// The list of all stores, and what becomes of them.
        case changelogHasOtherStores(list: String)
    }

    public let task: TaskIdentifier
    public let kind: Kind
    /// Where the state file is, for the remedy; empty when it is in memory.
    public var path = ""

    public init(task: TaskIdentifier, kind: Kind) {
        self.task = task
        self.kind = kind
    }

    /// The same with the place of the task's file in it.
    func located(by storage: any StateStorage) -> OffsetDisagreement {
        var located = self
        located.path = storage.path(of: task)
        return located
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
            state file \(path) is of commit \(file), and would count records twice; if the last \
            run crashed under 'guarantee: at_least_once', run it so once more and stop it; to \
            process them again from empty state: \(remove) and run with --allow-state-loss
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
        case .restoreIsUnfinished:
            """
            task \(task): the restore of the state file \(path) is unfinished; set \
            'processing.changelog: kafka' again to finish it, or start with empty state: \(remove) \
            and run with --allow-state-loss
            """
        case .changelogIsMissing(let group):
            """
            task \(task): the group is at commit \(group), but neither a state file nor the \
            changelog topics hold its state; start it where the file is, or run with \
            --allow-state-loss to go on from the group's offsets with empty state
            """
        case .changelogIsBehind(let changelog, let group):
            """
            task \(task): the group is at commit \(group), the changelog topics hold commit \
            \(changelog): later commits were made with 'changelog: none', or the topics lost \
            records; start it where its state file is, or delete them with kafka-topics.sh \
            --delete and run with --allow-state-loss to go on with empty state
            """
        case .groupIsBehindChangelog(let changelog, let group):
            """
            task \(task): the group's offsets were moved back or deleted: they are of commit \
            \(group.map { "\($0)" } ?? "none"), the changelog topics hold commit \(changelog), and \
            would count records twice; to process them again with empty state run with \
            --allow-state-loss
            """
        case .changelogIsTruncated(let partition, let first):
            """
            task \(task): the records of \(partition) before offset \(first) are gone, and state with \
            them: a changelog must not delete; check its 'cleanup.policy'. To go on with what is \
            left run with --allow-state-loss
            """
        case .changelogIsForeign(let partition, let offset):
            """
            task \(task): the record at offset \(offset) of \(partition) was not written by this \
            application; find out who writes there; to start with empty state delete the topic \
            with kafka-topics.sh --delete and run with --allow-state-loss
            """
        case .changelogHasOtherStores(let list):
            """
            task \(task): its changelog topics were written by a topology with other stores \
            (\(list)); run that topology where the state is needed, give this one another \
            'application', or run with --confirm-state-changes to leave behind what is dropped and \
            to begin what is changed empty
            """
        }
    }
}
