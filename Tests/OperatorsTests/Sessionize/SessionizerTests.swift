import Events
import Foundation
import Operators
import StreamCore
import Testing

@Suite("sessionize groups events into sessions")
struct SessionizerTests {
    static let second: Int64 = 1000
    static let minute: Int64 = 60_000
    static let hour: Int64 = 3_600_000
    /// 13 March 2024, 10:00 UTC.
    static let ten: Int64 = 1_710_324_000_000

    func settings(_ more: [(String, Setting)] = []) -> Setting {
        .map([("key", "user"), ("gap", "30m")] + more)
    }

    /// An event some minutes after ten.
    func at(
        _ minutes: Double, _ key: String = "ann", channel: String? = nil, campaign: String? = nil,
        type: String = "view", page: String? = nil, amount: String? = nil
    ) -> VisitEvent {
        var event = VisitEvent(key, Self.ten + Int64(minutes * 60_000))
        event.channel = channel
        event.campaign = campaign
        event.type = type
        event.page = page
        event.amount = amount
        return event
    }

    /// Start and end of the closed sessions in minutes after ten, and their number of events.
    func minutes(_ output: SessionizeOutput) -> [String] {
        output.closed.map {
            let (start, end) = ($0.startTime - Self.ten, $0.endTime - Self.ten)
            return "\($0.key) \(start / Self.minute)-\(end / Self.minute) \($0.event_count ?? -1)"
        }
    }

    // MARK: Gap

    @Test("an event exactly one gap after the last belongs to the session, one later does not")
    func boundary() throws {
        var past = at(60)
        past.time += 1
        let output = try SessionizeRig(settings()).run([at(0), at(30), past])
        #expect(minutes(output) == ["ann 0-30 2", "ann 60-60 1"])
    }

    @Test("a late event exactly one gap before the first belongs to the session")
    func boundaryBefore() throws {
        let output = try SessionizeRig(settings([("grace", "1h")])).run([at(30), at(0), at(-30)])
        #expect(minutes(output) == ["ann -30-30 3"])
    }

    @Test("keys have sessions of their own")
    func keys() throws {
        let output = try SessionizeRig(settings()).run([at(0), at(1, "bob"), at(2), at(40, "bob")])
        #expect(minutes(output) == ["bob 1-1 1", "ann 0-2 2", "bob 40-40 1"])
    }

    @Test("the gap is that of the earlier event's channel")
    func gapByChannel() throws {
        let more: [(String, Setting)] = [
            ("gap_by_channel", ["pos": "5m", "call": "2h"]), ("grace", "3h"),
        ]
        let short = try SessionizeRig(settings(more)).run([
            at(0, channel: "pos"), at(6, channel: "web"), at(36, channel: "pos"), at(42),
        ])
        #expect(minutes(short) == ["ann 0-0 1", "ann 6-36 2", "ann 42-42 1"])
        // The longest reach of a session counts, not that of its last event.
        let long = try SessionizeRig(settings(more)).run([
            at(0, channel: "call"), at(10, channel: "pos"), at(100),
        ])
        #expect(minutes(long) == ["ann 0-100 3"])
    }

    // MARK: Late events

    @Test("a late event that bridges two sessions retracts both ids that change, and makes one")
    func bridging() throws {
        let rig = try SessionizeRig(settings([("grace", "1h")]))
        let output = try rig.run([at(0), at(50), at(25)])
        #expect(minutes(output) == ["ann 0-50 3"])
        let ids = output.updates.map(\.session_id)
        #expect(output.updates.map(\.status) == ["open", "open", "retracted", "open"])
        #expect(ids[2] == ids[1])
        #expect(ids[3] == ids[0])
        #expect(output.updates[2].replaced_by == ids[0])
        #expect(output.updates[3].event_count == 3)
        #expect(output.closed[0].session_id == ids[0])
    }

    @Test("a late event in front of two sessions that it bridges retracts both")
    func bridgingFromTheFront() throws {
        let more: [(String, Setting)] = [("grace", "3h"), ("gap_by_channel", ["call": "2h"])]
        let output = try SessionizeRig(settings(more)).run([
            at(40), at(90), at(0, channel: "call"),
        ])
        #expect(minutes(output) == ["ann 0-90 3"])
        #expect(
            output.updates.map(\.status) == ["open", "open", "retracted", "retracted", "open"])
        let ids = output.updates.map(\.session_id)
        #expect(Set(ids).count == 3)
        #expect(output.updates[2].replaced_by == ids[4])
        #expect(output.updates[3].replaced_by == ids[4])
        #expect(Set(ids[0...1]) == Set(ids[2...3]))
    }

    @Test("an event that could only open a closed session goes to late and is counted")
    func late() throws {
        let rig = try SessionizeRig(settings([("grace", "10m")]))
        try rig.send(at(0))
        try rig.send(at(120))
        // 40 minutes after it, the clock has not passed gap and grace yet; after that it has.
        try rig.send(at(80))
        #expect(rig.driver.metrics.last?.late == 0)
        var event = at(80)
        event.time -= 1
        event.number = 7
        try rig.send(event)
        #expect(rig.driver.metrics.last?.late == 0, "it joins the session at 80")
        event.time -= 31 * Self.minute
        try rig.send(event)
        #expect(rig.driver.metrics.last?.late == 1)
        let output = try rig.take()
        #expect(try output.numbers("late") == [7])
        #expect(output.records["late"]?[0].value == event.json)
    }

    @Test("out-of-order records are not late while the watermark waits for them")
    func watermark() throws {
        let events = [at(0), at(100), at(20), at(50)]
        let strict = try SessionizeRig(settings()).run(events)
        #expect(minutes(strict) == ["ann 0-0 1", "ann 100-100 1"])
        let patient = try SessionizeRig(settings(), outOfOrderness: 2 * Self.hour).run(events)
        #expect(minutes(patient) == ["ann 0-50 3", "ann 100-100 1"])
    }

    // MARK: Closing

    @Test("a session closes by time alone, one millisecond after gap and grace, and is forgotten")
    func closing() throws {
        let storage = InMemoryStateStorage()
        let plan = try SessionizeRig.plan(settings([("grace", "10m")]))
        let rig = try SessionizeRig(plan: plan, storage: storage)
        try rig.send(at(0))
        try rig.driver.advanceStreamTime(by: .seconds(40 * 60))
        #expect(try rig.take().closed.isEmpty)
        try rig.driver.commit()
        #expect(try SessionizeRig.storedKeys(in: storage, of: plan) == ["ann"])
        try rig.driver.advanceStreamTime(by: .milliseconds(1))
        #expect(minutes(try rig.take()) == ["ann 0-0 1"])
        try rig.driver.commit()
        #expect(try SessionizeRig.storedKeys(in: storage, of: plan).isEmpty)
        try rig.driver.finish()
        #expect(try rig.take().records.isEmpty)
    }

    @Test("of the sessions of a key each closes at its time")
    func closingOneOfTwo() throws {
        let rig = try SessionizeRig(settings([("grace", "2h")]))
        for event in [at(0), at(100), at(130)] { try rig.send(event) }
        #expect(try rig.take().closed.isEmpty)
        // One session closes at 2:30 and a millisecond, the other at 4:40.
        try rig.driver.advanceStreamTime(
            to: Timestamp(milliseconds: Self.ten + 150 * Self.minute + 1))
        #expect(minutes(try rig.take()) == ["ann 0-0 1"])
        try rig.driver.advanceStreamTime(to: Timestamp(milliseconds: Self.ten + 280 * Self.minute))
        #expect(try rig.take().closed.isEmpty)
        try rig.driver.finish()
        #expect(minutes(try rig.take()) == ["ann 100-130 2"])
    }

    @Test("a closed session has the key of its events, and the time of its last one")
    func recordOfClosedSession() throws {
        let output = try SessionizeRig(settings()).run([at(0), at(10)])
        let record = try #require(output.records["closed"]?.first)
        #expect(record.key == "ann")
        #expect(record.timestamp.milliseconds == Self.ten + 10 * Self.minute)
        #expect(record.headers.isEmpty)
    }

    // MARK: Cuts

    @Test("a session is never longer than its maximum length")
    func maximumLength() throws {
        let output = try SessionizeRig(settings([("max_length", "1h")])).run(
            [0, 20, 40, 60, 61, 80].map { at($0) })
        #expect(minutes(output) == ["ann 0-60 4", "ann 61-80 2"])
    }

    @Test(
        "a late event does not make a session that is too long, and goes with the one that it fits")
    func maximumLengthLate() throws {
        let output = try SessionizeRig(settings([("max_length", "1h"), ("grace", "2h")])).run(
            [0, 25, 50, 80, 90, 55, 70].map { at($0) })
        #expect(minutes(output) == ["ann 0-55 4", "ann 70-90 3"])
    }

    @Test("another campaign opens a session; an event without one goes on with what is there")
    func campaigns() throws {
        let output = try SessionizeRig(settings([("campaign", "utm")])).run([
            at(0), at(1), at(2, campaign: "spring"), at(3), at(4, campaign: "spring"),
            at(5, campaign: "autumn"), at(6), at(7, campaign: "spring"),
        ])
        #expect(
            output.closed.map { "\($0.campaign ?? "none") \($0.event_count!)" } == [
                "none 2", "spring 3", "autumn 2", "spring 1",
            ])
        #expect(Set(output.closed.map(\.session_id)).count == 4)
    }

    @Test("campaigns at the same moment have sessions with ids of their own")
    func campaignsAtOnce() throws {
        let output = try SessionizeRig(settings([("campaign", "utm")])).run([
            at(0, campaign: "spring"), at(0, campaign: "autumn"), at(0, campaign: "spring"),
        ])
        #expect(
            Set(output.closed.map { "\($0.campaign!) \($0.event_count!)" })
                == ["autumn 1", "spring 2"])
        #expect(Set(output.closed.map(\.session_id)).count == 2)
        #expect(output.updates.allSatisfy { $0.status == "open" })
    }

    @Test("a campaign that is found out late changes the id, and the old id is retracted")
    func campaignInFront() throws {
        let output = try SessionizeRig(settings([("campaign", "utm"), ("grace", "1h")])).run([
            at(10), at(10, campaign: "spring"), at(12),
        ])
        // Same moment: the session without a campaign stands first, the campaign opens another.
        #expect(
            output.closed.map { "\($0.campaign ?? "none") \($0.event_count!)" } == [
                "none 1", "spring 2",
            ])
        let front = try SessionizeRig(settings([("campaign", "utm"), ("grace", "1h")])).run([
            at(10), at(9, campaign: "spring"),
        ])
        #expect(front.closed.map { "\($0.campaign ?? "none") \($0.event_count!)" } == ["spring 2"])
        #expect(front.updates.map(\.status) == ["open", "retracted", "open"])
        #expect(front.updates[1].replaced_by == front.updates[2].session_id)
    }

    @Test("a campaign longer than what is kept still holds a session together")
    func longCampaign() throws {
        let long = String(repeating: "ä", count: 400)
        let output = try SessionizeRig(settings([("campaign", "utm")])).run(
            (0..<3).map { at(Double($0), campaign: long) })
        #expect(output.closed.map(\.event_count) == [3])
        #expect(output.closed[0].campaign == String(repeating: "ä", count: 128))
    }

    @Test(
        "sessions end at midnight of the zone, also on the days when its clocks change",
        arguments: [
            // Berlin: 31 March 2024 has 23 hours, 27 October has 25.
            ("Europe/Berlin", 1_711_839_600_000), ("Europe/Berlin", 1_711_922_400_000),
            ("Europe/Berlin", 1_729_980_000_000), ("Europe/Berlin", 1_730_070_000_000),
            // Cairo's clocks went forward at midnight: 26 April 2024 began at one o'clock.
            ("Africa/Cairo", 1_714_082_400_000),
            ("America/New_York", 1_710_046_800_000), ("America/New_York", 1_710_129_600_000),
            ("Asia/Kolkata", 1_710_268_200_000), ("UTC", 1_710_288_000_000),
            // Before 1970, and far ahead.
            ("UTC", -86_400_000), ("UTC", 7_258_118_400_000),
            // Samoa had no 30 December 2011: the day before ended where 31 December began.
            ("Pacific/Apia", 1_325_239_200_000),
        ] as [(String, Int64)])
    func midnight(zone: String, midnight: Int64) throws {
        let more: [(String, Setting)] = [("midnight_zone", .string(zone)), ("grace", "1h")]
        let events = [-2000, -1, 0, 2000].map { VisitEvent("ann", midnight + $0) }
        let output = try SessionizeRig(settings(more)).run(events)
        #expect(
            output.summary == [
                "ann \(midnight - 2000)-\(midnight - 1) 2", "ann \(midnight)-\(midnight + 2000) 2",
            ])
        // A late event does not bridge midnight either.
        let late = try SessionizeRig(settings(more)).run([
            events[0], events[3], events[1], events[2],
        ])
        #expect(late.summary == output.summary)
        // Without the zone it is one session.
        #expect(try SessionizeRig(settings()).run(events).summary.count == 1)
    }

    @Test(
        "local days agree with the calendar of the system at any time",
        arguments: [
            "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "Asia/Tehran",
            "Australia/Lord_Howe",
            "Pacific/Chatham", "Africa/Casablanca", "Asia/Pyongyang", "Europe/Istanbul", "UTC",
        ])
    func localDays(zone: String) throws {
        var random = SeededGenerator(seed: 11)
        let timeZone = try #require(TimeZone(identifier: zone))
        func day(_ time: Int64) -> Int {
            let date = Date(timeIntervalSince1970: Double(time) / 1000)
            return (Int(time) / 1000 + timeZone.secondsFromGMT(for: date)) / 86_400
        }
        var events: [VisitEvent] = []
        var expected = 0
        for number in 0..<600 {
            let first = Int64.random(in: 0..<4_000_000_000, using: &random) * 1000
            let second = first + Int64.random(in: 0...1800, using: &random) * 1000
            expected += day(first) == day(second) ? 1 : 2
            events += [VisitEvent("k\(number)", first), VisitEvent("k\(number)", second)]
        }
        // All are in order, so that none is late.
        let rig = try SessionizeRig(
            settings([("midnight_zone", .string(zone))]), outputs: ["closed"])
        try rig.sendBatch(events.sorted { $0.time < $1.time })
        try rig.driver.finish()
        #expect(try rig.take().closed.count == expected)
    }
}
