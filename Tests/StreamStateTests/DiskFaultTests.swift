import CSQLite
import Events
import Glibc
import StreamCore
import StreamState
import Testing

/// What happens when the disk is full, or broken, at any operation.
@Suite struct DiskFaultTests {
    /// Work that spills, commits, rolls back and shortens the log.
    private static let seed: UInt64 = 4_711

    @Test(
        "when the disk is full at any operation, the state is as of the last commit and goes on",
        arguments: [SQLITE_FULL, SQLITE_IOERR], [0, littleMemory])
    func goesOnAfterAFault(code: Int32, memory: Int) throws {
        let total = try operationCount(memory)
        var dice = Dice(seed: 1)
        var failures = 0
        for fault in stride(from: 0, to: total, by: max(1, total / 30)) {
            failures += try runIntoFault(at: fault + dice.below(3), code, memory) ? 1 : 0
        }
        #expect(failures > 15, "of \(total) operations too few failed in a call: \(failures)")
    }

    @Test("a file that could not be made for lack of room is made later")
    func makesTheFileLater() throws {
        for fault in stride(from: 0, to: 40, by: 3) {
            let folder = TemporaryFolder()
            let disk = FaultyDisk(under: folder.path)
            let storage = SQLiteStateStorage(in: folder)
            disk.fail(after: fault, code: SQLITE_FULL)
            do throws(StoreError) {
                try storage.open(.first, stores: Workload.stores).close()
            } catch {
                #expect(error.isFull(below: folder.path), "\(error)")
            }
            disk.repair()
            let state = try storage.open(.first, stores: Workload.stores)
            try state.keyValueStore("sessions.open").put([1], [2])
            try state.commit(.number(1))
            state.close()
        }
    }

    @Test("a commit that failed for lack of room can be tried again, and nothing is lost")
    func commitsAgain() throws {
        let folder = TemporaryFolder()
        let disk = FaultyDisk(under: folder.path)
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
        var state = try storage.open(.first, stores: [.sessions, .closing])
        try state.commit(.number(1))
        try state.keyValueStore("sessions.open").put([1], [2])
        try state.timerStore("sessions.closing").set([3], at: 4)
        disk.fail(after: 0, code: SQLITE_FULL)
        for _ in 1...3 {
            let error = #expect(throws: StoreError.self) { try state.commit(.number(2)) }
            #expect(error?.isFull(below: folder.path) == true)
        }
        #expect(state.checkpoint == .number(1))
        disk.repair()
        #expect(try state.keyValueStore("sessions.open").value([1]) == [2])
        try state.commit(.number(2))
        state.close()
        state = try storage.open(.first, stores: [.sessions, .closing])
        #expect(state.checkpoint == .number(2))
        #expect(try state.keyValueStore("sessions.open").entries() == [Entry(key: [1], value: [2])])
        #expect(try state.timerStore("sessions.closing").takeDue(at: 9)?.key == [3])
    }

    @Test("when changes that had left memory are lost, every call says why until the roll-back")
    func saysThatChangesAreLost() throws {
        let folder = TemporaryFolder()
        let disk = FaultyDisk(under: folder.path)
        let storage = SQLiteStateStorage(in: folder)
        let state = try storage.open(.first, stores: [.sessions, .closing])
        let store = state.keyValueStore("sessions.open")
        let timers = state.timerStore("sessions.closing")
        try store.put([1], [1])
        try timers.set([1], at: 1)
        try state.commit(.number(1))
        for number in 0..<200 as Range<UInt8> {
            try store.put([1, number], Array(repeating: 1, count: 1_000))
        }
        disk.fail(after: 0, code: SQLITE_FULL)
        #expect(throws: StoreError.self) { try state.commit(.number(2)) }
        disk.repair()
        // The first puts are neither in memory nor in the file: to go on would lose them silently.
        #expect(throws: StoreError.self) { try store.value([1, 0]) }
        #expect(throws: StoreError.self) { try store.put([1], [2]) }
        #expect(throws: StoreError.self) { try store.delete([1]) }
        #expect(throws: StoreError.self) { try store.entries() }
        #expect(throws: StoreError.self) { try timers.set([1], at: 1) }
        #expect(throws: StoreError.self) { try timers.takeDue(at: 0) }
        #expect(throws: StoreError.self) { try state.commit(.number(2)) }
        try state.rollBack()
        #expect(try store.entries() == [Entry(key: [1], value: [1])])
        #expect(timers.next.milliseconds == 1)
        try state.commit(.number(2))
    }

    @Test("a state that was closed says so")
    func saysThatItIsClosed() throws {
        let folder = TemporaryFolder()
        let state = try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions, .closing])
        let closed = StoreError.failed(
            path: folder.path + "/shop/0_1.sqlite", reason: "it was closed")
        state.close()
        state.close()
        #expect(throws: closed) { try state.keyValueStore("sessions.open").value([1]) }
        #expect(throws: closed) { try state.timerStore("sessions.closing").takeDue(at: 0) }
        #expect(throws: closed) { try state.commit(.number(1)) }
        #expect(throws: closed) { try state.rollBack() }
    }

    @Test("the kernel's own limit of a file's size is told as a full disk, and names the file")
    func reportsTheLimitOfTheKernel() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let storage = SQLiteStateStorage(in: folder)
            let state = try storage.open(.first, stores: [.sessions])
            let store = state.keyValueStore("sessions.open")
            try store.put([1], [1])
            try state.commit(.number(1))

            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 200_000, rlim_max: rlim_t(bitPattern: -1))
            #expect(unsafe setrlimit(__rlimit_resource_t(1), &limit) == 0)
            var failure: StoreError?
            do {
                for number in 0..<1_000 as Range<UInt16> {
                    try store.put(
                        [UInt8(number >> 8), UInt8(number & 255)],
                        Array(repeating: 7, count: 1_000))
                }
                try state.commit(.number(2))
            } catch let error as StoreError { failure = error }
            #expect(failure?.isFull(below: folder.path) == true, "\(String(describing: failure))")
            #expect(failure?.description.contains("free space on that disk") == true)

            try state.rollBack()
            #expect(try store.entries() == [Entry(key: [1], value: [1])])
            try store.put([2], [2])
            try state.commit(.number(2))
            state.close()
            let again = try storage.open(.first, stores: [.sessions])
            #expect(try again.keyValueStore("sessions.open").entries().count == 2)
            #expect(again.checkpoint == .number(2))
            exit(EXIT_SUCCESS)
        }
    }

    /// How many operations the work takes when nothing fails.
    private func operationCount(_ memory: Int) throws -> Int {
        let folder = TemporaryFolder()
        let disk = FaultyDisk(under: folder.path)
        var workload = try Workload(
            seed: Self.seed, storage: SQLiteStateStorage(in: folder, cacheByteLimit: memory))
        let atStart = disk.operationCount
        try workload.run(steps: 2_000)
        return disk.operationCount - atStart
    }

    /// Runs the work on a disk that fails; whether a call failed. Afterwards the state must be what
    /// the model says, and go on.
    private func runIntoFault(
        at fault: Int, _ code: Int32, _ memory: Int
    ) throws -> Bool {
        let folder = TemporaryFolder()
        let disk = FaultyDisk(under: folder.path)
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: memory)
        var workload = try Workload(seed: Self.seed, storage: storage)
        disk.fail(after: fault, code: code)
        var hasFailed = false
        do {
            try workload.run(steps: 2_000)
        } catch let error as StoreError {
            hasFailed = true
            #expect(error.isFull(below: folder.path) == (code == SQLITE_FULL), "\(error)")
            try expectLastCommit(in: folder.copy(), workload.model)
        }
        disk.repair()
        if workload.isClosed { try workload.reopen() } else if hasFailed { try workload.rollBack() }
        try workload.expectSameContent()
        try workload.run(steps: 300)
        try workload.commit()
        try workload.reopen()
        try workload.expectSameContent()
        return hasFailed
    }

    private func expectLastCommit(in folder: TemporaryFolder, _ model: StateModel) throws {
        let state = try SQLiteStateStorage(in: folder).open(.first, stores: Workload.stores)
        defer { state.close() }
        // A call may fail after the commit that it made, but not lose one.
        #expect(state.checkpoint == model.checkpoint)
        #expect(try content(of: state, stores: Workload.stores) == model.committed)
    }
}

extension StoreError {
    func isFull(below folder: String) -> Bool {
        if case .full(let path, _) = self { path.hasPrefix(folder) } else { false }
    }
}
