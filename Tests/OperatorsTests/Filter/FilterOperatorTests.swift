import Operators
import StreamCore
import Testing

@Suite("filter")
struct FilterOperatorTests {
    @Test("events that meet the condition go on as they came, the others to .dropped")
    func keepsAndDrops() throws {
        let rig = try OperatorRig(
            FilterOperator.spec, ["when": ["field": "type", "in": ["purchase", "refund"]]])
        #expect(try rig.values(#"{ "type":"purchase" }"#) == [#"out { "type":"purchase" }"#])
        #expect(try rig.values(#"{"type":"view"}"#) == [#"dropped {"type":"view"}"#])
        #expect(try rig.values("{}") == ["dropped {}"])
        let tested = try #require(rig.driver.metrics.first { $0.name == "tested" })
        #expect(tested.received == 3)
    }

    @Test("without a condition, or with a wrong one, there is no filter")
    func problems() {
        #expect(
            OperatorsTests.problems(of: FilterOperator.spec, [:]) == [
                "'when' is missing: say which events to keep"
            ])
        #expect(
            OperatorsTests.problems(of: FilterOperator.spec, ["when": ["field": "a", "equal": 1]])
                == [
                    "'equal' is not known in a condition; did you mean 'equals'?",
                    "nothing is asked of the field 'a'; add one of equals, not_equals, in, not_in, "
                        + "less_than, at_most, greater_than, at_least, contains, starts_with, "
                        + "ends_with, exists",
                ])
    }
}
