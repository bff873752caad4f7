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
    private func commitAtLeastOnce(_ changed: [StreamTask]) throws(EngineError) {
        guard !changed.isEmpty, !isFenced else { return }
        let start = clock.now()
        try flush()
        FaultPoint.reached(.flushed)
        let offsets = try tasks.commitState(of: changed)
        FaultPoint.reached(.stateCommitted)
        if !offsets.isEmpty {
            let commit = GroupCommit(
                consumer: consumer, patience: application.settings.brokerTimeout, clock: clock)
            if let refusal = try commit.run(offsets) {
                guard refusal.kind == .fenced else {
                    throw .cluster(refusal, doing: "committing offsets")
                }
                // The partitions are somebody else's by now, who goes on from the state files.
                isFenced = true
                log.warning("commit refused by the group", metadata: ["reason": "\(refusal)"])
            } else {
                application.committedOffsets.note(offsets)
            }
        }
        FaultPoint.reached(.offsetsCommitted)
        control.noteBrokerAlive(at: clock.now())
        tasks.noteCommit(of: changed, took: clock.now() - start)
    }
    private func flush() throws(EngineError) {
        let limit = application.settings.brokerTimeout
        do {
            try sender.flush(within: limit, clock: clock)
        } catch {
            guard case .cluster(let failure, _) = error,
                failure.kind == .retriable || failure.kind == .unreachable
            else { throw error }
            throw .brokersAway(limit: limit, last: failure)
        }
    }
}
