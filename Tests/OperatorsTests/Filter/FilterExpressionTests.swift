import Operators
import StreamCore
import Testing

@Suite("filter with an expression")
struct FilterExpressionTests {
    private func rig(
        _ expression: Setting, errorPolicy: ErrorPolicy = .deadLetter
    ) throws -> OperatorRig {
        try OperatorRig(FilterOperator.spec, ["when": expression], errorPolicy: errorPolicy)
    }

    @Test("events for which it is true go on as they came, the others to .dropped")
    func keepsAndDrops() throws {
        let rig = try rig("event.type in ['purchase', 'refund'] && event.total >= 10")
        #expect(
            try rig.values(#"{ "type":"purchase","total":10.0 }"#) == [
                #"out { "type":"purchase","total":10.0 }"#
            ])
        #expect(
            try rig.values(#"{"type":"refund","total":9}"#) == [
                #"dropped {"type":"refund","total":9}"#
            ])
        #expect(try rig.values(#"{"type":"view"}"#) == [#"dropped {"type":"view"}"#])
    }

    @Test("an event for which it has no value goes to .failed as it came, with place and reason")
    func fails() throws {
        let record = try rig("event.type == 'a' && event.total >= 10").run(#"{ "type": "a" }"#)[0]
        #expect(record.topic == "failed")
        #expect(record.value == #"{ "type": "a" }"#)
        #expect(
            record.failure
                == "expression: 'when' can't be decided: 1:28: there is no such field or key: "
                + "'total'; ask has(...) first, or write .? for a field that may be missing")
    }

    @Test("what may be missing is asked for with has or .?")
    func missingFields() throws {
        let has = try rig("has(event.page.url) && event.page.url.startsWith('https:')")
        #expect(try has.values("{}") == ["dropped {}"])
        let optional = try rig("event.?total.orValue(0) >= 10")
        #expect(try optional.values("{}") == ["dropped {}"])
        #expect(try optional.values(#"{"total":10}"#) == [#"out {"total":10}"#])
    }

    @Test("a result that is no bool, and one that costs too much, are failures and no traps")
    func otherFailures() throws {
        let other = try rig("event.flag").run(#"{"flag":"yes"}"#)[0]
        #expect(other.topic == "failed")
        #expect(
            other.failure
                == "expression: 'when' can't be decided: 1:1: the result is of another type than is "
                + "needed: 'event'")
        let costly = "event.a.all(x, event.a.all(y, event.a.all(z, x + y + z >= 0)))"
        let list = "{\"a\":[" + Array(repeating: "1", count: 200).joined(separator: ",") + "]}"
        let record = try rig(.string(costly)).run(list)[0]
        #expect(record.topic == "failed")
        #expect(record.failure.contains("the evaluation costs more than it may"))
    }

    @Test("on_error drops what fails, or stops the task")
    func errorPolicies() throws {
        #expect(try rig("event.total >= 10", errorPolicy: .drop).values("{}") == [])
        let failing = try rig("event.total >= 10", errorPolicy: .fail)
        #expect(throws: (any Error).self) { try failing.run("{}") }
    }

    @Test("an expression that can't be right is refused, with its place and the nearest name")
    func problems() {
        func problems(_ when: Setting) -> [String] {
            OperatorsTests.problems(of: FilterOperator.spec, ["when": when])
        }
        #expect(
            problems("event.type.startWith('a')") == [
                "there is no function 'startWith' (at 1:12 of the expression); did you mean "
                    + "'startsWith'?"
            ])
        #expect(
            problems("evnt.type == 'a'") == [
                "nothing is called 'evnt' here (at 1:1 of the expression); did you mean 'event'?"
            ])
        #expect(
            problems("event.total > 2.0 ? 1 : 2") == [
                "a bool is needed, not int (at 1:1 of the expression)"
            ])
        #expect(problems(true) == [])
        #expect(problems(7) == ["a bool is needed, not int (at 1:1 of the expression)"])
    }

    @Test("somebody has to read .failed of an expression, but not of tests of fields")
    func failuresAreRead() throws {
        func problems(_ when: Setting) throws -> String {
            let source = Topology.Source(name: "source", topics: ["in"])
            let parsed = Topology.Node(
                name: "parsed", spec: ParseOperator.spec,
                definition: try makeDefinition(ParseOperator.spec, [:]),
                inputs: [StreamReference("source")], errorPolicy: .drop)
            let filter = Topology.Node(
                name: "tested", spec: FilterOperator.spec,
                definition: try makeDefinition(FilterOperator.spec, ["when": when]),
                inputs: [StreamReference("parsed")])
            let sink = Topology.Sink(topic: "out", inputs: [StreamReference("tested")])
            do {
                _ = try TopologyPlan(
                    Topology(
                        application: "rig", sources: [source], operators: [parsed, filter],
                        sinks: [sink]))
                return ""
            } catch {
                return error.description
            }
        }
        #expect(try problems(["field": "a", "equals": 1]) == "")
        #expect(try problems("event.a == 1").contains("nothing reads 'tested.failed'"))
    }
}
