import Events
import Operators
import StreamCore
import Testing

@Suite("The settings of sessionize")
struct SessionizeOperatorTests {
    private func report(_ more: (String, Setting)...) -> [String] {
        problems(of: SessionizeOperator.spec, .map([("gap", "30m")] + more))
    }

    @Test("only the gap is needed")
    func smallest() {
        #expect(report().isEmpty)
    }

    @Test("state is kept by the field, or by the record key")
    func stateKey() throws {
        let byKey = try makeDefinition(SessionizeOperator.spec, ["gap": "30m"])
        #expect(byKey.stateKey == .recordKey)
        let byField = try makeDefinition(
            SessionizeOperator.spec, ["gap": "30m", "key": "profile.id"])
        #expect(byField.stateKey == .field(try FieldPath("profile.id")))
        #expect(byField.stores.map(\.name) == ["tested.open", "tested.timers"])
        #expect(byField.stores.map(\.kind) == [.keyValue, .timers])
    }

    @Test("a zone that nobody knows is refused")
    func unknownZone() {
        #expect(
            report(("midnight_zone", "Europe/Berln")) == [
                "'Europe/Berln' is not a time zone; write a name of the IANA database, such as "
                    + "Europe/Berlin or UTC"
            ])
    }

    @Test("what is wrong in durations, paths and conditions is reported at once")
    func manyProblems() {
        let found = report(
            ("grace", "10 minutes"), ("gap_by_channel", ["pos": "five"]), ("page", "a..b"),
            ("views", ["field": "type", "equal": "view"]))
        #expect(found.contains { $0.contains("equal") })
        #expect(found.contains { $0.hasPrefix("'grace' is not a duration: '10 minutes'") })
        #expect(found.contains { $0.hasPrefix("'pos' is not a duration: 'five'") })
        #expect(found.contains { $0.hasPrefix("'page' is not a field path") })
    }

    @Test("every side output of the spec is where the operator sends to")
    func outputs() {
        #expect(
            SessionizeOperator.spec.sideOutputs.map(\.name) == [
                "updates", "closed", "late", "bots", "rejected",
            ])
        #expect(
            SessionizeOperator.spec.sideOutputs.filter(\.isForFailures).map(\.name) == ["rejected"])
    }
}
