internal import Events
internal import Logging
internal import StreamCore

/// The shell around ``ExactlyOnceCommit``: carries out what it decides.
extension StreamThread {
    /// How long to let pass before a step is called again. The client library waits by itself where
    /// it can; this keeps an answer that comes at once from being asked for without end.
    private static let retryPause = Duration.milliseconds(20)

    /// Why a step could not be carried out: for the protocol to decide on, or beyond it.
    private enum StepFailure: Error {
        case cluster(ClusterError)
        case engine(EngineError)
    }

    // MARK: What is due

    /// Writes the output inside of the transaction, which is begun when there is none. False: the
    /// transaction failed; what was written is void, and the tasks go on from the last commit.
    func sendInTransaction() throws(EngineError) -> Bool {
        try inTransaction { () throws(EngineError) in try sender.send(clock: clock) }
    }

    /// Commits outputs, offsets and state together.
    func commitTransaction(deadline: ContinuousClock.Instant?) throws(EngineError) {
        let changed = tasks.changed
        guard !changed.isEmpty || exactlyOnce!.hasTransaction else { return }
        guard try logInTransaction(changed) else { return }
        committing = (changed, clock.now())
        defer { committing = nil }
        try carryOut(exactlyOnce!.commitIsDue(deadline: deadline))
    }

    /// Writes what the commit changes to the changelogs. False: the transaction failed.
    private func logInTransaction(_ changed: [StreamTask]) throws(EngineError) -> Bool {
        let logged = tasks.logged(changed)
        guard !logged.isEmpty else { return true }
        return try inTransaction { () throws(EngineError) in
            try logChanges(of: logged)
            for (task, checkpoint) in logged {
                changelog?.writeCheckpoint(of: task, checkpoint: checkpoint, to: sender.output)
            }
        }
    }

    /// Lets `body` write records, exactly once in the transaction, which is begun when there is none.
    /// False: the transaction failed.
    func inTransaction(_ body: () throws(EngineError) -> Void) throws(EngineError) -> Bool {
        guard exactlyOnce != nil else {
            try body()
            return true
        }
        try carryOut(exactlyOnce!.outputIsDue())
        guard exactlyOnce!.hasTransaction else {
            sender.discard()
            return false
        }
        do {
            try body()
            return true
        } catch {
            return try giveUpOutput(after: error)
        }
    }

    /// What could not be written voids the transaction.
    private func giveUpOutput(after error: EngineError) throws(EngineError) -> Bool {
        sender.discard()
        guard case .cluster(let failure, _) = error else { throw error }
        log.warning("cannot write to the sinks", metadata: ["reason": "\(failure)"])
        try carryOut(exactlyOnce!.outputFailed(failure, at: clock.now()))
        return false
    }

    /// Makes sure that nobody sees what was written since the last commit.
    func abandonTransaction() throws(EngineError) {
        if let first = exactlyOnce?.abandon() { try carryOut(first) }
    }

    /// Ends the transaction of a thread that failed for a reason of its own, so that readers need
    /// not wait until it times out.
    func abortAfter(_ error: EngineError) {
        guard exactlyOnce?.hasTransaction == true else { return }
        switch error {
        case .state, .task, .offsets: try? producer.abortTransaction()
        default: return
        }
    }

    // MARK: Steps

    /// Carries out an action and all that follow from it.
    func carryOut(_ first: ExactlyOnceCommit.Action) throws(EngineError) {
        var action = first
        while true {
            let step: ExactlyOnceCommit.Step
            var isRepeated = false
            switch action {
            case .rest: return
            case .end(let error): throw error
            case .again(let same):
                clock.pause(Self.retryPause)
                step = same
                isRepeated = true
            case .perform(let next): step = next
            }
            do throws(StepFailure) {
                try perform(step)
                action = exactlyOnce!.succeeded()
            } catch {
                switch error {
                case .engine(let failure): throw failure
                case .cluster(let failure):
                    if !isRepeated {
                        log.warning(
                            "\(step.words) failed", metadata: ["reason": "\(failure)"])
                    }
                    action = exactlyOnce!.failed(failure, at: clock.now())
                }
            }
        }
    }

    private func perform(_ step: ExactlyOnceCommit.Step) throws(StepFailure) {
        switch step {
        case .initialise:
            try onCluster { (producer) throws(ClusterError) in try producer.initTransactions() }
        case .begin:
            try onCluster { (producer) throws(ClusterError) in try producer.beginTransaction() }
            FaultPoint.reached(.begun)
        case .flush:
            let settings = application.settings
            let timeout = min(settings.brokerTimeout, settings.revocationLimit)
            try onSender { () throws(EngineError) in
                try sender.flush(within: timeout, clock: clock)
            }
            FaultPoint.reached(.flushed)
        case .prepare:
            // What has changed is logged in front of this, in the same transaction, so that the
            // changelogs' offsets are part of the checkpoint.
            preparedOffsets = try onEngine { () throws(EngineError) in
                try tasks.prepareState(of: committing?.tasks ?? [], loggedBy: producer)
            }
            FaultPoint.reached(.prepared)
        case .sendOffsets:
            try onCluster { (producer) throws(ClusterError) in try sendOffsets(with: producer) }
            FaultPoint.reached(.offsetsSent)
        case .commit:
            try onCluster { (producer) throws(ClusterError) in try producer.commitTransaction() }
            FaultPoint.reached(.transactionCommitted)
        case .apply: try apply()
        case .abort:
            try onCluster { (producer) throws(ClusterError) in try producer.abortTransaction() }
            log.notice("aborted a transaction", metadata: ["thread": "\(index)"])
        case .rebuild: try onCluster { (_) throws(ClusterError) in try rebuildProducer() }
        case .resolve: try resolve()
        }
    }

    /// What the producer refuses is for the protocol to decide on.
    private func onSender(_ body: () throws(EngineError) -> Void) throws(StepFailure) {
        do {
            try body()
        } catch {
            guard case .cluster(let failure, _) = error else { throw .engine(error) }
            throw .cluster(failure)
        }
    }

    private func onCluster<Result>(
        _ body: (any Producer) throws(ClusterError) -> Result
    ) throws(StepFailure) -> Result {
        do { return try body(producer) } catch { throw .cluster(error) }
    }

    private func onEngine<Result>(
        _ body: () throws(EngineError) -> Result
    ) throws(StepFailure) -> Result {
        do { return try body() } catch { throw .engine(error) }
    }

    private func sendOffsets(with producer: any Producer) throws(ClusterError) {
        guard !preparedOffsets.isEmpty else { return }
        if application.settings.deliberateFault == .sendsOffsetsOutside {
            try consumer.commit(preparedOffsets)
            return
        }
        let group: any GroupMetadata
        do {
            group = try consumer.groupMetadata()
        } catch {
            // The partitions are somebody else's by now.
            var refusal = error
            if refusal.kind == .fenced { refusal.kind = .abortable }
            throw refusal
        }
        try producer.sendOffsets(preparedOffsets, group: group)
    }

    private func apply() throws(StepFailure) {
        guard let committing else { return }
        try onEngine { () throws(EngineError) in try tasks.applyPrepared(of: committing.tasks) }
        FaultPoint.reached(.applied)
        application.committedOffsets.note(preparedOffsets)
        control.noteBrokerAlive(at: clock.now())
        tasks.noteCommit(of: committing.tasks, took: clock.now() - committing.since)
    }

    private func rebuildProducer() throws(ClusterError) {
        producer.close()
        producer = try application.makeProducer(ofThread: index)
        sender.replaceProducer(producer)
        log.notice("built a new producer", metadata: ["thread": "\(index)"])
    }

    /// Goes on from what the group has committed.
    private func resolve() throws(StepFailure) {
        sender.discard()
        let sources = tasks.all.flatMap(\.sources)
        guard !sources.isEmpty else { return }
        let committed = try onCluster { (_) throws(ClusterError) in try consumer.committed(sources)
        }
        let resolution = try onEngine { () throws(EngineError) in try tasks.resolve(committed) }
        if let disagreement = resolution.forsaken, forsaken == nil {
            forsaken = (disagreement, clock.now())
        }
        try onCluster { (_) throws(ClusterError) in try consumer.rewind(resolution.positions) }
        control.noteBrokerAlive(at: clock.now())
        quiet.reset()
    }
}
