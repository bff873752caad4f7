import Events
import Foundation
import Testing

@Suite struct TimestampTests {
    @Test("every timestamp of the years 1 to 9999 is written and read back", arguments: 0..<20)
    func roundTrips(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<2_000 {
            let milliseconds = Int64.random(
                in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            let timestamp = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(iso8601: timestamp.description) == timestamp)
        }
    }

    @Test("what is written is what Foundation writes", arguments: 0..<4)
    func agreesWithFoundation(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<200 {
            // From 1600 on: before it Foundation counts by the Julian calendar.
            let milliseconds = Int64.random(
                in: -11_676_096_000_000...253_402_300_799_999, using: &generator)
            // Half a millisecond more, because Foundation cuts a binary fraction off.
            let date = Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1_000)
            #expect(Timestamp(milliseconds: milliseconds).description == date.formatted(style))
        }
    }

    @Test(
        "texts in the forms that senders use are read",
        arguments: [
            ("2024-03-13T10:21:14.123Z", 1_710_325_274_123),
            ("2024-03-13T10:21:14Z", 1_710_325_274_000),
            ("2024-03-13T10:21Z", 1_710_325_260_000),
            ("2024-03-13 10:21:14", 1_710_325_274_000),
            ("2024-03-13t10:21:14z", 1_710_325_274_000),
            ("2024-03-13T10:21:14,5", 1_710_325_274_500),
            ("2024-03-13T10:21:14.1239999999Z", 1_710_325_274_123),
            ("2024-03-13T10:21:14.000000001Z", 1_710_325_274_000),
            ("2024-03-13T11:21:14+01:00", 1_710_325_274_000),
            ("2024-03-13T11:21:14+0100", 1_710_325_274_000),
            ("2024-03-13T11:21:14+01", 1_710_325_274_000),
            ("2024-03-13T04:51:14-05:30", 1_710_325_274_000),
            ("2024-03-13", 1_710_288_000_000),
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2016-12-31T23:59:60Z", 1_483_228_799_999),
            ("2016-12-31T23:59:60.7Z", 1_483_228_799_999),
            ("2024-02-29", 1_709_164_800_000),
            ("2000-02-29", 951_782_400_000),
            ("0001-01-01", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func reads(text: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no timestamp is refused",
        arguments: [
            "", "2024", "2024-03", "2024-3-13", "24-03-13", "2024-13-01", "2024-00-01",
            "2024-01-00",
            "2024-04-31", "2023-02-29", "1900-02-29", "0000-01-01", "10000-01-01", "2024-03-13T",
            "2024-03-13T10", "2024-03-13T24:00:00Z", "2024-03-13T10:60:00Z", "2024-03-13T10:21:61Z",
            "2024-03-13T10:21:14.", "2024-03-13T10:21:14.Z", "2024-03-13T10:21:14+", "2024-03-13Z",
            "2024-03-13T10:21:14+1", "2024-03-13T10:21:14+24:00", "2024-03-13T10:21:14+01:60",
            "2024-03-13T10:21:14+01:", "2024-03-13T10:21:14 Z", " 2024-03-13", "2024-03-13 ",
            "2024-03-13T10:21:14Zx", "2024/03/13", "-2024-03-13", "2024-03-13T1O:21:14Z",
            "1710325274",
        ])
    func refuses(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("random bytes are refused or read, and never trap", arguments: 0..<20)
    func survivesMutations(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let original = Array("2024-03-13T10:21:14.123+01:00".utf8)
        for _ in 0..<5_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = .random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8(ascii: "9"), at: index)
                }
            }
            if let timestamp = unsafe bytes.withUnsafeBytes({ unsafe Timestamp(iso8601: $0) }) {
                #expect(Timestamp(iso8601: timestamp.description) == timestamp)
            }
        }
    }

    @Test("times beyond four-digit years are written with a sign and never trap")
    func writesFarTimes() {
        #expect(
            Timestamp(milliseconds: 253_402_300_800_000).description
                == "+010000-01-01T00:00:00.000Z")
        #expect(
            Timestamp(milliseconds: -62_167_219_200_001).description
                == "-000001-12-31T23:59:59.999Z")
        var buffer = ByteBuffer()
        buffer.append(iso8601: .distantPast)
        buffer.append(iso8601: .distantFuture)
        #expect(buffer.string == "-292275055-05-16T16:47:04.192Z+292278994-08-17T07:12:55.807Z")
        #expect(Timestamp.distantPast.description == "distantPast")
    }

    @Test("arithmetic saturates, and the ends stay where they are")
    func saturates() {
        let near = Timestamp(milliseconds: .max - 5)
        #expect(near.adding(milliseconds: 10) == .distantFuture)
        #expect(Timestamp(milliseconds: .min + 5).adding(milliseconds: -10) == .distantPast)
        #expect(Timestamp.distantPast.adding(milliseconds: 1_000) == .distantPast)
        #expect(Timestamp.distantFuture.adding(milliseconds: -1_000) == .distantFuture)
        #expect(Timestamp.distantFuture.milliseconds(since: .distantPast) == .max)
        #expect(Timestamp.distantPast.milliseconds(since: .distantFuture) == .min)
        #expect(Timestamp(milliseconds: 7).milliseconds(since: Timestamp(milliseconds: 9)) == -2)
        #expect(Timestamp(milliseconds: 7) < Timestamp(milliseconds: 9))
    }
}
