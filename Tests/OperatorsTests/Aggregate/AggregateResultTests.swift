import Events
import Operators
import StreamCore
import Testing

@Suite("The results of aggregate")
struct AggregateResultTests {
    private func rig(
        by: Setting? = nil, window: Setting = ["tumbling": "1s"], emit: Setting = "close",
        _ measures: Setting
    ) throws -> StatefulRig {
        var settings: [(String, Setting)] = [
            ("window", window), ("emit", emit), ("measures", measures),
        ]
        if let by { settings.append(("by", by)) }
        return try StatefulRig(AggregateOperator.spec, .map(settings))
    }

    private func record(_ json: String, key: String? = "k", at time: Int64 = 1_500) -> TimedRecord {
        TimedRecord(key: key, json: json, time: time)
    }

    @Test("a result of the record key, whole")
    func whole() throws {
        let output = try rig([
            "n": ["count": true], "s": ["sum": "x"], "m": ["average": "x"], "lo": ["min": "x"],
            "hi": ["max": "x"], "d": ["distinct": "x"], "q": ["quantiles": "x", "at": [0.5, 1]],
            "t": ["top": "x", "limit": 2],
        ]).run([
            record(#"{"x":0.1}"#), record(#"{"x":0.20}"#), record(#"{"x":0.1}"#),
            record(#"{"x":"no"}"#), record(#"{"x":null}"#), record("{}"), record(#"{"x":{}}"#),
        ])
        let result = try #require(output["out"]?.first)
        var text = try #require(result.value)
        let version = try #require(text.firstRange(of: #/"version":"[0-9a-f]{16}"}/#))
        text.removeSubrange(version)
        let id = try #require(text.firstRange(of: #/"window_id":"1000-[0-9a-f]{16}",/#))
        text.removeSubrange(id)
        #expect(
            text
                == """
                {"status":"closed","start":"1970-01-01T00:00:01.000Z",\
                "end":"1970-01-01T00:00:02.000Z","key":"k","n":7,"s":0.40,"m":0.13333333,\
                "lo":0.1,"hi":0.20,"d":3,"q":{"p50":0.1,"p100":0.2},\
                "t":[{"value":0.1,"count":2,"error":0},{"value":0.20,"count":1,"error":0}],\
                "ignored":{"s":2,"m":2,"lo":2,"hi":2,"d":1,"q":2,"t":1},"operator":"tested",
                """.replacing("\n", with: ""))
        #expect(result.key == "k")
        #expect(result.timestamp == Timestamp(milliseconds: 1_999))
        #expect(output["out"]?.count == 1)
    }

    @Test("several fields: null is a value of all but the first, and the key is an array")
    func groups() throws {
        let output = try rig(by: ["a", "b"], ["n": ["count": true]]).run([
            record(#"{"a":"x","b":1}"#), record(#"{"a":"x","b":"1"}"#), record(#"{"a":"x"}"#),
            record(#"{"a":"x","b":null}"#), record(#"{"b":1}"#), record(#"{"a":"x","b":[]}"#),
        ])
        #expect(
            Set((output["out"] ?? []).compactMap(\.key)) == [
                #"["x",1]"#, #"["x","1"]"#, #"["x",null]"#,
            ])
        #expect(
            output["rejected"]?.map(\.failure) == [
                "missing_key: the field 'a' has no value to group by",
                "missing_key: the field 'b' is an object or an array; name a field inside it to "
                    + "group by",
            ])
    }

    @Test("what can't be decided, keyed or placed in time is refused with a reason")
    func refused() throws {
        let output = try rig(["n": ["count": true, "when": "event.x > 1"]]).run([
            record("{}"), record(#"{"x":2}"#, key: nil), record(#"{"x":2}"#, at: .max - 5),
        ])
        let failures = (output["rejected"] ?? []).map(\.failure)
        #expect(failures.count == 3)
        #expect(failures[0].hasPrefix("expression: 'when' of 'n' can't be decided"))
        #expect(failures[1] == "missing_key: the record has no key to group by")
        #expect(failures[2].hasPrefix("unusable_time: a window that holds"))
        #expect(output["out"] == nil)
    }

    @Test(
        "a hopping event that is late for some of its windows is late once, and counts in the others"
    )
    func partlyLate() throws {
        let output = try rig(
            window: ["hopping": "10ms", "every": "5ms"], ["n": ["count": true]]
        ).run([record("{}", at: 1_000), record("{}", at: 1_011), record("{}", at: 1_006)])
        #expect(output["late"]?.count == 1)
        let counts = (output["out"] ?? []).compactMap { $0.value?.firstMatch(of: #/"n":(\d)/#)?.1 }
        // From 995, 1000, 1005 and 1010 on; that from 1000 had ended at 1010.
        #expect(counts == ["1", "1", "2", "1"])
    }

    @Test("averages are rounded to the nearest, of two equally near to the even one")
    func averages() throws {
        for (values, expected) in [
            (["1", "2"], "1.5"), (["2", "0", "0"], "0.666667"), (["-2", "0", "0"], "-0.666667"),
            (["10", "20"], "15"), (["0.00", "0.01"], "0.005"),
            (["1.000000", "0", "0"], "0.333333333333"),
        ] {
            let output = try rig(["m": ["average": "x"]])
                .run(values.map { record("{\"x\":\($0)}") })
            let value = output["out"]?.first?.value ?? ""
            #expect(value.contains("\"m\":\(expected),"), "\(value)")
        }
    }
}
