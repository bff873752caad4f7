import Events
import Operators
import StreamCore
import Testing

@Suite("parse")
struct ParseOperatorTests {
    @Test("an object goes on with its bytes as they came")
    func untouched() throws {
        let rig = try OperatorRig(ParseOperator.spec, [:])
        let value = "{ \"price\": 19.90,  \"big\": 12345678901234567890, \"t\": \"\\u00e9\" }"
        #expect(try rig.values(value) == ["out \(value)"])
    }

    @Test("a record that can't be read goes to .failed with its bytes, its error and the place")
    func failures() throws {
        let rig = try OperatorRig(ParseOperator.spec, ["max_depth": 3, "max_bytes": "64B"])
        let cases: [(String?, String)] = [
            (nil, "tombstone: the record has no value (a tombstone)"),
            ("", "empty_value: the value is empty"),
            ("   ", "empty_value: the value is empty"),
            ("{\"a\":1", "truncated: the document has no end"),
            ("{\"a\":1,\"a\":2}", "duplicate_key: an object has two members of one name"),
            ("{\"a\":123456789012345678901}", "number_out_of_range"),
            ("{\"a\":[[[1]]]}", "too_deep"),
            ("{\"a\":\"\(String(repeating: "x", count: 80))\"}", "too_large"),
            ("{\"a\":1}\u{0}", "nul_byte"),
            ("{\"a\":\"\u{1}\"}", "control_character"),
            ("{\"a\":01}", "invalid_number"),
            ("{\"a\":\"\\q\"}", "invalid_escape"),
            ("{\"a\":1} x", "trailing_content"),
            ("[1]", "not_an_object"),
            ("42", "not_an_object"),
            ("hello", "unexpected_byte"),
        ]
        for (value, expected) in cases {
            let records = try rig.run(value, key: "k")
            #expect(records.map(\.topic) == ["failed"], "\(value ?? "tombstone")")
            #expect(records.map(\.value) == [value])
            #expect(records.map(\.key) == ["k"])
            #expect(records[0].failure.hasPrefix(expected), "\(records[0].failure)")
        }
    }

    @Test("bytes that are not UTF-8 stay as they are in .failed")
    func invalidUTF8() throws {
        let rig = try OperatorRig(ParseOperator.spec, [:])
        let bytes = Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        try rig.driver.pipe(topic: "in", key: nil, value: bytes)
        let output = rig.driver.output
        #expect(unsafe output.value(of: 0).map { unsafe Array($0) } == bytes)
        #expect(rig.driver.takeOutputs()[0].failure.hasPrefix("invalid_utf8"))
    }

    @Test("of repeated names the first counts when the settings say so")
    func keepFirst() throws {
        let rig = try OperatorRig(ParseOperator.spec, ["duplicate_keys": "keep_first"])
        #expect(try rig.values(#"{"a":1,"b":2,"a":3}"#) == [#"out {"a":1,"b":2}"#])
    }

    // MARK: Event time

    @Test(
        "the event time is read from text and from seconds and milliseconds since 1970",
        arguments: [
            (#""2024-03-13T10:21:14.5+01:00""#, 1_710_321_674_500),
            (#""2024-03-13""#, 1_710_288_000_000), ("1710325274", 1_710_325_274_000),
            ("1710325274.1239", 1_710_325_274_123), ("-1.5", -1_500), ("-0.0005", -1),
            ("1710325274123", 1_710_325_274_123), ("0", 0), ("99999999999", 99_999_999_999_000),
            ("100000000000", 100_000_000_000), (#""1710325274""#, 1_710_325_274_000),
        ])
    func eventTime(text: String, expected: Int64) throws {
        let rig = try OperatorRig(ParseOperator.spec, [:], timestamp: "at")
        let records = try rig.run("{\"at\":\(text)}", timestamp: 7)
        let all = records.map { "\($0.topic) \($0.timestamp.milliseconds)" }
        #expect(all == ["out \(expected)"], "\(records.map(\.failure))")
    }

    @Test(
        "an event time that is missing or none is a failure, at the record's own time",
        arguments: [
            "null", "true", #""yesterday""#, #""20240313""#, "1710325274123456", "{}", "1e30",
        ])
    func noEventTime(text: String) throws {
        let rig = try OperatorRig(ParseOperator.spec, [:], timestamp: "at")
        let record = try rig.run("{\"at\":\(text)}", timestamp: 7)[0]
        #expect(record.topic == "failed")
        #expect(record.timestamp.milliseconds == 7)
        #expect(record.failure.hasPrefix("timestamp: the event time 'at' is no ISO 8601 text"))
        let missing = try rig.run("{}", timestamp: 7)[0]
        #expect(missing.failure == "timestamp: the event time 'at' is missing")
    }

    // MARK: Lines

    @Test("each line of NDJSON becomes an event, and a bad one fails alone with its bytes")
    func lines() throws {
        let rig = try OperatorRig(ParseOperator.spec, ["format": "ndjson"], timestamp: "t")
        let records = try rig.run(
            "{\"t\":1,\"a\":1}\r\n\n{\"t\":2,\"a\":2}\n{\"a\":\n{\"a\":4}\n", key: "k")
        let failures = records.filter { $0.topic == "failed" }
        #expect(failures.map(\.value) == ["{\"a\":", "{\"a\":4}"])
        #expect(
            failures.map(\.failure) == [
                "truncated: line 4, which starts at byte 30: the document has no end: the value is "
                    + "truncated at byte 5",
                "timestamp: line 5, which starts at byte 36: the event time 't' is missing",
            ])
        let good = records.filter { $0.topic == "out" }
        #expect(good.map(\.value) == ["{\"t\":1,\"a\":1}", "{\"t\":2,\"a\":2}"])
        #expect(good.map(\.timestamp.milliseconds) == [1_000, 2_000])
        #expect(records.allSatisfy { $0.key == "k" })
    }

    @Test("NDJSON without a line is an empty value", arguments: ["", "\n \r\n"])
    func noLines(text: String) throws {
        let rig = try OperatorRig(ParseOperator.spec, ["format": "ndjson"])
        #expect(try rig.run(text).map(\.failure) == ["empty_value: the value is empty"])
    }
}
