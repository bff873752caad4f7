import Events
import Foundation
import Operators
import StreamCore
import Testing

@Suite("aggregate agrees with a plain reference on random histories")
struct AggregatePropertyTests {
    private struct Case {
        var window: Setting
        var grace: Int64
        var outOfOrderness: Int64
        var events: [SaleEvent]
        var reference: ReferenceAggregates

        func settings(_ emission: String = "close") -> Setting {
            [
                "by": "user", "window": window, "grace": .string("\(grace)ms"),
                "emit": .string(emission), "measures": SaleSummary.measures,
            ]
        }

        func plan(_ emission: String = "close") throws -> TopologyPlan {
            try StatefulRig.plan(
                AggregateOperator.spec, settings(emission), outOfOrderness: outOfOrderness)
        }

        var records: [TimedRecord] { events.map(\.record) }
    }

    enum Kind: CaseIterable { case tumbling, hopping, session }

    private static func events(_ random: inout SeededGenerator) -> [SaleEvent] {
        var events: [SaleEvent] = []
        var clock: Int64 = 1_000_000
        for number in 0..<250 {
            clock += [0, 0, 5, 5, 10, 20, 45, 120].randomElement(using: &random)!
            let delay: Int64 = [0, 0, 0, 5, 10, 30, 60, 150].randomElement(using: &random)!
            var event = SaleEvent(
                key: ["a", "b", "ß"].randomElement(using: &random)!, time: clock - delay,
                product: "p\(Int.random(in: 0..<7, using: &random))")
            event.isPurchase = Bool.random(using: &random)
            event.number = number
            if Int.random(in: 0..<4, using: &random) > 0 {
                let cents = ["5", "25", "1", "999"].randomElement(using: &random)!
                event.amount = "\(Int.random(in: -20..<99, using: &random)).\(cents)"
            }
            events.append(event)
        }
        return events
    }

    private static func makeCase(_ kind: Kind, _ seed: UInt64) -> Case {
        var random = SeededGenerator(seed: seed)
        let events = events(&random)
        let grace: Int64 = [0, 5, 40, 200].randomElement(using: &random)!
        let outOfOrderness: Int64 = [0, 0, 20].randomElement(using: &random)!
        let reference: ReferenceAggregates
        let window: Setting
        switch kind {
        case .tumbling, .hopping:
            let advance: Int64 = [10, 30, 7].randomElement(using: &random)!
            let size =
                kind == .tumbling
                ? advance : advance * 3 + [0, 1, 5].randomElement(using: &random)!
            window =
                kind == .tumbling
                ? ["tumbling": .string("\(size)ms")]
                : ["hopping": .string("\(size)ms"), "every": .string("\(advance)ms")]
            reference = .aligned(
                events, size: size, advance: advance, grace: grace,
                outOfOrderness: outOfOrderness)
        case .session:
            let gap: Int64 = [10, 30, 50].randomElement(using: &random)!
            window = ["session": .string("\(gap)ms")]
            reference = .sessions(
                events, gap: gap, grace: grace, outOfOrderness: outOfOrderness)
        }
        return Case(
            window: window, grace: grace, outOfOrderness: outOfOrderness, events: events,
            reference: reference)
    }

    @Test(
        "the same windows close in the same order with the same results, and the same are late",
        arguments: Kind.allCases, 0..<40)
    func closed(kind: Kind, seed: UInt64) throws {
        let history = Self.makeCase(kind, seed)
        let rig = try StatefulRig(plan: history.plan())
        let output = try rig.run(history.records)
        let found = try (output["out"] ?? []).compactMap { try SaleSummary(json: $0.value ?? "") }
        let expected = history.reference.closed.map { SaleSummary($0) }
        for (found, expected) in zip(found, expected) { #expect(found == expected) }
        #expect(found.count == expected.count)
        let late = history.reference.late.map(\.record.json)
        #expect((output["late"] ?? []).map(\.value) == late)
        #expect(rig.driver.metrics.last?.late == late.count)
        #expect(output["rejected"] == nil)
    }

    @Test(
        "a restart at each commit gives the same records, and nothing is left in the state",
        arguments: Kind.allCases, 40..<52)
    func restarts(kind: Kind, seed: UInt64) throws {
        let history = Self.makeCase(kind, seed)
        for emission in ["close", "update"] {
            let plan = try history.plan(emission)
            let expected = try StatefulRig(plan: plan).run(history.records)
            let storage = InMemoryStateStorage()
            let written = try StatefulRig.runRestarting(
                plan, history.records, seed: seed, storage: storage)
            #expect(written == expected)
            #expect(try StatefulRig.entryCount("tested.windows", in: storage, of: plan) == 0)
        }
    }

    @Test(
        "results do not depend on how events are cut into runs", arguments: Kind.allCases, 60..<66)
    func runs(kind: Kind, seed: UInt64) throws {
        let history = Self.makeCase(kind, seed)
        let plan = try history.plan("update")
        let expected = try StatefulRig(plan: plan).run(history.records)
        for limit in [1, 3, 512] {
            let rig = try StatefulRig(plan: plan, runLimit: limit)
            try rig.sendBatch(history.records)
            try rig.driver.finish()
            #expect(rig.take() == expected)
        }
    }

    @Test(
        "who applies the updates by id holds what closes, and closed results are those without updates",
        arguments: Kind.allCases, 70..<85)
    func updates(kind: Kind, seed: UInt64) throws {
        struct Head: Decodable {
            let window_id: String
            let status: String
            let replaced_by: String?
        }
        let history = Self.makeCase(kind, seed)
        let closing = try StatefulRig(plan: history.plan()).run(history.records)["out"] ?? []
        let output = try StatefulRig(plan: history.plan("update")).run(history.records)["out"] ?? []
        var held: [String: SaleSummary] = [:]
        var closed: [DriverRecord] = []
        for record in output {
            let text = record.value ?? ""
            let head = try JSONDecoder().decode(Head.self, from: Data(text.utf8))
            switch head.status {
            case "retracted":
                #expect(held.removeValue(forKey: head.window_id) != nil)
                #expect(head.replaced_by != nil)
            case "open": held[head.window_id] = try SaleSummary(json: text)
            default:
                #expect(held.removeValue(forKey: head.window_id) == (try SaleSummary(json: text)))
                closed.append(record)
            }
        }
        #expect(held.isEmpty)
        #expect(closed == closing)
    }
}
