import Events
import StreamCore
import Testing

@Suite("State in memory")
struct InMemoryStateTests {
    private static let stores = [
        StoreSpec(name: "o.values", kind: .keyValue), StoreSpec(name: "o.timers", kind: .timers),
    ]
    private static let task = TaskIdentifier(subtopology: 0, partition: 0)

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func set(_ key: String, at milliseconds: Int64, in timers: any TimerStore) throws {
        let key = Stored.bytes(key)
        try unsafe timers.set(key.bytes, at: time(milliseconds))
    }

    private func takeAll(_ timers: any TimerStore, at milliseconds: Int64) throws -> [String] {
        var key: [UInt8] = []
        var taken: [String] = []
        while let due = try timers.takeDue(at: time(milliseconds), key: &key) {
            taken.append("\(String(decoding: key, as: UTF8.self))@\(due.milliseconds)")
        }
        return taken
    }

    @Test("what was not committed is forgotten when the state is closed")
    func commitAndRollBack() throws {
        let storage = InMemoryStateStorage()
        let state = try storage.open(Self.task, stores: Self.stores)
        let values = state.keyValueStore("o.values")
        let timers = state.timerStore("o.timers")
        #expect(state.checkpoint == nil)
        try Stored.put(1, in: values, "a")
        try Stored.put(2, in: values, "b")
        try set("a", at: 10, in: timers)
        let checkpoint = TaskCheckpoint(sequence: 1, streamTime: time(5))
        try state.commit(checkpoint)
        try Stored.put(7, in: values, "a")
        try Stored.delete("b", from: values)
        #expect(try takeAll(timers, at: 10) == ["a@10"])
        #expect(try Stored.number(in: values, "a") == 7)
        #expect(try Stored.number(in: values, "b") == 0)
        state.close()

        let again = try storage.open(Self.task, stores: Self.stores)
        #expect(again.checkpoint == checkpoint)
        #expect(try Stored.number(in: again.keyValueStore("o.values"), "a") == 1)
        #expect(try Stored.number(in: again.keyValueStore("o.values"), "b") == 2)
        #expect(try takeAll(again.timerStore("o.timers"), at: 10) == ["a@10"])
    }

    @Test("entries come in the order of their keys, with uncommitted changes")
    func forEach() throws {
        let state = try InMemoryStateStorage().open(Self.task, stores: Self.stores)
        let values = state.keyValueStore("o.values")
        try Stored.put(1, in: values, "b")
        try Stored.put(2, in: values, "ab")
        try Stored.put(3, in: values, "c")
        try state.commit(TaskCheckpoint())
        try Stored.put(4, in: values, "a")
        try Stored.delete("c", from: values)
        var seen: [String] = []
        try unsafe values.forEach { key, value in
            seen.append(
                unsafe String(decoding: key, as: UTF8.self) + "="
                    + String(decoding: value, as: UTF8.self))
        }
        #expect(seen == ["a=4", "ab=2", "b=1"])
    }

    @Test("timers come in the order of time, then key, each pair once")
    func timers() throws {
        let timers = try InMemoryStateStorage().open(Self.task, stores: Self.stores)
            .timerStore("o.timers")
        #expect(timers.next == .distantFuture)
        for (key, at) in [("b", 20), ("a", 20), ("c", 5), ("a", 20), ("aa", 20)]
            as [(String, Int64)]
        {
            try set(key, at: at, in: timers)
        }
        #expect(timers.next == time(5))
        #expect(try takeAll(timers, at: 4).isEmpty)
        #expect(try takeAll(timers, at: 20) == ["c@5", "a@20", "aa@20", "b@20"])
        #expect(timers.next == .distantFuture)
    }

    @Test("timers agree with a sorted list, whatever is set and taken", arguments: 0..<10)
    func timersAgainstList(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let state = try InMemoryStateStorage().open(Self.task, stores: Self.stores)
        let timers = state.timerStore("o.timers")
        var list: Set<String> = []
        var committed: Set<String> = []
        func sorted(_ list: Set<String>, until time: Int64) -> [String] {
            list.map { ($0, Int64($0.split(separator: "@")[1])!) }.filter { $0.1 <= time }
                .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
        }
        for _ in 0..<500 {
            let moment = Int64.random(in: 0..<50, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                let expected = sorted(list, until: moment)
                #expect(try takeAll(timers, at: moment) == expected)
                list.subtract(expected)
            case 1:
                try state.commit(TaskCheckpoint())
                committed = list
            case 2:
                try state.rollBack()
                list = committed
            default:
                let key = ["k", "l", "m", "n"].randomElement(using: &random)!
                try set(key, at: moment, in: timers)
                list.insert("\(key)@\(moment)")
            }
        }
        #expect(try takeAll(timers, at: 50) == sorted(list, until: 50))
    }
}
