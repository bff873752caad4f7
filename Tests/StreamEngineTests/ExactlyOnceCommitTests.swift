import StreamEngine
import Testing

@Suite("The protocol of a commit that happens exactly once")
struct ExactlyOnceCommitTests {
    private static let begin = ContinuousClock.now
    private static let limits = ExactlyOnceCommit.Limits(patience: .seconds(60), recoveries: 3)

    private static func error(_ kind: ClusterError.Kind) -> ClusterError {
        ClusterError(kind: kind, code: kind.rawValue, reason: "as the test wants it")
    }

    /// A protocol whose producer is ready.
    private func ready(fault: DeliberateFault? = nil) -> ExactlyOnceCommit {
        var commit = ExactlyOnceCommit(limits: Self.limits, fault: fault)
        #expect(commit.start() == .perform(.initialise))
        #expect(commit.succeeded() == .perform(.resolve))
        #expect(commit.succeeded() == .rest)
        #expect(commit.state == .ready)
        return commit
    }

    /// A protocol that is at `step` of a commit, with outputs in the transaction.
    private func at(_ step: ExactlyOnceCommit.Step) -> ExactlyOnceCommit {
        var commit = ready()
        #expect(commit.outputIsDue() == .perform(.begin))
        if step == .begin { return commit }
        #expect(commit.succeeded() == .rest)
        #expect(commit.commitIsDue() == .perform(.flush))
        while commit.state != .performing(step) { _ = commit.succeeded() }
        return commit
    }

    /// The steps that follow from `action` when each succeeds.
    private func steps(
        of commit: inout ExactlyOnceCommit, from action: ExactlyOnceCommit.Action
    ) -> [ExactlyOnceCommit.Step] {
        var steps: [ExactlyOnceCommit.Step] = []
        var action = action
        while case .perform(let step) = action {
            steps.append(step)
            action = commit.succeeded()
        }
        #expect(action == .rest)
        return steps
    }

    // MARK: The way of a commit

    @Test("a commit flushes, prepares, sends offsets, commits and applies, in this order")
    func order() {
        var commit = ready()
        #expect(steps(of: &commit, from: commit.outputIsDue()) == [.begin])
        #expect(
            steps(of: &commit, from: commit.commitIsDue())
                == [.flush, .prepare, .sendOffsets, .commit, .apply])
        #expect(commit.state == .ready)
    }

    @Test("a transaction is begun once, at the first output")
    func lazyBegin() {
        var commit = ready()
        #expect(!commit.hasTransaction)
        #expect(steps(of: &commit, from: commit.outputIsDue()) == [.begin])
        #expect(commit.hasTransaction)
        #expect(commit.outputIsDue() == .rest)
        #expect(commit.state == .open)
    }

    @Test("changes without output are committed in a transaction of their own")
    func changesOnly() {
        var commit = ready()
        #expect(
            steps(of: &commit, from: commit.commitIsDue())
                == [.begin, .flush, .prepare, .sendOffsets, .commit, .apply])
        #expect(!commit.hasTransaction)
        // The next begin is for output alone again.
        #expect(steps(of: &commit, from: commit.outputIsDue()) == [.begin])
    }

    // MARK: Errors that pass

    @Test(
        "a call that may be made again is, with the same step",
        arguments: [
            ExactlyOnceCommit.Step.begin, .flush, .prepare, .sendOffsets, .commit,
        ], [ClusterError.Kind.retriable, .unreachable])
    func callsAgain(step: ExactlyOnceCommit.Step, kind: ClusterError.Kind) {
        var commit = at(step)
        #expect(commit.failed(Self.error(kind), at: Self.begin) == .again(step))
        #expect(commit.failed(Self.error(kind), at: Self.begin + .seconds(59)) == .again(step))
        #expect(
            commit.failed(Self.error(kind), at: Self.begin + .seconds(60))
                == .end(.brokersAway(limit: .seconds(60), last: Self.error(kind))))
        #expect(commit.state == .ended)
    }

    @Test("the time that a step may take begins anew with the next one")
    func patienceIsOfAStep() {
        var commit = at(.flush)
        #expect(commit.failed(Self.error(.retriable), at: Self.begin) == .again(.flush))
        #expect(commit.succeeded() == .perform(.prepare))
        #expect(commit.succeeded() == .perform(.sendOffsets))
        let late = Self.begin + .seconds(100)
        #expect(commit.failed(Self.error(.retriable), at: late) == .again(.sendOffsets))
    }

    @Test(
        "a commit that a rebalance waits for is given up at its deadline",
        arguments: [ExactlyOnceCommit.Step.flush, .sendOffsets])
    func deadline(step: ExactlyOnceCommit.Step) {
        var commit = ready()
        _ = steps(of: &commit, from: commit.outputIsDue())
        _ = commit.commitIsDue(deadline: Self.begin + .seconds(5))
        while commit.state != .performing(step) { _ = commit.succeeded() }
        #expect(commit.failed(Self.error(.retriable), at: Self.begin) == .again(step))
        let action = commit.failed(Self.error(.retriable), at: Self.begin + .seconds(5))
        #expect(steps(of: &commit, from: action) == [.abort, .resolve])
    }

    @Test("a commit under way at the deadline is resolved, because nobody knows what becomes of it")
    func deadlineOfTheCommitItself() {
        var commit = ready()
        _ = steps(of: &commit, from: commit.outputIsDue())
        _ = commit.commitIsDue(deadline: Self.begin + .seconds(5))
        while commit.state != .performing(.commit) { _ = commit.succeeded() }
        let action = commit.failed(Self.error(.retriable), at: Self.begin + .seconds(5))
        #expect(steps(of: &commit, from: action) == [.rebuild, .initialise, .resolve])
    }

    // MARK: Abort

    @Test(
        "an error that asks for it aborts, and everything goes on from the committed offsets",
        arguments: [ExactlyOnceCommit.Step.begin, .flush, .sendOffsets, .commit])
    func aborts(step: ExactlyOnceCommit.Step) {
        var commit = at(step)
        let action = commit.failed(Self.error(.abortable), at: Self.begin)
        #expect(steps(of: &commit, from: action) == [.abort, .resolve])
        #expect(commit.state == .ready)
        #expect(!commit.hasTransaction)
    }

    @Test(
        "records that can't be written abort the transaction",
        arguments: [
            ClusterError.Kind.abortable, .retriable, .unreachable,
        ])
    func outputFails(kind: ClusterError.Kind) {
        var commit = ready()
        _ = steps(of: &commit, from: commit.outputIsDue())
        let action = commit.outputFailed(Self.error(kind), at: Self.begin)
        #expect(steps(of: &commit, from: action) == [.abort, .resolve])
    }

    @Test("an abort that can't be made is left to the next producer's beginning")
    func abortFails() {
        var commit = at(.flush)
        _ = commit.failed(Self.error(.abortable), at: Self.begin)
        let action = commit.failed(Self.error(.abortable), at: Self.begin)
        #expect(steps(of: &commit, from: action) == [.rebuild, .initialise, .resolve])
    }

    @Test("partitions that were lost abort the transaction, if one is open")
    func abandons() {
        var commit = ready()
        #expect(commit.abandon() == .rest)
        _ = steps(of: &commit, from: commit.outputIsDue())
        #expect(steps(of: &commit, from: commit.abandon()) == [.abort, .resolve])
    }

    @Test("aborts without a commit between them end, once they have gone on for long enough")
    func abortsAreBounded() {
        var commit = ready()
        var ended: ExactlyOnceCommit.Action?
        var now = Self.begin
        for count in 1...10 where ended == nil {
            _ = steps(of: &commit, from: commit.outputIsDue())
            let action = commit.outputFailed(Self.error(.abortable), at: now)
            if case .end = action {
                #expect(count == 7)
                ended = action
            } else {
                #expect(steps(of: &commit, from: action) == [.abort, .resolve])
            }
            now += .seconds(10)
        }
        #expect(ended == .end(.cluster(Self.error(.abortable), doing: "committing")))
    }

    // MARK: Fatal errors, unknown outcomes

    @Test(
        "an error that the producer can't survive builds a new one, and resolves",
        arguments: [
            ExactlyOnceCommit.Step.begin, .flush, .sendOffsets, .commit,
        ], [ClusterError.Kind.fatal, .fenced, .unknownOutcome])
    func rebuilds(step: ExactlyOnceCommit.Step, kind: ClusterError.Kind) {
        var commit = at(step)
        let action = commit.failed(Self.error(kind), at: Self.begin)
        #expect(steps(of: &commit, from: action) == [.rebuild, .initialise, .resolve])
        #expect(commit.state == .ready)
    }

    @Test("nothing is processed before an unknown outcome is resolved")
    func unknownOutcomeComesFirst() {
        var commit = at(.commit)
        #expect(commit.failed(Self.error(.unknownOutcome), at: Self.begin) == .perform(.rebuild))
        #expect(commit.succeeded() == .perform(.initialise))
        // The predecessor's transaction is still being ended: asked again, not passed over.
        #expect(commit.failed(Self.error(.retriable), at: Self.begin) == .again(.initialise))
        #expect(commit.succeeded() == .perform(.resolve))
        #expect(commit.failed(Self.error(.retriable), at: Self.begin) == .again(.resolve))
        #expect(commit.succeeded() == .rest)
    }

    @Test("producers are not built for ever: after a few in a row the thread ends")
    func rebuildsAreBounded() {
        var commit = ready()
        for _ in 0..<Self.limits.recoveries {
            _ = steps(of: &commit, from: commit.outputIsDue())
            let action = commit.outputFailed(Self.error(.fatal), at: Self.begin)
            #expect(steps(of: &commit, from: action) == [.rebuild, .initialise, .resolve])
        }
        _ = steps(of: &commit, from: commit.outputIsDue())
        #expect(
            commit.outputFailed(Self.error(.fatal), at: Self.begin)
                == .end(.cluster(Self.error(.fatal), doing: "committing")))
    }

    @Test("a commit that succeeds forgives the recoveries before it")
    func commitForgives() {
        var commit = ready()
        for _ in 0..<10 {
            _ = steps(of: &commit, from: commit.outputIsDue())
            _ = steps(
                of: &commit, from: commit.outputFailed(Self.error(.fatal), at: Self.begin))
            _ = steps(of: &commit, from: commit.commitIsDue())
        }
        #expect(commit.state == .ready)
    }

    @Test(
        "what no new producer repairs ends the thread at once",
        arguments: [ClusterError.Kind.configuration, .authentication, .unknownTopic])
    func ends(kind: ClusterError.Kind) {
        var commit = at(.sendOffsets)
        #expect(
            commit.failed(Self.error(kind), at: Self.begin)
                == .end(
                    .cluster(Self.error(kind), doing: "adding offsets to the transaction")))
    }

    // MARK: The deliberate faults

    @Test("the fault that applies before the commit swaps the two steps, and nothing else")
    func faultSwaps() {
        var commit = ready(fault: .appliesBeforeCommit)
        _ = steps(of: &commit, from: commit.outputIsDue())
        #expect(
            steps(of: &commit, from: commit.commitIsDue())
                == [.flush, .prepare, .sendOffsets, .apply, .commit])
    }
}
