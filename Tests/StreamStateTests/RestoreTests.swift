import StreamCore
import StreamState
import Testing

/// Restores that are larger than the memory.
@Suite struct RestoreTests {
    private let folder = TemporaryFolder()
    private let stores: [StoreSpec] = [.sessions, .closing]

    @Test(
        "a restore far beyond the memory gives each key its last value",
        arguments: [true, false])
    func restoresBeyondItsMemory(isSorted: Bool) throws {
        var numbers = Array(0..<6_000)
        var dice = Dice(seed: 9)
        if !isSorted { numbers.shuffle(using: &dice) }
        var state = try SQLiteStateStorage(in: folder).open(.first, stores: stores)
        var content = StateModel.Content()
        for round in 1...3 as ClosedRange<UInt8> {
            for number in numbers where number % Int(round) == 0 {
                let key = Array("user-\(number)".utf8)
                var value: [UInt8]? = .init(repeating: round, count: number % 150)
                if number % 7 == Int(round) { value = nil }
                // One that is larger than the memory.
                if number == 3_000 { value = .init(repeating: round, count: 100_000) }
                try state.restore(Change(store: 0, key: key, value: value))
                content[StoreSpec.sessions.name, key] = value
                let timer = TimerEntry(time: Int64(number % 500), key: [UInt8(number % 251)])
                let change = Change(
                    store: 1, key: timer.place.key, value: number % 3 == 0 ? nil : [])
                try state.restore(change)
                content.take(timer.place, change.value)
            }
            if round == 2 {
                try state.commitRestored(RestoreProgress(isComplete: false), checkpoint: nil)
                state.close()
                state = try SQLiteStateStorage(in: folder).open(.first, stores: stores)
            }
        }
        try state.commitRestored(RestoreProgress(isComplete: true), checkpoint: .number(1))
        #expect(try StreamStateTests.content(of: state, stores: stores) == content)
        let names = try folder.snapshot().keys
        #expect(!names.contains { $0.hasSuffix("-restored") })
    }
}
