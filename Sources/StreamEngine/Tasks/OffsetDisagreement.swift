public import StreamCore

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
        }
    }
}
