import Foundation
import StreamCore
import StreamState
import Testing

/// Looking at state files without touching them.
@Suite struct StateInspectionTests {
    private let folder = TemporaryFolder()
    private var inspection: StateInspection {
        StateInspection(root: folder.path, application: "shop")
    }

    @Test("every store is kept, new, dropped or changed, and no file is touched")
    func tellsChanges() throws {
        try storage.open(.first, stores: [byUser, .profiles, .closing]).close()
        let before = try folder.snapshot()
        let changes = try inspection.changes(of: .first, stores: [byItem, .closing, other])
        #expect(
            changes == [
                StoreChange(store: "other.rows", kind: .new),
                StoreChange(store: "profiles.known", kind: .dropped),
                // An operator's stores go together.
                StoreChange(
                    store: "sessions.closing", kind: .changed("goes with 'sessions.open'")),
                StoreChange(
                    store: "sessions.open", kind: .changed("was kept by user, not by item")),
            ])
        #expect(try inspection.tasks() == [.first])
        #expect(try folder.snapshot() == before)
    }

    @Test("a file that is open is looked at with what is in its log, and its owner goes on")
    func looksAtOpenFiles() throws {
        let state = try storage.open(.first, stores: [byUser])
        try state.keyValueStore("sessions.open").put([1], [2])
        try state.commit(.number(1))
        let before = try folder.snapshot()
        let changes = try inspection.changes(of: .first, stores: [byUser])
        #expect(changes == [StoreChange(store: "sessions.open", kind: .kept)])
        #expect(try folder.snapshot() == before)
        try state.keyValueStore("sessions.open").put([1], [3])
        try state.commit(.number(2))
        state.close()
        let again = try storage.open(.first, stores: [byUser])
        #expect(try again.keyValueStore("sessions.open").value([1]) == [3])
    }

    @Test("the files of a process that was killed are looked at, and are not recovered")
    func looksAtCrashedFiles() throws {
        let state = try storage.open(.first, stores: [byUser, .profiles])
        try state.commit(.number(1))
        let crashed = try folder.copy()
        let before = try crashed.snapshot()
        let changes = try StateInspection(root: crashed.path, application: "shop")
            .changes(of: .first, stores: [byUser])
        #expect(changes.map(\.kind) == [.dropped, .kept])
        #expect(try crashed.snapshot() == before)
        state.close()
    }

    @Test("without a file all stores are new, and no folder is made")
    func bearsMissingFiles() throws {
        #expect(try inspection.tasks().isEmpty)
        let changes = try inspection.changes(of: .first, stores: [byUser])
        #expect(changes == [StoreChange(store: "sessions.open", kind: .new)])
        #expect(try folder.snapshot().isEmpty)
    }

    private var storage: SQLiteStateStorage { SQLiteStateStorage(in: folder) }
    private let byUser = StoreSpec(
        name: "sessions.open", kind: .keyValue, definition: "by user")
    private let byItem = StoreSpec(
        name: "sessions.open", kind: .keyValue, definition: "by item")
    private let other = StoreSpec(name: "other.rows", kind: .keyValue)
}
