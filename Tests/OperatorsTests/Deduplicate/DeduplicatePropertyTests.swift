import Events
import Operators
import StreamCore
import Testing

@Suite("deduplicate agrees with a plain reference on random histories")
struct DeduplicatePropertyTests {
    private struct Case {
        var within: Int64
        var outOfOrderness: Int64
        var ignoresReceived: Bool
        var isScoped: Bool
        var events: [IdentifiedEvent]

        var settings: Setting {
            var settings: [(String, Setting)] = [
                ("key", "id"), ("within", .string("\(within)ms")), ("filter_memory", "1B"),
            ]
            if ignoresReceived { settings.append(("ignore", "at")) }
            if isScoped { settings.append(("scope", "user")) }
            return .map(settings)
        }

        func plan(outputs: [String]? = nil) throws -> TopologyPlan {
            try StatefulRig.plan(
                DeduplicateOperator.spec, settings, outOfOrderness: outOfOrderness,
                outputs: outputs)
        }

        var records: [TimedRecord] { events.map(\.record) }
        var reference: ReferenceFirsts {
            ReferenceFirsts(
                events, within: within, outOfOrderness: outOfOrderness,
                ignoresReceived: ignoresReceived, isScoped: isScoped)
        }
    }

    private static func makeCase(_ seed: UInt64, count: Int = 400) -> Case {
        var random = SeededGenerator(seed: seed)
        var history = Case(
            within: [1, 20, 100, 1_000].randomElement(using: &random)!,
            outOfOrderness: [0, 0, 30].randomElement(using: &random)!,
            ignoresReceived: Bool.random(using: &random), isScoped: Bool.random(using: &random),
            events: [])
        var clock: Int64 = [-2_000, 1_000_000].randomElement(using: &random)!
        for _ in 0..<count {
            clock += [0, 0, 1, 5, 10, 45].randomElement(using: &random)!
            // A retry of one of the last, as it was or somewhat different, or a new one.
            if Int.random(in: 0..<3, using: &random) == 0,
                var again = history.events.suffix(60).randomElement(using: &random)
            {
                switch Int.random(in: 0..<6, using: &random) {
                case 0: again.content = "other"
                case 1: again.received += 1
                case 2: again.time = clock == -1 ? 0 : clock
                default: break
                }
                history.events.append(again)
                continue
            }
            let delay = Int64([0, 0, 0, 3, 20, 150].randomElement(using: &random)!)
            // Kafka's word for no time.
            if clock - delay == -1 { continue }
            history.events.append(
                IdentifiedEvent(
                    user: ["u", "v"].randomElement(using: &random)!,
                    id: "e\(Int.random(in: 0..<120, using: &random))", content: "c",
                    time: clock - delay, received: 1))
        }
        return history
    }

    @Test("the same events are first, retries, conflicts and late", arguments: 0..<60)
    func outputs(seed: UInt64) throws {
        let history = Self.makeCase(seed)
        let reference = history.reference
        let rig = try StatefulRig(plan: history.plan())
        let output = try rig.run(history.records)
        func json(_ events: [IdentifiedEvent]) -> [String] { events.map(\.record.json) }
        func values(_ name: String) -> [String] { (output[name] ?? []).map { $0.value ?? "" } }
        #expect(values("out") == json(reference.firsts))
        #expect(values("duplicates") == json(reference.duplicates))
        #expect(values("conflicts") == json(reference.conflicts))
        #expect(values("late") == json(reference.late))
        #expect(rig.driver.metrics.last?.late == reference.late.count)
        #expect(rig.driver.metrics.last?.dropped == 0)
    }

    @Test(
        "a restart at each commit gives the same records, and nothing is left in the state",
        arguments: 120..<140)
    func restarts(seed: UInt64) throws {
        let history = Self.makeCase(seed)
        let plan = try history.plan()
        let expected = try StatefulRig(plan: plan).run(history.records)
        let storage = InMemoryStateStorage()
        let written = try StatefulRig.runRestarting(
            plan, history.records, seed: seed, storage: storage)
        #expect(written == expected)
        #expect(try StatefulRig.entryCount("tested.ids", in: storage, of: plan) == 0)
    }

    @Test("what comes out does not depend on how events are cut into runs", arguments: 160..<172)
    func runs(seed: UInt64) throws {
        let history = Self.makeCase(seed)
        let plan = try history.plan()
        let expected = try StatefulRig(plan: plan).run(history.records)
        for limit in [1, 7, 512] {
            let rig = try StatefulRig(plan: plan, runLimit: limit)
            try rig.sendBatch(history.records)
            try rig.driver.finish()
            #expect(rig.take() == expected)
        }
    }

    @Test("retries that nobody reads are counted", arguments: 180..<184)
    func counted(seed: UInt64) throws {
        let history = Self.makeCase(seed)
        let rig = try StatefulRig(
            plan: history.plan(outputs: ["out", "conflicts", "late", "rejected"]))
        _ = try rig.run(history.records)
        #expect(rig.driver.metrics.last?.dropped == history.reference.duplicates.count)
    }

    @Test("ids are remembered for as long as it says now, whatever it said before")
    func longerMemory() throws {
        let (hour, minute) = (3_600_000 as Int64, 60_000 as Int64)
        func event(_ id: String, _ time: Int64) -> TimedRecord {
            IdentifiedEvent(id: id, content: "c", time: time, received: 1).record
        }
        let storage = InMemoryStateStorage()
        var rig: StatefulRig
        func start(_ within: String) throws -> StatefulRig {
            try StatefulRig(
                plan: StatefulRig.plan(
                    DeduplicateOperator.spec, ["key": "id", "within": .string(within)]),
                storage: storage)
        }
        rig = try start("16h")
        _ = try rig.sendBatch([event("old", 30 * minute)])
        try rig.driver.commit()
        rig.driver.close()
        rig = try start("32h")
        // It falls into the slice of the old one.
        try rig.sendBatch([event("new", 100 * minute), event("clock", 18 * hour)])
        _ = rig.take()
        try rig.sendBatch([event("new", 18 * hour), event("old", 18 * hour)])
        #expect(rig.take()["duplicates"]?.count == 2)
        try rig.sendBatch([event("clock 2", 40 * hour)])
        _ = rig.take()
        try rig.sendBatch([event("new", 40 * hour), event("old", 40 * hour)])
        #expect(rig.take()["out"]?.count == 2)
    }

    /// More ids of one slice than three levels of pages take.
    @Test("twenty thousand ids of one moment are all first, once", arguments: [false, true])
    func manyIDs(isRestarted: Bool) throws {
        let events = (0..<20_000).map {
            IdentifiedEvent(id: "id-\($0)", content: "c", time: 1_000, received: 1).record
        }
        let plan = try StatefulRig.plan(
            DeduplicateOperator.spec, ["key": "id", "within": "1h"])
        let storage = InMemoryStateStorage()
        var rig = try StatefulRig(plan: plan, storage: storage)
        try rig.sendBatch(events)
        #expect(rig.take()["out"]?.count == 20_000)
        if isRestarted {
            try rig.driver.commit()
            rig.driver.close()
            rig = try StatefulRig(plan: plan, storage: storage)
        }
        try rig.sendBatch(events.reversed())
        let output = rig.take()
        #expect(output.keys.sorted() == ["duplicates"])
        #expect(output["duplicates"]?.count == 20_000)
        try rig.driver.finish()
        try rig.driver.commit()
        rig.driver.close()
        #expect(try StatefulRig.entryCount("tested.ids", in: storage, of: plan) == 0)
    }
}
