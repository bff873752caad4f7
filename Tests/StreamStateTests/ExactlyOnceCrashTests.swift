import CSQLite
import Foundation
import Glibc
import StreamCore
import StreamState
import Testing

/// Prepared commits and restores on disks that fail, and in processes that die.
@Suite struct ExactlyOnceCrashTests {
    private static let seed: UInt64 = 1_911

    @Test(
        "the files as they are at any moment can be decided either way, or restored further",
        arguments: 1...4 as ClosedRange<UInt64>)
    func canBeDecidedAtAnyMoment(seed: UInt64) throws {
        let folder = TemporaryFolder()
        let memory = seed % 2 == 0 ? 0 : littleMemory
        var workload = try ExactlyOnceWorkload(
            seed: seed, storage: SQLiteStateStorage(in: folder, cacheByteLimit: memory))
        var dice = Dice(seed: seed)
        for _ in 0..<15 {
            try workload.run(steps: 1 + dice.below(120))
            try expectDurable(workload.model, in: folder)
        }
    }

    @Test(
        "when the disk fails at any operation, a call that throws has not happened",
        arguments: [SQLITE_FULL, SQLITE_IOERR], [0, littleMemory])
    func goesOnAfterAFault(code: Int32, memory: Int) throws {
        let total = try operationCount(memory)
        var dice = Dice(seed: 1)
        var failures = 0
        for fault in stride(from: 0, to: total, by: max(1, total / 25)) {
            failures += try runIntoFault(at: fault + dice.below(3), code, memory) ? 1 : 0
        }
        #expect(failures > 12, "of \(total) operations too few failed in a call: \(failures)")
    }

    @Test(
        "preparing, applying, discarding and restoring bear a fault at each of their operations",
        arguments: [false, true], [0, littleMemory])
    func bearsAFaultAtEachOperation(isApplied: Bool, memory: Int) throws {
        var hasFault = true
        var fault = 0
        while hasFault {
            let folder = TemporaryFolder()
            let disk = FaultyDisk(under: folder.path)
            var workload = try ExactlyOnceWorkload(
                seed: Self.seed,
                storage: SQLiteStateStorage(in: folder, cacheByteLimit: memory))
            while workload.model.checkpoint == nil || workload.model.prepared != nil
                || workload.isRestoring
            {
                try workload.run(steps: 1)
            }
            let steps: [ExactlyOnceWorkload.Step] =
                Array(repeating: .work, count: 200)
                + [.prepare, isApplied ? .apply : .discard, .work, .prepare, .apply]
                + [.beginRestore] + Array(repeating: .restore, count: 60)
                + [.commitRestored, .restore, .endRestore, .clear, .restore, .endRestore]
            disk.fail(after: fault, code: SQLITE_FULL)
            hasFault = false
            for step in steps {
                do {
                    try workload.take(step)
                } catch is StoreError {
                    hasFault = true
                    try expectDurable(workload.model, in: folder)
                    disk.repair()
                    try goOn(&workload)
                    break
                }
            }
            disk.repair()
            try workload.run(steps: 50)
            try expectDurable(workload.model, in: folder)
            fault += 1 + fault / 12
        }
        #expect(fault > (memory == 0 ? 60 : 15), "only \(fault) operations")
    }

    @Test("a process that is killed at any moment leaves what can be decided, or restored further")
    func survivesKills() async throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            let folder = TemporaryFolder()
            let path = folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, seed = seed as UInt64] in
                try workUntilKilled(in: path, seed: seed)
            }
            let copy = try folder.copy()
            let state = try SQLiteStateStorage(in: copy).open(.first, stores: Workload.stores)
            let found = StandingNumbers(state)
            state.close()
            // The same work, done here up to the same commit.
            let elsewhere = TemporaryFolder()
            let memory = seed % 2 == 0 ? 0 : littleMemory
            var workload = try ExactlyOnceWorkload(
                seed: seed, storage: SQLiteStateStorage(in: elsewhere, cacheByteLimit: memory))
            while StandingNumbers(workload.model) != found { try workload.run(steps: 1) }
            try expectDurable(workload.model, in: folder)
        }
    }

    private func operationCount(_ memory: Int) throws -> Int {
        let folder = TemporaryFolder()
        let disk = FaultyDisk(under: folder.path)
        var workload = try ExactlyOnceWorkload(
            seed: Self.seed, storage: SQLiteStateStorage(in: folder, cacheByteLimit: memory))
        let atStart = disk.operationCount
        try workload.run(steps: 2_000)
        return disk.operationCount - atStart
    }

    /// Runs the work on a disk that fails; whether a call failed. Afterwards the file must be what
    /// the model says, and the state must go on.
    private func runIntoFault(
        at fault: Int, _ code: Int32, _ memory: Int
    ) throws -> Bool {
        let folder = TemporaryFolder()
        let disk = FaultyDisk(under: folder.path)
        var workload = try ExactlyOnceWorkload(
            seed: Self.seed, storage: SQLiteStateStorage(in: folder, cacheByteLimit: memory))
        disk.fail(after: fault, code: code)
        var hasFailed = false
        do {
            try workload.run(steps: 2_000)
        } catch let error as StoreError {
            hasFailed = true
            #expect(error.isFull(below: folder.path) == (code == SQLITE_FULL), "\(error)")
            try expectDurable(workload.model, in: folder)
        }
        disk.repair()
        if hasFailed { try goOn(&workload) }
        try workload.expectSameContent()
        try workload.run(steps: 300)
        try workload.reopen()
        try workload.expectSameContent()
        return hasFailed
    }

    /// Does what the engine does after a failure.
    private func goOn(_ workload: inout ExactlyOnceWorkload) throws {
        if workload.base.isClosed {
            try workload.reopen()
        } else if workload.model.prepared == nil {
            try workload.rollBack()
        } else {
            try workload.discard()
        }
        try workload.expectSameContent()
    }
}

/// Works until a thread beside it, which does not care where the work is, kills the process.
private func workUntilKilled(in path: String, seed: UInt64) throws {
    let storage = SQLiteStateStorage(
        root: path, application: "shop", cacheByteLimit: seed % 2 == 0 ? 0 : littleMemory)
    var workload = try ExactlyOnceWorkload(seed: seed, storage: storage)
    let milliseconds = Int(seed) * 37
    Thread.detachNewThread {
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        while ContinuousClock.now < end {}
        kill(getpid(), SIGKILL)
    }
    while true { try workload.run(steps: 100) }
}
