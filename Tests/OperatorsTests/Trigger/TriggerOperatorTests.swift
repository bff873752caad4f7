import Events
import Operators
import StreamCore
import Testing

@Suite("The trigger operator")
struct TriggerOperatorTests {
    typealias Sample = TriggerSample

    private let noon = Sample.noon
    private let minute = Sample.minute
    private let hour = Sample.hour
    private let day = Sample.day

    @Test("an action says who, what, when and why")
    func action() throws {
        let rule: Setting = [
            "name": "cart_abandoned", "campaign": "spring", "priority": 7,
            "when": "event.type == 'cart'", "unless_followed_by": "event.type == 'purchase'",
            "within": "45m", "and": "!has(profile.vip)",
            "action": [
                "channel": "email", "template": "reminder", "fallback": "push",
                "data": ["which": "event.id", "sum": "event.score * 2.0", "nothing": "event.none"],
            ],
        ]
        var cart = Sample.event("cart", noon, number: 17)
        cart.score = 1.25
        let output = try TriggerRig(Sample.settings([rule])).run([cart])
        let record = try #require(output.records.first { $0.topic == "out" })
        let version = try #require(output.sent.first?.rule_version)
        let identity = try #require(output.sent.first?.action_id)
        #expect(version.count == 16 && identity.count == 32)
        #expect(
            record.value == """
                {"action_id":"\(identity)","profile":"k","rule":"cart_abandoned",\
                "rule_version":"\(version)","campaign":"spring","priority":7,\
                "matched_at":"2024-03-04T11:45:00.000Z","data":{"which":17,"sum":2.5},\
                "channel":"email","template":"reminder","sent_at":"2024-03-04T11:45:00.001Z",\
                "reasons":{"kind":"absence","started_at":"2024-03-04T11:00:00.000Z",\
                "and":"!has(profile.vip)"},"gates":["consent","suppression","quiet_hours","caps",\
                "priority","budget"],"operator":"tested"}
                """)
        #expect(record.key == "k")
        #expect(record.timestamp.milliseconds == noon + 45 * minute + 1)
    }

    @Test("an absence is cancelled by an exit that comes late, but within grace")
    func lateExit() throws {
        func run(_ exitAt: Int64, comesAt: Int64) throws -> [String] {
            let rig = try TriggerRig(
                Sample.settings([Sample.cart], [("grace", "10m")]), outOfOrderness: 0)
            try rig.send(Sample.event("cart", noon))
            try rig.send(Sample.event("other", comesAt))
            try rig.send(Sample.event("purchase", exitAt))
            try rig.driver.finish()
            let output = try rig.take()
            return output.sent.map(\.matched_at) + output.values("late").map { _ in "late" }
        }
        #expect(try run(noon + 45 * minute, comesAt: noon + 55 * minute) == [])
        #expect(
            try run(noon + 45 * minute + 1, comesAt: noon + 50 * minute)
                == ["2024-03-04T11:45:00.000Z"])
        #expect(
            try run(noon + 45 * minute, comesAt: noon + 55 * minute + 1)
                == ["2024-03-04T11:45:00.000Z", "late"])
    }

    @Test("consent counts at the moment of sending, also for an action that waits")
    func consentWhileWaiting() throws {
        let settings = Sample.settings(
            [Sample.plain("hello", "a")],
            [("quiet_hours", ["from": "21:00", "to": "08:00"])])
        let rig = try TriggerRig(settings)
        // 23:30 in Berlin.
        let night = moment("2024-03-04T22:30:00Z")
        try rig.send(Sample.event("a", night, key: "stays"))
        try rig.send(Sample.event("a", night, key: "leaves"))
        try rig.send(Sample.event("other", night + hour, key: "leaves", consent: false))
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: night + 12 * hour))
        let output = try rig.take()
        #expect(
            output.sent.map(\.summary) == [
                "stays hello 2024-03-04T22:30:00.000Z: sent 2024-03-05T07:00:00.000Z by email []"
            ])
        #expect(output.sent[0].was_held == true)
        #expect(
            output.held.map(\.summary).suffix(1) == [
                """
                leaves hello 2024-03-04T22:30:00.000Z: not_sent no_consent \
                2024-03-05T07:00:00.000Z ["email=no_consent"]
                """
            ])
        #expect(output.held.map(\.outcome) == ["delayed", "delayed", "not_sent"])
        #expect(output.held[0].action_id == output.sent[0].action_id)
    }

    @Test("a consent can be for a purpose, and end")
    func consentExpires() throws {
        var settings = Sample.settings([Sample.plain("hello", "a")])
        if case .map(var entries) = settings {
            entries.removeAll { ["channels", "profile", "zone"].contains($0.0) }
            entries.append(("profile", ["consent": "p.consents"]))
            let consent =
                "profile.consent.exists(c, c.purpose == 'offers' && timestamp(c.until) > now)"
            entries.append(
                (
                    "channels",
                    ["email": ["consent": .string(consent)], "push": ["consent": "false"]]
                ))
            settings = .map(entries)
        }
        let rig = try TriggerRig(settings)
        let consents = #"[{"purpose":"offers","until":"2024-03-04T12:00:00Z"}]"#
        for (minutes, fields) in [(0, #","p":{"consents":\#(consents)}"#), (59, ""), (60, "")] {
            let time = Timestamp(milliseconds: noon + Int64(minutes) * minute)
            try rig.driver.pipe(
                topic: "in0", key: "k", value: #"{"user":"k","type":"a"\#(fields)}"#,
                timestamp: time)
        }
        let output = try rig.take()
        #expect(
            output.sent.map { $0.matched_at.prefix(16) } == [
                "2024-03-04T11:00", "2024-03-04T11:59",
            ])
        #expect(output.held.map { $0.reason ?? "" } == ["no_consent"])
    }

    @Test("an exit takes back an action that waits for the end of quiet hours")
    func cancelled() throws {
        let settings = Sample.settings(
            [Sample.cart], [("quiet_hours", ["from": "21:00", "to": "08:00"])])
        let rig = try TriggerRig(settings)
        let night = moment("2024-03-04T22:30:00Z")
        try rig.send(Sample.event("cart", night))
        try rig.send(Sample.event("purchase", night + 3 * hour))
        try rig.driver.finish()
        let output = try rig.take()
        #expect(output.sent.isEmpty)
        #expect(output.held.map { $0.reason ?? "" } == ["quiet_hours", "cancelled"])
        #expect(output.held[0].action_id == output.held[1].action_id)
    }

    @Test("a fallback channel passes its own gates, not those of the first")
    func fallback() throws {
        let rule: Setting = [
            "name": "hello", "when": "event.type == 'a'",
            "action": [
                "channel": "email", "template": "long", "fallback": ["push"],
                "templates": ["push": "short"],
            ],
        ]
        let settings = Sample.settings(
            [rule], [("caps", [["per": "channel", "at_most": 1, "every": "day"]])],
            email: [("quiet_hours", ["from": "10:00", "to": "13:00", "then": "drop"])])
        var noPush = Sample.event("a", noon + minute)
        noPush.pushConsent = false
        let output = try TriggerRig(settings).run([
            Sample.event("a", noon), noPush, Sample.event("a", noon + 2 * minute),
        ])
        #expect(output.sent.map(\.channel) == ["push"])
        #expect(output.sent[0].template == "short")
        #expect(output.sent[0].attempts?.map(\.reason) == ["quiet_hours"])
        #expect(
            output.held.map { $0.attempts?.map { "\($0.channel ?? "")=\($0.reason)" } ?? [] } == [
                ["email=quiet_hours", "push=no_consent"],
                ["email=quiet_hours", "push=frequency_cap"],
            ])
        #expect(output.held[1].attempts?[1].detail == "at most 1 per channel every day")
    }

    @Test("a transactional message passes all gates but suppression, and uses nothing up")
    func transactional() throws {
        let settings = Sample.settings(
            [
                Sample.plain("receipt", "buy", [("transactional", true)]),
                Sample.plain("offer", "view"),
            ],
            [
                ("caps", [["at_most": 1, "every": "7d"]]), ("priority_window", "1h"),
                ("budgets", [["at_most": 1, "every": "day"]]),
                ("quiet_hours", ["from": "11:00", "to": "13:00", "then": "drop"]),
                ("suppression", ["file": "bounced.txt"]),
            ])
        let afternoon = noon + 3 * hour
        let output = try TriggerRig(settings, files: ["bounced.txt": "gone\r\nother\n"]).run([
            Sample.event("buy", noon, consent: false),
            Sample.event("buy", noon, key: "gone"),
            Sample.event("buy", afternoon, number: 1), Sample.event("view", afternoon, number: 2),
        ])
        #expect(
            output.sent.map { "\($0.rule) \($0.profile)" } == ["receipt k", "receipt k", "offer k"])
        #expect(output.held.map { "\($0.profile) \($0.reason ?? "")" } == ["gone suppressed"])
    }

    @Test("of triggers of one moment the highest priority goes, and takes the others' place")
    func priority() throws {
        let settings = Sample.settings(
            [
                Sample.plain("low", "a"), Sample.plain("high", "a", [("priority", 5)]),
                Sample.plain("middle", "b", [("priority", 3)]),
            ], [("priority_window", "10m")])
        let output = try TriggerRig(settings).run([
            Sample.event("a", noon), Sample.event("b", noon + 10 * minute, number: 1),
            Sample.event("b", noon + 10 * minute + 1, number: 2),
        ])
        #expect(output.sent.map(\.rule) == ["high", "middle"])
        #expect(
            output.held.map { "\($0.rule) \($0.reason ?? "")" } == [
                "low priority", "middle priority",
            ])
    }

    @Test("a birthday is greeted at nine on the customer's clock, in summer and in winter")
    func birthday() throws {
        let rule = Sample.rule(
            "birthday",
            [("schedule", ["every": "year", "at": "09:00", "date": "profile.birthday"])])
        let rig = try TriggerRig(Sample.settings([rule], [("retention", "1100d")]))
        for (key, birthday, zone) in [
            ("berlin", "1980-07-01", "Europe/Berlin"), ("tokyo", "1980-07-01", "Asia/Tokyo"),
            ("leap", "1988-02-29T10:00:00Z", "America/New_York"),
            ("nowhere", "1980-12-24", "Nowhere"),
        ] {
            var event = Sample.event("a", moment("2022-06-01T00:00:00Z"), key: key)
            event.birthday = birthday
            event.zone = zone
            try rig.send(event)
        }
        try rig.driver.advanceStreamTime(
            to: Timestamp(milliseconds: moment("2024-06-01T00:00:00Z")))
        #expect(
            try rig.take().sent.map { "\($0.profile) \($0.sent_at ?? "")" } == [
                "tokyo 2022-07-01T00:00:00.000Z", "berlin 2022-07-01T07:00:00.000Z",
                "nowhere 2022-12-24T08:00:00.000Z", "leap 2023-02-28T14:00:00.000Z",
                "tokyo 2023-07-01T00:00:00.000Z", "berlin 2023-07-01T07:00:00.000Z",
                "nowhere 2023-12-24T08:00:00.000Z", "leap 2024-02-29T14:00:00.000Z",
            ])
    }

    @Test("quiet hours and schedules can be of another zone than the customer's")
    func ownZones() throws {
        let settings = Sample.settings(
            [
                Sample.plain(
                    "hello", "a",
                    [("quiet_hours", ["from": "21:00", "to": "08:00", "zone": "'Asia/Tokyo'"])]),
                Sample.rule(
                    "daily",
                    [("schedule", ["every": "day", "at": "09:00", "zone": "'America/New_York'"])]),
            ])
        let rig = try TriggerRig(settings)
        // 21:30 in Tokyo, 13:30 in Berlin.
        try rig.send(Sample.event("a", moment("2024-03-04T12:30:00Z")))
        try rig.driver.advanceStreamTime(
            to: Timestamp(milliseconds: moment("2024-03-05T00:00:00Z")))
        #expect(
            try rig.take().sent.map { "\($0.rule) \($0.sent_at ?? "")" } == [
                "daily 2024-03-04T14:00:00.000Z", "hello 2024-03-04T23:00:00.000Z",
            ])
    }

    @Test("a threshold fires once, and again only after the value was on the other side")
    func threshold() throws {
        let rule = Sample.rule(
            "churn", [("value", "event.score"), ("above", 0.8), ("rearm_below", 0.5)])
        let values = [0.7, 0.8, 0.9, 0.79, 0.85, 0.51, 0.8, 0.5, 0.79, 0.81]
        let events = values.enumerated().map { index, value in
            var event = Sample.event("a", noon + Int64(index) * minute, number: index)
            event.score = value
            return event
        }
        let output = try TriggerRig(Sample.settings([rule])).run(events)
        #expect(
            output.sent.map(\.matched_at) == [
                "2024-03-04T11:01:00.000Z", "2024-03-04T11:09:00.000Z",
            ])
    }

    @Test("a segment is left by word and by silence")
    func segment() throws {
        let rule = Sample.rule(
            "gold", [("segment", "event.tier == 'gold'"), ("stays", "2h"), ("reports", "both")])
        let events = [("gold", 0), ("silver", 30), ("gold", 60), ("gold", 180), ("gold", 301)].map {
            var event = Sample.event("a", noon + Int64($0.1) * minute, number: $0.1)
            event.tier = $0.0
            return event
        }
        let output = try TriggerRig(Sample.settings([rule])).run(events)
        #expect(
            output.sent.map { "\($0.reasons?.change ?? "") \($0.matched_at.prefix(16))" } == [
                "enter 2024-03-04T11:00", "exit 2024-03-04T11:30", "enter 2024-03-04T12:00",
                "exit 2024-03-04T16:00", "enter 2024-03-04T16:01", "exit 2024-03-04T18:01",
            ])
    }

    @Test("a replay gives the same ids, and two events of one moment give two")
    func identities() throws {
        let settings = Sample.settings([Sample.plain("hello", "a")])
        let events = (0..<3).map { Sample.event("a", noon, number: $0) }
        let ids = try TriggerRig(settings).run(events).sent.map(\.action_id)
        #expect(Set(ids).count == 3)
        #expect(try TriggerRig(settings).run(events).sent.map(\.action_id) == ids)
        #expect(try TriggerRig(settings).run([events[1]]).sent.map(\.action_id) == [ids[1]])
    }

    @Test("appointments end with the retention, and begin again when the profile is seen again")
    func appointmentsRest() throws {
        let daily = Sample.rule("daily", [("schedule", ["every": "day", "at": "09:00"])])
        let rig = try TriggerRig(Sample.settings([daily], [("retention", "2d")]))
        try rig.send(Sample.event("x", noon))
        // What was sent on the second day keeps the profile, but not its appointments.
        try rig.send(Sample.event("x", noon + 2 * day + 23 * hour, key: "other", number: 1))
        try rig.send(Sample.event("x", noon + 3 * day, number: 2))
        try rig.driver.finish()
        let sent = try rig.take().sent.filter { $0.profile == "k" }
        #expect(
            sent.compactMap { $0.sent_at?.prefix(10) } == [
                "2024-03-05", "2024-03-06", "2024-03-08", "2024-03-09",
            ])
    }

    @Test("a profile is forgotten, with its consent, when it was silent for the retention")
    func retention() throws {
        let rig = try TriggerRig(
            Sample.settings([Sample.plain("hello", "a")], [("retention", "10d")]))
        try rig.send(Sample.event("x", noon))
        try rig.send(Sample.event("a", noon + 10 * day, consent: nil))
        try rig.send(Sample.event("a", noon + 20 * day + 1, number: 1, consent: nil))
        let output = try rig.take()
        #expect(output.sent.map(\.matched_at) == ["2024-03-14T11:00:00.000Z"])
        #expect(output.held.map { $0.reason ?? "" } == ["no_consent"])
    }

    @Test("a record without a key, without a time, or with a field too long is refused")
    func refusals() throws {
        let rig = try TriggerRig(Sample.settings([Sample.plain("hello", "a")]))
        let topic = "in0"
        try rig.driver.pipe(
            topic: topic, key: "k", value: #"{"type":"a"}"#, timestamp: .distantPast)
        try rig.driver.pipe(
            topic: topic, key: "k", value: #"{"type":"a","user":null}"#,
            timestamp: Timestamp(milliseconds: noon))
        try rig.driver.pipe(
            topic: topic, key: "k",
            value:
                #"{"type":"a","user":"k","p":{"zone":"\#(String(repeating: "x", count: 1100))"}}"#,
            timestamp: Timestamp(milliseconds: noon))
        let output = try rig.take()
        #expect(output.sent.isEmpty && output.held.isEmpty)
        #expect(
            output.records.map(\.failure).suffix(2) == [
                "missing_key: the field 'user' has no value to keep profiles by",
                "field_too_long: a field of the profile has more than 1024 bytes of JSON",
            ])
    }
}
