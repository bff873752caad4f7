import Events
import Operators
import StreamCore
import Testing

/// Events come ahead of stream time, and at it; a decision is about its own moment.
@Suite("A decision of trigger sees what was so at its moment")
struct TriggerMomentTests {
    typealias Sample = TriggerSample

    private let noon = Sample.noon
    private let minute = Sample.minute
    private let hour = Sample.hour

    @Test("a decision sees what was said until its moment, not what came early and is later")
    func profileAtTheMoment() throws {
        func run(before: Bool, after: Bool) throws -> TriggerOutput {
            let rig = try TriggerRig(Sample.settings([Sample.cart]), outOfOrderness: hour)
            try rig.send(Sample.event("cart", noon, consent: before))
            let decision = noon + 45 * minute + 1
            try rig.send(Sample.event("other", decision + 1, number: 1, consent: after))
            try rig.driver.finish()
            return try rig.take()
        }
        #expect(try run(before: true, after: false).sent.count == 1)
        #expect(try run(before: false, after: true).held.map(\.reason) == ["no_consent"])
    }

    @Test("what is said at the very moment of a decision counts behind it, whichever comes first")
    func profileOfTheSameMoment() throws {
        let decision = noon + 45 * minute + 1
        func run(saidAfterwards: Bool) throws -> [String] {
            let rig = try TriggerRig(Sample.settings([Sample.cart]), outOfOrderness: hour)
            try rig.send(Sample.event("cart", noon))
            // Stream time comes to the decision's moment, and the decision is taken.
            func passTheMoment() throws {
                try rig.send(Sample.event("other", decision + hour, number: 1, consent: nil))
            }
            if saidAfterwards { try passTheMoment() }
            try rig.send(Sample.event("other", decision, number: 2, consent: false))
            if !saidAfterwards { try passTheMoment() }
            try rig.send(Sample.event("cart", decision + 1, number: 3, consent: nil))
            try rig.driver.finish()
            let output = try rig.take()
            #expect(output.values("late").isEmpty)
            return (output.sent + output.held).map(\.summary)
        }
        let decided = [
            "k cart 2024-03-04T11:45:00.000Z since 2024-03-04T11:00:00.000Z: "
                + "sent 2024-03-04T11:45:00.001Z by email []",
            "k cart 2024-03-04T12:30:00.002Z since 2024-03-04T11:45:00.002Z: "
                + "not_sent no_consent 2024-03-04T12:30:00.003Z [\"email=no_consent\"]",
        ]
        #expect(try run(saidAfterwards: false) == decided)
        #expect(try run(saidAfterwards: true) == decided)
    }

    @Test(
        "an exit of the very moment at which quiet hours end takes nothing back, whichever is first"
    )
    func exitOfTheSameMoment() throws {
        let settings = Sample.settings(
            [Sample.cart], [("quiet_hours", ["from": "21:00", "to": "08:00"])])
        let morning = moment("2024-03-05T07:00:00Z")
        for comesEarly in [true, false] {
            let rig = try TriggerRig(settings, outOfOrderness: hour)
            try rig.send(Sample.event("cart", moment("2024-03-04T22:30:00Z")))
            if !comesEarly { try rig.send(Sample.event("other", morning + hour)) }
            try rig.send(Sample.event("purchase", morning))
            try rig.driver.finish()
            #expect(try rig.take().sent.map(\.sent_at) == ["2024-03-05T07:00:00.000Z"])
        }
    }

    @Test("a new date counts for appointments behind the moment at which it is said")
    func newDate() throws {
        let rule = Sample.rule(
            "birthday",
            [("schedule", ["every": "year", "at": "09:00", "date": "profile.birthday"])])
        let nine = moment("2024-03-05T08:00:00Z")
        func run(_ before: String, _ after: String, saidAt time: Int64) throws -> [String] {
            let rig = try TriggerRig(
                Sample.settings([rule], [("retention", "20d")]), outOfOrderness: hour)
            var event = Sample.event("x", noon)
            event.birthday = before
            try rig.send(event)
            (event.time, event.number, event.birthday) = (time, 1, after)
            try rig.send(event)
            try rig.driver.finish()
            return try rig.take().sent.compactMap { $0.sent_at.map { String($0.prefix(10)) } }
        }
        let (fifth, ninth) = ("1990-03-05", "1990-03-09")
        #expect(try run(fifth, ninth, saidAt: nine - 1) == ["2024-03-09"])
        #expect(try run(fifth, ninth, saidAt: nine) == ["2024-03-05", "2024-03-09"])
        #expect(try run(ninth, fifth, saidAt: nine - 1) == ["2024-03-05"])
        #expect(try run(ninth, fifth, saidAt: nine).isEmpty)
    }

    @Test("an exit that happened after the quiet hours takes nothing back, however early it came")
    func exitAfterwards() throws {
        let settings = Sample.settings(
            [Sample.cart], [("quiet_hours", ["from": "21:00", "to": "08:00"])])
        let night = moment("2024-03-04T22:30:00Z")
        let morning = moment("2024-03-05T07:00:00Z")
        func run(exitAt: Int64) throws -> TriggerOutput {
            let rig = try TriggerRig(settings, outOfOrderness: hour)
            try rig.send(Sample.event("cart", night))
            try rig.send(Sample.event("other", morning - minute))
            try rig.send(Sample.event("purchase", exitAt))
            try rig.driver.finish()
            return try rig.take()
        }
        #expect(try run(exitAt: morning).sent.map(\.sent_at) == ["2024-03-05T07:00:00.000Z"])
        #expect(try run(exitAt: morning - 1).held.last?.decided_at == "2024-03-05T07:00:00.000Z")
        #expect(try run(exitAt: morning - 1).sent.isEmpty)
    }

    @Test("what an event repeats of a profile is newer than what a late one says")
    func repeatedFields() throws {
        let rig = try TriggerRig(
            Sample.settings([Sample.plain("hello", "a")]), outOfOrderness: hour)
        try rig.send(Sample.event("x", noon, consent: false))
        try rig.send(Sample.event("x", noon + 20 * minute, consent: false))
        try rig.send(Sample.event("x", noon + 10 * minute, consent: true))
        try rig.send(Sample.event("a", noon + 30 * minute, consent: nil))
        try rig.send(Sample.event("x", noon + 20 * minute, consent: true))
        try rig.send(Sample.event("a", noon + 40 * minute, consent: nil))
        let output = try rig.take()
        #expect(output.held.map { $0.reason ?? "" } == ["no_consent"])
        #expect(output.sent.map(\.matched_at) == ["2024-03-04T11:40:00.000Z"])
    }

    @Test("a consent withdrawn ahead of stream time stays so however often that is said again")
    func manyRepetitions() throws {
        let withdrawn = noon + 45 * minute
        let repetitions = (0..<200).map { withdrawn + minute + Int64($0) * 1000 }
        for times in [repetitions, repetitions.reversed(), repetitions.filter { $0 % 7000 < 2000 }]
        {
            let rig = try TriggerRig(Sample.settings([Sample.cart]), outOfOrderness: 3 * hour)
            try rig.send(Sample.event("cart", noon))
            try rig.send(Sample.event("other", withdrawn, number: 1, consent: false))
            for (index, time) in times.enumerated() {
                try rig.send(Sample.event("other", time, number: 2 + index, consent: false))
            }
            try rig.driver.finish()
            let output = try rig.take()
            #expect(output.sent.isEmpty)
            #expect(output.held.map(\.reason) == ["no_consent"])
        }
    }

    @Test("an exit takes back an action also when too many events of the rule wait for their order")
    func manyFacts() throws {
        let rule = Sample.rule(
            "cart",
            [
                ("when", "event.type == 'cart'"),
                ("unless_followed_by", "event.type == 'purchase'"), ("within", "45m"),
                ("grace", "3h"),
            ])
        let night = moment("2024-03-04T22:30:00Z")
        let rig = try TriggerRig(
            Sample.settings([rule], [("quiet_hours", ["from": "21:00", "to": "08:00"])]))
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
}
