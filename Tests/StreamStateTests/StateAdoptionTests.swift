import CSQLite
import Events
import Foundation
import StreamCore
import StreamState
import Testing

/// State files that are made to fit an edited topology.
@Suite struct StateAdoptionTests {
    private let folder = TemporaryFolder()
    private let byUser = StoreSpec(
        name: "sessions.open", kind: .keyValue, definition: "by user")
    private let byItem = StoreSpec(
        name: "sessions.open", kind: .keyValue, definition: "by item")
    /// `profiles` is dropped and `sessions` are kept by something else; `counts` stays.
    private var before: [StoreSpec] { [byUser, .closing, .profiles, counts] }
    private var after: [StoreSpec] { [counts, byItem, .closing] }
    private let counts = StoreSpec(name: "counts.rows", kind: .keyValue)

    private func checkpoint(_ sequence: Int64, of stores: [StoreSpec]) -> TaskCheckpoint {
        var checkpoint = TaskCheckpoint.number(sequence)
        for index in stores.indices { checkpoint.changelogOffsets[index] = 100 + Int64(index) }
        return checkpoint
    }

    /// A state with something in every store, of which the last commit is not in the tables yet.
    private func fill(
        _ storage: SQLiteStateStorage, prepares: Bool = false
    ) throws -> any TaskState {
        let state = try storage.open(.first, stores: before)
        for number in Int64(1)...3 {
            for store in [byUser, .profiles, counts] {
                try state.keyValueStore(store.name).put([1], [UInt8(number)])
            }
            try state.timerStore("sessions.closing").set([UInt8(number)], at: number)
            if prepares, number == 3 {
                try state.prepare(checkpoint(number, of: before))
            } else {
                try state.commit(checkpoint(number, of: before))
            }
        }
        return state
    }

    private func expectAdopted(_ state: any TaskState, count: UInt8) throws {
        #expect(try state.keyValueStore("sessions.open").entries().isEmpty)
        #expect(state.timerStore("sessions.closing").next == .distantFuture)
        #expect(
            try state.keyValueStore("counts.rows").entries()
                == [Entry(key: [1], value: [count])])
    }

    @Test("what is dropped is gone, what changed is empty, the rest and the checkpoint stay")
    func adopts() throws {
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: littleMemory)
        let running = try fill(storage)
        // As after kill -9: the commits are in the log.
        let crashed = try folder.copy()
        running.close()
        let other = SQLiteStateStorage(in: crashed, cacheByteLimit: littleMemory)
        #expect(throws: StoreError.self) { try other.open(.first, stores: after) }
        try other.adopt(after, for: .first)
        #expect(try other.changes(of: .first, stores: after).allSatisfy { $0.kind == .kept })
        let state = try other.open(.first, stores: after)
        try expectAdopted(state, count: 3)
        var expected = TaskCheckpoint.number(3)
        // Only of what goes on in its changelog is known where.
        expected.changelogOffsets = [0: 103]
        #expect(state.checkpoint == expected)
        state.close()
        // A store that comes back has nothing of what it was.
        let again = try other.open(.first, stores: after + [.profiles])
        #expect(try again.keyValueStore("profiles.known").entries().isEmpty)
        again.close()
    }

    @Test(
        "a commit that is prepared stays so, and is decided for or against",
        arguments: [true, false])
    func adoptsWhatIsPrepared(isApplied: Bool) throws {
        for memory in [0, littleMemory] {
            let place = TemporaryFolder()
            let storage = SQLiteStateStorage(in: place, cacheByteLimit: memory)
            try fill(storage, prepares: true).close()
            try storage.adopt(after, for: .first)
            let state = try storage.open(.first, stores: after)
            #expect(state.checkpoint?.sequence == 2)
            #expect(state.prepared?.sequence == 3)
            #expect(state.prepared?.changelogOffsets == [0: 103])
            if isApplied { try state.applyPrepared() } else { try state.discardPrepared() }
            try expectAdopted(state, count: isApplied ? 3 : 2)
            #expect(state.checkpoint?.sequence == (isApplied ? 3 : 2))
            state.close()
        }
    }

    @Test("a disk that fails at any operation leaves the state as it was, or as it is to be")
    func adoptsWholly() throws {
        let origin = TemporaryFolder()
        let running = try fill(SQLiteStateStorage(in: origin), prepares: true)
        defer { running.close() }
        var (failed, adopted) = (0, 0)
        for fault in 0..<60 {
            let copy = try origin.copy()
            let disk = FaultyDisk(under: copy.path)
            let storage = SQLiteStateStorage(in: copy)
            disk.fail(after: fault, code: SQLITE_IOERR)
            if (try? storage.adopt(after, for: .first)) == nil { failed += 1 }
            disk.repair()
            let kinds = Set(try storage.changes(of: .first, stores: after).map(\.kind))
            if kinds != [.kept] {
                // Nothing of it happened, and the old topology goes on.
                let state = try storage.open(.first, stores: before)
                #expect(try state.keyValueStore("profiles.known").value([1]) == [3])
                #expect(try state.keyValueStore("sessions.open").value([1]) == [3])
                state.close()
            } else {
                adopted += 1
            }
            try storage.adopt(after, for: .first)
            let state = try storage.open(.first, stores: after)
            try state.discardPrepared()
            try expectAdopted(state, count: 2)
            state.close()
        }
        #expect(failed > 10 && adopted > 0, "\(failed) failed, \(adopted) went through")
    }

    @Test("a state that fits is not touched, and one that is not there is not made")
    func leavesAlone() throws {
        let storage = SQLiteStateStorage(in: folder)
        try storage.adopt(after, for: .first)
        #expect(try folder.snapshot().isEmpty)
        try fill(storage).close()
        let before = try folder.snapshot()
        try storage.adopt(self.before + [StoreSpec(name: "more.rows", kind: .timers)], for: .first)
        #expect(try folder.snapshot() == before)
    }

    @Test("a state that is removed is gone, and the next one begins at once")
    func removes() throws {
        let storage = SQLiteStateStorage(in: folder)
        let running = try fill(storage)
        let crashed = try folder.copy()
        let held = #expect(throws: StoreError.self) { try storage.remove(.first) }
        #expect(held.map { if case .locked = $0 { true } else { false } } == true)
        running.close()
        let other = SQLiteStateStorage(in: crashed)
        try other.remove(.first)
        #expect(try other.tasks().isEmpty)
        let state = try other.open(.first, stores: after)
        #expect(state.checkpoint == nil)
        try state.commit(.number(1))
        state.close()
        try other.open(.first, stores: after).close()
        try other.remove(TaskIdentifier(subtopology: 9, partition: 9))
    }

    @Test("state in memory adopts as state in files does")
    func adoptsInMemory() throws {
        let storage = InMemoryStateStorage()
        let state = try storage.open(.first, stores: before)
        try state.keyValueStore("sessions.open").put([1], [2])
        try state.keyValueStore("counts.rows").put([1], [2])
        try state.commit(checkpoint(1, of: before))
        state.close()
        #expect(throws: StoreError.self) { try storage.open(.first, stores: after) }
        try storage.adopt(after, for: .first)
        let adopted = try storage.open(.first, stores: after)
        try expectAdopted(adopted, count: 2)
        #expect(adopted.checkpoint?.changelogOffsets == [0: 103])
        #expect(try storage.tasks() == [.first])
        try storage.remove(.first)
        #expect(try storage.tasks().isEmpty)
    }
}
