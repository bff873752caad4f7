import Events
import StreamCore
import StreamState
import Testing

/// Random work on a state and on its model, compared at every step.
struct Workload {
    enum Step: CaseIterable {
        case put, get, delete, walk, setTimer, takeTimer, commit, rollBack, reopen
    }

    static let stores: [StoreSpec] = [.sessions, .closing, .profiles]
    private static let keyValueStores = ["sessions.open", "profiles.known"]

    let storage: any StateStorage
    private(set) var state: any TaskState
    var model = StateModel()
    /// Whether the state was closed and could not be opened again.
    private(set) var isClosed = false
    private var dice: Dice
    private var streamTime: Int64 = 0
    private let keyCount: Int

    init(seed: UInt64, storage: any StateStorage, keyCount: Int = 400) throws {
        self.storage = storage
        self.keyCount = keyCount
        dice = Dice(seed: seed)
        state = try storage.open(.first, stores: Self.stores)
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps { try take(nextStep()) }
    }

    mutating func nextStep() -> Step {
        switch dice.below(1_000) {
        case ..<400: .put
        case ..<650: .get
        case ..<730: .delete
        case ..<850: .setTimer
        case ..<960: .takeTimer
        case ..<965: .walk
        case ..<990: .commit
        case ..<995: .rollBack
        default: .reopen
        }
    }

    mutating func take(_ step: Step) throws {
        switch step {
        case .put, .get, .delete, .walk: try touchEntries(step)
        case .setTimer, .takeTimer: try touchTimers(step)
        case .commit: try commit()
        case .rollBack:
            try state.rollBack()
            model.rollBack()
        case .reopen: try reopen()
        }
        let next = state.timerStore("sessions.closing").next.milliseconds
        try #require(next == model.current.timers.first?.time ?? .max)
    }

    mutating func commit() throws {
        let checkpoint = TaskCheckpoint.number((model.checkpoint?.sequence ?? 0) + 1)
        try state.commit(checkpoint)
        model.commit(checkpoint)
        try #require(state.checkpoint == checkpoint)
    }

    mutating func rollBack() throws {
        try state.rollBack()
        model.rollBack()
    }

    mutating func reopen(stores: [StoreSpec] = Self.stores) throws {
        state.close()
        isClosed = true
        if model.prepared == nil { model.rollBack() }
        state = try storage.open(.first, stores: stores)
        isClosed = false
        if model.prepared == nil, let found = state.prepared {
            // It was applied, and the disk failed before that could be written: decide again.
            try #require(found.sequence == model.checkpoint?.sequence)
            try state.applyPrepared()
        }
        try #require(state.checkpoint?.sequence == model.checkpoint?.sequence)
    }

    func expectSameContent() throws { try #require(try differingStores() == []) }

    /// The stores that do not hold what the model does.
    func differingStores() throws -> [String] {
        try Self.keyValueStores.filter {
            try state.keyValueStore($0).entries() != model.current.entries($0)
        }
    }

    private mutating func touchEntries(_ step: Step) throws {
        let name = Self.keyValueStores[dice.below(2)]
        let store = state.keyValueStore(name)
        let key = makeKey()
        switch step {
        case .put:
            let value = makeValue()
            try store.put(key, value)
            model.current[name, key] = value
            model.touched.insert(.init(store: name, key: key))
        case .delete:
            try store.delete(key)
            model.current[name, key] = nil
            model.touched.insert(.init(store: name, key: key))
        case .walk: try #require(try store.entries() == model.current.entries(name))
        default:
            try #require(try store.value(key) == model.current[name, key])
        }
    }

    private mutating func touchTimers(_ step: Step) throws {
        let store = state.timerStore("sessions.closing")
        if step == .setTimer {
            let ahead = dice.below(4) == 0 ? dice.below(50_000) : dice.below(300)
            let timer = TimerEntry(
                time: streamTime + Int64(ahead) - (dice.below(20) == 0 ? 500 : 0), key: makeKey())
            for _ in 0...dice.below(2) { try store.set(timer.key, at: timer.time) }
            model.current.timers.insert(timer)
            model.touched.insert(timer.place)
        } else {
            streamTime += Int64(dice.below(20))
            let expected = model.current.timers.takeDue(at: streamTime)
            try #require(try store.takeDue(at: streamTime) == expected)
            if let expected { model.touched.insert(expected.place) }
        }
    }

    /// Keys of many lengths, some of them prefixes of others, the empty one too.
    mutating func makeKey() -> [UInt8] {
        let number = dice.below(keyCount)
        if number == 0 { return [] }
        var key = Array("user-\(number % 97)".utf8)
        key += Array(repeating: UInt8(number % 3) &* 127, count: number / 97)
        return number % 50 == 0 ? key + Array(repeating: 7, count: 900) : key
    }

    mutating func makeValue() -> [UInt8] {
        let count =
            switch dice.below(100) {
            case 0: 0
            case 1: 20_000 + dice.below(20_000)
            case ..<20: dice.below(3_000)
            default: dice.below(200)
            }
        return dice.bytes(min(count, 8))
            + Array(repeating: UInt8(count & 0xff), count: max(0, count - 8))
    }
}
