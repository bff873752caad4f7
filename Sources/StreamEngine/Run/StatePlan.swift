public import StreamCore

/// What a start does about the state that is there: the decision, without the deed.
///
/// ```swift
/// for entry in try application.statePlan().entries { print(entry.store, entry.kind) }
/// ```
public struct StatePlan: Sendable, Equatable {
    /// Where the state lies that an entry is about.
    public enum Place: Int, Sendable, Hashable, Comparable {
        /// In the state files of the tasks.
        case files
        /// In changelog topics, and in no file here: it matters when the task comes here.
        case changelogs
        /// Nowhere here.
        case none

        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// A store, and the tasks in which the same becomes of it.
    public struct Entry: Sendable, Equatable {
        public let store: String
        public let kind: StoreChange.Kind
        public let place: Place
        /// Whether the topology has no such tasks any more.
        public let isOrphaned: Bool
        public internal(set) var tasks: [TaskIdentifier]
    }

    /// A file that can't be looked at.
    public struct Failure: Sendable, Equatable {
        public let task: TaskIdentifier
        public let error: StoreError
        public let isOrphaned: Bool
    }

    /// What a task that is restored from its changelogs is refused for unless it is confirmed.
    public var changelogDifferences: [Entry] { differences(in: .changelogs) }

    /// In the order of the stores.
    public private(set) var entries: [Entry] = []
    public private(set) var failures: [Failure] = []

    /// What the start is refused for unless it is confirmed. What lies in changelogs is looked at when
    /// a task is restored from them, and refused then.
    public var differences: [Entry] { differences(in: .files) }

    private func differences(in place: Place) -> [Entry] {
        entries.filter { entry in
            guard entry.place == place else { return false }
            return switch entry.kind {
            case .kept, .new: false
            case .dropped, .changed: true
            }
        }
    }

    /// Tasks whose files the start would delete, were it confirmed.
    var orphans: [TaskIdentifier] {
        let tasks = entries.filter { $0.isOrphaned && $0.place == .files }.flatMap(\.tasks)
        return Set(tasks + failures.filter(\.isOrphaned).map(\.task)).sorted()
    }

    /// Tasks whose files the start would change, were it confirmed.
    var changedTasks: [TaskIdentifier] {
        Set(differences.filter { !$0.isOrphaned }.flatMap(\.tasks)).sorted()
    }

    /// Whether there are files that can't be opened, confirmed or not.
    public var isUnreadable: Bool { failures.contains { !$0.isOrphaned } }

    /// What the start is refused with, when nothing is confirmed.
    public var refusal: EngineError? {
        guard differences.isEmpty, !failures.contains(where: \.isOrphaned) else {
            return .stateChanges(self)
        }
        return nil
    }

    mutating func add(
        _ change: StoreChange, of task: TaskIdentifier?, in place: Place, isOrphaned: Bool = false
    ) {
        let tasks = task.map { [$0] } ?? []
        let index = entries.firstIndex {
            $0.store == change.store && $0.kind == change.kind && $0.place == place
                && $0.isOrphaned == isOrphaned
        }
        if let index {
            entries[index].tasks += tasks
        } else {
            entries.append(
                Entry(
                    store: change.store, kind: change.kind, place: place, isOrphaned: isOrphaned,
                    tasks: tasks))
        }
    }

    /// Stores of which nothing is here.
    mutating func addMissing(application: Application) {
        let known = Set(entries.filter { !$0.isOrphaned }.flatMap(\.tasks).map(\.subtopology))
        for subtopology in application.plan.subtopologies
        where !known.contains(subtopology.index) {
            for store in subtopology.stores {
                add(StoreChange(store: store.name, kind: .new), of: nil, in: .none)
            }
        }
        sort()
    }

    mutating func add(_ failure: Failure) { failures.append(failure) }

    mutating func sort() {
        entries.sort {
            ($0.store, $0.place, $0.tasks.first?.description ?? "")
                < ($1.store, $1.place, $1.tasks.first?.description ?? "")
        }
    }
}

extension StatePlan {
    /// In one line: what is dropped and changed, then what is kept and new.
    var summary: String {
        var parts = differences.map { entry in
            let change =
                switch entry.kind {
                case .changed(let reason): "changed: '\(entry.store)' \(reason)"
                default:
                    entry.isOrphaned
                        ? "dropped: '\(entry.store)', no step keeps state there"
                        : "dropped: '\(entry.store)'"
                }
            return "\(change) (\(Self.list(entry.tasks)))"
        }
        for failure in failures where failure.isOrphaned {
            parts.append("dropped: a file that cannot be read (\(Self.list([failure.task])))")
        }
        for (name, kind) in [("kept", StoreChange.Kind.kept), ("new", .new)] {
            let stores = entries.filter { $0.kind == kind }.map { "'\($0.store)'" }
            let unique = stores.enumerated().filter { stores.firstIndex(of: $1) == $0 }.map(\.1)
            if !unique.isEmpty { parts.append("\(name): \(unique.joined(separator: ", "))") }
        }
        return parts.joined(separator: "; ")
    }

    private static func list(_ tasks: [TaskIdentifier]) -> String {
        let names = tasks.map { "\($0)" }.joined(separator: ", ")
        return tasks.count == 1 ? "task \(names)" : "tasks \(names)"
    }
}
