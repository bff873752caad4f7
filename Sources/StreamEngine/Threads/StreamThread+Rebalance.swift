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
        // A standby copy gives way: the states are free in one of the next rounds.
        for task in application.tasks(of: partitions).keys where claimed.insert(task).inserted {
            application.claims.claim(task)
        }
        let opened: TaskSet.Opened
        do throws(EngineError) {
            opened = try tasks.open(partitions, restorer: restorer) { () throws(EngineError) in
                try committedOffsets(of: partitions)
            }
        } catch {
            guard clock.now() - since < patience(with: error) else { throw error }
            return delayAssignment(since: since, because: "\(error)")
        }
        // Their partitions are held back, simply by not being fetched.
        for request in opened.restores { restorer?.begin(request) }
        assignmentDelayedSince = nil
        isFenced = false
        log.info("assigned", metadata: ["partitions": "\(partitions.sorted())"])
        do {
            try consumer.assign(opened.positions, incremental: incremental)
        } catch {
            throw .cluster(error, doing: "taking over partitions")
        }
        untold.merge(opened.untold) { _, new in new }
        quiet.reset()
    }

    private func committedOffsets(
        of partitions: [TopicPartition]
    ) throws(EngineError) -> [TopicPartition: CommittedOffset] {
        do {
            return try consumer.committed(partitions)
        } catch {
            // The former owner's transaction is being ended, or the coordinator is away.
            throw .cluster(error, doing: "reading the group's offsets")
        }
    }

    /// How long what keeps tasks from being opened may last: it goes away by itself.
    private func patience(with error: EngineError) -> Duration {
        switch error {
        // The former owner is about to let go of the state.
        case .state(.locked): application.settings.stateLockTimeout
        case .cluster(let failure, _) where failure.mayPass: application.settings.brokerTimeout
        default: .zero
        }
    }

    /// Restores a piece of the states that are not whole; takes in the tasks of those that are.
    func restore() throws(EngineError) {
        guard let restorer, !restorer.isIdle else { return }
        for restored in try restorer.round() {
            // The state may be further on than the group, at least once.
            let taken = tasks.take(restored)
            try rewind(taken.positions)
            untold.merge(taken.untold) { _, new in new }
            quiet.reset()
        }
    }

    func releaseClaims(on tasks: some Sequence<TaskIdentifier>) {
        for task in tasks where claimed.remove(task) != nil { application.claims.release(task) }
    }

    private func rewind(_ positions: [TopicPartition: StartPosition]) throws(EngineError) {
        let deadline = clock.now() + application.settings.brokerTimeout
        while true {
            do {
                return try consumer.rewind(positions)
            } catch {
                guard error.mayPass, clock.now() < deadline else {
                    throw .cluster(error, doing: "going to where the restored state is")
                }
                clock.pause(Self.assignmentPause)
            }
        }
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
        restorer?.cancel(application.tasks(of: partitions).keys.sorted())
        if isLost {
            tasks.close(tasks.tasks(of: partitions))
            try abandonTransaction()
        } else {
            try commit(beforeLeaving: tasks.tasks(of: partitions))
            // Others than before, if that commit failed and the tasks went back.
            tasks.close(tasks.tasks(of: partitions))
        }
        forgetUntold(partitions)
        releaseClaims(on: application.tasks(of: partitions).keys)
        do {
            try consumer.unassign(partitions, incremental: incremental)
        } catch {
            throw .cluster(error, doing: "giving back partitions")
        }
        quiet.reset()
    }
}
