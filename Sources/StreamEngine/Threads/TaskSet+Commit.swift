internal import Events
internal import Logging
internal import StreamCore

/// What a commit does with the tasks' state.
extension TaskSet {
    /// At least once: makes the state durable; returns what the group is to be told. `producer` wrote
    /// the changelogs.
    func commitState(
        of changed: [StreamTask], loggedBy producer: any Producer
    ) throws(EngineError) -> [TopicPartition: CommittedOffset] {
        try offsets(of: changed) { (task) throws(StoreError) in
            try task.commit(changelogOffsets: changelogOffsets(of: task, writtenBy: producer))
        }
    }

    /// Exactly once, first half: makes the changes durable beside the state as it is; returns what
    /// the transaction is to decide on.
    func prepareState(
        of changed: [StreamTask], loggedBy producer: any Producer
    ) throws(EngineError) -> [TopicPartition: CommittedOffset] {
        try offsets(of: changed) { (task) throws(StoreError) in
            try task.prepare(changelogOffsets: changelogOffsets(of: task, writtenBy: producer))
        }
    }

    /// Exactly once, second half: Kafka has decided, the state follows.
    func applyPrepared(of changed: [StreamTask]) throws(EngineError) {
        for task in changed {
            do {
                try task.applyPrepared()
            } catch {
                throw .state(error)
            }
        }
    }

    private func changelogOffsets(
        of task: StreamTask, writtenBy producer: any Producer
    ) -> [Int: Int64] {
        guard let changelogs = application.changelog?.changelogs(of: task.identifier),
            let log = logs[task.identifier]
        else { return [:] }
        return log.offsets(
            written: { producer.writtenOffset(changelogs[$0]) }, storeCount: changelogs.count)
    }

    /// Whether stores of a task are to be written as they are, because their changelogs begin anew.
    func needsWholeLog(_ task: TaskIdentifier) -> Bool {
        guard let log = logs[task], !log.isWhole else { return false }
        // What begins empty has nothing to write.
        return !log.begins.isEmpty && states[task]?.checkpoint != nil
    }

    /// They were written; the next commit tells of it, also when nothing else happens.
    mutating func noteWholeLog(_ task: TaskIdentifier) {
        logs[task]?.isWhole = true
        noteProgress(of: task, records: 0)
    }

    /// Those of `changed` whose state is logged.
    func logged(_ changed: [StreamTask]) -> [(task: LoggedTask, checkpoint: TaskCheckpoint)] {
        changed.compactMap { task in
            guard let log = logs[task.identifier], let state = states[task.identifier]
            else { return nil }
            let stores = application.plan.subtopologies[task.identifier.subtopology].stores
            return (
                LoggedTask(
                    identifier: task.identifier, stores: stores, state: state, log: log),
                task.nextCheckpoint()
            )
        }
    }

    private func offsets(
        of changed: [StreamTask], _ commit: (StreamTask) throws(StoreError) -> TaskCheckpoint
    ) throws(EngineError) -> [TopicPartition: CommittedOffset] {
        var offsets: [TopicPartition: CommittedOffset] = [:]
        for task in changed {
            do {
                let told = try commit(task).offsetsForGroup(of: task.sources)
                offsets.merge(told) { _, new in new }
            } catch {
                throw .state(error)
            }
        }
        return offsets
    }

    // MARK: After a commit that failed

    /// Where the tasks go on after a commit that failed.
    struct Resolution {
        var positions: [TopicPartition: StartPosition] = [:]
        /// The first task that the group went on without, if there is one.
        var forsaken: OffsetDisagreement?
    }

    /// Lets every task go on from what the group has committed, and forget everything behind it.
    ///
    /// A task that the group is ahead of is somebody else's by now, and the group is about to say
    /// so: it is closed.
    mutating func resolve(
        _ committed: [TopicPartition: CommittedOffset]
    ) throws(EngineError) -> Resolution {
        var resolution = Resolution()
        for task in all {
            let state = states[task.identifier]
            let decision: TaskOpening.Decision
            do {
                decision = try opening(
                    task.identifier, sources: task.sources, state: state, committed: committed,
                    mayRestore: false
                ).decide()
            } catch {
                guard error.kind.isOfAnotherOwner else { throw .offsets(located(error)) }
                log.warning("the group went on without", metadata: ["task": "\(task.identifier)"])
                resolution.forsaken = resolution.forsaken ?? located(error)
                close([task])
                continue
            }
            do {
                try carryOut(decision, on: state)
            } catch {
                throw .state(error)
            }
            if decision.prepared == .apply, let checkpoint = state?.checkpoint {
                logs[task.identifier]?.noteCommit(offsets: checkpoint.changelogOffsets)
            }
            logs[task.identifier]?.isWhole = false
            let positions = reopen(task, state: state, at: decision.positions)
            resolution.positions.merge(positions) { _, new in new }
        }
        return resolution
    }

    /// Brings the state to where the group's offsets are.
    func carryOut(
        _ decision: TaskOpening.Decision, on state: (any TaskState)?
    ) throws(StoreError) {
        guard let state else { return }
        switch decision.prepared {
        case .apply: try state.applyPrepared()
        case .discard: if state.prepared != nil { try state.discardPrepared() }
        }
        if application.settings.deliberateFault != .keepsStateOnAbort { try state.rollBack() }
    }

    /// Replaces a task by one that has read nothing yet.
    private mutating func reopen(
        _ task: StreamTask, state: (any TaskState)?,
        at decided: [TopicPartition: StartPosition]
    ) -> [TopicPartition: StartPosition] {
        var positions = decided
        for (source, position) in decided where position == .reset {
            // Before the first commit: where reading began, not where it would begin now.
            if let first = firstOffsets[source] { positions[source] = .offset(first) }
        }
        retire(task)
        add(makeTask(task.identifier, state: state), state: state, at: positions)
        return positions
    }
}

extension OffsetDisagreement.Kind {
    /// Whether somebody else has committed since, to whom a running task has been given.
    fileprivate var isOfAnotherOwner: Bool {
        switch self {
        case .stateIsBehind, .stateIsMissing: true
        case .groupIsBehind, .groupHasNoOffsets, .offsetsAreNotOurs, .restoreIsUnfinished,
            .changelogIsMissing, .changelogIsBehind, .groupIsBehindChangelog,
            .changelogIsTruncated, .changelogIsForeign, .changelogHasOtherStores:
            false
        }
    }
}
