internal import Logging
internal import StreamCore

/// How tasks come to a thread.
extension TaskSet {
    /// Opens the tasks of partitions that the group gave; returns where to start each partition.
    /// All of them or, when one can't be opened, none.
    mutating func open(
        _ partitions: [TopicPartition], committed: [TopicPartition: CommittedOffset]
    ) throws(EngineError) -> [TopicPartition: StartPosition] {
        var positions: [TopicPartition: StartPosition] = [:]
        // A task whose partitions come again goes on like a new one.
        close(tasks(of: partitions))
        var opened: [StreamTask] = []
        do throws(EngineError) {
            for (identifier, sources) in application.tasks(of: partitions).sorted(by: {
                $0.key < $1.key
            }) {
                let (task, starts) = try open(identifier, sources: sources, committed: committed)
                opened.append(task)
                positions.merge(starts) { _, new in new }
            }
        } catch {
            close(opened)
            throw error
        }
        for task in opened {
            log.info(
                "opened task",
                metadata: [
                    "task": "\(task.identifier)",
                    "from": "\(Self.describe(positions, of: task))",
                    "stream time": "\(task.streamTime)",
                ])
        }
        return positions
    }

    private mutating func open(
        _ identifier: TaskIdentifier, sources: [TopicPartition],
        committed: [TopicPartition: CommittedOffset]
    ) throws(EngineError) -> (StreamTask, [TopicPartition: StartPosition]) {
        let state = try openState(identifier)
        let decision: TaskOpening.Decision
        do {
            decision = try opening(
                identifier, sources: sources, state: state, committed: committed
            ).decide()
        } catch {
            state?.close()
            throw .offsets(located(error))
        }
        do {
            // Before the task is made, which takes up where the state is.
            try carryOut(decision, on: state)
        } catch {
            state?.close()
            throw .state(error)
        }
        let task = makeTask(identifier, state: state)
        add(task, state: state, at: decision.positions)
        return (task, decision.positions)
    }

    func opening(
        _ identifier: TaskIdentifier, sources: [TopicPartition], state: (any TaskState)?,
        committed: [TopicPartition: CommittedOffset]
    ) -> TaskOpening {
        TaskOpening(
            task: identifier, sources: sources, hasState: state != nil,
            checkpoint: state?.checkpoint, prepared: state?.prepared,
            committed: committed.filter { sources.contains($0.key) },
            guarantee: application.settings.guarantee,
            allowsStateLoss: application.settings.allowsStateLoss)
    }

    func makeTask(_ identifier: TaskIdentifier, state: (any TaskState)?) -> StreamTask {
        StreamTask(
            plan: application.plan, identifier: identifier, state: state,
            options: StreamTask.Options(
                runLimit: application.settings.runLimit,
                maxIdle: application.settings.maxTaskIdle),
            now: application.wallClock())
    }

    /// The disagreement with the place of the file in it.
    func located(_ disagreement: OffsetDisagreement) -> OffsetDisagreement {
        var disagreement = disagreement
        disagreement.path = application.storage.path(of: disagreement.task)
        return disagreement
    }

    private func openState(_ identifier: TaskIdentifier) throws(EngineError) -> (any TaskState)? {
        let stores = application.plan.subtopologies[identifier.subtopology].stores
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
