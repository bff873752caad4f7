import Foundation
import StreamCore
import StreamEngine
import StreamState
import StreamTesting
import Synchronization
import Testing

/// The whole engine on a fake cluster, with everything going wrong that can.
///
/// `make simulate SEED=42` replays a seed and prints what happened; `make simulate SEEDS=100000`
/// runs many, from `FIRST` on.
@Suite("Simulation")
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func number(_ name: String) -> UInt64? {
        environment["MILLRACE_SIMULATION_\(name)"].flatMap { UInt64($0) }
    }

    private static let seeds: Range<UInt64> = {
        if let seed = number("SEED") { return seed..<seed + 1 }
        let first = number("FIRST") ?? 1
        return first..<first + (number("SEEDS") ?? 1000)
    }()

    @Test("whatever happens, readers of committed records find what an undisturbed run gives")
    func exactlyOnce() throws {
        let isTraced = Self.number("SEED") != nil
        var failures = 0
        for seed in Self.seeds where failures < 10 {
            guard let failure = try SimulatedRun(seed: seed, isTraced: isTraced).failure else {
                continue
            }
            failures += 1
            Issue.record("seed \(seed): \(failure)\nreplay it with: make simulate SEED=\(seed)")
        }
    }

    @Test("a topology edit that is confirmed drops what it says, wherever a process dies meanwhile")
    func exactlyOnceWithAnEdit() throws {
        let isTraced = Self.number("SEED") != nil
        let count = Self.number("SEEDS") ?? (isTraced ? 1 : 200)
        var failures = 0
        for seed in Self.seeds.prefix(Int(count)) where failures < 10 {
            let run = try SimulatedRun(seed: seed, isEdited: true, isTraced: isTraced)
            guard let failure = run.failure else { continue }
            failures += 1
            Issue.record("seed \(seed): \(failure)\nreplay it with: make simulate SEED=\(seed)")
        }
    }

    @Test("people are the same, and each event is linked once, whatever happens between the tasks")
    func exactlyOnceWithLinking() throws {
        let isTraced = Self.number("SEED") != nil
        let count = Self.number("SEEDS") ?? (isTraced ? 1 : 60)
        var failures = 0
        for seed in Self.seeds.prefix(Int(count)) where failures < 10 {
            let run = try SimulatedRun(seed: seed, isLinked: true, isTraced: isTraced)
            guard let failure = run.failure else { continue }
            failures += 1
            Issue.record("seed \(seed): \(failure)\nreplay it with: make simulate SEED=\(seed)")
        }
    }

    @Test("a seed decides everything: two runs of it write the same, to the byte")
    func repeats() throws {
        for seed in UInt64(1)...20 {
            let runs = try (0..<2).map { _ in
                let simulation = try Simulation(seed: seed, isTraced: true)
                try simulation.run()
                return simulation
            }
            #expect(runs[0].trace == runs[1].trace, "seed \(seed)")
            for topic in SimulatedTopology.sinks {
                #expect(
                    runs[0].cluster.writtenRecords(of: topic)
                        == runs[1].cluster.writtenRecords(of: topic), "seed \(seed): \(topic)")
            }
        }
    }

    @Test("the runs crash, abort, lose machines and have something to lose")
    func runsAreRough() throws {
        var crashes = 0
        var aborted = 0
        var lostMachines = 0
        var restored = 0
        var copied = 0
        for seed in UInt64(1)...60 {
            let simulation = try Simulation(seed: seed)
            try simulation.run()
            crashes += simulation.crashCount
            lostMachines += simulation.lostMachineCount
            restored += simulation.restoredRecordCount
            copied += simulation.standbyRecordCount
            for topic in SimulatedTopology.sinks {
                aborted +=
                    simulation.cluster.writtenRecords(of: topic).joined().count
                    - simulation.cluster.records(of: topic).joined().count
            }
            #expect(try simulation.outcome().recordCount > 50)
        }
        #expect(crashes > 20)
        #expect(aborted > 100)
        #expect(lostMachines > 5)
        #expect(restored > 100)
        #expect(copied > 100)
    }

    @Test(
        "a mistake in the protocol is found within a thousand seeds",
        arguments: DeliberateFault.allCases)
    func bites(fault: DeliberateFault) throws {
        let found = try (UInt64(1)...1000).first {
            try SimulatedRun(seed: $0, fault: fault).failure != nil
        }
        #expect(found != nil, "\(fault.rawValue) went unnoticed")
    }

    @Test("the same holds of state in SQLite files", arguments: 1...40)
    func inFiles(seed: Int) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "simulation-\(UInt64.random(in: 0...UInt64.max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try SimulatedRun(seed: UInt64(seed)) { machine in
            SQLiteStateStorage(
                root: folder.appending(path: "\(machine)").path,
                application: SimulatedTopology.application)
        }
        #expect(run.failure == nil, "seed \(seed)")
    }
}

/// A run and what is wrong with it.
struct SimulatedRun {
    let failure: String?

    init(
        seed: UInt64, fault: DeliberateFault? = nil, isEdited: Bool = false,
        isLinked: Bool = false, isTraced: Bool = false,
        makeStorage: @escaping (_ machine: Int) -> any StateStorage = { _ in
            InMemoryStateStorage()
        }
    ) throws {
        let simulation = try Simulation(
            seed: seed, isEdited: isEdited, isLinked: isLinked, makeStorage: makeStorage,
            fault: fault, isTraced: isTraced)
        try simulation.run()
        defer { if isTraced { print(simulation.trace.joined(separator: "\n")) } }
        if let violation = simulation.violation {
            failure = violation
            return
        }
        let expected = try Self.expected(
            workload: simulation.workload, topology: simulation.topology, isEdited: isEdited)
        if let difference = try simulation.outcome().difference(from: expected) {
            failure = difference
            return
        }
        guard simulation.hasChangelog else {
            failure = nil
            return
        }
        // What lies on the cluster is enough to go on from.
        simulation.loseEverything()
        if let violation = simulation.violation {
            failure = violation
        } else {
            failure = try simulation.outcome().difference(from: expected).map {
                "after the loss of all machines: \($0)"
            }
        }
    }

    /// What an undisturbed run of the same input gives.
    private static func expected(
        workload: Int, topology: SimulatedTopology, isEdited: Bool
    ) throws -> SimulatedOutcome {
        // The parts of a seed that choose the input and the topology, and nothing else.
        let seed =
            workload + (topology.closesByWallClock ? 8 : 0)
            + (topology.isRekeyed ? 3 * 64 : topology.hasRules ? 2 * 64 : 0)
        let place = isEdited ? -1 - seed : topology.isLinked ? 1000 + seed : seed
        if let known = known.withLock({ $0[place] }) { return known }
        let simulation = try Simulation(
            seed: UInt64(seed), hasChangelog: false, isEdited: isEdited,
            isLinked: topology.isLinked)
        try simulation.runUndisturbed()
        if let violation = simulation.violation { throw Unsettled(reason: violation) }
        let outcome = try simulation.outcome()
        known.withLock { $0[place] = outcome }
        return outcome
    }

    private static let known = Mutex<[Int: SimulatedOutcome]>([:])

    private struct Unsettled: Error {
        let reason: String
    }
}
