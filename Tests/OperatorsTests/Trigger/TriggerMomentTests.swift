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

    @Test("what is said behind stream time is taken over behind a repetition that is ahead of it")
    func withdrawalBehindRepetition() throws {
        func run(withdrawalFirst: Bool) throws -> [String] {
            let rule = Sample.cart(with: [("grace", "2h")])
            let rig = try TriggerRig(Sample.settings([rule]), outOfOrderness: hour)
            try rig.send(Sample.event("cart", noon))
            // Stream time comes to half past two.
            try rig.send(Sample.event("x", noon + 210 * minute, key: "tick", number: 1))
            let withdrawal = Sample.event("x", noon + 60 * minute, number: 2, consent: false)
            let repetition = Sample.event("x", noon + 200 * minute, number: 3)
            for event in withdrawalFirst ? [withdrawal, repetition] : [repetition, withdrawal] {
                try rig.send(event)
            }
            try rig.driver.finish()
            let output = try rig.take()
            #expect(output.values("late").isEmpty)
            return (output.sent + output.held).map(\.summary)
        }
        let decided = [
            "k cart 2024-03-04T11:45:00.000Z since 2024-03-04T11:00:00.000Z: "
                + "not_sent no_consent 2024-03-04T13:45:00.001Z [\"email=no_consent\"]"
        ]
        #expect(try run(withdrawalFirst: true) == decided)
        #expect(try run(withdrawalFirst: false) == decided)
    }

    @Test("a date that is said behind stream time counts behind a repetition that is ahead of it")
    func dateBehindRepetition() throws {
        let rule = Sample.rule(
            "birthday",
            [
                ("schedule", ["every": "year", "at": "09:00", "date": "profile.birthday"]),
                ("grace", "2h"),
            ])
        let rig = try TriggerRig(
            Sample.settings([rule], [("retention", "20d")]), outOfOrderness: hour)
        func send(_ number: Int, _ time: Int64, _ birthday: String) throws {
            var event = Sample.event("x", time, number: number)
            event.birthday = birthday
            try rig.send(event)
        }
        try send(0, noon, "1990-03-09")
        try rig.send(Sample.event("x", noon + 210 * minute, key: "tick", number: 1))
        try send(2, noon + 200 * minute, "1990-03-09")
        try send(3, noon + 60 * minute, "1990-03-05")
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: noon + 190 * minute))
        try send(4, noon + 230 * minute, "1990-03-06")
        try rig.driver.finish()
        let days = try rig.take().sent.compactMap { $0.sent_at.map { String($0.prefix(10)) } }
        // The 5th counts until the 9th is said again, and that until the 6th is.
        #expect(days == ["2024-03-06"])
    }

    @Test("a field of which much is said ahead of stream time loses nothing that is settled")
    func manyChangesAhead() throws {
        for changes in [10, 63, 200] {
            let rule = Sample.cart(with: [("grace", "2h")])
            let rig = try TriggerRig(Sample.settings([rule]), outOfOrderness: hour)
            try rig.send(Sample.event("cart", noon))
            try rig.send(Sample.event("x", noon + 210 * minute, key: "tick", number: 1))
            for index in 0..<changes {
                try rig.send(
                    Sample.event(
                        "x", noon + 180 * minute + Int64(index) * 1000, number: 100 + index,
                        consent: index % 2 == 0))
            }
            try rig.send(Sample.event("x", noon + 60 * minute, number: 2, consent: false))
            try rig.driver.finish()
            let output = try rig.take()
            #expect(output.values("late").isEmpty)
            #expect(output.held.map(\.reason) == ["no_consent"])
        }
    }

    @Test(
        "when the profile was seen last is known to the gap of its events, however many are ahead")
    func lastSeenOfMany() throws {
        let rule = Sample.cart(with: [("and", "now - profile.last_seen < duration('2m')")])
        for patience in [0, 2 * hour] {
            let rig = try TriggerRig(Sample.settings([rule]), outOfOrderness: patience)
            try rig.send(Sample.event("cart", noon))
            for index in 0..<200 {
                try rig.send(
                    Sample.event("x", noon + 30 * minute + Int64(index) * 20_000, number: 1 + index)
                )
            }
            try rig.driver.finish()
            #expect(try rig.take().sent.map(\.rule) == ["cart"])
        }
    }

    @Test("the segments of a profile are in the order of the rules, whichever was entered first")
    func segmentsInOrder() throws {
        let rules = [
            Sample.rule("b", [("segment", "event.tier == 'gold'")]),
            Sample.rule("a", [("segment", "event.score > 0.5")]),
            Sample.cart(with: [("and", "profile.segments == ['b', 'a']")]),
        ]
        var first = Sample.event("x", noon, number: 1)
        first.tier = "gold"
        var second = Sample.event("x", noon + 1000, number: 2)
        second.score = 0.7
        for events in [[first, second], [second, first]] {
            let rig = try TriggerRig(Sample.settings(rules), outOfOrderness: hour)
            for event in events { try rig.send(event) }
            try rig.send(Sample.event("cart", noon + 2000, number: 3))
            try rig.driver.finish()
            #expect(try rig.take().sent.filter { $0.rule == "cart" }.count == 1)
        }
    }
}
