import CEL
import Events
import Testing

@Suite("Timestamps and durations")
struct TimeTests {
    private let rig = EventRig()

    @Test(
        "timestamps are read and written",
        arguments: [
            ("2024-03-13T10:21:14Z", "2024-03-13T10:21:14Z"),
            ("2024-03-13T10:21:14.120Z", "2024-03-13T10:21:14.12Z"),
            ("2024-03-13T10:21:14.000000001Z", "2024-03-13T10:21:14.000000001Z"),
            ("2024-03-13T00:21:14+02:00", "2024-03-12T22:21:14Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("2024-02-29t23:59:59z", "2024-02-29T23:59:59Z"),
        ])
    func timestamps(text: String, written: String) throws {
        #expect(try rig.value("string(timestamp('\(text)'))") == .string(written))
    }

    @Test(
        "what is no timestamp is refused",
        arguments: [
            "", "2024", "2024-03-13", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
            "2024-03-13T24:00:00Z", "2024-03-13T10:21:14", "2024-03-13T10:21:14.Z",
            "2024-03-13T10:21:14Zx", "2024-03-13T10:21:14.0000000001Z", "10000-01-01T00:00:00Z",
        ])
    func noTimestamps(text: String) {
        #expect(rig.problems("timestamp('\(text)')").count == 1)
    }

    @Test(
        "durations are read and written",
        arguments: [
            ("90s", "90s"), ("1h30m", "5400s"), ("1.5h", "5400s"), ("-1.5s", "-1.5s"),
            ("200ms", "0.2s"), ("1us", "0.000001s"), ("0", "0s"), ("+3m2s1ms", "182.001s"),
            ("1ns", "0.000000001s"),
        ])
    func durations(text: String, written: String) throws {
        #expect(try rig.value("string(duration('\(text)'))") == .string(written))
    }

    @Test(
        "what is no duration is refused",
        arguments: ["", "s", "1", "1d", "1h-3m", "--1s", "1.s.", "9999999999h", "1 s"])
    func noDurations(text: String) {
        #expect(rig.problems("duration('\(text)')").count == 1)
    }

    @Test(
        "parts of a timestamp are those of its zone",
        arguments: [
            ("getHours('Europe/Berlin')", "2024-03-31T00:59:59Z", 1),
            ("getHours('Europe/Berlin')", "2024-03-31T01:00:00Z", 3),
            ("getHours('Europe/Berlin')", "2024-10-27T00:59:59Z", 2),
            ("getHours('Europe/Berlin')", "2024-10-27T01:00:00Z", 2),
            ("getMinutes('Asia/Kathmandu')", "2024-01-01T00:00:00Z", 45),
            ("getMinutes('Asia/Kathmandu')", "1980-01-01T00:00:00Z", 30),
            ("getDate('Pacific/Kiritimati')", "2024-12-31T10:00:00Z", 1),
            ("getFullYear('-11:00')", "2024-01-01T10:59:59Z", 2023),
            ("getDayOfWeek()", "2024-03-17T00:00:00Z", 0),
            ("getDayOfWeek()", "1969-12-31T00:00:00Z", 3),
            ("getDayOfYear()", "2024-12-31T00:00:00Z", 365),
            ("getMilliseconds()", "1969-12-31T23:59:59.999Z", 999),
            ("getSeconds()", "1969-12-31T23:59:59.999Z", 59),
        ])
    func parts(call: String, time: String, expected: Int64) throws {
        #expect(try rig.value("timestamp('\(time)').\(call)") == .integer(expected))
    }

    @Test("a zone may come from the event, and one that there is not is an error")
    func dynamicZones() throws {
        rig.evaluation.bind(rig.threshold, to: .string("Europe/Berlin"))
        #expect(try rig.value("event.occurred_at.getHours(threshold)") == .integer(11))
        rig.evaluation.bind(rig.threshold, to: .string("Mars/Olympus"))
        #expect(try rig.failure("event.occurred_at.getHours(threshold)") == .invalidZone)
    }

    @Test("timestamps are cut to multiples of a duration, before 1970 too")
    func truncation() throws {
        #expect(
            try rig.value("string(event.occurred_at.truncate(duration('15m')))")
                == .string("2024-03-13T10:15:00Z"))
        #expect(
            try rig.value(
                "string(timestamp('1969-12-31T23:59:59Z').truncate(duration('1h')))")
                == .string("1969-12-31T23:00:00Z"))
        #expect(try rig.failure("event.occurred_at.truncate(duration('0s'))") == .outOfRange)
    }

    @Test("moments and timestamps of events are converted to the millisecond")
    func moments() throws {
        let early = Moment(Timestamp(milliseconds: -1))
        #expect(early.seconds == -1 && early.nanoseconds == 999_000_000)
        #expect(early.timestamp == Timestamp(milliseconds: -1))
        #expect(Moment(.distantFuture).seconds == 253_402_300_799)
        #expect(Moment(.distantPast).seconds == -62_135_596_800)
        #expect(Moment(seconds: 253_402_300_800) == nil)
        rig.evaluation.bind(rig.threshold, to: .timestamp(early))
        #expect(try rig.value("threshold < event.occurred_at") == .boolean(true))
    }
}
