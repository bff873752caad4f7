import Operators
import StreamCore
import Testing

@Suite("join with a table")
struct TableJoinTests {
    private func event(_ key: String?, at time: Int64, _ value: String) -> JoinRecord {
        JoinRecord(isOther: false, key: key, time: time, value: value)
    }

    private func row(_ key: String?, at time: Int64, _ value: String?) -> JoinRecord {
        JoinRecord(isOther: true, key: key, time: time, value: value)
    }

    @Test("an event gets the row as it is when it comes; a tombstone deletes a row")
    func upsertsAndTombstones() throws {
        let rig = try JoinRig(
            JoinRig.plan(
                JoinOperator.spec, ["type": "left", "output": "row"], input: "table"))
        #expect(try rig.values(event("a", at: 1, #"{"n":1}"#)) == [#"out {"n":1,"row":null}"#])
        try rig.send(row("a", at: 2, #"{"v":1}"#))
        #expect(try rig.values(event("a", at: 3, #"{"n":2}"#)) == [#"out {"n":2,"row":{"v":1}}"#])
        try rig.send(row("a", at: 4, #"{"v":2}"#))
        #expect(try rig.values(event("a", at: 5, #"{"n":3}"#)) == [#"out {"n":3,"row":{"v":2}}"#])
        try rig.send(row("a", at: 6, nil))
        #expect(try rig.values(event("a", at: 7, #"{"n":4}"#)) == [#"out {"n":4,"row":null}"#])
        #expect(try rig.values(row(nil, at: 8, #"{"v":1}"#)) == [#"rejected {"v":1}"#])
    }

    @Test("an inner join passes over events that find nothing, and takes only the named columns")
    func inner() throws {
        let rig = try JoinRig(
            JoinRig.plan(
                JoinOperator.spec, ["columns": ["b", "missing", "a"]], input: "table"))
        #expect(try rig.values(event("a", at: 1, #"{"n":1}"#)).isEmpty)
        #expect(try rig.values(event(nil, at: 1, #"{"n":1}"#)).isEmpty)
        try rig.send(row("a", at: 2, #"{"a":1.50,"b":{"c":[1]},"d":2}"#))
        #expect(
            try rig.values(event("a", at: 3, #"{"n":2}"#))
                == [#"out {"n":2,"joined":{"b":{"c":[1]},"a":1.50}}"#])
    }

    @Test(
        "random upserts, tombstones and events agree with a dictionary, over restarts",
        arguments: 0..<20)
    func reference(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let plan = try JoinRig.plan(
            JoinOperator.spec, ["type": "left", "key": "id", "output": "row"], input: "table")
        let storage = InMemoryStateStorage()
        var rig = try JoinRig(plan, storage: storage)
        var table: [String: String] = [:]
        for number in 0..<200 {
            let key = "k\(Int.random(in: 0...5, using: &random))"
            switch Int.random(in: 0...9, using: &random) {
            case 0...2:
                table[key] = #"{"v":\#(number)}"#
                try rig.send(row(key, at: Int64(number), table[key]))
            case 3:
                table[key] = nil
                try rig.send(row(key, at: Int64(number), nil))
            case 4:
                try rig.driver.commit()
                rig.driver.close()
                rig = try JoinRig(plan, storage: storage)
            default:
                let found = try rig.values(
                    event("x", at: Int64(number), #"{"id":"\#(key)"}"#))
                #expect(found == [#"out {"id":"\#(key)","row":\#(table[key] ?? "null")}"#])
            }
        }
    }
}
