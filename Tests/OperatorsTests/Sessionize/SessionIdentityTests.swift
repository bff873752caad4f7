import Events
import Operators
import StreamCore
import Testing

@Suite("The ids of sessions")
struct SessionIdentityTests {
    private let minute: Int64 = 60_000
    private let start: Int64 = 1_700_000_000_000

    @Test("a session that begins late, where another has closed, has an id of its own")
    func lateBeginning() throws {
        let rig = try SessionizeRig(["key": "user", "gap": "30m"])
        let output = try rig.run([
            VisitEvent("a", start), VisitEvent("b", start + 36 * minute),
            VisitEvent("a", start + 30 * minute), VisitEvent("a", start),
        ])
        #expect(try output.numbers("late").isEmpty)
        let ids = output.closed.map(\.session_id)
        #expect(ids.count == 3 && Set(ids).count == ids.count, "\(output.summary) \(ids)")
    }

    @Test("so has one that begins where one of another channel, with a shorter gap, has closed")
    func shorterGap() throws {
        let rig = try SessionizeRig([
            "key": "user", "gap": "30m", "gap_by_channel": ["pos": "5m"],
        ])
        let output = try rig.run([
            VisitEvent("a", start, channel: "pos"),
            VisitEvent("b", start + 10 * minute, channel: "web"),
            VisitEvent("a", start, channel: "web"),
        ])
        #expect(try output.numbers("late").isEmpty)
        let ids = output.closed.map(\.session_id)
        #expect(ids.count == 3 && Set(ids).count == ids.count, "\(ids)")
    }

    @Test("events of one moment and two campaigns are as those of two moments")
    func campaigns() throws {
        func sessions(_ last: Int64) throws -> Int {
            try SessionizeRig(["key": "user", "gap": "30m", "campaign": "utm"]).run([
                VisitEvent("a", 1_000_000, campaign: "spring"),
                VisitEvent("a", 1_000_010, campaign: "autumn"),
                VisitEvent("a", last, campaign: "spring"),
            ]).closed.count
        }
        #expect(try sessions(1_000_011) == 3)
        #expect(try sessions(1_000_010) == 3)
    }

    @Test("bytes that are no sessions stop the task with an error, whatever they are")
    func damage() throws {
        let plan = try StatefulRig.plan(
            SessionizeOperator.spec,
            ["key": "user", "gap": "30m", "step": "type", "page": "page", "campaign": "utm"])
        func event(_ time: Int64) -> TimedRecord {
            TimedRecord(
                key: "a",
                json: #"{"user":"a","type":"view","page":"/x","utm":"s","channel":"web"}"#,
                time: time)
        }
        let origin = InMemoryStateStorage()
        let rig = try StatefulRig(plan: plan, storage: origin)
        try rig.sendBatch([event(start), event(start + 1), event(start + 2)])
        try rig.driver.commit()
        rig.driver.close()
        let state = try DamagedState("tested.open", key: "a", in: origin, of: plan)
        #expect(state.value.count > 100)
        var stops = 0
        try state.forEach(rounds: 600, seed: 3) { storage in
            let again = try StatefulRig(plan: plan, storage: storage)
            do {
                try again.sendBatch([event(start + 3)])
                try again.driver.finish()
            } catch {
                stops += 1
                #expect("\(error)".contains("the sessions of a key"), "\(error)")
            }
        }
        #expect(stops >= state.value.count)
    }
}
