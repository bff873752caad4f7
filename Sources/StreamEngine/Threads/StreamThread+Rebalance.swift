internal import Logging
internal import StreamCore

extension StreamThread {
    /// How long to let pass before an assignment that could not be carried out is tried again.
    private static let assignmentPause = Duration.milliseconds(20)

    func handle(_ event: ConsumerEvent) throws(EngineError) {
        switch event {
        case .nothing, .recordsReady: return
        case .warning(let error):
            if error.kind == .unreachable { control.noteBrokerDown(error, at: clock.now()) }
            log.warning("cluster", metadata: ["reason": "\(error)"])
        case .assigned(let partitions, let incremental):
            try assign(partitions, incremental: incremental)
        case .revoked(let partitions, let isLost, let incremental):
            try revoke(partitions, isLost: isLost, incremental: incremental)
        }
    }

    /// Takes partitions over. What goes away by itself is waited for in later rounds, so that the
    /// tasks that are there already go on: the consumer reports the assignment until it is answered.
    private func assign(
        _ partitions: [TopicPartition], incremental: Bool
    ) throws(EngineError) {
        let since = assignmentDelayedSince ?? clock.now()
        let committed: [TopicPartition: CommittedOffset]
        do {
            committed = try consumer.committed(partitions)
        } catch {
            // The former owner's transaction is being ended, or the coordinator is away.
            let mayPass = error.kind == .retriable || error.kind == .unreachable
            guard mayPass, clock.now() - since < application.settings.brokerTimeout else {
                throw .cluster(error, doing: "reading the group's offsets")
            }
            return delayAssignment(since: since, because: "\(error)")
        }
        let positions: [TopicPartition: StartPosition]
        do {
            positions = try tasks.open(partitions, committed: committed)
        } catch {
            // The former owner is about to let go of the state.
            guard case .state(.locked) = error,
                clock.now() - since < application.settings.stateLockTimeout
            else { throw error }
            return delayAssignment(since: since, because: "\(error)")
        }
        assignmentDelayedSince = nil
        isFenced = false
        log.info("assigned", metadata: ["partitions": "\(partitions.sorted())"])
        do {
            try consumer.assign(positions, incremental: incremental)
        } catch {
            throw .cluster(error, doing: "taking over partitions")
        }
        quiet.reset()
    }

    private func delayAssignment(since: ContinuousClock.Instant, because reason: String) {
        if assignmentDelayedSince == nil {
            log.info("waiting to take over partitions", metadata: ["reason": "\(reason)"])
        }
        assignmentDelayedSince = since
        clock.pause(Self.assignmentPause)
    }

    private func revoke(
        _ partitions: [TopicPartition], isLost: Bool, incremental: Bool
    ) throws(EngineError) {
        log.info(
            isLost ? "lost" : "revoked", metadata: ["partitions": "\(partitions.sorted())"])
        assignmentDelayedSince = nil
        forsaken = nil
        if isLost {
            tasks.close(tasks.tasks(of: partitions))
            try abandonTransaction()
        } else {
            try commit(beforeLeaving: tasks.tasks(of: partitions))
            // Others than before, if that commit failed and the tasks went back.
            tasks.close(tasks.tasks(of: partitions))
        }
        do {
            try consumer.unassign(partitions, incremental: incremental)
        } catch {
            throw .cluster(error, doing: "giving back partitions")
        }
        quiet.reset()
    }
}
