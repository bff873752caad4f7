/// Decides, step by step, how a stream thread commits exactly once.
///
/// ```
///              start                      output is due
///  (new) ──▶ initialise ──▶ resolve ──▶ ready ──▶ begin ──▶ open ◀── outputs, dead letters
///                ▲             ▲          ▲                  │ commit is due
///                │             │          │                  ▼
///                │             │        apply            flush ──▶ prepare ──▶ sendOffsets
///                │             │          ▲                                        │
///                │             │          └──────────────── commit ◀───────────────┘
///                │             │
///             rebuild        abort ◀── abortable error in any step of the transaction, or the
///                ▲                     partitions were lost
///                └── fatal error in any step; a commit that nobody knows the outcome of
/// ```
///
/// It knows neither producer nor state: the stream thread carries out each step and tells what came
/// of it. *Kafka decides, the state follows*: the decision is the group's committed offsets, whose
/// metadata carry the commit's number. `prepare` makes the changes durable beside the state as it
/// is, `commit` decides, and `apply` follows. Whatever happens in between, `resolve` reads the
/// committed offsets and lets every task go on from what they say; an abort that was answered and
/// a commit whose answer was lost take the same way, so there is one way back and not several.
///
/// An error that says `retriable` has its step called again, with the same arguments, for as long
/// as brokers may be away; then the thread ends. A commit that a rebalance waits for is given up
/// earlier: it has a deadline.
///
/// - Source: KIP-98 (transactions), KIP-447 (offsets fenced by the group's generation),
///   librdkafka's manual for what an error allows. Kafka Streams takes the same steps, but has
///   nothing that it could prepare, and wipes its state where this resolves.
package struct ExactlyOnceCommit {
    package enum Step: Sendable, Equatable {
        /// `initTransactions`.
        case initialise
        case begin
        case flush
        /// Makes the changed tasks' state durable as prepared.
        case prepare
        case sendOffsets
        case commit
        /// Makes what is prepared the state.
        case apply
        case abort
        /// Closes the producer and makes a new one.
        case rebuild
        /// Reads the committed offsets, applies or discards what is prepared, forgets what is
        /// neither, and rewinds every task to them.
        case resolve
    }

    package enum Action: Sendable, Equatable {
        case perform(Step)
        /// The same after a moment.
        case again(Step)
        /// Nothing to do until something is due.
        case rest
        /// The thread can't go on.
        case end(EngineError)
    }

    package enum State: Sendable, Equatable {
        /// Before `start`.
        case new
        /// No transaction is open.
        case ready
        /// A transaction holds outputs.
        case open
        case performing(Step)
        case ended
    }

    package struct Limits: Sendable {
        /// How long a step is called again, and how long recoveries may go on without a commit.
        package var patience: Duration
        /// How often in a row a producer is built anew; and how often at least a transaction is
        /// aborted before `patience` ends it.
        package var recoveries: Int

        package init(patience: Duration, recoveries: Int = 5) {
            self.patience = patience
            self.recoveries = recoveries
        }
    }

    package private(set) var state = State.new
    private let limits: Limits
    private let fault: DeliberateFault?
    /// Whether the transaction that is being begun is to be committed at once.
    private var isCommitDue = false
    private var deadline: ContinuousClock.Instant?
    /// When the step at hand failed first.
    private var troubleSince: ContinuousClock.Instant?
    /// Since the last commit.
    private var rebuildCount = 0
    private var abortCount = 0
    private var firstAbort: ContinuousClock.Instant?

    package init(limits: Limits, fault: DeliberateFault? = nil) {
        self.limits = limits
        self.fault = fault
    }

    /// Whether a transaction may be open.
    package var hasTransaction: Bool {
        switch state {
        case .open: true
        case .performing(let step): step.isOfTransaction
        case .new, .ready, .ended: false
        }
    }

    // MARK: What is due

    /// The producer is new.
    package mutating func start() -> Action {
        precondition(state == .new, "started twice: \(state)")
        return perform(.initialise)
    }

    /// There is something to write: a transaction has to be open.
    package mutating func outputIsDue() -> Action {
        switch state {
        case .open: return .rest
        case .ready: return perform(.begin)
        case .new, .performing, .ended: preconditionFailure("no output may be written: \(state)")
        }
    }

    /// Something has changed since the last commit, and it is time. `deadline`: when to give it up
    /// because somebody waits.
    package mutating func commitIsDue(
        deadline: ContinuousClock.Instant? = nil
    ) -> Action {
        self.deadline = deadline
        switch state {
        case .open: return perform(.flush)
        case .ready:
            isCommitDue = true
            return perform(.begin)
        case .new, .performing, .ended: preconditionFailure("nothing can be committed: \(state)")
        }
    }

    /// The partitions belong to somebody else: what was written must not be seen.
    package mutating func abandon() -> Action {
        state == .open ? perform(.abort) : .rest
    }

    // MARK: What came of it

    /// The step was carried out.
    package mutating func succeeded() -> Action {
        guard case .performing(let step) = state else {
            preconditionFailure("no step was to be carried out: \(state)")
        }
        troubleSince = nil
        guard let following = next(after: step) else {
            let isOpen = step == .begin
            if step == .apply || step == .commit { forgetRecoveries() }
            deadline = nil
            state = isOpen ? .open : .ready
            return .rest
        }
        return perform(following)
    }

    private mutating func next(after step: Step) -> Step? {
        switch step {
        case .initialise, .abort: return .resolve
        case .begin:
            defer { isCommitDue = false }
            return isCommitDue ? .flush : nil
        case .flush: return .prepare
        case .prepare: return .sendOffsets
        case .sendOffsets: return fault == .appliesBeforeCommit ? .apply : .commit
        case .commit: return fault == .appliesBeforeCommit ? nil : .apply
        case .apply: return fault == .appliesBeforeCommit ? .commit : nil
        case .rebuild: return .initialise
        case .resolve: return nil
        }
    }

    /// The step at hand failed.
    package mutating func failed(
        _ error: ClusterError, at now: ContinuousClock.Instant
    ) -> Action {
        guard case .performing(let step) = state else {
            preconditionFailure("no step was to be carried out: \(state)")
        }
        switch Remedy(error.kind) {
        case .callAgain:
            if let deadline, now >= deadline, step.isOfTransaction, step != .abort {
                // Nobody knows what becomes of a commit that is under way.
                return step == .commit
                    ? rebuild(after: error, at: now) : abort(after: error, at: now)
            }
            let since = troubleSince ?? now
            troubleSince = since
            guard now - since < limits.patience else {
                return end(.brokersAway(limit: limits.patience, last: error))
            }
            return .again(step)
        case .abort:
            // What can't be aborted is left to the next producer's `initialise`.
            return step.isOfTransaction && step != .abort
                ? abort(after: error, at: now) : rebuild(after: error, at: now)
        case .rebuild:
            return step == .resolve
                ? end(.cluster(error, doing: step.words)) : rebuild(after: error, at: now)
        case .end: return end(.cluster(error, doing: step.words))
        }
    }

    /// Records could not be written to the open transaction.
    package mutating func outputFailed(
        _ error: ClusterError, at now: ContinuousClock.Instant
    ) -> Action {
        precondition(state == .open, "nothing could be written: \(state)")
        switch Remedy(error.kind) {
        // Which of the records are written is not known: the transaction can't go on.
        case .callAgain, .abort: return abort(after: error, at: now)
        case .rebuild: return rebuild(after: error, at: now)
        case .end: return end(.cluster(error, doing: "writing to the sinks"))
        }
    }

    // MARK: Recovery

    private mutating func perform(_ step: Step) -> Action {
        state = .performing(step)
        return .perform(step)
    }

    private mutating func end(_ error: EngineError) -> Action {
        state = .ended
        return .end(error)
    }

    private mutating func abort(
        after error: ClusterError, at now: ContinuousClock.Instant
    ) -> Action {
        prepareRecovery()
        abortCount += 1
        let first = firstAbort ?? now
        firstAbort = first
        guard abortCount <= limits.recoveries || now - first < limits.patience else {
            return end(.cluster(error, doing: "committing"))
        }
        return perform(.abort)
    }

    private mutating func rebuild(
        after error: ClusterError, at now: ContinuousClock.Instant
    ) -> Action {
        prepareRecovery()
        rebuildCount += 1
        guard rebuildCount <= limits.recoveries else {
            return end(.cluster(error, doing: "committing"))
        }
        return perform(.rebuild)
    }

    private mutating func prepareRecovery() {
        isCommitDue = false
        deadline = nil
        troubleSince = nil
    }

    private mutating func forgetRecoveries() {
        rebuildCount = 0
        abortCount = 0
        firstAbort = nil
    }

    /// What an error allows.
    private enum Remedy {
        case callAgain, abort, rebuild, end

        init(_ kind: ClusterError.Kind) {
            switch kind {
            case .retriable, .unreachable: self = .callAgain
            case .abortable: self = .abort
            case .fatal, .fenced, .unknownOutcome: self = .rebuild
            // What no new producer repairs.
            case .configuration, .authentication, .unknownTopic: self = .end
            }
        }
    }
}

extension ExactlyOnceCommit.Step {
    /// Whether a transaction is open while it is carried out, or may be.
    var isOfTransaction: Bool {
        switch self {
        case .begin, .flush, .prepare, .sendOffsets, .commit, .abort: true
        case .initialise, .apply, .rebuild, .resolve: false
        }
    }

    /// For `EngineError.cluster(_:doing:)`.
    var words: String {
        switch self {
        case .initialise: "becoming the producer of the transactional id"
        case .begin: "beginning a transaction"
        case .flush: "writing to the sinks"
        case .prepare, .apply: "committing state"
        case .sendOffsets: "adding offsets to the transaction"
        case .commit: "committing the transaction"
        case .abort: "aborting the transaction"
        case .rebuild: "opening a producer"
        case .resolve: "reading the group's offsets"
        }
    }
}

/// A mistake that tests build into the protocol, to see that the simulation finds it.
package enum DeliberateFault: String, Sendable, CaseIterable {
    /// The state goes ahead of Kafka's decision.
    case appliesBeforeCommit
    /// Offsets are committed by the consumer, beside the transaction.
    case sendsOffsetsOutside
    /// What an aborted transaction changed stays in the state.
    case keepsStateOnAbort
    /// Deletions are not logged.
    case logsNoDeletions
    /// A restore reads what is stable, not all that was written with the group's offsets.
    case restoresWhatIsStable
}
