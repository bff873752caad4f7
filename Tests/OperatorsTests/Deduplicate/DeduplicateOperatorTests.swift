import Events
import Operators
import StreamCore
import Testing

@Suite("The settings of deduplicate")
struct DeduplicateOperatorTests {
    @Test("only the time is needed; the id is then the record key")
    func smallest() throws {
        let made = try makeDefinition(DeduplicateOperator.spec, ["within": "1h"])
        #expect(made.stateKey == .recordKey)
        #expect(made.stores.map(\.name) == ["tested.ids", "tested.timers"])
    }

    @Test("state is kept by the scope, or by the id's first field")
    func stateKey() throws {
        func key(_ more: (String, Setting)...) throws -> StateKey? {
            try makeDefinition(
                DeduplicateOperator.spec, .map([("within", "1h"), ("key", ["id", "part"])] + more)
            ).stateKey
        }
        #expect(try key() == .field(try FieldPath("id")))
        #expect(try key(("scope", "user")) == .field(try FieldPath("user")))
        #expect(try key(("per_record_key", true)) == .recordKey)
    }

    @Test("what is wrong is said with what to do")
    func wrong() {
        #expect(
            problems(of: DeduplicateOperator.spec, ["key": "id"])[0].hasPrefix(
                "'within' is missing"))
        #expect(
            problems(of: DeduplicateOperator.spec, ["within": "400d"])[0]
                .hasPrefix("'within' is longer than 366 days"))
        let found = problems(
            of: DeduplicateOperator.spec,
            [
                "key": ["id", "id"], "scope": "a", "per_record_key": true, "within": "1h",
                "ignore": "id",
            ])
        #expect(found.contains("'key' names 'id' twice"))
        #expect(found.contains { $0.hasPrefix("'scope' and 'per_record_key' are two scopes") })
        #expect(found.contains { $0.hasPrefix("'id' is a part of the key and can't be ignored") })
    }

    @Test("a conflict says when the first was, a record without an id what is missing")
    func reasons() throws {
        let rig = try StatefulRig(DeduplicateOperator.spec, ["key": "id", "within": "1h"])
        let output = try rig.run([
            TimedRecord(key: nil, json: #"{"id":1}"#, time: 1_000),
            TimedRecord(key: nil, json: #"{"id":1,"x":2}"#, time: 2_000),
            TimedRecord(key: nil, json: #"{"id":"1"}"#, time: 2_000),
            TimedRecord(key: nil, json: #"{"x":2}"#, time: 2_000),
        ])
        #expect(output["out"]?.map(\.value) == [#"{"id":1}"#, #"{"id":"1"}"#])
        #expect(
            output["conflicts"]?.map(\.failure) == [
                "conflict: another event with the same id and another payload came first; its time "
                    + "is 1970-01-01T00:00:01.000Z"
            ])
        #expect(
            output["rejected"]?.map(\.failure) == [
                "missing_key: the field 'id' has no value to tell the event by"
            ])
    }

    @Test("late events go on when they are to pass, and are counted")
    func late() throws {
        let records = [
            TimedRecord(key: "a", json: "{}", time: 100_000),
            TimedRecord(key: "b", json: "{}", time: 1_000),
        ]
        for (policy, expected) in [("pass", ["out": 2]), ("output", ["out": 1, "late": 1])] {
            let rig = try StatefulRig(
                DeduplicateOperator.spec, ["within": "1s", "late": .string(policy)])
            #expect(try rig.run(records).mapValues(\.count) == expected)
            #expect(rig.driver.metrics.last?.late == 1)
        }
    }
}
