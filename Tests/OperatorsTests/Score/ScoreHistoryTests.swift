import Events
import Foundation
import Operators
import StreamCore
import Testing

/// What features look back on, against a plain reference that keeps every event.
@Suite("the history that score looks back on")
struct ScoreHistoryTests {
    private struct Purchase {
        let user: String
        let time: Int64
        let amount: Double?
        let shop: String
        let isOrder: Bool

        var json: String {
            let amount = amount.map { ",\"amount\":\($0)" } ?? ""
            return "{\"user\":\"\(user)\",\"order\":\(isOrder),\"shop\":\"\(shop)\"\(amount)}"
        }
    }

    private static let grace: Int64 = 400

    private static let features: [(String, Setting)] = [
        ("count", ["aggregate": "count"]),
        ("orders", ["aggregate": "count", "where": "event.order", "window": "300ms"]),
        ("before", ["aggregate": "count", "current": "exclude", "window": "100ms"]),
        ("sum", ["aggregate": "sum", "field": "amount"]),
        ("recent", ["aggregate": "sum", "value": "event.?amount", "window": "200ms"]),
        ("mean", ["aggregate": "mean", "field": "amount", "where": "event.order"]),
        ("shops", ["aggregate": "distinct", "field": "shop"]),
        ("shops_recent", ["aggregate": "distinct", "field": "shop", "window": "150ms"]),
        ("decay", ["aggregate": "decay", "field": "amount", "half_life": "100ms"]),
        ("first", ["aggregate": "since_first", "unit": "10ms", "where": "event.order"]),
        ("last", ["aggregate": "since_last", "unit": "10ms", "current": "exclude"]),
        ("span", ["aggregate": "span", "unit": "10ms"]),
        ("repeats", ["aggregate": "repeats", "unit": "50ms", "where": "event.order"]),
    ]

    private static let settings: Setting = .map([
        ("key", "user"), ("features", .map(features)), ("grace", "400ms"), ("retention", "100s"),
        ("features_output", "features"), ("models", ["m": ["expression": "1.0"]]),
    ])

    private func makeHistory(_ seed: UInt64, count: Int = 250) -> [Purchase] {
        var random = SeededGenerator(seed: seed)
        var clock: Int64 = 1_000_000
        return (0..<count).map { _ in
            clock += [0, 0, 3, 10, 25, 60].randomElement(using: &random)!
            let delay: Int64 = [0, 0, 0, 5, 20, 60, 300, 400, 401, 700]
                .randomElement(using: &random)!
            return Purchase(
                user: ["a", "b"].randomElement(using: &random)!, time: clock - delay,
                amount: [nil, 1, 2.5, 7, -3].randomElement(using: &random)!,
                shop: ["x", "y", "z", "w"].randomElement(using: &random)!,
                isOrder: Bool.random(using: &random))
        }
    }

    /// What the features of an event are, by all events that came before it, or `nil` when it is
    /// late.
    private func expected(_ history: [Purchase], at index: Int) -> [String: Double?]? {
        let own = history[index]
        let streamTime = history[...index].map(\.time).max()!
        guard own.time >= streamTime - Self.grace else { return nil }
        var latest = Int64.min
        let before = history[..<index].filter { event in
            latest = max(latest, event.time)
            return event.user == own.user && event.time <= own.time
                && event.time >= latest - Self.grace
        }.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
        let all = before + [own]
        func within(_ events: [Purchase], _ window: Int64) -> [Purchase] {
            events.filter { $0.time > own.time - window }
        }
        func total(_ events: [Purchase]) -> Double { events.compactMap(\.amount).reduce(0, +) }
        let orders = all.filter(\.isOrder)
        let amounts = orders.compactMap(\.amount)
        func units(_ time: Int64?) -> Double? { time.map { Double(own.time - $0) / 10 } }
        return [
            "count": Double(all.count),
            "orders": Double(within(orders, 300).count),
            "before": Double(within(before, 100).count),
            "sum": total(all),
            "recent": total(within(all, 200)),
            "mean": amounts.isEmpty ? nil : amounts.reduce(0, +) / Double(amounts.count),
            "shops": Double(Set(all.map(\.shop)).count),
            "shops_recent": Double(Set(within(all, 150).map(\.shop)).count),
            "decay": all.reduce(0) { sum, event in
                sum + (event.amount ?? 0) * exp2(-Double(own.time - event.time) / 100)
            },
            "first": units(orders.map(\.time).min()),
            "last": units(before.map(\.time).max()),
            "span": Double(all.map(\.time).max()! - all.map(\.time).min()!) / 10,
            "repeats": Double(max(Set(orders.map { $0.time / 50 }).count - 1, 0)),
        ]
    }

    @Test("features are as of the event's time, whatever came before it", arguments: 0..<40)
    func asOf(seed: UInt64) throws {
        let history = makeHistory(seed)
        let rig = try ScoreRig(plan: try ScoreRig.plan(Self.settings, files: [:]))
        for (index, purchase) in history.enumerated() {
            try rig.send(purchase.json, key: purchase.user, at: purchase.time)
            let record = try #require(rig.driver.takeOutputs().first)
            guard let expected = expected(history, at: index) else {
                #expect(record.topic == "late", "event \(index)")
                continue
            }
            try #require(record.topic == "out", "event \(index)")
            for (name, value) in expected {
                let found = record.number("features", name)
                if let value {
                    let isNear = abs((found ?? .infinity) - value) < 1e-9
                    #expect(isNear, "\(name) of event \(index): \(found as Any), not \(value)")
                } else {
                    #expect(found == nil, "\(name) of event \(index)")
                }
            }
        }
    }

    @Test("how far stream time has come changes no digit of a feature", arguments: 100..<120)
    func foldingIsExact(seed: UInt64) throws {
        let history = makeHistory(seed).sorted { $0.time < $1.time }
        func run(outOfOrderness: Int64) throws -> [String?] {
            let plan = try ScoreRig.plan(
                Self.settings, files: [:], outOfOrderness: outOfOrderness)
            let rig = try ScoreRig(plan: plan)
            for (index, purchase) in history.enumerated() {
                let time = purchase.time + Int64(index)
                try rig.send(purchase.json, key: purchase.user, at: time)
            }
            return rig.driver.takeOutputs().map(\.value)
        }
        // What is older than grace and windows is summed up; in the last run nothing is.
        let expected = try run(outOfOrderness: 0)
        #expect(expected.count == history.count)
        for patience: Int64 in [50, 700, 1_000_000] {
            #expect(try run(outOfOrderness: patience) == expected, "\(patience) ms")
        }
    }

    @Test("runs of any length, and stops at any commit, give the same bytes", arguments: 60..<70)
    func cuts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let history = makeHistory(seed, count: 120)
        let plan = try ScoreRig.plan(Self.settings, files: [:])
        let whole = try ScoreRig(plan: plan, runLimit: 1)
        for purchase in history {
            try whole.send(purchase.json, key: purchase.user, at: purchase.time)
        }
        let expected = whole.driver.takeOutputs().map { "\($0.topic) \($0.value ?? "")" }
        let storage = InMemoryStateStorage()
        var written: [String] = []
        var start = 0
        while start < history.count {
            let rig = try ScoreRig(plan: plan, storage: storage, runLimit: 7)
            let end = min(history.count, start + Int.random(in: 1...40, using: &random))
            try rig.driver.pipe(topic: "in") { batch, firstOffset in
                for (offset, event) in history[start..<end].enumerated() {
                    let (key, value) = (Array(event.user.utf8), Array(event.json.utf8))
                    batch.append(
                        key: unsafe key.span.bytes, value: unsafe value.span.bytes, headers: nil,
                        offset: firstOffset + Int64(offset), timestamp: event.time)
                }
            }
            written += rig.driver.takeOutputs().map { "\($0.topic) \($0.value ?? "")" }
            try rig.driver.commit()
            rig.driver.close()
            start = end
        }
        for topic in ["out", "late"] {
            #expect(
                written.filter { $0.hasPrefix(topic) } == expected.filter { $0.hasPrefix(topic) })
        }
    }

    @Test("beyond max_entries the oldest are summed up: sums stay, windows lose them")
    func bounded() throws {
        let rig = try ScoreRig([
            "key": "user", "max_entries": 3, "features_output": "f",
            "features": [
                "all": ["aggregate": "count"],
                "window": ["aggregate": "count", "window": "1h"],
            ], "models": ["m": ["expression": "1.0"]],
        ])
        var record: DriverRecord?
        for index in 0..<10 {
            record = try rig.score(#"{"user":"a"}"#, at: 1_000_000 + Int64(index)).first
        }
        #expect(record?.number("f", "all") == 10)
        #expect(record?.number("f", "window") == 4)
        #expect(rig.driver.metrics.compactMap { $0.gauges["history.overflows"] } == [7])
        // Before what was summed up nothing can be told without a look into the future.
        #expect(try rig.score(#"{"user":"a"}"#, at: 1_000_001).map(\.topic) == ["late"])
    }

    @Test("a key is forgotten when the retention after its last event has passed")
    func retention() throws {
        let storage = InMemoryStateStorage()
        let rig = try ScoreRig(
            [
                "key": "user", "retention": "1s", "features_output": "f",
                "features": ["all": ["aggregate": "count"]],
                "models": ["m": ["expression": "1.0"]],
            ], storage: storage)
        func count(_ user: String, at time: Int64) throws -> Double? {
            try rig.score(#"{"user":"\#(user)"}"#, key: user, at: time)[0].number("f", "all")
        }
        #expect(try count("a", at: 1_000_000) == 1)
        #expect(try count("a", at: 1_000_900) == 2)
        #expect(try count("b", at: 1_001_900) == 1)
        #expect(try count("a", at: 1_001_900) == 3)
        #expect(try count("b", at: 1_002_900) == 2)
        #expect(try count("a", at: 1_002_901) == 1)
    }

    @Test("a stored history that is damaged stops the task with a reason and traps nothing")
    func damagedState() throws {
        let plan = try ScoreRig.plan(Self.settings, files: [:])
        for (index, bytes) in [[], [9], [1] + Array(repeating: 255, count: 40)].enumerated() {
            let storage = InMemoryStateStorage()
            let first = try ScoreRig(plan: plan, storage: storage)
            try first.send(#"{"user":"a","order":true,"shop":"x"}"#)
            try first.driver.commit()
            first.driver.close()
            let state = try storage.open(
                TaskIdentifier(subtopology: 0, partition: 0), stores: plan.subtopologies[0].stores)
            try unsafe Array("a".utf8).withUnsafeBytes { key in
                try unsafe bytes.map { UInt8($0) }.withUnsafeBytes { value in
                    try unsafe state.keyValueStore("tested.history").put(key, value)
                }
            }
            try state.commit(TaskCheckpoint())
            state.close()
            let second = try ScoreRig(plan: plan, storage: storage)
            #expect(throws: TaskError.self, "damage \(index)") {
                try second.send(#"{"user":"a","order":true,"shop":"x"}"#)
            }
        }
    }

    @Test("an event without a key, or without a time, is refused")
    func noKey() throws {
        let rig = try ScoreRig(Self.settings)
        let record = try rig.score(#"{"order":true}"#, key: nil)[0]
        #expect(record.topic == "failed")
        #expect(record.failure.hasPrefix("missing_key: the field 'user'"))
    }
}
