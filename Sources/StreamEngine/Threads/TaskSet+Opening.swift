internal import Logging
internal import StreamCore

/// How tasks come to a thread.
extension TaskSet {
    /// What became of partitions that the group gave.
    struct Opened {
        /// Where to start each partition.
        var positions: [TopicPartition: StartPosition] = [:]
        /// Tasks that are not there yet: their state has to be restored first.
        var restores: [TaskRestore.Request] = []
        /// The offsets of states that are a commit ahead of the group.
        var untold: [TopicPartition: CommittedOffset] = [:]

        fileprivate mutating func merge(_ other: Opened) {
            positions.merge(other.positions) { _, new in new }
            restores += other.restores
            untold.merge(other.untold) { _, new in new }
        }
    }

    /// Opens the tasks of partitions that the group gave: all of them or, when one can't be opened,
    /// none. The group's offsets are asked for when the states are this thread's: before that a former
    /// owner, which still has a state, may commit once more.
    mutating func open(
        _ partitions: [TopicPartition], restorer: Restorer?,
        committed: () throws(EngineError) -> [TopicPartition: CommittedOffset]
    ) throws(EngineError) -> Opened {
        // A task whose partitions come again goes on like a new one.
        close(tasks(of: partitions))
        let given = application.tasks(of: partitions)
        restorer?.cancel(given.keys.sorted())
        var opened = Opened()
        // What is not a task yet.
        var unused: [TaskIdentifier: any TaskState] = [:]
        do throws(EngineError) {
            for identifier in given.keys.sorted() { unused[identifier] = try openState(identifier) }
            let committed = try committed()
            for (identifier, sources) in given.sorted(by: { $0.key < $1.key }) {
                opened.merge(
                    try open(
                        identifier, sources: sources, state: unused[identifier],
                        committed: committed, restorer: restorer))
                // A state to restore stays unused until all are opened.
                if has(identifier) { unused[identifier] = nil }
            }
        } catch {
            close(tasks(of: partitions))
            for state in unused.values { state.close() }
            throw error
        }
        for task in tasks(of: partitions) { note(task, at: opened.positions) }
        return opened
    }

    private mutating func open(
        _ identifier: TaskIdentifier, sources: [TopicPartition], state: (any TaskState)?,
        committed: [TopicPartition: CommittedOffset], restorer: Restorer?
    ) throws(EngineError) -> Opened {
        let decision: TaskOpening.Decision
        do {
            decision = try opening(
                identifier, sources: sources, state: state, committed: committed,
                mayRestore: restorer != nil
            ).decide()
        } catch {
            throw .offsets(located(error))
        }
        do {
            // Before the task is made, which takes up where the state is.
            try carryOut(decision, on: state)
        } catch {
            throw .state(error)
        }
        if let state, let restore = decision.restore {
            let request = TaskRestore.Request(
                task: identifier, sources: sources, stores: stores(of: identifier),
                state: state, groupSequence: restore.groupSequence,
                committed: committed.filter { sources.contains($0.key) })
            return Opened(positions: decision.positions, restores: [request])
        }
        let log = try log(of: identifier, state: state, restorer: restorer)
        add(makeTask(identifier, state: state), state: state, at: decision.positions)
        logs[identifier] = log
        return Opened(
            positions: decision.positions,
            untold: untold(state?.checkpoint, sources: sources, committed: committed))
    }

    /// What the group has still to be told of a state. Told before the next commit of the state, lest
    /// a second crash at the same place leave the state two commits ahead.
    private func untold(
        _ checkpoint: TaskCheckpoint?, sources: [TopicPartition],
        committed: [TopicPartition: CommittedOffset]
    ) -> [TopicPartition: CommittedOffset] {
        guard application.settings.guarantee == .atLeastOnce, let checkpoint else { return [:] }
        return checkpoint.offsetsForGroup(of: sources).filter { $1 != committed[$0] }
    }

    /// Takes in a task whose state is restored; says where its partitions go on.
    mutating func take(_ restored: Restorer.Restored) -> Opened {
        let request = restored.request
        var positions: [TopicPartition: StartPosition] = [:]
        for source in request.sources {
            let offset =
                restored.checkpoint?.offsets[source] ?? request.committed[source]?.offset
            positions[source] = offset.map { .offset($0) } ?? .reset
        }
        let task = makeTask(request.task, state: request.state)
        add(task, state: request.state, at: positions)
        logs[request.task] = restored.log
        note(task, at: positions)
        return Opened(
            positions: positions,
            untold: untold(
                restored.checkpoint, sources: request.sources, committed: request.committed))
    }

    private func log(
        of identifier: TaskIdentifier, state: (any TaskState)?, restorer: Restorer?
    ) throws(EngineError) -> TaskLog? {
        guard let restorer, let checkpoint = state?.checkpoint else { return nil }
        do {
            let begins = try restorer.begins(of: identifier, checkpoint: checkpoint)
            if !begins.isEmpty {
                let names = begins.keys.sorted().map { stores(of: identifier)[$0].name }
                log.notice(
                    "the next commit writes whole stores to their changelogs",
                    metadata: ["task": "\(identifier)", "stores": "\(names)"])
            }
            return TaskLog(offsets: checkpoint.changelogOffsets, begins: begins)
        } catch {
            throw .cluster(error, doing: "looking at changelogs")
        }
    }

    private func note(_ task: StreamTask, at positions: [TopicPartition: StartPosition]) {
        log.info(
            "opened task",
            metadata: [
                "task": "\(task.identifier)", "from": "\(Self.describe(positions, of: task))",
                "stream time": "\(task.streamTime)",
            ])
    }

    /// `mayRestore`: whether the task is not running, so that its state may be brought forward.
    func opening(
        _ identifier: TaskIdentifier, sources: [TopicPartition], state: (any TaskState)?,
        committed: [TopicPartition: CommittedOffset], mayRestore: Bool
    ) -> TaskOpening {
        var opening = TaskOpening(
            task: identifier, sources: sources, hasState: state != nil,
            checkpoint: state?.checkpoint, prepared: state?.prepared,
            committed: committed.filter { sources.contains($0.key) },
            guarantee: application.settings.guarantee,
            allowsStateLoss: application.settings.allowsStateLoss)
        opening.hasChangelog = mayRestore
        opening.isRestoring = state?.restoreProgress?.isComplete == false
        return opening
    }

    private func stores(of identifier: TaskIdentifier) -> [StoreSpec] {
        application.plan.subtopologies[identifier.subtopology].stores
    }

    func makeTask(_ identifier: TaskIdentifier, state: (any TaskState)?) -> StreamTask {
        StreamTask(
            plan: application.plan, identifier: identifier, state: state,
            options: StreamTask.Options(
                runLimit: application.settings.runLimit,
                maxIdle: application.settings.maxTaskIdle,
                partitionCounts: application.partitionCounts),
            now: application.wallClock())
    }

    /// The disagreement with the place of the file in it.
    func located(_ disagreement: OffsetDisagreement) -> OffsetDisagreement {
        disagreement.located(by: application.storage)
    }

    private func openState(_ identifier: TaskIdentifier) throws(EngineError) -> (any TaskState)? {
        let stores = stores(of: identifier)
        guard !stores.isEmpty else { return nil }
        do {
            return try application.storage.open(identifier, stores: stores)
        } catch {
            throw .state(error)
        }
    }

    private static func describe(
        _ positions: [TopicPartition: StartPosition], of task: StreamTask
    ) -> String {
        task.sources.map { source in
            switch positions[source] {
            case .offset(let offset): "\(source)@\(offset)"
            case .reset, nil: "\(source)@reset"
            }
        }.joined(separator: " ")
    }
}
