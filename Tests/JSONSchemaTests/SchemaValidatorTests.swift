import CMallocCount
import Events
import JSONSchema
import Testing

@Suite("Validating")
struct SchemaValidatorTests {
    @Test(
        "each keyword says what is wrong and where",
        arguments: [
            (#"{"type":"integer"}"#, "1.5", "/type expected integer, found number"),
            (
                #"{"type":["integer","null"]}"#, #""x""#,
                "/type expected null or integer, found string"
            ),
            (#"{"type":"number"}"#, "null", "/type expected number, found null"),
            (
                #"{"enum":["a",1,null,{"b":[1]}]}"#, #""c""#,
                "/enum the value is none of 'a', 1, null, an object of 1"
            ),
            (#"{"enum":[]}"#, "1", "/enum the value is none of "),
            (#"{"const":1}"#, "2", "/const the value is not 1"),
            (
                #"{"pattern":"^a$"}"#, #""b""#,
                "/pattern the string does not match the pattern '^a$'"
            ),
            (#"{"minLength":2}"#, #""😀""#, "/minLength the string has 1 characters, fewer than 2"),
            (#"{"maxLength":2}"#, #""äöü""#, "/maxLength the string has 3 characters, more than 2"),
            (#"{"minimum":1.5}"#, "1", "/minimum the number is less than 1.5"),
            (
                #"{"maximum":1}"#, "1.0000000000000000000001",
                "/maximum the number is greater than 1"
            ),
            (
                #"{"exclusiveMinimum":1}"#, "1.0",
                "/exclusiveMinimum the number is not greater than 1"
            ),
            (#"{"exclusiveMaximum":1}"#, "1", "/exclusiveMaximum the number is not less than 1"),
            (#"{"multipleOf":0.01}"#, "0.015", "/multipleOf the number is not a multiple of 0.01"),
            (#"{"minItems":1}"#, "[]", "/minItems the array has 0 items, fewer than 1"),
            (#"{"maxItems":1}"#, "[1,2]", "/maxItems the array has 2 items, more than 1"),
            (
                #"{"minProperties":1}"#, "{}",
                "/minProperties the object has 0 properties, fewer than 1"
            ),
            (
                #"{"maxProperties":0}"#, #"{"a":1}"#,
                "/maxProperties the object has 1 properties, more than 0"
            ),
            (#"{"required":["a"]}"#, "{}", "/required the required property 'a' is missing"),
        ])
    func sentences(schema: String, instance: String, expected: String) throws {
        #expect(try violations(schema, instance) == [" \(expected)"])
    }

    @Test("places inside the value and inside the schema are JSON pointers")
    func places() throws {
        let schema = #"{"properties":{"a/b":{"items":{"additionalProperties":{"type":"null"}}}}}"#
        #expect(
            try violations(schema, #"{"a/b":[{},{"x":null,"~":1}]}"#) == [
                "/a~1b/1/~0 /properties/a~1b/items/additionalProperties/type expected null, found integer"
            ])
        #expect(
            try violations(#"{"properties":{"a":false}}"#, #"{"a":1}"#) == [
                "/a /properties/a no value is allowed here"
            ])
        #expect(try violations("false", "1") == ["  no value is allowed here"])
    }

    @Test("all violations are told up to the limit, in the order of the value")
    func limit() throws {
        let schema = """
            {"required":["z","y"],"additionalProperties":false,
            "properties":{"a":{"type":"string","minLength":2,"pattern":"b"},"n":{"minimum":3,"multipleOf":2}}}
            """
        let instance = #"{"a":"x","n":1,"q":0}"#
        let all = try violations(schema, instance, limit: 100)
        #expect(
            all.map { String($0.split(separator: " ").prefix(2).joined(separator: " ")) } == [
                "/a /properties/a/minLength", "/a /properties/a/pattern",
                "/n /properties/n/minimum",
                "/n /properties/n/multipleOf", "/q /additionalProperties",
                "/required the", "/required the",
            ])
        for limit in 1...all.count {
            #expect(try violations(schema, instance, limit: limit) == Array(all.prefix(limit)))
        }
    }

    @Test("a violation never tells the value")
    func values() throws {
        let secret = "0049-secret"
        let schemas = [
            #"{"type":"null"}"#, #"{"enum":["a"]}"#, #"{"const":"a"}"#, #"{"pattern":"^x"}"#,
            #"{"maxLength":3}"#,
        ]
        for schema in schemas {
            let found = try violations(schema, secret.json)
            #expect(found.count == 1 && !found[0].contains("secret"))
        }
    }

    @Test("an event that is no JSON object is not valid")
    func noValue() throws {
        let validator = try Schema(Array("{}".utf8)).makeValidator()
        let arena = EventArena()
        let event = unsafe Array("{".utf8).withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        #expect(!validator.isValid(event, in: arena))
        #expect(
            validator.violations(of: event, in: arena, limit: 1).map(\.sentence) == [
                "there is no JSON value to validate"
            ])
    }

    /// Unoptimised code allocates for closures and generics; only optimised code is measured.
    private static let isOptimised: Bool = {
        var isOptimised = true
        assert(
            {
                isOptimised = false
                return true
            }())
        return isOptimised
    }()

    @Test("a valid event is validated without allocating", .enabled(if: isOptimised))
    func noAllocation() throws {
        let schema = """
            {"type":"object","required":["id","type"],"additionalProperties":{"type":"string"},
            "properties":{"id":{"type":"string","pattern":"^[0-9a-f-]{36}$"},"type":{"enum":["a","b",1]},
            "at":{"pattern":"^[0-9]{4}"},"amount":{"minimum":0.5,"multipleOf":0.01},"n":{"type":"integer"},
            "list":{"maxItems":9,"items":{"const":{"k":[1,2.0]}}},"inner":{"required":["x"]}}}
            """
        let instance = #"""
            {"id":"550e8400-e29b-41d4-a716-446655440000","type":"b","at":"\u0032024-03-13","amount":19.990,
            "n":1.0e1,"list":[{"k":[1.0,2]}],"inner":{"x":null},"more":"é\u00e9"}
            """#
        let validator = try Schema(Array(schema.utf8)).makeValidator()
        let document = try #require(JSONDocument(instance))
        var isValid = validator.isValid(document.root, in: document.arena)
        #expect(isValid)
        let before = malloc_count_this_thread()
        for _ in 0..<1_000 {
            isValid = validator.isValid(document.root, in: document.arena) && isValid
        }
        let allocations = malloc_count_this_thread() - before
        #expect(isValid)
        #expect(allocations == 0)
    }
}
