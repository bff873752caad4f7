import Events
import Foundation
import StreamCore
import StreamState
import Testing

/// Files that are not what the task expects: refused with words that help, and left as they are.
@Suite struct ForeignFileTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.path + "/shop/0_1.sqlite" }

    @Test(
        "a file that is not SQLite's is refused and left as it is",
        arguments: [
            String(repeating: "some text that somebody put here", count: 10), "",
            "SQLite format 3\0", String(repeating: "\0", count: 8_192),
        ])
    func refusesOtherFiles(content: String) throws {
        try write(Data(content.utf8))
        let error = try refusal()
        #expect("\(error)".contains(path))
        #expect("\(error)".contains("left as it is"))
    }

    @Test("another program's SQLite file is refused and left as it is")
    func refusesOtherPrograms() throws {
        try write(Data())
        #expect(runPlainSQLite("PRAGMA journal_mode = WAL; CREATE TABLE t (a)", on: path))
        let error = try refusal()
        #expect(
            error.description == """
                the state file \(path) is of another program (SQLite application_id 0), not of \
                millrace; it was left as it is; move it away with 'mv \(path) ELSEWHERE/', or set \
                another 'state_directory'.
                """)
    }

    @Test("the file of another application is refused by name")
    func refusesOtherApplications() throws {
        try makeFile(application: "shop")
        try FileManager.default.moveItem(
            atPath: folder.path + "/shop", toPath: folder.path + "/museum")
        let error = try refusal(application: "museum")
        #expect("\(error)".contains("is of task 0_1 of application 'shop'"))
        #expect("\(error)".contains("not of task 0_1 of application 'museum'"))
    }

    @Test("the file of another task is refused by name")
    func refusesOtherTasks() throws {
        try makeFile()
        try FileManager.default.moveItem(
            atPath: path, toPath: folder.path + "/shop/3_7.sqlite")
        let error = try refusal(task: TaskIdentifier(subtopology: 3, partition: 7))
        #expect("\(error)".contains("is of task 0_1 of application 'shop', not of task 3_7"))
    }

    @Test(
        "a file of an earlier or later layout is refused, with the way out", arguments: [1, 2, 9])
    func refusesOtherLayouts(layout: Int) throws {
        try makeFile()
        #expect(runPlainSQLite("PRAGMA user_version = \(layout)", on: path))
        let error = try refusal()
        #expect("\(error)".contains("is of file layout \(layout), not of file layout 3"))
        #expect("\(error)".contains("run the version of millrace that wrote it"))
    }

    @Test("stores that were dropped, or have another layout or kind, are refused with the list")
    func refusesOtherStores() throws {
        try makeFile(stores: [.sessions, .profiles, .closing])
        let wanted = [
            StoreSpec(name: "sessions.open", kind: .keyValue, layoutVersion: 2),
            StoreSpec(name: "sessions.closing", kind: .keyValue),
        ]
        let error = try refusal(stores: wanted)
        #expect(
            "\(error)".contains(
                """
                is of a topology with other stores ('profiles.known' is not in this one; \
                'sessions.closing' is of kind timers, not key-value; 'sessions.open' has layout 1, \
                not 2), not of this topology
                """))
    }

    @Test("a store whose keys mean something else is refused, with the stores that stay and come")
    func refusesOtherDefinitions() throws {
        try makeFile(stores: [Self.byUser, .closing])
        let byItem = StoreSpec(name: "sessions.open", kind: .keyValue, definition: "by item.id")
        let error = try refusal(stores: [byItem, .closing, .profiles])
        #expect(
            "\(error)".contains(
                """
                ('sessions.closing' goes with 'sessions.open'; 'sessions.open' was kept by user, \
                not by item.id; new: 'profiles.known')
                """))
    }

    @Test("a file that does not say what its stores are kept by is taken, and says it from then on")
    func takesUnknownDefinitions() throws {
        try makeFile(stores: [.sessions])
        let state = try SQLiteStateStorage(in: folder).open(.first, stores: [Self.byUser])
        #expect(try state.keyValueStore("sessions.open").value([1]) == [2])
        state.close()
        // A topology that does not say takes it too.
        try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions]).close()
        let byItem = StoreSpec(name: "sessions.open", kind: .keyValue, definition: "by item")
        #expect("\(try refusal(stores: [byItem]))".contains("was kept by user, not by item"))
    }

    private static let byUser = StoreSpec(
        name: "sessions.open", kind: .keyValue, definition: "by user")

    @Test("stores that are new in the topology begin empty beside the old ones")
    func makesNewStores() throws {
        try makeFile(stores: [.sessions])
        let storage = SQLiteStateStorage(in: folder)
        let state = try storage.open(.first, stores: [.profiles, .closing, .sessions])
        #expect(try state.keyValueStore("sessions.open").value([1]) == [2])
        #expect(try state.keyValueStore("profiles.known").entries().isEmpty)
        #expect(state.timerStore("sessions.closing").next == .distantFuture)
        #expect(state.checkpoint == .number(1))
        state.close()
        try storage.open(.first, stores: [.closing, .sessions, .profiles]).close()
    }

    @Test("a table that millrace did not make is refused")
    func refusesOtherTables() throws {
        try makeFile()
        #expect(runPlainSQLite("CREATE TABLE notes (text)", on: path))
        #expect("\(try refusal())".contains("it has a table 'notes' that does not belong to it"))
    }

    @Test("a row that another program changed is refused")
    func refusesChangedRows() throws {
        try makeFile()
        #expect(runPlainSQLite(#"UPDATE "store:sessions.open" SET value = x'03'"#, on: path))
        let error = try refusal()
        #expect("\(error)".contains("in table 'store:sessions.open', a row has another checksum"))
    }

    @Test("a table that another program removed is refused")
    func refusesMissingTables() throws {
        try makeFile()
        #expect(runPlainSQLite(#"DROP TABLE "store:sessions.open""#, on: path))
        #expect("\(try refusal())".contains("its table 'store:sessions.open' is missing"))
    }

    @Test("looking into the file with another program does no harm")
    func bearsReaders() throws {
        let storage = SQLiteStateStorage(in: folder)
        let state = try storage.open(.first, stores: [.sessions])
        try state.keyValueStore("sessions.open").put([1], [2])
        try state.commit(.number(1))
        // As after a crash, with commits in the log: the reader copies them into the file.
        let copy = try folder.copy()
        let copyPath = copy.path + "/shop/0_1.sqlite"
        #expect(runPlainSQLite("SELECT * FROM _meta", on: copyPath))
        let again = try SQLiteStateStorage(in: copy).open(.first, stores: [.sessions])
        #expect(try again.keyValueStore("sessions.open").value([1]) == [2])
    }

    @Test("a log without its file is refused, since SQLite would work it into a new one")
    func refusesLeftLogs() throws {
        let storage = SQLiteStateStorage(in: folder)
        let state = try storage.open(.first, stores: [.sessions])
        try state.commit(.number(1))
        let copy = try folder.copy()
        try FileManager.default.removeItem(atPath: copy.path + "/shop/0_1.sqlite")
        let before = try copy.snapshot()
        let error = #expect(throws: StoreError.self) {
            try SQLiteStateStorage(in: copy).open(.first, stores: [.sessions])
        }
        #expect("\(try #require(error))".contains("it is gone, but its log"))
        #expect(try copy.snapshot() == before)
    }

    @Test("a commit that is missing since the machine started is noticed")
    func noticesLostCommits() throws {
        let storage = SQLiteStateStorage(in: folder)
        let state = try storage.open(.first, stores: [.sessions])
        try state.commit(.number(1))
        let copy = try folder.copy()
        try FileManager.default.removeItem(atPath: copy.path + "/shop/0_1.sqlite-commits")
        let copied = SQLiteStateStorage(in: copy)
        for _ in 1...2 {
            let error = #expect(throws: StoreError.self) {
                try copied.open(.first, stores: [.sessions])
            }
            #expect(
                "\(try #require(error))".contains("it ends with commit 0, but commit 1 was made"))
        }
        // What the message says helps.
        try FileManager.default.removeItem(atPath: copy.path + "/shop/0_1.lock")
        #expect(try copied.open(.first, stores: [.sessions]).checkpoint == nil)
    }

    @Test("after the file was moved away, as the messages say, the task begins anew")
    func beginsAnew() throws {
        try makeFile()
        try FileManager.default.removeItem(atPath: path)
        let state = try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions])
        #expect(state.checkpoint == nil)
        #expect(try state.keyValueStore("sessions.open").entries().isEmpty)
    }

    @Test(
        "an application that cannot be the name of a folder is refused",
        arguments: ["", ".", "..", "a/b", "a\0b"])
    func refusesStrangeNames(application: String) {
        #expect(throws: StoreError.self) {
            try SQLiteStateStorage(in: folder, application: application).open(.first, stores: [])
        }
        #expect(try! folder.snapshot().isEmpty)
    }

    @Test("two stores whose names differ by capitals only are refused")
    func refusesNamesThatDifferByCapitals() {
        #expect(throws: StoreError.self) {
            try SQLiteStateStorage(in: folder).open(
                .first,
                stores: [.sessions, StoreSpec(name: "Sessions.open", kind: .keyValue)])
        }
    }

    @Test("a folder that cannot be made is named, with the way out")
    func namesTheFolder() throws {
        try Data().write(to: URL(filePath: folder.path + "/shop"))
        let error = #expect(throws: StoreError.self) {
            try SQLiteStateStorage(in: folder).open(.first, stores: [.sessions])
        }
        #expect("\(try #require(error))".contains("\(folder.path)/shop"))
        #expect("\(try #require(error))".contains("Not a directory"))
    }

    private func makeFile(
        application: String = "shop", stores: [StoreSpec] = [.sessions]
    ) throws {
        let storage = SQLiteStateStorage(in: folder, application: application)
        let state = try storage.open(.first, stores: stores)
        try state.keyValueStore("sessions.open").put([1], [2])
        try state.commit(.number(1))
        state.close()
    }

    private func write(_ content: Data) throws {
        try FileManager.default.createDirectory(
            atPath: folder.path + "/shop", withIntermediateDirectories: true)
        try content.write(to: URL(filePath: path))
    }

    /// The error of opening; the files must be as before, but for the lock.
    private func refusal(
        application: String = "shop", task: TaskIdentifier = .first,
        stores: [StoreSpec] = [.sessions]
    ) throws -> StoreError {
        func files() throws -> [String: Data] {
            try folder.snapshot().filter { !$0.key.hasSuffix(".lock") && !$0.value.isEmpty }
        }
        let before = try files()
        let error = #expect(throws: StoreError.self) {
            try SQLiteStateStorage(in: folder, application: application).open(task, stores: stores)
        }
        #expect(try files() == before)
        return try #require(error)
    }
}
