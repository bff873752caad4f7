import Events
import Foundation
import JSONSchema
import Operators
import StreamCore
import Testing

@Suite("score")
struct ScoreOperatorTests {
    static let logistic = """
        { "model": "logistic", "features": ["amount", "channel"], "coefficients": [0.5, -1],
          "intercept": 0.25, "missing": [2, 0] }
        """
    static let settings: Setting = [
        "features": [
            "amount": ["field": "amount"],
            "channel": ["field": "channel", "categories": ["web", "app"]],
        ],
        "models": ["churn": ["file": "churn.json", "contributions": true]],
    ]

    private func sigmoid(_ value: Double) -> Double { 1 / (1 + exp(-value)) }

    @Test("an event gets the score of a model, its version and what each feature adds")
    func scores() throws {
        let rig = try ScoreRig(Self.settings, files: ["churn.json": Self.logistic])
        let record = try rig.score(#"{"amount":3,"channel":"app"}"#)[0]
        #expect(record.topic == "out")
        let score = try #require(record.number("scores", "churn", "score"))
        #expect(abs(score - sigmoid(0.25 + 1.5 - 1)) < 1e-12)
        let version = SHA256.hexadecimal(of: Array(Self.logistic.utf8)).prefix(16)
        #expect(record.at("scores", "churn", "version") as? String == String(version))
        #expect(record.number("scores", "churn", "contributions", "amount") == 1.5)
        #expect(record.number("scores", "churn", "contributions", "channel") == -1)
        #expect(record.number("scores", "churn", "contributions", "bias") == 0.25)
    }

    @Test("a missing field and an unlisted category are missing, and the model says what that is")
    func missing() throws {
        let rig = try ScoreRig(Self.settings, files: ["churn.json": Self.logistic])
        for json in [#"{"channel":"kiosk"}"#, #"{"amount":null}"#] {
            let score = try rig.score(json)[0].number("scores", "churn", "score")
            #expect(abs((score ?? 0) - sigmoid(0.25 + 1)) < 1e-12)
        }
    }

    @Test("a text where a number is needed goes to failed as it came")
    func wrongKind() throws {
        let rig = try ScoreRig(Self.settings, files: ["churn.json": Self.logistic])
        let record = try rig.score(#"{"amount":"much"}"#)[0]
        #expect(record.topic == "failed")
        #expect(record.value == #"{"amount":"much"}"#)
        #expect(record.failure.hasPrefix("feature: the feature 'amount' is no number"))
    }

    @Test("an event whose scores can't be set is refused")
    func notSettable() throws {
        let rig = try ScoreRig(["models": ["m": ["expression": "1.0"]], "output": "list.scores"])
        let record = try #require(try rig.score(#"{"list":[1]}"#).first)
        #expect(record.topic == "failed")
        #expect(record.failure.hasPrefix("field_not_settable"))
    }

    @Test("events that are not wanted go on as they are, in their place, and are remembered")
    func when() throws {
        let rig = try ScoreRig(
            [
                "key": "user", "when": "event.type == 'order'",
                "features": ["seen": ["aggregate": "count", "current": "exclude"]],
                "models": ["rule": ["expression": "features.seen * 2.0"]],
            ])
        let view = try rig.score(#"{"user":"a","type":"view"}"#)
        #expect(view.map(\.value) == [#"{"user":"a","type":"view"}"#])
        let order = try rig.score(#"{"user":"a","type":"order"}"#)[0]
        #expect(order.number("scores", "rule", "score") == 2)
    }

    @Test("a shadow model's scores come out beside, and change nothing of the event that goes on")
    func shadow() throws {
        let settings: Setting = [
            "features": ["amount": ["field": "amount"]],
            "models": [
                "live": ["expression": "1.0"],
                "candidate": [
                    "expression": "features.amount / 0.0 > 1.0 ? 0.25 : 0.5", "shadow_of": "live",
                ],
                "broken": ["expression": "event.nothing", "shadow_of": "live"],
            ],
        ]
        let records = try ScoreRig(settings).score(#"{"amount":3}"#)
        let out = try #require(records.first { $0.topic == "out" })
        #expect((out.at("scores") as? [String: Any])?.keys.sorted() == ["live"])
        let shadow = try #require(records.first { $0.topic == "shadow" })
        #expect(shadow.number("scores", "live", "score") == 1)
        #expect(shadow.number("scores", "candidate", "score") == 0.25)
        #expect(shadow.at("scores", "candidate", "shadow_of") as? String == "live")
        #expect(shadow.at("scores", "broken", "score") is NSNull)
    }

    @Test("an expression without a value refuses the event with its reason")
    func failingExpression() throws {
        let rig = try ScoreRig(["models": ["rule": ["expression": "event.amount * 2.0"]]])
        let records = try rig.score(#"{"user":"a"}"#)
        #expect(records.map(\.topic) == ["failed"])
        #expect(records[0].failure.hasPrefix("expression: the model 'rule' has no score: "))
    }

    @Test("classes come with their probabilities, the most probable first of all")
    func classes() throws {
        let model = """
            { "model": "logistic", "features": ["x"], "classes": ["low", "high"],
              "coefficients": [[0], [1]], "intercept": [0, 0] }
            """
        let rig = try ScoreRig(
            ["features": ["x": ["field": "x"]], "models": ["m": ["file": "m.json"]]],
            files: ["m.json": model])
        let record = try rig.score(#"{"x":2}"#)[0]
        #expect(record.at("scores", "m", "class") as? String == "high")
        let probabilities = record.at("scores", "m", "probabilities") as? [Double]
        #expect(abs((probabilities?[1] ?? 0) - sigmoid(2)) < 1e-12)
    }

    @Test("lifetime value and RFM come by name; a customer without purchases has no value")
    func named() throws {
        let settings: Setting = [
            "key": "user",
            "features": [
                "frequency": ["aggregate": "repeats", "unit": "1h"],
                "recency": ["aggregate": "span", "unit": "1h"],
                "age": ["aggregate": "since_first", "unit": "1h", "where": "event.n > 0"],
                "monetary": ["aggregate": "mean", "field": "n"],
            ],
            "models": ["life": ["file": "life.json"], "rfm": ["file": "rfm.json"]],
        ]
        let files = [
            "life.json": """
            { "model": "bg_nbd", "r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258,
              "horizon": 39 }
            """,
            "rfm.json": """
            { "model": "rfm", "recency": [1, 2, 3, 4], "frequency": [0, 1, 2, 3],
              "monetary": [1, 2, 3, 4] }
            """,
        ]
        let rig = try ScoreRig(settings, files: files)
        let none = try rig.score(#"{"user":"a","n":0}"#)[0]
        #expect(none.at("scores", "life", "score") is NSNull)
        try rig.send(#"{"user":"b","n":2}"#, at: 1_000_000)
        _ = rig.driver.takeOutputs()
        let record = try rig.score(#"{"user":"b","n":4}"#, at: 1_000_000 + 3_600_000 * 2)[0]
        let expected = record.number("scores", "life", "expected_purchases") ?? 0
        #expect(expected > 0 && expected < 39)
        #expect(record.number("scores", "life", "probability_alive") ?? 2 < 1)
        #expect(record.number("scores", "rfm", "score") == 423)
    }

    @Test("a changed model is taken over between runs; the history and the version follow")
    func reload() throws {
        let settings: Setting = [
            "key": "user", "features": ["seen": ["aggregate": "count"]],
            "models": ["m": ["file": "m.json"]],
        ]
        func definition(_ slope: Int, _ settings: Setting) throws -> any OperatorDefinition {
            let model = """
                { "model": "linear", "features": ["seen"], "coefficients": [\(slope)],
                  "intercept": 0 }
                """
            return try makeDefinition(ScoreOperator.spec, settings, files: ["m.json": model])
        }
        let first = try definition(1, settings)
        #expect(first.reloadedFiles == ["m.json"])
        let rig = try ScoreRig(
            settings,
            files: [
                "m.json": """
                { "model": "linear", "features": ["seen"], "coefficients": [1], "intercept": 0 }
                """
            ])
        let before = try rig.score(#"{"user":"a"}"#)[0]
        rig.driver.adopt(["scored": try definition(10, settings)])
        let after = try rig.score(#"{"user":"a"}"#)[0]
        #expect(before.number("scores", "m", "score") == 1)
        #expect(after.number("scores", "m", "score") == 20)
        #expect(
            before.at("scores", "m", "version") as? String
                != after.at("scores", "m", "version") as? String)
        // With another meaning of the state it goes on as it is.
        var other: [(String, Setting)] = []
        if case .map(let entries) = settings { other = entries }
        other[1].1 = ["seen": ["aggregate": "count", "window": "1h"]]
        rig.driver.adopt(["scored": try definition(1000, .map(other))])
        #expect(try rig.score(#"{"user":"a"}"#)[0].number("scores", "m", "score") == 30)
    }

    @Test("drift of a feature against its reference is published as a gauge")
    func drift() throws {
        var settings: [(String, Setting)] = []
        if case .map(let entries) = Self.settings { settings = entries }
        settings.append(("drift", ["reference": "reference.json", "window": 100]))
        let reference = #"{"amount":{"edges":[10],"shares":[0.5,0.4],"missing":0.1}}"#
        let rig = try ScoreRig(
            .map(settings), files: ["churn.json": Self.logistic, "reference.json": reference])
        func gauge() -> Double? {
            rig.driver.metrics.compactMap { $0.gauges["drift.amount"] }.first
        }
        for number in 0..<99 { try rig.send(#"{"amount":\#(number < 50 ? 5 : 15)}"#) }
        #expect(gauge() == nil)
        try rig.send("{}")
        // 50, 49 and 1 of 100 against 50, 40 and 10.
        let expected = 0.09 * log(0.49 / 0.4) - 0.09 * log(0.01 / 0.1)
        #expect(abs((gauge() ?? 0) - expected) < 1e-12)
    }

    @Test("what is wrong with the settings is told with what to do")
    func diagnostics() {
        func told(_ settings: Setting, _ files: [String: String] = [:]) -> [String] {
            problems(of: ScoreOperator.spec, settings, files: files)
        }
        let models: Setting = ["m": ["expression": "1.0"]]
        #expect(
            told(["features": ["x": ["field": "x"]]])
                == ["'score' has no models; name one under 'models', with a 'file'"])
        #expect(
            told(["models": ["m": ["file": "m.json"]]], ["m.json": Self.logistic])
                == [
                    "the model 'm.json' takes a feature 'amount', which is not there; none is known here"
                ])
        #expect(
            told(["models": ["m": ["file": "m.json"]]], ["m.json": "{}"])[0]
                .hasPrefix("the model 'm.json' can't be used: the file is no model that is known"))
        #expect(
            told(["models": models, "features": ["x": ["aggregate": "sum"]]])
                == ["'sum' of 'x' has nothing to sum up; add 'field' or 'value'"])
        #expect(
            told(["models": models, "features": ["x": ["aggregate": "decay", "field": "x"]]])
                == ["'decay' of 'x' has no 'half_life'"])
        #expect(
            told(["models": models, "features": ["x": ["field": "x", "window": "1d"]]])
                == ["'window' is only for a feature with 'aggregate'"])
        #expect(
            told([
                "models": [
                    "m": ["expression": "1.0"], "n": ["expression": "1.0", "shadow_of": "mm"],
                ]
            ])
                == ["'shadow_of' names no model: 'mm'; did you mean 'm'?"])
        #expect(
            told(["models": models, "features": ["9x": ["field": "x"]]])[0]
                .hasPrefix("'9x' can't be the name of a feature"))
    }
}
