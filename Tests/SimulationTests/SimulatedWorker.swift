import Events
import Logging
import StreamCore
import StreamEngine
import StreamTesting

/// A process with one stream thread, whose rounds the simulation calls.
final class SimulatedWorker {
    let process: FakeProcess
    private let thread: StreamThread

    /// Starts the process.
    init(
        _ process: FakeProcess, plan: TopologyPlan, settings: EngineSettings,
        disk: SimulatedDisk, clock: SimulatedClock
    ) throws(EngineError) {
        self.process = process
        var application = Application(
            plan: plan, settings: settings, cluster: process,
            storage: disk.storage(of: process), wallClock: { clock.manual.now },
            clock: clock.engine)
        try application.setUpTopics()
        thread = try StreamThread(
            index: 0, application: application, control: ThreadControl(bell: Bell()),
            log: Logger(label: process.name) { _ in SwiftLogNoOpLogHandler() })
        do throws(EngineError) {
            try thread.start()
        } catch {
            thread.close()
            throw error
        }
    }

    func round() throws(EngineError) { try thread.round() }

    /// As after SIGTERM.
    func stop() throws(EngineError) {
        defer { thread.close() }
        try thread.commit()
    }

    /// As after an error: no commit, but an orderly end.
    func end() { thread.close() }
}

/// One clock for everything: wall time, and the time that threads and the cluster go by.
struct SimulatedClock: Sendable {
    let manual: ManualClock
    let engine: EngineClock

    init(_ start: Timestamp) {
        let manual = ManualClock(start)
        let origin = ContinuousClock.now
        self.manual = manual
        engine = EngineClock(
            now: { origin + .milliseconds(manual.now.milliseconds(since: start)) },
            pause: { manual.advance(by: $0) })
    }
}
