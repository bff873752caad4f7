import Events
import StreamCore
import StreamEngine
import StreamTesting

/// One run of the whole engine on a fake cluster, decided by a seed from its first to its last step.
///
/// ```
/// feeding: records are written while everything goes wrong
///    ▼
/// quiet:   no more records; everything still goes wrong, and the wall clock goes on
///    ▼
/// calm:    nothing goes wrong any more, until all is processed and committed
/// ```
///
/// One thread calls the rounds of all workers, and one clock is turned for all of them: the same
/// seed gives the same run, to the byte.
final class Simulation {
    private static let feedingRounds = 300
    private static let quietRounds = 200
    private static let calmRounds = 4000
    private static let mostWorkers = 3

    let seed: UInt64
    let workload: Int
    let closesByWallClock: Bool
    /// Whether every process slot is a machine with a disk of its own, which can be lost, and state
    /// is logged; else all share one disk that never is.
    let hasChangelog: Bool
    private(set) var topology: SimulatedTopology
    let cluster: FakeCluster
    /// What happened, when it is asked for.
    private(set) var trace: [String] = []
    private(set) var crashCount = 0
    private(set) var lostMachineCount = 0
    private(set) var restoredRecordCount = 0
    private(set) var standbyRecordCount = 0
    private(set) var violation: String?

    private let makeStorage: (_ machine: Int) -> any StateStorage
    private var machineCount = 0
    /// The disk of each slot, or the one of all.
    private var disks: [SimulatedDisk] = []
    private(set) var plan: TopologyPlan
    private let clock: SimulatedClock
    private let world: World
    private let fault: DeliberateFault?
    private let isTraced: Bool
    var workers: [SimulatedWorker] = []
    private var sleepUntil: [ObjectIdentifier: Timestamp] = [:]
    private var incarnations = 0
    /// The processes that were started with changes of state confirmed.
    private var confirmed: Set<String> = []
    private var isCalm = false
    private var confirmsNothing = false
    private var fed = 0

    /// What calls inside of the engine share with the simulation around it.
    private final class World {
        var random: SeededRandom
        var faults: SimulatedFaults
        /// Whether all records are there: before that a pause could be taken for the end of traffic.
        var isQuiet = false

        init(seed: UInt64) {
            random = SeededRandom(seed: seed)
            faults = SimulatedFaults(&random)
        }

        func mayCrash(_ process: FakeProcess) {
            if random.happens(faults.crash) { process.crash() }
        }
    }

    init(
        seed: UInt64, hasChangelog: Bool? = nil, isEdited: Bool = false, isLinked: Bool = false,
        makeStorage: @escaping (_ machine: Int) -> any StateStorage = { _ in
            InMemoryStateStorage()
        },
        fault: DeliberateFault? = nil, isTraced: Bool = false
    ) throws {
        self.seed = seed
        self.fault = fault
        self.isTraced = isTraced
        self.makeStorage = makeStorage
        let world = World(seed: seed)
        self.world = world
        workload = Int(seed % 8)
        let isPlain = isEdited || isLinked
        let isRekeyed = (seed / 64) % 4 == 3 && !isPlain
        closesByWallClock = (seed / 8) % 2 == 1 || isRekeyed
        topology = SimulatedTopology(
            closesByWallClock: closesByWallClock, isRekeyed: isRekeyed, isLinked: isLinked,
            edit: isEdited ? .before : .none, hasRules: (seed / 64) % 4 == 2 && !isPlain)
        self.hasChangelog = hasChangelog ?? ((seed / 16) % 2 == 1)
        plan = try topology.plan()
        // All events are past: what follows the wall clock closes every session.
        clock = SimulatedClock(
            Timestamp(milliseconds: SimulatedWorkload.begin + 30 * 86_400_000))
        cluster = FakeCluster(
            clock: clock.manual, sessionTimeout: .seconds(10), transactionTimeout: .seconds(4))
        let topics =
            SimulatedTopology.sources + SimulatedTopology.sinks + [SimulatedTopology.broadcast]
        try cluster.createTopics(
            topics.map { TopicSpec(name: $0, partitions: SimulatedTopology.partitions) })
        disks = (0..<(self.hasChangelog ? Self.mostWorkers : 1)).map { _ in makeDisk() }
    }

    private func makeDisk() -> SimulatedDisk {
        machineCount += 1
        let world = self.world
        return SimulatedDisk(makeStorage(machineCount)) { world.mayCrash($0) }
    }

    private func disk(ofSlot slot: Int) -> SimulatedDisk { disks[hasChangelog ? slot : 0] }

    private func disk(of process: FakeProcess) -> SimulatedDisk {
        disk(ofSlot: Int(process.name.prefix { $0 != "." })!)
    }

    // MARK: The run

    /// Runs with everything that can go wrong.
    func run() throws {
        let entries = SimulatedWorkload(number: workload).entries
        let faults = world.faults
        if topology.edit == .before {
            run(entries[..<(entries.count / 2)])
            try edit()
        } else if topology.isLinked, hasChangelog, !closesByWallClock {
            // What its tasks keep is shown by what they make of the rest.
            run(entries[..<(entries.count / 2)])
            if violation == nil { loseEverything() }
        }
        world.faults = faults
        run(entries[...])
    }

    private func run(_ entries: ArraySlice<SimulatedWorkload.Entry>) {
        installFaults()
        isCalm = false
        world.isQuiet = false
        var round = 0
        while violation == nil, fed < entries.count || round < Self.feedingRounds {
            feed(entries, atMost: world.random.below(3))
            disturbedRound(mostPause: 60)
            round += 1
        }
        world.isQuiet = true
        for _ in 0..<Self.quietRounds where violation == nil { disturbedRound(mostPause: 3000) }
        calmDown()
        settle()
    }

    /// Runs with nothing going wrong, on one worker.
    func runUndisturbed() throws {
        world.faults = .none
        isCalm = true
        start()
        let entries = SimulatedWorkload(number: workload).entries
        if topology.edit == .before {
            feed(entries[..<(entries.count / 2)], atMost: .max)
            settle()
            try edit()
        }
        feed(entries[...], atMost: .max)
        settle()
    }

    /// The topology is edited while nothing runs: from here on processes start with what it is then.
    private func edit() throws {
        note("the topology is edited")
        topology.edit = .after
        plan = try topology.plan()
    }

    private func feed(_ entries: ArraySlice<SimulatedWorkload.Entry>, atMost limit: Int) {
        for entry in entries[fed...].prefix(limit) {
            cluster.append(entry.record, to: entry.topic, partition: entry.partition)
            fed += 1
        }
    }

    private func installFaults() {
        let world = self.world
        let clock = clock.manual
        cluster.setFaults { [weak self] operation, name in
            if world.isQuiet, world.random.happens(world.faults.sleep * 0.1) {
                // Stopped in the middle of whatever it does, as by SIGSTOP.
                clock.advance(by: .seconds(1 + world.random.below(14)))
            }
            if world.random.happens(world.faults.crash) {
                self?.processesByName[name]?.crash()
                return world.random.happens(0.5)
                    ? .performThenFail(ClusterError(kind: .fatal, code: "", reason: "")) : nil
            }
            return world.faults.fault(of: operation, &world.random)
        }
        cluster.setMarkerDelay {
            guard world.random.happens(world.faults.lateMarkers) else { return .zero }
            return .milliseconds(world.random.below(400))
        }
    }

    private var processesByName: [String: FakeProcess] = [:]

    private func disturbedRound(mostPause: Int) {
        clock.manual.advance(by: .milliseconds(world.random.below(mostPause)))
        if workers.isEmpty || (workers.count < Self.mostWorkers && world.random.happens(0.02)) {
            start()
        }
        if world.random.happens(0.004) {
            note("rebalance")
            cluster.rebalance(group: SimulatedTopology.application)
        }
        if hasChangelog, world.random.happens(0.01) {
            for topic in cluster.compactedTopics { cluster.compact(topic) }
        }
        guard !workers.isEmpty else { return }
        let worker = workers[world.random.below(workers.count)]
        if let until = sleepUntil[ObjectIdentifier(worker)], clock.manual.now < until { return }
        if world.random.happens(world.faults.sleep) {
            let seconds = 1 + world.random.below(15)
            note("\(worker.process.name) sleeps for \(seconds) s")
            sleepUntil[ObjectIdentifier(worker)] = clock.manual.now.adding(
                milliseconds: Int64(seconds) * 1000)
            return
        }
        if world.random.happens(0.003) { return stop(worker) }
        step(worker)
    }

    /// Wakes everybody; from here on nothing goes wrong.
    private func calmDown() {
        note("calm")
        world.faults = .none
        isCalm = true
        cluster.setFaults(nil)
        cluster.setMarkerDelay { .zero }
        sleepUntil = [:]
    }

    /// Runs until everything is processed and committed, and the group has come to rest.
    private func settle() {
        let quietFrom = clock.manual.now.adding(
            milliseconds: Int64(topology.idleAfter / .milliseconds(1)) + 200_000)
        for _ in 0..<Self.calmRounds where violation == nil {
            let mayJump = isCommitted && closesByWallClock
            clock.manual.advance(by: .milliseconds(mayJump ? 4000 : 250))
            if workers.isEmpty { start() }
            for worker in workers where violation == nil { step(worker) }
            if isCommitted, hasAllTasks, !closesByWallClock || clock.manual.now > quietFrom {
                for worker in workers { stop(worker) }
                if isCommitted, violation == nil { return }
            }
        }
        guard violation == nil else { return }
        let committed = cluster.committedOffsets(group: SimulatedTopology.application)
        violation = "does not come to rest; committed is \(committed.mapValues(\.offset))"
    }

    // MARK: Workers

    private func start() {
        incarnations += 1
        // Some processes keep their name over restarts, and with it their transactional id.
        let slot = world.random.below(Self.mostWorkers)
        let isNamed = world.random.happens(0.5)
        let isTaken = workers.contains { $0.process.name.hasPrefix("\(slot).") }
        let instance = isNamed && !isTaken ? "slot-\(slot)" : "run-\(incarnations)"
        let process = FakeProcess("\(slot).\(incarnations)", of: cluster)
        processesByName[process.name] = process
        note("\(process.name) starts as \(instance)")
        var settings = EngineSettings(
            guarantee: .exactlyOnce, changelog: hasChangelog ? .kafka : .none,
            standbyReplicas: hasChangelog ? Int(seed / 32 % 2) : 0,
            commitInterval: .milliseconds(200), brokerTimeout: .seconds(30),
            stateLockTimeout: .seconds(60), revocationLimit: .seconds(2),
            runLimit: 1 + world.random.below(8), instance: instance)
        settings.deliberateFault = fault
        // Who forgets to confirm is refused, and does no harm.
        let isConfirmed =
            topology.edit == .after && !confirmsNothing && (isCalm || world.random.happens(0.7))
        settings.confirmsStateChanges = isConfirmed
        // A rule that was written before an event is waited for, however late it is read.
        if topology.hasRules { settings.maxTaskIdle = .seconds(86_400) }
        do throws(EngineError) {
            workers.append(
                try SimulatedWorker(
                    process, plan: plan, settings: settings, disk: disk(ofSlot: slot),
                    clock: clock,
                    note: { [unowned self] line in self.note(line) }))
            if isConfirmed { confirmed.insert(process.name) }
        } catch {
            note("\(process.name) can't start: \(error)")
            judge(error, of: process, isConfirmed: isConfirmed)
            disk(ofSlot: slot).release(process)
        }
    }

    private func step(_ worker: SimulatedWorker) {
        var failure: EngineError?
        do throws(EngineError) { try worker.round() } catch { failure = error }
        if worker.process.hasCrashed {
            note("\(worker.process.name) crashed: \(failure.map { "\($0)" } ?? "after its round")")
            crashCount += 1
            remove(worker)
            if hasChangelog, world.random.happens(0.3) { loseMachine(of: worker.process) }
            return
        }
        guard let failure else { return }
        note("\(worker.process.name) failed: \(failure)")
        judge(failure, of: worker.process)
        worker.end()
        remove(worker)
    }

    private func stop(_ worker: SimulatedWorker) {
        note("\(worker.process.name) stops")
        do throws(EngineError) {
            try worker.stop()
        } catch {
            note("\(worker.process.name) failed while stopping: \(error)")
            judge(error, of: worker.process)
        }
        remove(worker)
    }

    private func remove(_ worker: SimulatedWorker) {
        restoredRecordCount += worker.restoredRecordCount
        standbyRecordCount += worker.standbyRecordCount
        workers.removeAll { $0 === worker }
        sleepUntil[ObjectIdentifier(worker)] = nil
        disk(of: worker.process).release(worker.process)
        processesByName[worker.process.name] = nil
    }

    /// The machine that the process ran on is gone, with all that lay on its disk. Another process may
    /// run on it; then it stays.
    private func loseMachine(of process: FakeProcess) {
        let slot = Int(process.name.prefix { $0 != "." })!
        guard !workers.contains(where: { $0.process.name.hasPrefix("\(slot).") }) else { return }
        note("the machine of \(process.name) is lost")
        lostMachineCount += 1
        disks[slot] = makeDisk()
    }

    /// Everything is lost but what lies on the cluster; one process starts, restores all, and stops.
    func loseEverything() {
        note("all machines are lost")
        // What the changelogs hold is what the topology is now.
        isCalm = false
        confirmsNothing = true
        disks = disks.map { _ in makeDisk() }
        start()
        for _ in 0..<Self.calmRounds where violation == nil {
            clock.manual.advance(by: .milliseconds(250))
            for worker in workers where violation == nil { step(worker) }
            guard hasAllTasks else { continue }
            for worker in workers { stop(worker) }
            return
        }
        violation = violation ?? "the state does not come back from the changelogs"
    }

    /// A process may have to end; but never because state and offsets tell different stories, or
    /// because a task can't process what it got.
    private func judge(
        _ error: EngineError, of process: FakeProcess, isConfirmed: Bool? = nil
    ) {
        guard !process.hasCrashed else { return }
        let isConfirmed = isConfirmed ?? confirmed.contains(process.name)
        switch error {
        case .cluster, .brokersAway, .state(.locked): return
        case .stateChanges where topology.edit == .after && !isConfirmed: return
        case .offsets(let disagreement) where topology.edit == .after && !isConfirmed:
            guard case .changelogHasOtherStores = disagreement.kind else { fallthrough }
        default: violation = violation ?? "\(process.name) ended: \(error)"
        }
    }

    private func note(_ event: @autoclosure () -> String) {
        guard isTraced else { return }
        let milliseconds = clock.manual.now.milliseconds - SimulatedWorkload.begin
        trace.append("\(milliseconds - 30 * 86_400_000) ms: \(event())")
    }

    // MARK: The outcome

    /// What readers of committed records find, and what the state is.
    func outcome() throws -> SimulatedOutcome {
        try SimulatedOutcome(
            cluster: cluster, storages: disks.map(\.inner), plan: plan,
            hasStreamTime: !closesByWallClock)
    }
}
