import JSONSchema
import Testing

@Suite("Compiling schemas")
struct SchemaCompilerTests {
    @Test("keywords that the draft does not have are refused wherever they stand")
    func unknown() {
        let schema = """
            {
              "$id": "https://example.com/s", "title": "t", "default": 1, "examples": [], "format": "x",
              "properties": {"a/b": {"not": {"nott": 1}}, "c": {"items": {"contain": {}}}},
              "$defs": {"unused": {"unique": true}}, "requierd": ["a"], "definitions": {}
            }
            """
        let remedy = "for a remark use '$comment'"
        #expect(
            problems(schema) == [
                "/$defs/unused/unique: 'unique' is not a keyword of JSON Schema 2020-12; \(remedy)",
                "/requierd: 'requierd' is not a keyword of JSON Schema 2020-12; \(remedy)",
                "/definitions: 'definitions' is from an older draft; JSON Schema 2020-12 calls it "
                    + "'$defs'",
                "/properties/a~1b/not/nott: 'nott' is not a keyword of JSON Schema 2020-12; "
                    + remedy,
                "/properties/c/items/contain: 'contain' is not a keyword of JSON Schema 2020-12; "
                    + remedy,
            ])
        #expect(problems(schema, options: SchemaOptions(unknownKeywords: .ignore)) == [])
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
                #"{"items":{"$schema":"https://json-schema.org/draft/2020-12/schema"}}"#,
                "/items/$schema: '$schema' stands beside '$id', or at the top of the file; move "
                    + "it there"
            ),
            (
                ##"{"items":{"$id":"#x"}}"##,
                "/items/$id: '$id' has no fragment; write '$anchor' for a name in a file"
            ),
            (
                #"{"$anchor":"1"}"#,
                "/$anchor: '1' is no name for an anchor; use letters, digits, '-', '_' and '.', "
                    + "a letter or '_' first"
            ),
            (#"{"allOf":[]}"#, "/allOf: 'allOf' is a list of schemas, at least one"),
            (#"{"oneOf":{}}"#, "/oneOf: 'oneOf' is a list of schemas, at least one"),
            (
                #"{"prefixItems":{}}"#,
                "/prefixItems: 'prefixItems' is a list of schemas, at least one"
            ),
            (#"{"not":1}"#, "/not: a schema is an object, true or false, not a number"),
            (#"{"then":1}"#, "/then: a schema is an object, true or false, not a number"),
            (#"{"uniqueItems":1}"#, "/uniqueItems: true or false is needed here, not a number"),
            (
                #"{"minContains":"a"}"#,
                "/minContains: a whole number that is not negative is needed here"
            ),
            (
                #"{"dependentRequired":{"a":[1]}}"#,
                "/dependentRequired/a/0: a name is needed here, not a number"
            ),
            (
                #"{"dependentRequired":{"a":"b"}}"#,
                "/dependentRequired/a: a list of names is needed here, not a string"
            ),
            (
                #"{"dependentSchemas":[]}"#,
                "/dependentSchemas: 'dependentSchemas' is an object of schemas, not an array"
            ),
            (
                #"{"patternProperties":{"(":{}}}"#,
                "/patternProperties/(: the pattern '(' is refused: character 1: this '(' is never "
                    + "closed"
            ),
            (
                #"{"unevaluatedItems":[]}"#,
                "/unevaluatedItems: a schema is an object, true or false, not an array"
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
