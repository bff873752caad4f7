import CMallocCount
import Events
import Operators
import StreamCore
import Testing

@Suite("What trigger keeps")
struct TriggerStateTests {
    typealias Sample = TriggerSample

    private static let identifier = TaskIdentifier(subtopology: 0, partition: 0)

    /// A plan whose rules leave something of each kind in a profile.
    private func plan() throws -> TopologyPlan {
        try TriggerRig.plan(
            Sample.settings(
                [
                    Sample.plain("hello", "a"), Sample.cart,
                    Sample.rule("gold", [("segment", "event.tier == 'gold'"), ("grace", "1h")]),
                    Sample.rule("daily", [("schedule", ["every": "day", "at": "09:00"])]),
                ], [("quiet_hours", ["from": "11:00", "to": "12:10"])]),
            outOfOrderness: Sample.hour)
    }

    private func fill(_ rig: TriggerRig) throws {
        var event = Sample.event("a", Sample.noon + 30 * Sample.minute)
        event.zone = "Europe/Berlin"
        event.tier = "gold"
        try rig.send(event)
        try rig.send(Sample.event("a", Sample.noon, number: 1))
        try rig.send(Sample.event("cart", Sample.noon + 31 * Sample.minute, number: 2))
    }

    @Test("bytes that are no profile stop the task with an error, whatever they are")
    func damage() throws {
        let plan = try plan()
        let origin = InMemoryStateStorage()
        let rig = try TriggerRig(plan: plan, storage: origin)
        try fill(rig)
        try rig.driver.commit()
        rig.driver.close()
        let state = try DamagedState("tested.profiles", key: "k", in: origin, of: plan)
        #expect(state.value.count > 300)
        var stops = 0
        try state.forEach(rounds: 600, seed: 1) { storage in
            let again = try TriggerRig(plan: plan, storage: storage)
            do {
                try again.send(Sample.event("a", Sample.noon + 40 * Sample.minute, number: 3))
                try again.driver.advanceStreamTime(by: .seconds(86_400))
            } catch {
                stops += 1
                #expect("\(error)".contains("the value of a profile"), "\(error)")
            }
        }
        #expect(stops > 300)
    }

    @Test("an erased profile leaves nothing behind: no consent, no cap, nothing that waits")
    func erasure() throws {
        let settings = Sample.settings(
            [Sample.plain("hello", "a"), Sample.cart],
            [("caps", [["at_most": 1, "every": "7d"]])])
        let storage = InMemoryStateStorage()
        let plan = try TriggerRig.plan(
            settings, wrap: { ErasingDefinition(wrapped: $0, report: 3) })
        let rig = try TriggerRig(plan: plan, storage: storage)
        for key in ["k", "other"] {
            try rig.send(Sample.event("a", Sample.noon, key: key))
            try rig.send(Sample.event("cart", Sample.noon + 1, key: key))
        }
        try rig.send(CustomerEvent("k", Sample.noon + 2, "erase"))
        try rig.driver.commit()
        let state = try storage.open(Self.identifier, stores: plan.subtopologies[0].stores)
        var keys: [String] = []
        try unsafe state.keyValueStore("tested.profiles").forEach { key, _ in
            keys.append(unsafe String(decoding: key, as: UTF8.self))
        }
        #expect(keys == ["other"])
        // Erased twice: there is nothing the second time.
        try rig.send(CustomerEvent("k", Sample.noon + 3, "erase"))
        try rig.send(Sample.event("a", Sample.noon + 4, number: 1, consent: nil))
        try rig.send(Sample.event("a", Sample.noon + 5, number: 2))
        try rig.driver.finish()
        let output = try rig.take()
        #expect(
            output.sent.map { "\($0.profile) \($0.rule) \($0.matched_at.suffix(4))" } == [
                "k hello 000Z", "other hello 000Z", "k hello 005Z",
            ])
        #expect(
            output.held.map { "\($0.profile) \($0.reason ?? "")" } == [
                "k no_consent", "other frequency_cap",
            ])
        #expect(ErasingDefinition.counts(in: output.values("status")) == [1, 0])
    }

    @Test("an event that no rule asks for costs no allocation", .enabled(if: isOptimised))
    func noAllocation() throws {
        let rig = try TriggerRig(plan: try plan())
        let value = Array(#"{"id":1,"user":"k","type":"view","score":0.5}"#.utf8)
        func round() throws {
            try rig.driver.pipe(topic: "in0") { batch, first in
                for offset in 0..<200 {
                    batch.append(
                        key: nil, value: unsafe value.span.bytes, headers: nil,
                        offset: first + Int64(offset), timestamp: Sample.noon)
                }
            }
        }
        for _ in 0..<3 { try round() }
        let before = malloc_count_this_thread()
        for _ in 0..<20 { try round() }
        let allocations = malloc_count_this_thread() - before
        // What is left is for each batch of 200, not for each event.
        #expect(allocations <= 2 * 20, "\(allocations) allocations for 4000 events")
        #expect(rig.driver.takeOutputs().isEmpty)
    }
}
