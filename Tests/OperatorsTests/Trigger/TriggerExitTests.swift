import Events
import Operators
import StreamCore
import Testing

/// Exits of absences, while actions wait for the end of quiet hours.
@Suite("An exit takes an action back that waits")
struct TriggerExitTests {
    typealias Sample = TriggerSample

    private let minute = Sample.minute
    private let night = moment("2024-03-04T22:30:00Z")
    private let quiet: [(String, Setting)] = [("quiet_hours", ["from": "21:00", "to": "08:00"])]

    private func cart(_ grace: Setting, _ more: [(String, Setting)] = []) -> Setting {
        Sample.cart(with: [("grace", grace)] + more)
    }

    @Test("an exit takes back an action also when too many events of the rule wait for their order")
    func manyFacts() throws {
        let rig = try TriggerRig(Sample.settings([cart("3h")], quiet))
        try rig.send(Sample.event("cart", night))
        try rig.send(Sample.event("other", night + 230 * minute, number: 1))
        #expect(try rig.take().held.map(\.reason) == ["quiet_hours"])
        try rig.send(Sample.event("purchase", night + 231 * minute, number: 2))
        let last = night + 232 * minute + 99_000
        for second in 0..<100 {
            let time = last - Int64(99 - second) * 1000
            try rig.send(Sample.event("cart", time, number: 3 + second))
        }
        let output = try rig.take()
        #expect(output.held.map(\.reason) == ["cancelled"])
        #expect(output.held.map(\.matched_at) == ["2024-03-04T23:15:00.000Z"])
        try rig.driver.finish()
        let sent = try rig.take().sent
        #expect(sent.map(\.matched_at) == ["2024-03-05T03:08:39.000Z"])
    }

    @Test("an exit that came takes back what is held only when too many events no longer wait")
    func exitOfOverflow() throws {
        // The absence is over and its exit, behind it, is applied with the same event.
        func run(_ carts: Int) throws -> [String] {
            let rig = try TriggerRig(
                Sample.settings([cart("3h", [("wait_from", "first")])], quiet))
            try rig.send(Sample.event("cart", night))
            try rig.send(Sample.event("purchase", night + 50 * minute, number: 1))
            for index in 0..<carts {
                let time = night + 51 * minute + Int64(index) * 1000
                try rig.send(Sample.event("cart", time, number: 2 + index))
            }
            try rig.driver.finish()
            let output = try rig.take()
            #expect(output.values("late").isEmpty)
            #expect(!output.sent.contains { $0.matched_at.contains("23:15:00") })
            return output.held.filter { $0.matched_at.contains("23:15:00") }
                .map { $0.reason ?? "" }
        }
        #expect(try run(10) == ["quiet_hours", "cancelled"])
        #expect(try run(64) == ["quiet_hours", "cancelled"])
    }

    @Test("an exit that waits is not forgotten when a record shortens the grace of its rule")
    func shorterGrace() throws {
        for next in ["cart", "x"] {
            let rig = try TriggerRig(
                plan: try TriggerRig.plan(Sample.settings([cart("3h")], quiet), hasRules: true))
            try rig.send(Sample.event("cart", night))
            try rig.send(Sample.event("x", night + 230 * minute, number: 1))
            try rig.send(Sample.event("purchase", night + 231 * minute, number: 2))
            try rig.sendRule(cart("0s").json, at: night + 240 * minute)
            try rig.send(Sample.event(next, night + 250 * minute, number: 3))
            try rig.driver.finish()
            let output = try rig.take()
            #expect(output.values("status").allSatisfy { $0.contains("accepted") })
            #expect(!output.sent.contains { $0.matched_at.contains("23:15:00") })
            #expect(
                output.held.filter { $0.matched_at.contains("23:15:00") }.map(\.reason)
                    == ["quiet_hours", "cancelled"])
        }
    }
}
