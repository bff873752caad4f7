import Events
import StreamCore
import Testing
import TopologyFiles

@Suite("An expectation of a topology test")
struct ExpectationCheckTests {
    /// What a check of `then` against the values of topic `out` finds.
    private func failures(_ then: String, _ values: String?...) throws -> [String] {
        try failures(
            then,
            values.enumerated().map { index, value in
                OutputRecord(
                    topic: "out", key: "k\(index)", value: value, headers: ["trace": "t"],
                    timestamp: Timestamp(milliseconds: 0))
            })
    }

    private func failures(_ then: String, _ records: [OutputRecord]) throws -> [String] {
        let indented = then.split(separator: "\n").joined(separator: "\n        ")
        let file = try Loading().load(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators: { parsed: { parse: { format: json }, from: raw, on_error: drop } }
            sinks: { out: { from: parsed } }
            tests:
              - name: it works
                given: []
                then:
                  out:
                    \(indented)
            """)
        return ExpectationCheck(file.tests[0].expectations[0], among: records).failures()
            .map(\.description)
    }

    @Test(
        "compares the fields that it names, and no others",
        arguments: [
            ("{ a: 1 }", #"{"a":1}"#), ("{ a: 1 }", #"{"a":1.0,"b":2}"#),
            ("{ a: 1.50 }", #"{"a":15e-1}"#), ("{ a: 100 }", #"{"a":1E+2}"#),
            ("{ a: 0 }", #"{"a":-0.0}"#),
            ("{ a: 12345678901234567890.1 }", #"{"a":12345678901234567890.10}"#),
            ("{ a: { b: { c: x } } }", #"{"a":{"b":{"c":"x","d":1}}}"#),
            ("{ a: null }", #"{"a":null}"#), ("{ a: true }", #"{"a":true}"#),
            ("{ a: { absent: true } }", #"{"b":1}"#), ("{}", #"{"b":1}"#),
            ("{ a: [1, { b: 2 }] }", #"{"a":[1,{"b":2,"c":3}]}"#),
            ("{ a: 2024-03-01 }", #"{"a":"2024-03-01"}"#), ("{ a: 'é\"' }", #"{"a":"\u00e9\""}"#),
            ("{ a: {} }", #"{"a":{"b":1}}"#), ("{ a: [] }", #"{"a":[]}"#),
            ("{ a.b: 1 }", #"{"a.b":1}"#), ("not json {", "not json {"), ("[1, 2]", "[1, 2]"),
            ("5", "5.0"), ("true", "true"), ("''", ""),
        ])
    func comparesNamedFields(expected: String, came: String) throws {
        #expect(try failures("[ { value: \(expected.quotedIfText) } ]", came) == [])
    }

    @Test(
        "names the field that differs, what it must be and what it is",
        arguments: [
            ("{ a: 1 }", #"{"a":2}"#, "value.a: expected 1, got 2"),
            ("{ a: 1 }", #"{"a":"1"}"#, #"value.a: expected 1, got "1""#),
            ("{ a: '1' }", #"{"a":1}"#, #"value.a: expected "1", got 1"#),
            (
                "{ a: 0.1 }", #"{"a":0.10000000000000001}"#,
                "value.a: expected 0.1, got 0.10000000000000001"
            ),
            ("{ a: 1 }", #"{"b":1}"#, "value.a: expected 1, it is not there"),
            ("{ a: null }", #"{"b":1}"#, "value.a: expected null, it is not there"),
            ("{ a: null }", #"{"a":0}"#, "value.a: expected null, got 0"),
            ("{ a: 0 }", #"{"a":null}"#, "value.a: expected 0, got null"),
            ("{ a: true }", #"{"a":"true"}"#, #"value.a: expected true, got "true""#),
            (
                "{ a: { absent: true } }", #"{"a":[1]}"#,
                "value.a: must not be there, got [1]"
            ),
            (
                "{ a: { b: { c: x } } }", #"{"a":{"b":{"c":"y"}}}"#,
                #"value.a.b.c: expected "x", got "y""#
            ),
            ("{ a: { b: 1 } }", #"{"a":5}"#, #"value.a: expected {"b":1}, got 5"#),
            ("{ a: [1, 2] }", #"{"a":[1]}"#, "value.a: expected [1,2], got [1]"),
            ("{ a: [1, { b: 2 }] }", #"{"a":[1,{"b":3}]}"#, "value.a[1].b: expected 2, got 3"),
            ("{ a: 1 }", "broken", #"value: expected {"a":1}, got what is not JSON: broken"#),
            ("{ a: 1 }", #"1,"b":2"#, #"value: expected {"a":1}, got what is not JSON: 1,"b":2"#),
            ("text", "other", "value: expected text, got other"),
        ])
    func namesDifference(expected: String, came: String, difference: String) throws {
        #expect(
            try failures("[ { value: \(expected.quotedIfText) } ]", came) == [
                """
                shop.yaml:10:11: failed: record 1 of 'out' is not as expected
                  \(difference)
                """
            ])
    }

    @Test("looks at key, headers and time when they are named")
    func comparesTheRest() throws {
        #expect(
            try failures(
                "[ { key: k0, headers: { trace: t }, at: 1970-01-01T00:00:00Z } ]", "x") == [])
        #expect(
            try failures(
                "[ { key: k1, headers: { trace: u, no: x }, at: 1970-01-01T00:00:01Z } ]", "x")
                == [
                    """
                    shop.yaml:10:11: failed: record 1 of 'out' is not as expected
                      key: expected "k1", got "k0"
                      at: expected 1970-01-01T00:00:01.000Z, got 1970-01-01T00:00:00.000Z
                      headers.trace: expected "u", got "t"
                      headers.no: expected "x", it is not there
                    """
                ])
        let keyless = OutputRecord(
            topic: "out", key: nil, value: nil, headers: [:],
            timestamp: Timestamp(milliseconds: 0))
        #expect(try failures("[ { key: null, value: null } ]", [keyless]) == [])
        #expect(
            try failures("[ { key: a, value: { a: 1 } } ]", [keyless]) == [
                """
                shop.yaml:10:11: failed: record 1 of 'out' is not as expected
                  key: expected "a", got none
                  value: expected {"a":1}, got a tombstone
                """
            ])
        #expect(
            try failures("[ { key: null, value: null } ]", "x") == [
                """
                shop.yaml:10:11: failed: record 1 of 'out' is not as expected
                  key: expected none, got "k0"
                  value: expected a tombstone, got x
                """
            ])
    }

    @Test("names the record that never came, or that came too much, and not all that follow")
    func alignsRecords() throws {
        let values = (1...4).map { #"{"a":\#($0)}"# }
        let expected = """
            - { value: { a: 1 } }
            - { value: { a: 2 } }
            - { value: { a: 3 } }
            """
        #expect(try failures(expected, values[0], values[1], values[2]) == [])
        #expect(
            try failures(expected, values[0], values[2]) == [
                """
                shop.yaml:11:11: failed: record 2 of 'out' never came
                  expected 3 records, got 2
                """
            ])
        #expect(
            try failures(expected, values[0], values[1], values[3], values[2]) == [
                """
                shop.yaml:9:7: failed: 'out' got records that were not expected
                  expected 3 records, got 4
                  got "k2": {"a":4}
                """
            ])
        #expect(
            try failures(expected, values[0], values[3], values[2]) == [
                """
                shop.yaml:11:11: failed: record 2 of 'out' is not as expected
                  value.a: expected 2, got 4
                """
            ])
        #expect(
            try failures("[]", values[0], nil, "x", "y", "z", "w", "v") == [
                """
                shop.yaml:9:7: failed: 'out' got records that were not expected
                  expected 0 records, got 7
                  got "k0": {"a":1}
                  got "k1": a tombstone
                  got "k2": x
                  got "k3": y
                  got "k4": z
                  and 2 more
                """
            ])
        #expect(try failures(expected).count == 3)
    }

    @Test("with 'contains' wants its records among the others, in any order, each once")
    func contains() throws {
        let values = (1...3).map { #"{"a":\#($0),"b":0}"# }
        let expected = "{ contains: [ { value: { a: 3 } }, { value: { a: 1 } } ] }"
        #expect(try failures(expected, values[0], values[1], values[2]) == [])
        #expect(
            try failures(expected, values[0], values[1]) == [
                """
                shop.yaml:10:23: failed: no record of 'out' is as expected
                  the nearest that came:
                  value.a: expected 3, got 1
                """
            ])
        #expect(
            try failures("{ contains: [ { value: { a: 1 } }, { value: { a: 1 } } ] }", values[0])
                == [
                    """
                    shop.yaml:10:44: failed: no record of 'out' is as expected
                      none came
                    """
                ])
    }
}

extension String {
    /// A text that is no map, list or scalar of YAML's, as YAML.
    fileprivate var quotedIfText: String {
        contains("not json") || contains("text") && !contains("{") ? "'\(self)'" : self
    }
}
