import JSONSchema
import Testing

/// Schemas and values that would exhaust the stack or take for ever.
@Suite("Limits of an evaluation")
struct EvaluationLimitTests {
    private let stepLimit = "the value could not be validated within the limit of steps"

    @Test("schemas that double at each level end with a violation, also inside 'not'")
    func doubling() throws {
        let levels = 60
        let definitions = (0..<levels).map { level in
            let next = "{\"$ref\":\"#/$defs/d\(level + 1)\"}"
            return "\"d\(level)\":{\"allOf\":[\(next),\(next)]}"
        }
        let defs =
            "\"$defs\":{\(definitions.joined(separator: ",")),\"d\(levels)\":{\"minimum\":0}}"
        for keywords in [
            ##""$ref":"#/$defs/d0""##, ##""not":{"$ref":"#/$defs/d0"}"##,
            ##""anyOf":[{"$ref":"#/$defs/d0"},true]"##, ##""if":{"$ref":"#/$defs/d0"}"##,
        ] {
            let found = try violations("{\(keywords),\(defs)}", "1", limit: 9)
            #expect(found.count == 1 && found[0].hasSuffix(stepLimit), "\(keywords): \(found)")
        }
    }

    @Test("a chain of a thousand references ends with a violation, a shorter one is followed")
    func chain() throws {
        func schema(_ count: Int) -> String {
            let definitions = (0..<count).map {
                "\"d\($0)\":{\"minimum\":0,\"$ref\":\"#/$defs/d\($0 + 1)\"}"
            }
            return "{\"$ref\":\"#/$defs/d0\",\"$defs\":{\(definitions.joined(separator: ",")),"
                + "\"d\(count)\":{\"maximum\":5}}}"
        }
        #expect(try violations(schema(500), "4") == [])
        #expect(
            try violations(schema(500), "6") == [
                " /$defs/d500/maximum the number is greater than 5"
            ])
        let found = try violations(schema(20_000), "4", limit: 9)
        #expect(found.count == 1 && found[0].hasSuffix("nested more than 1000 deep"), "\(found)")
    }

    @Test("schemas are compiled as deep as a file may be nested")
    func deepSchemas() throws {
        for keyword in ["not", "items", "if", "unevaluatedItems"] {
            let schema =
                String(repeating: "{\"\(keyword)\":", count: 250) + "{}"
                + String(repeating: "}", count: 250)
            _ = try violations(schema, "[[[[1]]]]")
        }
        let tooDeep = String(repeating: "{\"not\":", count: 300) + "{}"
        #expect(
            problems(tooDeep + String(repeating: "}", count: 300)).first?.hasPrefix(
                "the file is not JSON") == true)
    }

    @Test("names that would fill the memory with pointers are refused")
    func longNames() {
        let name = String(repeating: "n", count: 1 << 20)
        let inner = (0..<400).map { "\"p\($0)\":{}" }.joined(separator: ",")
        #expect(
            problems("{\"properties\":{\"\(name)\":{\"properties\":{\(inner)}}}}") == [
                "the names in the schema are too long for how deep they are nested"
            ])
    }

    @Test("comparing the items of a large array is fast, and ends when they are made to collide")
    func largeArrays() throws {
        let schema = #"{"uniqueItems":true}"#
        let numbers = (0..<200_000).map(String.init).joined(separator: ",")
        #expect(try isValid(schema, "[\(numbers)]"))
        #expect(try !isValid(schema, "[\(numbers),17]"))
        // Different only where the comparison by numbers does not look.
        let nested = (0..<5_000).map { "[[[[[[\($0)]]]]]]" }.joined(separator: ",")
        let found = try violations(schema, "[\(nested)]", limit: 9)
        #expect(found.count == 1 && found[0].hasSuffix(stepLimit), "\(found)")
    }

    @Test("many strings that are slow to match end with one violation")
    func manySlowStrings() throws {
        let slow = String(repeating: "a", count: 25) + "!"
        let strings = Array(repeating: "\"\(slow)\"", count: 50_000).joined(separator: ",")
        let found = try violations(
            #"{"items":{"anyOf":[{"pattern":"(a|aa)+$"},true]}}"#, "[\(strings)]", limit: 9)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.contains("within the limits of time and memory") == true)
    }

    @Test("what is a regular expression is found out in time")
    func longPatterns() throws {
        let options = SchemaOptions(formats: .assert)
        for start in ["{", "(?<", "[", "(", "\\u{"] {
            let text = String(repeating: start, count: 9_000 / start.utf8.count)
            let strings = Array(repeating: text.json, count: 50).joined(separator: ",")
            let schema = #"{"items":{"anyOf":[{"format":"regex"},true]}}"#
            #expect(try violations(schema, "[\(strings)]", options: options) == [])
        }
    }
}
