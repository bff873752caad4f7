import Events
import Operators
import StreamCore
import Testing

@Suite("The settings of aggregate")
struct AggregateOperatorTests {
    private func report(window: Setting, measures: Setting) -> [String] {
        problems(of: AggregateOperator.spec, ["window": window, "measures": measures])
    }

    private let count: Setting = ["events": ["count": true]]

    @Test("a window and a measure are needed")
    func smallest() {
        #expect(report(window: ["tumbling": "5m"], measures: count).isEmpty)
        let found = problems(of: AggregateOperator.spec, ["by": "a"])
        #expect(found.contains { $0.hasPrefix("'window' is missing") })
        #expect(found.contains { $0.hasPrefix("'measures' is missing") })
    }

    @Test("a window is of one kind, and hopping says how often")
    func windows() {
        #expect(
            report(window: ["tumbling": "5m", "session": "1m"], measures: count) == [
                "'window' has 2 kinds: tumbling, session; give it one of tumbling, hopping, session"
            ])
        #expect(
            report(window: ["hopping": "5m"], measures: count)[0].hasPrefix("'every' is missing"))
        #expect(
            report(window: ["hopping": "5m", "every": "6m"], measures: count)[0]
                .hasPrefix("'every' is longer than 'hopping'"))
        #expect(
            report(window: ["hopping": "24h", "every": "1m"], measures: count)[0]
                .hasPrefix("each event would be in 1440 windows"))
        #expect(
            report(window: ["tumbling": "5m", "every": "1m"], measures: count) == [
                "'every' is only for 'hopping'; remove it"
            ])
    }

    @Test("a measure has one function, its own settings, and a name that results do not have")
    func measures() {
        let found = report(
            window: ["tumbling": "5m"],
            measures: [
                "none": ["when": "true"], "two": ["sum": "a", "min": "a"],
                "start": ["count": true], "limited": ["sum": "a", "limit": 3],
                "quantile": ["quantiles": "a", "at": ["0.5", "0.50", "95"]],
                "few": ["top": "a", "limit": 10, "counters": 5],
                "wrong": ["count": true, "when": "event."],
            ])
        #expect(found.contains { $0.hasPrefix("the measure 'none' has no function; give it one") })
        #expect(found.contains { $0.hasPrefix("the measure 'two' has 2 functions: sum, min") })
        #expect(found.contains { $0.hasPrefix("'start' is a name that every result has") })
        #expect(found.contains("'limit' is only for 'top'; remove it"))
        #expect(found.contains("'at' has 0.50 twice"))
        #expect(found.contains { $0.hasPrefix("'95' is not a quantile") })
        #expect(found.contains { $0.hasPrefix("'counters' is 5, less than 'limit'") })
        #expect(found.count >= 8)
    }

    @Test("state is kept by the first field, and belongs to windows and measures")
    func state() throws {
        func definition(_ window: Setting, _ grace: Setting = "0") throws -> any OperatorDefinition
        {
            try makeDefinition(
                AggregateOperator.spec,
                ["by": ["a.b", "c"], "window": window, "grace": grace, "measures": count])
        }
        let made = try definition(["tumbling": "5m"])
        #expect(made.stateKey == .field(try FieldPath("a.b")))
        #expect(made.stores.map(\.name) == ["tested.windows", "tested.timers"])
        #expect(made.stores == (try definition(["tumbling": "5m"], "1h")).stores)
        #expect(made.stores != (try definition(["tumbling": "6m"])).stores)
        #expect(
            made.stores[0].definition == "by a.b, c; tumbling 300000 ms; events count")
    }
}
