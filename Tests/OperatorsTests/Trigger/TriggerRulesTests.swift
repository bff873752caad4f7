import Events
import Operators
import StreamCore
import Testing

@Suite("Rules that come as records")
struct TriggerRulesTests {
    typealias Sample = TriggerSample

    private let noon = Sample.noon
    private let minute = Sample.minute

    private func plan(_ rules: [Setting]) throws -> TopologyPlan {
        try TriggerRig.plan(Sample.settings(rules), hasRules: true)
    }

    private func json(_ name: String, _ type: String) -> String {
        """
        {"name":"\(name)","when":"event.type == '\(type)'",\
        "action":{"channel":"email","template":"t"}}
        """
    }

    @Test("a record changes a rule while the topology runs, and a bad one leaves it as it is")
    func changes() throws {
        let rig = try TriggerRig(plan: try plan([Sample.plain("hello", "a")]))
        try rig.send(Sample.event("a", noon))
        try rig.sendRule(json("hello", "b"), at: noon + 1)
        try rig.send(Sample.event("a", noon + 2))
        try rig.send(Sample.event("b", noon + 3))
        try rig.sendRule(
            json("hello", "c").replacing("event.type", with: "evnt.type"), at: noon + 4)
        try rig.send(Sample.event("b", noon + 5))
        let output = try rig.take()
        #expect(output.sent.map { $0.matched_at.suffix(4) } == ["000Z", "003Z", "005Z"])
        let status = output.values("status")
        #expect(status.count == 2)
        #expect(status[0].hasPrefix(#"{"rule":"hello","outcome":"accepted","rule_version":""#))
        #expect(status[1].hasPrefix(#"{"rule":"hello","outcome":"refused","rule_version":""#))
        #expect(status[1].contains("evnt"), "\(status[1])")
        #expect(output.records.first { $0.topic == "status" }?.key == "hello")
        // The one that is refused does not change the version.
        let versions = output.sent.map(\.rule_version)
        #expect(versions[0] != versions[1] && versions[1] == versions[2])
    }

    @Test(
        "what is wrong with a record is said",
        arguments: [
            (#"{"name":"x"}"#, "'rule' needs 'action'"),
            (
                #"{"name":"x","wen":"true","action":{"channel":"email","template":"t"}}"#,
                "unknown key 'wen' in 'rule'; did you mean 'when'?"
            ),
            (
                #"{"name":"x","when":"true","action":{"channel":"sms","template":"t"}}"#,
                "there is no channel 'sms'"
            ),
            (
                #"{"name":"x","when":"true","action":{"channel":"email"}}"#,
                "'action' needs 'template'"
            ),
            (
                #"{"name":"x","when":"1 +","action":{"channel":"email","template":"t"}}"#,
                "expression"
            ),
            (#"{"name":"x","when":{"field":1},"action":{"channel":"email","template":"t"}}"#, ""),
            (#"{}"#, "'rule' needs 'name'"),
            (
                #"{"name":"x","when":"true","limit":{"at_most":1000,"every":"day"},"action":{"channel":"email","template":"t"}}"#,
                "'at_most' must be an integer from 0 to 100"
            ),
            (
                #"{"name":"x","when":"true","unless_followed_by":"true","within":"500d","action":{"channel":"email","template":"t"}}"#,
                "the rule looks back longer than profiles are kept"
            ),
        ])
    func badRecords(json: String, problem: String) throws {
        let rig = try TriggerRig(plan: try plan([Sample.plain("hello", "a")]))
        try rig.send(Sample.event("z", noon))
        try rig.sendRule(json, key: "x", at: noon)
        try rig.send(Sample.event("a", noon))
        let output = try rig.take()
        let status = try #require(output.values("status").first)
        #expect(status.contains(#""outcome":"refused""#))
        #expect(status.contains(problem), "\(status)")
        #expect(output.sent.count == 1)
    }

    @Test("rules of records outlive a restart, also their removal")
    func restart() throws {
        let plan = try plan([Sample.plain("hello", "a"), Sample.plain("stays", "s")])
        let storage = InMemoryStateStorage()
        let first = try TriggerRig(plan: plan, storage: storage)
        try first.sendRule(json("new", "n"), at: noon)
        try first.sendRule(#"{"name":"hello","removed":true}"#, at: noon)
        try first.send(Sample.event("n", noon + 1))
        try first.driver.commit()
        first.driver.close()
        let second = try TriggerRig(plan: plan, storage: storage)
        for (number, type) in ["n", "a", "s"].enumerated() {
            try second.send(Sample.event(type, noon + 2, number: number))
        }
        try second.sendRule(#"{"name":"new","removed":true}"#, at: noon + 3)
        try second.send(Sample.event("n", noon + 4))
        let output = try second.take()
        #expect(output.sent.map(\.rule) == ["new", "stays"])
        #expect(output.values("status").map { $0.contains("removed") } == [true])
    }

    @Test("a rule of a record that no longer fits the topology rests, and is told")
    func restingRule() throws {
        let storage = InMemoryStateStorage()
        let first = try TriggerRig(plan: try plan([Sample.plain("hello", "a")]), storage: storage)
        try first.sendRule(
            json("hello", "b").replacing("email", with: "push"), at: noon)
        try first.driver.commit()
        first.driver.close()
        let onlyEmail: Setting = [
            "key": "user", "profile": ["consent": "p.consent"],
            "channels": ["email": ["consent": "profile.consent"]],
            "rules": [Sample.plain("hello", "a")],
        ]
        let second = try TriggerRig(
            plan: try TriggerRig.plan(onlyEmail, hasRules: true), storage: storage)
        try second.send(Sample.event("a", noon + 1))
        try second.send(Sample.event("b", noon + 2))
        let output = try second.take()
        #expect(output.sent.map(\.matched_at) == ["2024-03-04T11:00:00.001Z"])
        #expect(output.values("status").count == 1)
        #expect(output.values("status").first?.contains("there is no channel 'push'") == true)
    }

    @Test("a schedule that comes as a record is kept from a profile's next event on")
    func newSchedule() throws {
        let rig = try TriggerRig(plan: try plan([Sample.plain("hello", "a")]))
        try rig.send(Sample.event("x", noon))
        try rig.sendRule(
            """
            {"name":"daily","schedule":{"every":"day","at":"15:00"},\
            "action":{"channel":"email","template":"t"}}
            """, at: noon + 1)
        // It repeats what is known of the profile.
        try rig.send(Sample.event("x", noon + 2))
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: noon + 5 * Sample.hour))
        #expect(try rig.take().sent.map(\.matched_at) == ["2024-03-04T14:00:00.000Z"])
    }

    @Test("a rule in a file and the same in a record have one version")
    func versions() throws {
        let rig = try TriggerRig(plan: try plan([Sample.plain("hello", "a", [("priority", 2)])]))
        try rig.send(Sample.event("a", noon))
        try rig.sendRule(
            """
            {"priority":2,"action":{"template":"t","channel":"email"},"name":"hello",\
            "when":"event.type == 'a'"}
            """, at: noon + 1)
        try rig.send(Sample.event("a", noon + 2))
        let versions = try rig.take().sent.map(\.rule_version)
        #expect(versions.count == 2 && versions[0] == versions[1])
    }

    @Test("what a rule has begun goes on when it is changed, and ends when it is removed")
    func pending() throws {
        let cart = { (within: String) in
            """
            {"name":"cart","when":"event.type == 'cart'","unless_followed_by":"event.type == 'buy'",\
            "within":"\(within)","action":{"channel":"email","template":"t"}}
            """
        }
        let rig = try TriggerRig(plan: try plan([]))
        try rig.sendRule(cart("30m"), at: noon)
        try rig.send(Sample.event("cart", noon + 1, key: "a"))
        try rig.sendRule(cart("60m"), at: noon + 2)
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: noon + 45 * minute))
        #expect(try rig.take().sent.isEmpty)
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: noon + 61 * minute))
        #expect(try rig.take().sent.map(\.matched_at) == ["2024-03-04T12:00:00.001Z"])
        try rig.send(Sample.event("cart", noon + 70 * minute, key: "b"))
        try rig.sendRule(#"{"name":"cart","removed":true}"#, at: noon + 71 * minute)
        try rig.driver.finish()
        #expect(try rig.take().sent.isEmpty)
    }

    @Test("a rule that is removed and comes back begins anew, and its limit counts on")
    func removedAndBack() throws {
        let cart = Sample.cart(with: [("limit", ["at_most": 1, "every": "7d"])])
        // Whether the profile is seen while the rule is away, and whether the task starts anew.
        for (isSeen, isRestarted) in [(false, false), (true, false), (false, true)] {
            let plan = try TriggerRig.plan(
                Sample.settings([cart, Sample.plain("p", "z")]), hasRules: true)
            let storage = InMemoryStateStorage()
            var rig = try TriggerRig(plan: plan, storage: storage)
            func restart() throws {
                guard isRestarted else { return }
                try rig.driver.commit()
                rig.driver.close()
                rig = try TriggerRig(plan: plan, storage: storage)
            }
            try rig.send(Sample.event("cart", noon))
            try rig.sendRule(#"{"name":"cart","removed":true}"#, at: noon + 5 * minute)
            try restart()
            // Taken away twice is taken away once.
            try rig.sendRule(#"{"name":"cart","removed":true}"#, at: noon + 5 * minute)
            if isSeen { try rig.send(Sample.event("z", noon + 6 * minute, number: 5)) }
            try rig.sendRule(cart.json, at: noon + 10 * minute)
            try restart()
            try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: noon + 60 * minute))
            #expect(try rig.take().sent.allSatisfy { $0.rule == "p" })
            // What is sent then counts, also when the rule goes away and comes back again.
            try rig.send(Sample.event("cart", noon + 70 * minute, number: 6))
            try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: noon + 120 * minute))
            #expect(try rig.take().sent.map(\.rule) == ["cart"])
            try rig.sendRule(#"{"name":"cart","removed":true}"#, at: noon + 121 * minute)
            try rig.sendRule(cart.json, at: noon + 122 * minute)
            try restart()
            try rig.send(Sample.event("cart", noon + 130 * minute, number: 7))
            try rig.driver.finish()
            #expect(try rig.take().held.map(\.reason) == ["frequency_cap"])
        }
    }

    @Test("an action whose rule is removed while it waits is told so")
    func removedWhileWaiting() throws {
        let settings = Sample.settings(
            [Sample.plain("hello", "a")], [("quiet_hours", ["from": "21:00", "to": "08:00"])])
        let rig = try TriggerRig(plan: try TriggerRig.plan(settings, hasRules: true))
        let night = moment("2024-03-04T22:30:00Z")
        try rig.send(Sample.event("a", night))
        try rig.sendRule(#"{"name":"hello","removed":true}"#, at: night + 1)
        try rig.driver.finish()
        let output = try rig.take()
        #expect(output.sent.isEmpty)
        #expect(
            output.held.map { "\($0.rule) \($0.reason ?? "")" } == [
                "hello quiet_hours", "hello rule_removed",
            ])
    }
}
