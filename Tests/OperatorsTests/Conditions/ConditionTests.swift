import Events
import Operators
import StreamCore
import Testing

@Suite("Conditions")
struct ConditionTests {
    private func condition(_ setting: Setting) throws -> Condition {
        var configuration = Configuration(name: "tested", value: setting.value) { _ in [] }
        guard let condition = Condition(configuration: &configuration) else {
            throw configuration.diagnostics
        }
        return condition
    }

    private func holds(_ setting: Setting, for json: String) throws -> Bool {
        let lone = LoneEvent(json)
        return try condition(setting).matches(lone.event, in: lone.arena)
    }

    private func problems(_ setting: Setting) -> [String] {
        var configuration = Configuration(name: "tested", value: setting.value) { _ in [] }
        #expect(Condition(configuration: &configuration) == nil)
        return configuration.diagnostics.all.map {
            $0.message + ($0.remedy.map { "; \($0)" } ?? "")
        }
    }

    @Test("numbers are compared by value, however they are written")
    func numbers() throws {
        let equal: [(Setting, String)] = [
            (1, "1"), (1, "1.0"), (1, "10e-1"), (.number("1.50"), "1.5"), (0, "-0.0"),
            (.number("1e2"), "100"), (.number("18446744073709551615"), "18446744073709551615"),
            (.number("0.1"), "0.1000000000000000000000"),
        ]
        for (constant, text) in equal {
            #expect(try holds(["field": "x", "equals": constant], for: "{\"x\":\(text)}"))
            #expect(try !holds(["field": "x", "not_equals": constant], for: "{\"x\":\(text)}"))
            #expect(try holds(["field": "x", "in": ["a", nil, constant]], for: "{\"x\":\(text)}"))
        }
        let ordered = [
            "-1e300", "-9223372036854775808", "-2.5", "-2", "0", "1e-300", "0.1",
            "0.10000000000000000000001", "9007199254740992", "9007199254740993",
            "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e300",
        ]
        for (i, left) in ordered.enumerated() {
            for (j, right) in ordered.enumerated() {
                let json = "{\"x\":\(left)}"
                let bound = Setting.number(right)
                #expect(try holds(["field": "x", "less_than": bound], for: json) == (i < j))
                #expect(try holds(["field": "x", "at_most": bound], for: json) == (i <= j))
                #expect(try holds(["field": "x", "greater_than": bound], for: json) == (i > j))
                #expect(try holds(["field": "x", "at_least": bound], for: json) == (i >= j))
                #expect(try holds(["field": "x", "equals": bound], for: json) == (i == j))
            }
        }
    }

    @Test("strings are compared byte for byte")
    func strings() throws {
        let json = #"{"x":"pr\u00e9s: https://a.example"}"#
        #expect(try holds(["field": "x", "starts_with": "prés"], for: json))
        #expect(try !holds(["field": "x", "starts_with": "pre\u{301}s"], for: json))
        #expect(try holds(["field": "x", "ends_with": "example"], for: json))
        #expect(try !holds(["field": "x", "ends_with": "Example"], for: json))
        #expect(try holds(["field": "x", "contains": ": https://"], for: json))
        #expect(try holds(["field": "x", "contains": ""], for: json))
        #expect(try !holds(["field": "x", "contains": "http:"], for: json))
        #expect(try holds(["field": "x", "less_than": "pz"], for: json))
        #expect(try holds(["field": "x", "greater_than": "pr"], for: json))
        #expect(try holds(["field": "x", "equals": "prés: https://a.example"], for: json))
        #expect(try holds(["field": "t", "at_least": "2024-03-01"], for: #"{"t":"2024-03-13"}"#))
        let composed: Setting = ["field": "x", "in": ["e\u{301}", "\u{e9}", "z", "a"]]
        #expect(try holds(composed, for: #"{"x":"\#u{e9}"}"#))
        #expect(try holds(composed, for: #"{"x":"e\#u{301}"}"#))
        #expect(try !holds(["field": "x", "in": ["\u{e9}"]], for: #"{"x":"e\#u{301}"}"#))
    }

    @Test("a missing field meets nothing but 'exists: false', and what 'not' turns round")
    func missingFields() throws {
        let tests: [(String, Setting)] = [
            ("equals", 1), ("not_equals", 1), ("in", [1]), ("not_in", [1]), ("less_than", 1),
            ("at_most", 1), ("greater_than", 1), ("at_least", 1), ("contains", "a"),
            ("starts_with", "a"), ("ends_with", "a"), ("exists", true),
        ]
        for (name, constant) in tests {
            let test = Setting.map([("field", "a.b"), (name, constant)])
            for json in ["{}", #"{"a":1}"#, #"{"a":{}}"#, "not JSON"] {
                #expect(try !holds(test, for: json), "\(name) \(json)")
                #expect(try holds(["not": test], for: json), "\(name) \(json)")
            }
        }
        #expect(try holds(["field": "a", "exists": false], for: "{}"))
        #expect(try !holds(["field": "a", "exists": false], for: #"{"a":null}"#))
        #expect(try holds(["field": "a", "exists": true], for: #"{"a":null}"#))
    }

    @Test("a value of another type is different, and neither less nor greater")
    func otherTypes() throws {
        let json = #"{"n":1,"s":"1","b":true,"z":null,"o":{},"a":[]}"#
        for field in ["s", "b", "z", "o", "a"] {
            let field = Setting.string(field)
            #expect(try !holds(["field": field, "equals": 1], for: json))
            #expect(try holds(["field": field, "not_equals": 1], for: json))
            #expect(try holds(["field": field, "not_in": [1, 2]], for: json))
            #expect(try !holds(["field": field, "less_than": 2], for: json))
            #expect(try !holds(["field": field, "at_least": 0], for: json))
        }
        #expect(try holds(["field": "b", "equals": true], for: json))
        #expect(try !holds(["field": "b", "equals": false], for: json))
        #expect(try holds(["field": "z", "equals": nil], for: json))
        #expect(try !holds(["field": "n", "contains": "1"], for: json))
    }

    @Test("several tests of one field must all hold")
    func severalTests() throws {
        let range: Setting = ["field": "x", "at_least": 1, "less_than": 5, "not_in": [3]]
        for (value, expected) in [(0, false), (1, true), (3, false), (4, true), (5, false)] {
            #expect(try holds(range, for: "{\"x\":\(value)}") == expected)
        }
    }

    @Test("random conditions hold exactly when a naive reading of them does", arguments: 0..<20)
    func naive(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let reference = NaiveCondition.random(depth: 4, using: &generator)
            let condition = try condition(reference.setting)
            for _ in 0..<20 {
                let values = NaiveCondition.randomEvent(using: &generator)
                let lone = LoneEvent(NaiveCondition.json(values))
                #expect(
                    condition.matches(lone.event, in: lone.arena) == reference.holds(for: values),
                    "\(reference) on \(values)")
            }
        }
    }

    @Test("mistakes are told with what to write")
    func mistakes() {
        #expect(
            problems(["feld": "x", "equals": 1]) == [
                "'feld' is not known in a condition; did you mean 'field'?",
                "a condition needs a 'field', or one of 'all', 'any' and 'not'",
            ])
        #expect(
            problems(["field": "x"])[0].hasPrefix(
                "nothing is asked of the field 'x'; add one of equals, "))
        #expect(
            problems(["all": [["field": "x", "exists": 1]], "any": []]) == [
                "'all' stands alone in its condition; put the other tests under 'all'"
            ])
        #expect(problems(["any": []]) == ["'any' needs a list of conditions"])
        #expect(
            problems(["all": [["field": "x", "exists": 1], ["field": "x..", "in": 3], "yes"]])
                .count == 3)
        #expect(
            problems(["field": "x", "less_than": true]) == [
                "'less_than' is a number or a string, not a boolean"
            ])
        #expect(
            problems(["field": "x", "starts_with": 12]) == [
                "'starts_with' is a string, not an integer; put it in quotes"
            ])
        #expect(
            problems(["field": "x", "equals": .number(".5")]) == [
                "'.5' is not a number as JSON writes numbers; write it like 0.5, 1200 or 1.5e6"
            ])
        #expect(
            problems(["field": "x", "equals": [:]]) == [
                "'equals' compares with a string, a number, a boolean or null, not a map"
            ])
    }
}
