import StreamCore
import Testing

@Suite("Durations and sizes as files write them")
struct UnitsTests {
    @Test(
        "durations are numbers with units, also several of them",
        arguments: [
            ("500ms", 500), ("30s", 30_000), ("10m", 600_000), ("24h", 86_400_000),
            ("7d", 604_800_000), ("1h30m", 5_400_000), ("1d12h30m15s250ms", 131_415_250),
            ("0", 0), ("0s", 0), ("007s", 7000), ("36525d", 3_155_760_000_000),
        ] as [(String, Int64)])
    func durations(text: String, milliseconds: Int64) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "30", "s", "30 s", "-5s", "1.5h", "30sec", "10M", "5s5", "1h,30m", "३s",
            "36526d", "36525d1ms", "106751991168d",
            "99999999999999999999s", "9223372036854775807ms1ms", " 30s", "30s ",
        ])
    func notDurations(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "a duration is written with the largest unit that divides it",
        arguments: [
            (0, "0"), (1, "1ms"), (90_000, "90s"), (1_800_000, "30m"), (5_400_000, "90m"),
            (86_400_000, "1d"), (90_061_001, "90061001ms"),
        ] as [(Int64, String)])
    func formats(milliseconds: Int64, text: String) {
        #expect(DurationText.format(.milliseconds(milliseconds)) == text)
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "sizes are numbers with units of 1000 or of 1024",
        arguments: [
            ("0B", 0), ("512B", 512), ("1kB", 1000), ("1KB", 1000), ("64KiB", 65_536),
            ("8MiB", 8_388_608), ("1MB", 1_000_000), ("1GiB", 1_073_741_824),
            ("2GB", 2_000_000_000),
        ])
    func sizes(text: String, bytes: Int) {
        #expect(SizeText.parse(text) == bytes)
    }

    @Test(
        "what is no size is refused",
        arguments: ["", "64", "64kb", "64 KiB", "-1B", "1.5GB", "1GB2MB", "9999999999GiB", "KiB"])
    func notSizes(text: String) {
        #expect(SizeText.parse(text) == nil)
    }

    @Test("whole milliseconds of a duration are cut towards zero, and saturate")
    func wholeMilliseconds() {
        #expect(Duration.microseconds(1_999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1_999).wholeMilliseconds == -1)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
    }
}
