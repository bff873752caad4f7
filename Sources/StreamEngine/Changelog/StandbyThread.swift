internal import Events
package import Logging
package import StreamCore

/// Keeps the copies of other processes' states that are this one's to keep.
///
/// It asks the group's coordinator from time to time who has which task, reads the changelogs of those
/// that fall to it, and gives way at once when a stream thread of its process gets the task. What goes
/// wrong with a copy ends nothing: it is logged, and begun again later.
package final class StandbyThread {
    /// How often the group is asked, and copies are made durable.
    private static let placementInterval = Duration.seconds(5)
    private static let noteInterval = Duration.seconds(1)
    /// How long a copy that failed is left alone.
    private static let retryInterval = Duration.seconds(30)

    private let application: Application
    private let layout: ChangelogLayout
    private let log: Logger
    private let reader: any PartitionReader
    private let checkpointReader: CheckpointReader
    private var copies: [TaskIdentifier: StandbyTask] = [:]
    private var lags: [TaskIdentifier: Int64] = [:]
    private var pausedUntil: [TaskIdentifier: ContinuousClock.Instant] = [:]
    private var nextPlacement: ContinuousClock.Instant
    private var nextNote: ContinuousClock.Instant
    private var isAskingInVain = false
    /// Records taken into copies that are no longer kept.
    private var pastRecordCount = 0

    /// `nil` when the settings ask for no copies, or there is nothing to copy.
    package init?(_ application: Application, log: Logger) throws(EngineError) {
        guard application.settings.standbyReplicas > 0, let layout = application.changelog
        else { return nil }
        self.application = application
        self.layout = layout
        self.log = log
        do {
            reader = try application.makeReader(named: "standby")
        } catch {
            throw .cluster(error, doing: "opening a reader of changelogs")
        }
        checkpointReader = CheckpointReader(reader)
        nextPlacement = application.clock.now()
        nextNote = nextPlacement
    }

    private var now: ContinuousClock.Instant { application.clock.now() }

    /// Runs until the control asks to stop.
    func run(_ control: ThreadControl) {
        while !control.isStopping {
            let hasWork = round()
            control.publish(metrics(isStopped: false))
            guard !hasWork else { continue }
            do {
                try reader.wait(timeout: .milliseconds(50))
            } catch {
                log.debug("standby", metadata: ["reason": "\(error)"])
                application.clock.pause(.milliseconds(50))
            }
        }
        close()
        control.publish(metrics(isStopped: true))
    }

    /// Gives way where it has to, then takes what has come; returns whether there was anything.
    @discardableResult
    package func round() -> Bool {
        for task in copies.keys.sorted() where application.claims.isClaimed(task) { drop(task) }
        if now >= nextPlacement {
            nextPlacement = now + Self.placementInterval
            place()
        }
        let isNoteDue = now >= nextNote
        if isNoteDue { nextNote = now + Self.noteInterval }
        var hasWork = false
        for (task, copy) in copies.sorted(by: { $0.key < $1.key }) {
            do throws(StandbyTask.Failure) {
                if try copy.round() { hasWork = true }
                if isNoteDue { try copy.note() }
            } catch {
                fail(task, error)
            }
        }
        return hasWork
    }

    package func close() {
        for task in copies.keys.sorted() { drop(task) }
        reader.close()
    }

    package var tasks: [TaskIdentifier] { copies.keys.sorted() }

    /// Records taken so far.
    package var recordCount: Int {
        copies.values.reduce(pastRecordCount) { $0 + $1.recordCount }
    }

    // MARK: Who keeps what

    private func place() {
        let name = application.plan.topology.application
        let members: [GroupMember]
        do {
            members = try application.cluster.groupMembers(of: name)
            isAskingInVain = false
        } catch {
            if !isAskingInVain {
                log.warning(
                    "cannot ask who has which task; copies stay where they are",
                    metadata: ["reason": "\(error)"])
            }
            isAskingInVain = true
            return
        }
        // None while the group is between two assignments.
        guard !members.isEmpty else { return }
        let placement = StandbyPlacement(
            replicas: application.settings.standbyReplicas, application: name, members: members)
        for (task, sources) in application.statefulTasks {
            let isOurs = placement.standbys(of: task, sources: sources)
                .contains(application.instance)
            if isOurs { follow(task) } else { drop(task) }
        }
        measureLags()
    }

    private func follow(_ task: TaskIdentifier) {
        guard copies[task] == nil, !application.claims.isClaimed(task),
            pausedUntil[task].map({ $0 <= now }) ?? true
        else { return }
        let stores = application.plan.subtopologies[task.subtopology].stores
        do {
            let state = try application.storage.open(task, stores: stores)
            copies[task] = StandbyTask(
                task, stores: stores, state: state, layout: layout, reader: reader,
                checkpointReader: checkpointReader)
            log.info("following", metadata: ["task": "\(task)"])
        } catch {
            // Its former owner here is about to let go of it.
            guard case .locked = error else { return fail(task, .state(error)) }
        }
    }

    private func drop(_ task: TaskIdentifier) {
        lags[task] = nil
        guard let copy = copies.removeValue(forKey: task) else { return }
        do throws(StandbyTask.Failure) {
            try copy.note()
        } catch {
            log.warning(
                "cannot note a standby copy", metadata: ["task": "\(task)", "reason": "\(error)"])
        }
        release(copy)
        log.info("no longer following", metadata: ["task": "\(task)"])
    }

    private func release(_ copy: StandbyTask) {
        pastRecordCount += copy.recordCount
        do {
            try copy.close()
        } catch {
            log.debug("cannot stop reading a changelog", metadata: ["reason": "\(error)"])
        }
    }

    private func fail(_ task: TaskIdentifier, _ failure: StandbyTask.Failure) {
        if case .cluster(let error) = failure, error.mayPass {
            log.debug("standby", metadata: ["task": "\(task)", "reason": "\(error)"])
            return
        }
        let reason =
            switch failure {
            case .cluster(let error): "\(error)"
            case .state(let error): "\(error)"
            case .unfit(let words): words
            }
        log.warning(
            "a standby copy is not kept; it is tried again later",
            metadata: ["task": "\(task)", "reason": "\(reason)"])
        if let copy = copies.removeValue(forKey: task) { release(copy) }
        lags[task] = nil
        pausedUntil[task] = now + Self.retryInterval
    }

    // MARK: Metrics

    private func measureLags() {
        for (task, copy) in copies {
            do throws(StandbyTask.Failure) {
                lags[task] = try copy.lag()
            } catch {
                lags[task] = nil
            }
        }
    }

    private func metrics(isStopped: Bool) -> ThreadMetrics {
        var metrics = ThreadMetrics(isStopped: isStopped)
        metrics.standbys = copies.map { task, copy in
            StandbyMetrics(task: task, records: copy.recordCount, lag: lags[task])
        }
        return metrics
    }
}
