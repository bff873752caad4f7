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
        guard !changed.isEmpty else { return }
        let start = clock.now()
        try sender.flush()
        FaultPoint.reached(.flushed)
        let offsets = try tasks.commitState(of: changed)
        FaultPoint.reached(.stateCommitted)
        if !offsets.isEmpty {
            do {
                try consumer.commit(offsets)
                application.committedOffsets.note(offsets)
            } catch  where error.kind == .fenced {
                // The partitions are somebody else's by now, who goes on from the state files.
                log.warning("commit refused by the group", metadata: ["reason": "\(error)"])
            } catch {
                throw .cluster(error, doing: "committing offsets")
            }
        }
        FaultPoint.reached(.offsetsCommitted)
        control.noteBrokerAlive()
        tasks.noteCommit(of: changed, took: clock.now() - start)
    }
}
