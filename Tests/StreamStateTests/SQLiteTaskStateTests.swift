import StreamCore
import StreamState
import Testing

@Suite struct SQLiteTaskStateTests {
    @Test(
        "a state with the least memory holds what a dictionary holds, whatever happens to it",
        arguments: 1...12 as ClosedRange<UInt64>)
    func behavesAsItsModel(seed: UInt64) throws {
        let folder = TemporaryFolder()
        var workload = try Workload(seed: seed, storage: SQLiteStateStorage(in: folder))
        for _ in 0..<20 {
            try workload.run(steps: 300)
            try #require(try workload.differingStores() == [])
        }
    }

    @Test(
        "a state with room for everything holds what a dictionary holds",
        arguments: 100...103 as ClosedRange<UInt64>)
    func behavesAsItsModelInMemory(seed: UInt64) throws {
        let folder = TemporaryFolder()
        var workload = try Workload(
            seed: seed, storage: SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20))
        for _ in 0..<20 {
            try workload.run(steps: 300)
            try #require(try workload.differingStores() == [])
        }
    }
}
