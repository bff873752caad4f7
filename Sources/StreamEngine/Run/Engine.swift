internal import Foundation
public import Logging
internal import StreamCore

/// Runs an application: its stream threads, from the first look at the topics to the last commit.
///
/// ```swift
/// let engine = Engine(application, log: Logger(label: "millrace"))
/// onSignal { engine.stop() }
/// try engine.run()                    // returns when stopped, throws when it had to stop
/// ```
///
/// - Errors: the first failure of any thread stops all of them: each closes without another commit
///   of what failed, the others commit what they have.
public final class Engine: Sendable {
    private let application: Application
    private let log: Logger
    private let controls: [ThreadControl]
    private let bell: Bell
    /// The thread that keeps copies of other processes' states.
    private let standbyControl: ThreadControl
    /// Also usable before `run`, when a signal comes early.
    private let stopRequest: ThreadControl

    public init(_ application: Application, log: Logger) {
        self.application = application
        self.log = log
        let bell = Bell()
        self.bell = bell
        controls = (0..<application.settings.threads).map { _ in ThreadControl(bell: bell) }
        stopRequest = ThreadControl(bell: bell)
        standbyControl = ThreadControl(bell: bell)
    }

    /// Asks the threads to finish what they have in hand, commit and leave the group.
    public func stop() {
        stopRequest.stop()
        for control in allControls { control.stop() }
        bell.ring()
    }

    /// What the application has done so far.
    public var metrics: EngineMetrics { EngineMetrics(allControls.map(\.current.metrics)) }

    private var allControls: [ThreadControl] { controls + [standbyControl] }

    /// Runs until `stop()`, or until everything is processed when the settings say so.
    public func run() throws(EngineError) {
        var application = self.application
        try application.setUpState(log)
        try application.setUpTopics()
        RetentionCheck(application: application, log: log).run()
        guard !stopRequest.isStopping else { return }
        for (index, control) in controls.enumerated() {
            start(index, control: control, application: application)
        }
        startStandby(application)
        let failure = supervise(application)
        stop()
        try awaitEnd()
        if let failure = failure ?? firstFailure { throw failure }
    }

    private func start(_ index: Int, control: ThreadControl, application: Application) {
        let log = self.log
        let thread = Thread {
            do throws(EngineError) {
                let thread = try StreamThread(
                    index: index, application: application, control: control, log: log)
                thread.run()
            } catch {
                control.fail(error)
                control.publish(ThreadMetrics(isStopped: true))
            }
        }
        thread.name = "stream-\(index)"
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func startStandby(_ application: Application) {
        let log = self.log
        let control = standbyControl
        let thread = Thread {
            do throws(EngineError) {
                if let standby = try StandbyThread(application, log: log) {
                    standby.run(control)
                } else {
                    control.publish(ThreadMetrics(isStopped: true))
                }
            } catch {
                control.fail(error)
                control.publish(ThreadMetrics(isStopped: true))
            }
        }
        thread.name = "standby"
        thread.stackSize = 8 << 20
        thread.start()
    }

    // MARK: Supervision

    private var firstFailure: EngineError? {
        allControls.lazy.compactMap(\.current.failure).first
    }

    /// Waits until there is a reason to stop; returns the failure, if that is the reason.
    private func supervise(_ application: Application) -> EngineError? {
        let clock = ContinuousClock()
        var purge = RepartitionPurge(application: application, log: log)
        var probe = BrokerProbe(application: application, at: clock.now)
        var watched: (records: Int, since: ContinuousClock.Instant)?
        while !stopRequest.isStopping {
            bell.wait(atMost: .milliseconds(100))
            if let failure = firstFailure { return failure }
            if let failure = brokerFailure(application, at: clock.now) { return failure }
            if let failure = probe.failure(among: controls, clock: clock) { return failure }
            purge.run(at: clock.now)
            if application.settings.stopsWhenCaughtUp,
                hasCaughtUp(application, at: clock.now, watched: &watched)
            {
                return nil
            }
        }
        return nil
    }

    /// A broker that was heard of on any thread is there; else it is asked before giving up.
    private func brokerFailure(
        _ application: Application, at now: ContinuousClock.Instant
    ) -> EngineError? {
        let limit = application.settings.brokerTimeout
        for control in controls {
            guard let failure = control.current.brokers.failure(at: now, limit: limit) else {
                continue
            }
            do {
                _ = try application.cluster.describeTopics(application.plan.externalSourceTopics)
                control.noteBrokerAlive(at: ContinuousClock().now)
            } catch {
                return failure
            }
        }
        return nil
    }

    /// Whether all partitions of all topics are in this process's hands and read to their end, and
    /// that has been so for a moment without a record.
    private func hasCaughtUp(
        _ application: Application, at now: ContinuousClock.Instant,
        watched: inout (records: Int, since: ContinuousClock.Instant)?
    ) -> Bool {
        let states = controls.map(\.current)
        let caughtUp = states.compactMap(\.caughtUpPartitions)
        guard caughtUp.count == controls.count,
            caughtUp.reduce(0, +) == application.totalPartitionCount
        else {
            watched = nil
            return false
        }
        let records = states.reduce(0) { $0 + $1.metrics.records }
        guard let since = watched, since.records == records else {
            watched = (records, now)
            return false
        }
        let patience: Duration =
            application.plan.repartitions.isEmpty ? .zero : .milliseconds(1000)
        return now - since.since >= patience
    }

    private func awaitEnd() throws(EngineError) {
        let clock = ContinuousClock()
        let deadline = clock.now + application.settings.shutdownGrace
        while !allControls.allSatisfy(\.current.metrics.isStopped) {
            guard clock.now < deadline else {
                throw firstFailure
                    ?? .shutdownTookTooLong(limit: application.settings.shutdownGrace)
            }
            bell.wait(atMost: min(.milliseconds(100), deadline - clock.now))
        }
    }
}
