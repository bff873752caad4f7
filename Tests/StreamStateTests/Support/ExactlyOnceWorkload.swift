import Events
import StreamCore
import StreamState
import Testing

/// Random work with prepared commits, changelogs and restores, compared with its model.
///
/// Every commit, and every progress of a restore, has a number of its own, so that a file that is
/// found tells which of them it holds.
struct ExactlyOnceWorkload {
    enum Step {
        case work, changes, prepare, commit, rollBack, reopen
        case apply, discard
        case beginRestore, clear, restore, commitRestored, endRestore
    }

    private(set) var base: Workload
    private var dice: Dice
    /// The stores in the order of the last opening.
    private(set) var stores = Workload.stores
    /// Whether the state takes restored entries only.
    private(set) var isRestoring = false
    /// Whether entries were restored that are not durable.
    private var hasRestored = false
    private var number: Int64 = 0

    init(seed: UInt64, storage: any StateStorage) throws {
        base = try Workload(seed: seed, storage: storage, keyCount: 200)
        dice = Dice(seed: ~seed)
    }

    var state: any TaskState { base.state }
    var model: StateModel { base.model }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps { try take(nextStep()) }
    }

    mutating func nextStep() -> Step {
        let throwOfDice = dice.below(1_000)
        if model.prepared != nil {
            return switch throwOfDice {
            case ..<500: .work
            case ..<800: .apply
            case ..<910: .discard
            case ..<990: .reopen
            default: .clear
            }
        }
        if isRestoring {
            return switch throwOfDice {
            case ..<930: .restore
            case ..<960: .commitRestored
            case ..<970: .rollBack
            case ..<980: .reopen
            default: .endRestore
            }
        }
        return switch throwOfDice {
        case ..<940: .work
        case ..<950: .changes
        case ..<975: .prepare
        case ..<980: .commit
        case ..<986: .rollBack
        case ..<992: .reopen
        case ..<996: .beginRestore
        default: .clear
        }
    }

    mutating func take(_ step: Step) throws {
        switch step {
        case .work: try work()
        case .changes: try expectChanges()
        case .prepare:
            try expectChanges()
            let checkpoint = nextCheckpoint()
            try state.prepare(checkpoint)
            base.model.prepare(checkpoint)
        case .commit:
            let checkpoint = nextCheckpoint()
            try state.commit(checkpoint)
            base.model.commit(checkpoint)
            try expectEntries()
        case .apply:
            try apply()
            try expectEntries()
        case .discard: try discard()
        case .rollBack: try rollBack()
        case .reopen: try reopen()
        default: try takeRestoring(step)
        }
        hasRestored = step == .restore
        try expectStanding()
        if [.commitRestored, .endRestore].contains(step) { try base.expectSameContent() }
    }

    mutating func apply() throws {
        try state.applyPrepared()
        base.model.applyPrepared()
    }

    mutating func discard() throws {
        try state.discardPrepared()
        base.model.discardPrepared()
    }

    mutating func rollBack() throws {
        try base.rollBack()
        hasRestored = false
        isRestoring = model.restoreProgress?.isComplete == false
    }

    /// Opens the state again, with the stores in another order.
    mutating func reopen() throws {
        stores.append(stores.removeFirst())
        try base.reopen(stores: stores)
        hasRestored = false
        isRestoring = model.restoreProgress?.isComplete == false
    }

    /// What the state says of how far it is, and what its stores hold, is what the model says. What
    /// is restored can be seen once it is durable only.
    func expectSameContent() throws {
        try expectStanding()
        if !hasRestored { try base.expectSameContent() }
    }

    /// A progress or a checkpoint of this number, for the stores in their present order.
    static func offsets(_ number: Int64, _ stores: [StoreSpec]) -> [Int: Int64] {
        // The last store has no changelog yet, so that one is missing.
        let known = stores.enumerated().filter { $0.element.name != StoreSpec.profiles.name }
        return Dictionary(
            uniqueKeysWithValues: known.map {
                ($0.offset, number * 100 + Int64($0.element.name.count))
            })
    }

    static func checkpoint(_ number: Int64, _ stores: [StoreSpec]) -> TaskCheckpoint {
        var checkpoint = TaskCheckpoint.number(number)
        checkpoint.changelogOffsets = offsets(number, stores)
        return checkpoint
    }

    private func expectStanding() throws {
        let inOrder = { Self.checkpoint($0, stores) }
        try #require(state.checkpoint == model.checkpoint.map { inOrder($0.sequence) })
        try #require(state.prepared == model.prepared.map { inOrder($0.sequence) })
        let progress = model.restoreProgress.map {
            RestoreProgress(
                offsets: $0.offsets.isEmpty ? [:] : Self.offsets(Self.number($0), stores),
                isComplete: $0.isComplete)
        }
        try #require(state.restoreProgress == progress)
    }

    /// The number that a progress was made with.
    static func number(_ progress: RestoreProgress) -> Int64 {
        (progress.offsets.values.min() ?? 0) / 100
    }

    private mutating func nextCheckpoint() -> TaskCheckpoint {
        number += 1
        return Self.checkpoint(number, stores)
    }

    private mutating func work() throws {
        if model.prepared != nil { return try base.take(dice.below(9) == 0 ? .walk : .get) }
        let step: Workload.Step =
            switch dice.below(100) {
            case ..<45: .put
            case ..<60: .get
            case ..<70: .delete
            case ..<86: .setTimer
            case ..<99: .takeTimer
            default: .walk
            }
        try base.take(step)
    }

    /// Whatever is written meanwhile: the changes lead from the last commit to what is there, name
    /// each key once, and none that was not touched.
    private func expectChanges() throws {
        var content = model.committed
        var seen: Set<StateModel.Place> = []
        for change in try state.changes() {
            let place = StateModel.Place(store: stores[change.store].name, key: change.key)
            try #require(seen.insert(place).inserted, "\(place) comes twice")
            try #require(model.touched.contains(place), "\(place) was not touched")
            content.take(place, change.value)
        }
        try #require(content == model.current)
    }

    /// A walk over the entries of the last commit gives all of them, in order.
    private func expectEntries() throws {
        let keyValueStores = stores.filter { $0.kind == .keyValue }
        var expected = keyValueStores.flatMap { store in
            model.committed.entries(store.name).map { CommittedEntry(store.name, $0.key, $0.value) }
        }
        expected += model.committed.timers.all.map {
            CommittedEntry($0.place.store, $0.place.key, [])
        }
        let found = try state.committedEntries(stores: stores).map {
            CommittedEntry(stores[$0.store].name, $0.key, $0.value)
        }
        try #require(found.count == expected.count)
        for store in stores {
            try #require(
                found.filter { $0.store == store.name }
                    == expected.filter { $0.store == store.name })
        }
    }

    private struct CommittedEntry: Equatable {
        let store: String
        let key: [UInt8]
        let value: [UInt8]?

        init(_ store: String, _ key: [UInt8], _ value: [UInt8]?) {
            (self.store, self.key, self.value) = (store, key, value)
        }
    }

    private mutating func takeRestoring(_ step: Step) throws {
        switch step {
        case .beginRestore:
            try rollBack()
            isRestoring = true
        case .clear:
            try state.clear()
            base.model.clear()
            isRestoring = true
        case .restore: try restore()
        case .commitRestored:
            number += 1
            let progress = RestoreProgress(
                offsets: Self.offsets(number, stores), isComplete: false)
            try state.commitRestored(progress, checkpoint: nil)
            base.model.commitRestored(progress, nil)
        default:
            let checkpoint = nextCheckpoint()
            let progress = RestoreProgress(
                offsets: Self.offsets(number, stores), isComplete: true)
            try state.commitRestored(progress, checkpoint: checkpoint)
            base.model.commitRestored(progress, checkpoint)
            isRestoring = false
        }
    }

    private mutating func restore() throws {
        let store = dice.below(stores.count)
        let isDeleted = dice.below(3) == 0
        var change = Change(store: store, key: base.makeKey(), value: nil)
        if stores[store].kind == .timers {
            // Few times and short keys, so that some are hit again.
            let known = model.current.timers.all
            var timer = TimerEntry(
                time: Int64(dice.below(40)) - 5, key: dice.bytes(dice.below(2)))
            if isDeleted, !known.isEmpty { timer = known[dice.below(known.count)] }
            change.key = timer.place.key
            change.value = isDeleted ? nil : []
        } else if !isDeleted {
            change.value = base.makeValue()
        }
        try state.restore(change)
        base.model.current.take(
            .init(store: stores[store].name, key: change.key), change.value)
    }
}
