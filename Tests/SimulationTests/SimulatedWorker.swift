import Events
import Logging
import StreamCore
import StreamEngine
import StreamTesting

/// A process with one stream thread, whose rounds the simulation calls.
final class SimulatedWorker {
    let process: FakeProcess
    private let thread: StreamThread
    private let control = ThreadControl(bell: Bell())
    /// `nil` without standby copies.
    private let standby: StandbyThread?

    /// Starts the process.
    init(
        _ process: FakeProcess, plan: TopologyPlan, settings: EngineSettings,
        disk: SimulatedDisk, clock: SimulatedClock, note: @escaping (String) -> Void
    ) throws(EngineError) {
        self.process = process
        var application = Application(
            plan: plan, settings: settings, cluster: process,
            storage: disk.storage(of: process), wallClock: { clock.manual.now },
            clock: clock.engine)
        let log = Logger(label: process.name) { TraceLog(label: $0, note: note) }
        try application.setUpState(log)
        try application.setUpTopics()
        thread = try StreamThread(
            index: 0, application: application, control: control, log: log)
        do throws(EngineError) {
            standby = try StandbyThread(application, log: log)
        } catch {
            thread.close()
            throw error
        }
        do throws(EngineError) {
            try thread.start()
        } catch {
            thread.close()
            throw error
        }
    }

    func round() throws(EngineError) {
        try thread.round()
        standby?.round()
    }

    /// As last published.
    var taskCount: Int { control.published.tasks.count }

    var restoredRecordCount: Int { control.published.restoredRecords }

    /// As after SIGTERM.
    func stop() throws(EngineError) {
        defer { end() }
        try thread.commit()
    }

    /// As after an error: no commit, but an orderly end.
    func end() {
        thread.close()
        standby?.close()
    }

    var standbyRecordCount: Int { standby?.recordCount ?? 0 }
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

/// Puts what the engine logs into the trace of a simulation.
private struct TraceLog: LogHandler, @unchecked Sendable {
    // One thread runs the whole simulation.
    let label: String
    let note: (String) -> Void
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.info

    init(label: String, note: @escaping (String) -> Void) {
        self.label = label
        self.note = note
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        note("\(label): \(event.message) \(details.joined(separator: " "))")
    }
}
