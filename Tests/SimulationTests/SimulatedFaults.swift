import StreamEngine
import StreamTesting

/// What goes wrong in a run, how often.
struct SimulatedFaults {
    /// Of every call of a client.
    var failure = 0.0
    /// At every call of a client, and on both sides of every durable step.
    var crash = 0.0
    /// Of transactions, whose markers come late.
    var lateMarkers = 0.0
    /// Of rounds, before which a process falls asleep for longer than its session.
    var sleep = 0.0

    /// Faults as a seed deals them out: some runs are nearly calm, so that what is rare elsewhere
    /// is not drowned.
    init(_ random: inout SeededRandom) {
        failure = random.pick([0, 0.004, 0.02, 0.06])
        crash = random.pick([0, 0.0005, 0.003])
        lateMarkers = random.pick([0, 0.1, 0.5])
        sleep = random.pick([0, 0.002, 0.01])
    }

    private init() {}

    static let none = SimulatedFaults()

    /// What goes wrong with a call; `nil` for most.
    func fault(
        of operation: FakeCluster.Operation, _ random: inout SeededRandom
    ) -> FakeCluster.Fault? {
        guard random.happens(failure) else { return nil }
        if operation.mayBeDeliveredTwice, random.happens(0.2) { return .performTwice }
        let kinds = Self.kinds(of: operation)
        guard !kinds.isEmpty else { return nil }
        let kind = random.pick(kinds)
        let error = ClusterError(
            kind: kind, code: "SIMULATED", reason: "\(operation.rawValue) fails as \(kind)")
        // What was read lies in the client: no answer can be lost on the way.
        if operation == .read { return .refuse(error) }
        return random.happens(0.5) ? .performThenFail(error) : .refuse(error)
    }

    /// How a call can fail, as the real client tells it.
    private static func kinds(of operation: FakeCluster.Operation) -> [ClusterError.Kind] {
        switch operation {
        case .committed, .rewind: [.retriable]
        case .send, .poll: [.abortable, .fatal]
        case .flush, .sendOffsets: [.retriable, .abortable, .fatal]
        case .beginTransaction: [.fatal]
        case .initTransactions: [.retriable, .fatal]
        case .abortTransaction: [.retriable, .fatal]
        case .commitTransaction: [.retriable, .abortable, .unknownOutcome]
        case .groupMetadata: [.fenced]
        // A fetch that fails ends the thread; the process is started again.
        case .fetch: [.fatal]
        case .read, .writtenRange: [.retriable]
        case .describe, .configuration, .makeConsumer, .makeProducer, .wait, .assign, .unassign,
            .commit, .offsetRange, .groupMembers, .makeReader, .startReading, .stopReading,
            .waitForReading:
            []
        }
    }
}
