import JSONSchema
import Testing

@Suite("Compiling schemas")
struct SchemaCompilerTests {
    @Test("keywords that the subset does not have are refused wherever they stand")
    func unsupported() {
        let schema = """
            {
              "$id": "https://example.com/s", "title": "t", "default": 1, "examples": [], "format": "x",
              "properties": {"a/b": {"not": {}}, "c": {"items": {"contains": {}}}},
              "additionalProperties": {"if": {}}, "$defs": {"unused": {"uniqueItems": true}},
              "requierd": ["a"], "definitions": {}
            }
            """
        let remedy = "leave it out, or check what it says in a 'filter'"
        #expect(
            problems(schema) == [
                "/$defs/unused/uniqueItems: the keyword 'uniqueItems' is not supported; \(remedy)",
                "/requierd: 'requierd' is not a keyword of JSON Schema 2020-12; for a remark use "
                    + "'$comment'",
                "/definitions: 'definitions' is from an older draft; JSON Schema 2020-12 calls it "
                    + "'$defs'",
                "/properties/a~1b/not: the keyword 'not' is not supported; \(remedy)",
                "/properties/c/items/contains: the keyword 'contains' is not supported; \(remedy)",
                "/additionalProperties/if: the keyword 'if' is not supported; \(remedy)",
            ])
    }

    @Test(
        "keywords with operands that make no sense are refused",
        arguments: [
            ("3", "a schema is an object, true or false, not a number"),
            (
                #"{"type":"int"}"#,
                "/type: there is no type 'int'; known are null, boolean, integer, "
                    + "number, string, array, object"
            ),
            (#"{"type":[]}"#, "/type: 'type' needs a type"),
            (#"{"enum":1}"#, "/enum: 'enum' is a list of values, not a number"),
            (
                #"{"minLength":-1}"#,
                "/minLength: a whole number that is not negative is needed here"
            ),
            (#"{"maxItems":1.5}"#, "/maxItems: a whole number that is not negative is needed here"),
            (#"{"minimum":"1"}"#, "/minimum: a number is needed here, not a string"),
            (
                #"{"multipleOf":0}"#,
                "/multipleOf: 'multipleOf' needs a number above 0 of at most 18 digits"
            ),
            (
                #"{"multipleOf":-2}"#,
                "/multipleOf: 'multipleOf' needs a number above 0 of at most 18 digits"
            ),
            (#"{"pattern":1}"#, "/pattern: a string is needed here, not a number"),
            (
                #"{"properties":[]}"#,
                "/properties: 'properties' is an object of schemas, not an array"
            ),
            (
                #"{"properties":{"a":1}}"#,
                "/properties/a: a schema is an object, true or false, not a number"
            ),
            (#"{"required":"a"}"#, "/required: 'required' is a list of names, not a string"),
            (#"{"required":["a",1]}"#, "/required/1: a name is needed here, not a number"),
            (#"{"items":[{}]}"#, "/items: a schema is an object, true or false, not an array"),
            (#"{"$defs":1}"#, "/$defs: '$defs' is an object of schemas, not a number"),
            (#"{"format":1}"#, "/format: a string is needed here, not a number"),
            (
                #"{"$schema":"http://json-schema.org/draft-07/schema#"}"#,
                "/$schema: the dialect 'http://json-schema.org/draft-07/schema#' is not supported; "
                    + "write the schema for 'https://json-schema.org/draft/2020-12/schema'"
            ),
            (
                #"{"items":{"$id":"x"}}"#,
                "/items/$id: '$id' is only supported at the top of the file"
            ),
            (
                "{\n \"a\": 1,\n \"a\": 2}",
                "the file is not JSON: an object has two members of one "
                    + "name, the second at line 3, column 2"
            ),
            ("", "the file is not JSON: not JSON at line 1, column 1"),
            ("{},{}", "the file is not JSON: not JSON at line 1, column 4"),
        ])
    func operands(schema: String, expected: String) {
        #expect(problems(schema) == [expected])
    }

    @Test("references lead inside the file, to schemas, and never back to themselves in place")
    func references() {
        #expect(
            problems(#"{"$ref":"other.json#/a"}"#) == [
                "/$ref: 'other.json#/a' leads out of the file; copy the schema under '$defs' and "
                    + "write '#/$defs/name'"
            ])
        #expect(
            problems(##"{"$ref":"#anchor"}"##) == [
                "/$ref: '#anchor' refers to an anchor; write '#/$defs/name'"
            ])
        #expect(
            problems(##"{"$ref":"#/$defs/b","$defs":{"a":{}}}"##) == [
                "/$ref: there is no schema at '#/$defs/b'"
            ])
        #expect(
            problems(##"{"$ref":"#/$defs"}"##) == ["/$ref: there is no schema at '#/$defs'"])
        let circle = ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##
        let remedy = "a schema may only contain itself inside 'properties' or 'items'"
        #expect(
            problems(circle) == [
                "/$defs/a/$ref: the reference leads back to itself; \(remedy)",
                "/$defs/b/$ref: the reference leads back to itself; \(remedy)",
            ])
    }

    @Test("a recursive schema is followed as deep as the value is")
    func recursion() throws {
        let tree = ##"""
            {"$ref":"#/$defs/node%20x","$defs":{"node x":{"type":"object","required":["v"],
            "properties":{"v":{"type":"integer"},"next":{"$ref":"#"}}}}}
            """##
        func chain(_ depth: Int, end: String) -> String {
            String(repeating: #"{"v":1,"next":"#, count: depth) + end
                + String(repeating: "}", count: depth)
        }
        #expect(try isValid(tree, chain(100, end: #"{"v":1}"#)))
        #expect(
            try violations(tree, chain(2, end: "{}")) == [
                "/next/next /$defs/node x/required the required property 'v' is missing"
            ])
    }

    @Test("the version names the text")
    func version() throws {
        let (one, same, other) = (
            try Schema(Array("{}".utf8)), try Schema(Array("{}".utf8)),
            try Schema(Array("{ }".utf8))
        )
        #expect(one.version == "44136fa355b3678a")
        #expect(one.version == same.version)
        #expect(one.version != other.version)
    }

    @Test("names are told apart by their bytes, however many there are")
    func manyNames() throws {
        let names =
            (0..<3_000).map { "name_\($0)_of_a_property" } + ["", "a", "ab", "é", "e\u{301}"]
        let properties = names.map { "\($0.json):{\"const\":\($0.json)}" }
        let schema = """
            {"properties":{\(properties.joined(separator: ","))},"additionalProperties":false,
            "required":[\(names.map(\.json).joined(separator: ","))]}
            """
        let members = names.map { "\($0.json):\($0.json)" }
        let instance = "{\(members.joined(separator: ","))}"
        #expect(try violations(schema, instance) == [])
        let missing = "{\(members.dropLast().joined(separator: ","))}"
        #expect(
            try violations(schema, missing) == [
                " /required the required property 'e\u{301}' is missing"
            ])
        let extra = "{\"name_3000_of_a_property\":1}"
        #expect(
            try violations(schema, extra) == [
                "/name_3000_of_a_property /additionalProperties the property is not allowed"
            ])
    }
}
