import Foundation
import Glibc
import StreamCore
import StreamState
import Testing

/// The process, or the machine, dies at any moment.
@Suite struct CrashTests {
    @Test(
        "the files as they are at any moment hold the last commit",
        arguments: 1...4 as ClosedRange<UInt64>)
    func holdsTheLastCommitAtAnyMoment(seed: UInt64) throws {
        let folder = TemporaryFolder()
        let memory = seed % 2 == 0 ? 0 : littleMemory
        var workload = try Workload(
            seed: seed, storage: SQLiteStateStorage(in: folder, cacheByteLimit: memory))
        var dice = Dice(seed: seed)
        for _ in 0..<25 {
            try workload.run(steps: 1 + dice.below(120))
            let copy = try folder.copy()
            let state = try SQLiteStateStorage(in: copy).open(.first, stores: Workload.stores)
            #expect(state.checkpoint == workload.model.checkpoint)
            #expect(
                try content(of: state, stores: Workload.stores) == workload.model.committed)
            state.close()
        }
    }

    @Test("a process that is killed at any moment leaves a commit as a whole, and frees the lock")
    func survivesKills() async throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            let folder = TemporaryFolder()
            let path = folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, seed = seed as UInt64] in
                try workUntilKilled(in: path, seed: seed)
            }
            let state = try SQLiteStateStorage(in: folder).open(.first, stores: Workload.stores)
            defer { state.close() }
            // The same work, done here up to the same commit.
            let elsewhere = TemporaryFolder()
            var workload = try Workload(seed: seed, storage: SQLiteStateStorage(in: elsewhere))
            while workload.model.checkpoint?.sequence ?? 0 < state.checkpoint?.sequence ?? 0 {
                try workload.run(steps: 1)
            }
            #expect(state.checkpoint == workload.model.checkpoint)
            #expect(
                try content(of: state, stores: Workload.stores) == workload.model.committed)
        }
    }
}

/// Works until a thread beside it, which does not care where the work is, kills the process.
private func workUntilKilled(in path: String, seed: UInt64) throws {
    let storage = SQLiteStateStorage(
        root: path, application: "shop", cacheByteLimit: seed % 2 == 0 ? 0 : littleMemory)
    var workload = try Workload(seed: seed, storage: storage)
    let operations = Int(seed) * 37
    Thread.detachNewThread {
        let end = ContinuousClock.now + .milliseconds(operations)
        while ContinuousClock.now < end {}
        kill(getpid(), SIGKILL)
    }
    while true { try workload.run(steps: 100) }
}
