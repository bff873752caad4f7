import Events
import Operators
import StreamCore
import Testing

@Suite("The limits of score")
struct ScoreLimitTests {
    private static let hour: Int64 = 3_600_000

    private static func settings(
        _ features: [(String, Setting)], _ more: [(String, Setting)] = []
    ) -> Setting {
        .map(
            [
                ("key", "user"), ("features", .map(features)), ("features_output", "f"),
                ("models", ["m": ["expression": "1.0"]]),
            ] + more)
    }

    private static func counts(_ count: Int) -> [(String, Setting)] {
        (0..<count).map { index in
            index == 0
                ? ("f0", ["aggregate": "count"])
                : ("f\(index)", ["aggregate": "count", "where": "event.order"])
        }
    }

    @Test("64 features look back, each at its own events; with more the topology is refused")
    func mostFeatures() throws {
        let rig = try ScoreRig(Self.settings(Self.counts(64)))
        for index in 0..<3 {
            _ = try rig.score(#"{"user":"a","order":false}"#, at: 1_000_000 + Int64(index))
        }
        _ = try rig.score(#"{"user":"a","order":true}"#, at: 1_000_010)
        let record = try rig.score(#"{"user":"a","order":true}"#, at: 1_000_011)[0]
        #expect(record.number("f", "f0") == 5)
        #expect((1..<64).allSatisfy { record.number("f", "f\($0)") == 2 })
        #expect(
            problems(of: ScoreOperator.spec, Self.settings(Self.counts(65))).first?.hasPrefix(
                "65 features look back, and a history holds 64") == true)
    }

    @Test("a late event within grace looks a whole window back, and retention has to reach there")
    func retention() throws {
        let window: [(String, Setting)] = [("n", ["aggregate": "count", "window": "1h"])]
        let short = Self.settings(window, [("retention", "1h"), ("grace", "1h")])
        #expect(
            problems(of: ScoreOperator.spec, short) == [
                "'retention' is shorter than a window of 1h and the grace together"
            ])
        let rig = try ScoreRig(Self.settings(window, [("retention", "2h"), ("grace", "1h")]))
        _ = try rig.score(#"{"user":"a"}"#, key: "a", at: 10 * Self.hour)
        _ = try rig.score(#"{"user":"b"}"#, key: "b", at: 11 * Self.hour + 1)
        let late = try rig.score(#"{"user":"a"}"#, key: "a", at: 10 * Self.hour + Self.hour / 2)[0]
        #expect(late.topic == "out" && late.number("f", "n") == 2)
    }

    @Test("the state of one key holds nothing of another's events")
    func foreignValues() throws {
        let storage = InMemoryStateStorage()
        let plan = try ScoreRig.plan(
            Self.settings([
                ("n", ["aggregate": "count"]), ("s", ["aggregate": "sum", "field": "amount"]),
            ]), files: [:])
        let rig = try ScoreRig(plan: plan, storage: storage)
        try rig.send(#"{"user":"a","amount":12345.5}"#, key: "a")
        try rig.send(#"{"user":"b"}"#, key: "b")
        try rig.driver.commit()
        rig.driver.close()
        let state = try storage.open(
            TaskIdentifier(subtopology: 0, partition: 0), stores: plan.subtopologies[0].stores)
        let amount = unsafe withUnsafeBytes(of: (12345.5).bitPattern) { unsafe Array($0) }
        var holders: [String] = []
        try unsafe state.keyValueStore("tested.history").forEach { key, value in
            if unsafe Array(value).contains(amount) {
                unsafe holders.append(String(decoding: key, as: UTF8.self))
            }
        }
        #expect(holders == ["a"])
    }

    @Test("the gauge of overflows counts on when files are taken over")
    func overflows() throws {
        let settings = Self.settings(
            [("n", ["aggregate": "count", "window": "1h"])], [("max_entries", 2)])
        let rig = try ScoreRig(settings)
        func overflows() -> [Double] {
            rig.driver.metrics.compactMap { $0.gauges["history.overflows"] }
        }
        for index in 0..<12 { _ = try rig.score(#"{"user":"a"}"#, at: 1_000_000 + Int64(index)) }
        #expect(overflows() == [10])
        rig.driver.adopt(["scored": try makeDefinition(ScoreOperator.spec, settings)])
        for index in 0..<5 { _ = try rig.score(#"{"user":"a"}"#, at: 1_000_100 + Int64(index)) }
        #expect(overflows() == [15])
    }

    @Test("what can't be scored is refused in its place, however runs are cut")
    func refusals() throws {
        // In turns: the model has no score, and a feature is no number.
        let settings: Setting = [
            "features": ["amount": ["field": "amount"]], "models": ["m": ["expression": "event.x"]],
        ]
        let plan = try ScoreRig.plan(settings, files: [:])
        for limit in [1, 4, 100] {
            let rig = try ScoreRig(plan: plan, runLimit: limit)
            try rig.driver.pipe(topic: "in") { batch, firstOffset in
                for index in 0..<6 {
                    let json = Array(
                        (index % 2 == 0 ? "{\"i\":\(index)}" : "{\"i\":\(index),\"amount\":\"t\"}")
                            .utf8)
                    batch.append(
                        key: nil, value: unsafe json.span.bytes, headers: nil,
                        offset: firstOffset + Int64(index), timestamp: 1_000)
                }
            }
            let failed = rig.driver.takeOutputs().filter { $0.topic == "failed" }
            #expect(failed.compactMap { $0.number("i") } == [0, 1, 2, 3, 4, 5], "runs of \(limit)")
        }
    }

    @Test("a lifetime value has all of the horizon, also what is less than a period")
    func lifetime() throws {
        let model = """
            {"model": "bg_nbd", "r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258, "horizon": 39,
             "gamma_gamma": {"p": 6.25, "q": 3.74, "v": 15.44}, "period": 20, "discount": 0}
            """
        let rig = try ScoreRig(
            [
                "features": [
                    "frequency": ["field": "x"], "recency": ["field": "r"], "age": ["field": "t"],
                    "monetary": ["field": "m"],
                ],
                "models": ["life": ["file": "m.json"]],
            ], files: ["m.json": model])
        let record = try rig.score(#"{"x":2,"r":30.43,"t":38.86,"m":25}"#)[0]
        let purchases = try #require(record.number("scores", "life", "expected_purchases"))
        let worth = try #require(record.number("scores", "life", "expected_value"))
        let total = try #require(record.number("scores", "life", "lifetime_value"))
        #expect(abs(total - purchases * worth) < 1e-6, "\(total), not \(purchases * worth)")
    }
}
