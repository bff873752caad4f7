import Glibc
import StreamCore
import StreamState
import Testing

@Suite struct OwnerLockTests {
    private let folder = TemporaryFolder()

    @Test("a state that this process has open is refused to another place in it")
    func refusesTheSameProcess() throws {
        let storage = SQLiteStateStorage(in: folder)
        let state = try storage.open(.first, stores: [.sessions])
        #expect(
            throws: StoreError.locked(
                path: folder.path + "/shop/0_1.sqlite", owner: "this process (\(getpid())) already")
        ) {
            try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions])
        }
        state.close()
        try storage.open(.first, stores: [.sessions]).close()
    }

    @Test("a state that a process has open is refused to another process, by the owner's number")
    func refusesOtherProcesses() async throws {
        let state = try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions])
        defer { state.close() }
        let (path, owner) = (folder.path, getpid())
        await #expect(processExitsWith: .success) {
            [path = path as String, owner = owner as Int32] in
            let storage = SQLiteStateStorage(root: path, application: "shop", cacheByteLimit: 0)
            #expect(
                throws: StoreError.locked(
                    path: path + "/shop/0_1.sqlite", owner: "process \(owner)")
            ) {
                try storage.open(.first, stores: [.sessions])
            }
            // Another task of the same application is free.
            let other = TaskIdentifier(subtopology: 0, partition: 2)
            try storage.open(other, stores: [.sessions]).close()
        }
    }

    @Test("a state that is no longer used is free")
    func isFreeAfterTheLastUse() throws {
        let storage = SQLiteStateStorage(in: folder)
        for _ in 0..<3 { _ = try storage.open(.first, stores: [.sessions]) }
    }

    @Test("a program that has the file open with SQLite is told as such")
    func namesOtherPrograms() throws {
        let storage = SQLiteStateStorage(in: folder)
        try storage.open(.first, stores: [.sessions]).close()
        let path = folder.path + "/shop/0_1.sqlite"
        try withPlainReader(of: path) {
            #expect(
                throws: StoreError.locked(
                    path: path, owner: "another program that opened it with SQLite")
            ) {
                try storage.open(.first, stores: [.sessions])
            }
        }
    }
}
