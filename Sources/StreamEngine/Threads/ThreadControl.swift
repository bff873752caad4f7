internal import Foundation
internal import StreamCore
internal import Synchronization

/// What a stream thread and the engine tell each other.
package final class ThreadControl: Sendable {
    struct Shared: Sendable {
        var failure: EngineError?
        var metrics = ThreadMetrics()
        /// How many partitions the thread has caught up with; `nil` while it has work.
        var caughtUpPartitions: Int?
        var brokers = BrokerWatch()
    }

    private let stopping = Atomic(false)
    private let shared = Mutex(Shared())
    /// Wakes the engine when a thread has something to say.
    private let bell: Bell

    package init(bell: Bell) { self.bell = bell }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func stop() { stopping.store(true, ordering: .relaxed) }

    var current: Shared { shared.withLock { $0 } }

    /// What the thread published last.
    package var published: ThreadMetrics { current.metrics }

    func publish(_ metrics: ThreadMetrics) {
        shared.withLock { $0.metrics = metrics }
        if metrics.isStopped { bell.ring() }
    }

    func fail(_ error: EngineError) {
        shared.withLock { $0.failure = $0.failure ?? error }
        bell.ring()
    }

    func setCaughtUp(partitions: Int?) {
        let isNew = shared.withLock { shared in
            defer { shared.caughtUpPartitions = partitions }
            return shared.caughtUpPartitions != partitions
        }
        if isNew { bell.ring() }
    }

    func noteBrokerDown(_ error: ClusterError, at now: ContinuousClock.Instant) {
        shared.withLock { $0.brokers.noteDown(error, at: now) }
    }

    func noteBrokerAlive(at now: ContinuousClock.Instant) {
        shared.withLock { $0.brokers.noteAlive(at: now) }
    }
}

/// Since when no broker has been heard of.
struct BrokerWatch: Sendable {
    private(set) var downSince: ContinuousClock.Instant?
    private(set) var lastError: ClusterError?
    /// When a broker was last heard of; `nil` before the first time.
    private(set) var lastSign: ContinuousClock.Instant?

    mutating func noteDown(_ error: ClusterError, at now: ContinuousClock.Instant) {
        downSince = downSince ?? now
        lastError = error
    }

    mutating func noteAlive(at now: ContinuousClock.Instant) {
        lastSign = now
        downSince = nil
        lastError = nil
    }

    /// Why the engine has to give up; `nil` while it may go on.
    func failure(at now: ContinuousClock.Instant, limit: Duration) -> EngineError? {
        guard let downSince, now - downSince >= limit else { return nil }
        return .brokersAway(limit: limit, last: lastError)
    }
}

/// Wakes a waiting thread.
package final class Bell: @unchecked Sendable {
    // `rung` is only touched with the condition locked.
    private let condition = NSCondition()
    private var rung = false

    package init() {}

    func ring() {
        condition.lock()
        rung = true
        condition.signal()
        condition.unlock()
    }

    /// Waits until somebody rings or the time is over.
    func wait(atMost duration: Duration) {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: duration / .seconds(1))
        while !rung, condition.wait(until: deadline) {}
        rung = false
    }
}

/// Counts how often a step was reached, over all threads.
final class FaultCounter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
