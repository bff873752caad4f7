internal import Events
internal import Logging
internal import StreamCore

extension StreamThread {
    /// Commits what has changed.
    package func commit() throws(EngineError) {
        if exactlyOnce != nil {
            try commitTransaction(deadline: nil)
        } else {
            try commitAtLeastOnce(tasks.changed)
        }
    }

    /// Commits before tasks leave: soon, because the whole group waits.
    func commit(beforeLeaving leaving: [StreamTask]) throws(EngineError) {
        if exactlyOnce != nil {
            // The outputs of all tasks are in the one transaction.
            try commitTransaction(deadline: clock.now() + application.settings.revocationLimit)
        } else {
            try commitAtLeastOnce(leaving.filter { tasks.hasChanged($0.identifier) })
        }
    }

    /// At least once: everything written is acknowledged, then state is made durable, then the
    /// group's offsets follow.
    ///
    /// What the group has not taken before is told first. A state is thus never ahead of the group
    /// by more than the one commit that a restart can make up for, whoever opens it next.
    private func commitAtLeastOnce(_ changed: [StreamTask]) throws(EngineError) {
        guard !isFenced, try tellUntold(), !changed.isEmpty else { return }
        let start = clock.now()
        let logged = tasks.logged(changed)
        try logChanges(of: logged)
        try flush()
        FaultPoint.reached(.flushed)
        if !logged.isEmpty {
            // Behind the changes that they tell of.
            for (task, checkpoint) in logged {
                changelog?.writeCheckpoint(of: task, checkpoint: checkpoint, to: sender.output)
            }
            try flush()
            FaultPoint.reached(.checkpointLogged)
        }
        untold = try tasks.commitState(of: changed, loggedBy: producer)  // Nothing else is left.
        FaultPoint.reached(.stateCommitted)
        _ = try tellUntold()
        FaultPoint.reached(.offsetsCommitted)
        control.noteBrokerAlive(at: clock.now())
        tasks.noteCommit(of: changed, took: clock.now() - start)
    }

    /// Tells the group the offsets of states that are committed. False: it does not take them now.
    private func tellUntold() throws(EngineError) -> Bool {
        guard !untold.isEmpty else { return true }
        let commit = GroupCommit(
            consumer: consumer, patience: application.settings.brokerTimeout, clock: clock)
        if let refusal = try commit.run(untold) {
            try take(refusal)
            return false
        }
        application.committedOffsets.note(untold)
        untold = [:]
        untoldSince = nil
        return true
    }

    /// Forgets what the group was to be told of partitions that are somebody else's from now on.
    func forgetUntold(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions { untold[partition] = nil }
        if untold.isEmpty { untoldSince = nil }
    }

    /// The group did not take the offsets.
    private func take(_ refusal: ClusterError) throws(EngineError) {
        switch refusal.kind {
        case .fenced:
            // The partitions are somebody else's by now, who goes on from the state files.
            isFenced = true
            forgetUntold(Array(untold.keys))
            log.warning("commit refused by the group", metadata: ["reason": "\(refusal)"])
        case .retriable:
            // A rebalance is under way, and needs this thread.
            let since = untoldSince ?? clock.now()
            guard clock.now() - since <= application.settings.brokerTimeout else {
                throw .cluster(refusal, doing: "committing offsets")
            }
            untoldSince = since
            log.info("commit not taken now", metadata: ["reason": "\(refusal)"])
        case .fatal, .authentication, .configuration, .abortable, .unknownOutcome, .unknownTopic,
            .unreachable:
            throw .cluster(refusal, doing: "committing offsets")
        }
    }

    /// Writes what the commit changes to the changelogs, and hands it over as it comes.
    func logChanges(
        of logged: [(task: LoggedTask, checkpoint: TaskCheckpoint)]
    ) throws(EngineError) {
        guard let changelog else { return }
        for (task, checkpoint) in logged {
            try sendMeanwhile { (wroteSome) throws(StoreError) in
                try changelog.writeChanges(
                    of: task, checkpoint: checkpoint, to: sender.output, wroteSome: wroteSome)
            }
        }
    }

    /// Writes the stores of a task whose changelogs begin anew as they are, before anything changes
    /// them. False: the transaction failed, and the tasks with it.
    func logWhole(_ task: StreamTask) throws(EngineError) -> Bool {
        guard let changelog, tasks.needsWholeLog(task.identifier) else { return true }
        let logged = tasks.logged([task])
        let isDone = try inTransaction { () throws(EngineError) in
            for (task, checkpoint) in logged {
                try sendMeanwhile { (wroteSome) throws(StoreError) in
                    try changelog.writeWhole(
                        task, checkpoint: checkpoint, to: sender.output, wroteSome: wroteSome)
                }
            }
        }
        guard isDone else { return false }
        tasks.noteWholeLog(task.identifier)
        return true
    }

    /// Lets `body` write records while it walks through a state, and hands them over as they come.
    private func sendMeanwhile(
        _ body: (_ wroteSome: () -> Void) throws(StoreError) -> Void
    ) throws(EngineError) {
        var failure: EngineError?
        do {
            try body {
                // The state is being walked through: what went wrong is told afterwards.
                guard failure == nil, sender.output.byteCount >= Self.changeByteLimit
                else { return }
                do throws(EngineError) { try sender.send(clock: clock) } catch { failure = error }
            }
        } catch {
            throw .state(error)
        }
        if let failure { throw failure }
    }

    /// How many bytes of changes wait at the most.
    private static let changeByteLimit = 1 << 20

    private func flush() throws(EngineError) {
        let limit = application.settings.brokerTimeout
        do {
            try sender.flush(within: limit, clock: clock)
        } catch {
            guard case .cluster(let failure, _) = error, failure.mayPass else { throw error }
            throw .brokersAway(limit: limit, last: failure)
        }
    }
}
