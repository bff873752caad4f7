import JSONSchema
import Testing

@Suite("Schemas within schemas")
struct ApplicatorTests {
    @Test(
        "each keyword says what is wrong and where",
        arguments: [
            (
                #"{"allOf":[{},{"type":"null"}]}"#, "1",
                " /allOf/1/type expected null, found integer"
            ),
            (
                #"{"anyOf":[{"type":"null"},false]}"#, "1",
                " /anyOf the value matches none of the 2 schemas of 'anyOf'"
            ),
            (
                #"{"oneOf":[{"type":"null"},false]}"#, "1",
                " /oneOf the value matches none of the 2 schemas of 'oneOf'"
            ),
            (
                #"{"oneOf":[{},{},false]}"#, "1",
                " /oneOf the value matches more than one of the 3 schemas of 'oneOf'"
            ),
            (#"{"not":{}}"#, "1", " /not the value matches the schema of 'not'"),
            (
                #"{"if":{"minimum":5},"then":{"maximum":7},"else":false}"#, "8",
                " /then/maximum the number is greater than 7"
            ),
            (
                #"{"if":{"minimum":5},"then":{"maximum":7},"else":{"const":1}}"#, "2",
                " /else/const the value is not 1"
            ),
            (
                #"{"dependentSchemas":{"a":{"required":["b"]}}}"#, #"{"a":1}"#,
                " /dependentSchemas/a/required the required property 'b' is missing"
            ),
            (
                #"{"dependentRequired":{"a/":["b"]}}"#, #"{"a/":1}"#,
                " /dependentRequired/a~1 the property 'b' is missing, which 'a/' needs"
            ),
            (
                #"{"patternProperties":{"^x":{"type":"null"}},"additionalProperties":false}"#,
                #"{"x1":null,"x2":1}"#,
                "/x2 /patternProperties/^x/type expected null, found integer"
            ),
            (
                #"{"patternProperties":{"^x":true},"additionalProperties":false}"#,
                #"{"x1":null,"y":1}"#, "/y /additionalProperties the property is not allowed"
            ),
            (
                #"{"propertyNames":{"maxLength":2}}"#, #"{"ab":1,"äöü":1}"#,
                "/äöü /propertyNames/maxLength the property's name: the string has 3 characters, "
                    + "more than 2"
            ),
            (
                #"{"prefixItems":[{},{"type":"null"}],"items":false}"#, "[1,1]",
                "/1 /prefixItems/1/type expected null, found integer"
            ),
            (
                #"{"prefixItems":[{}],"items":false}"#, "[1,1]",
                "/1 /items no value is allowed here"
            ),
            (
                #"{"contains":{"type":"null"}}"#, "[1]",
                " /contains no item of the array matches the schema of 'contains'"
            ),
            (
                #"{"contains":{"type":"null"},"minContains":2}"#, "[null]",
                " /minContains 1 items match the schema of 'contains', fewer than 2"
            ),
            (
                #"{"contains":{"type":"null"},"maxContains":1}"#, "[null,null]",
                " /maxContains 2 items match the schema of 'contains', more than 1"
            ),
            (
                #"{"uniqueItems":true}"#, "[1,2,1.0]",
                " /uniqueItems two items of the array are equal"
            ),
            (
                #"{"properties":{"a":{}},"unevaluatedProperties":false}"#, #"{"a":1,"b":1}"#,
                "/b /unevaluatedProperties the property is not allowed"
            ),
            (
                #"{"prefixItems":[{}],"unevaluatedItems":{"type":"null"}}"#, "[1,null,2]",
                "/2 /unevaluatedItems/type expected null, found integer"
            ),
            (
                #"{"prefixItems":[{}],"unevaluatedItems":false}"#, "[1,2]",
                "/1 /unevaluatedItems the item is not allowed"
            ),
        ])
    func sentences(schema: String, instance: String, expected: String) throws {
        #expect(try violations(schema, instance) == [expected])
    }

    @Test("what fails inside 'anyOf', 'not' and 'if' is told as one violation of the whole")
    func muted() throws {
        let schema =
            #"{"anyOf":[{"properties":{"a":{"type":"null"}}},{"required":["b"]}],"minProperties":2}"#
        #expect(
            try violations(schema, #"{"a":1}"#, limit: 9) == [
                " /anyOf the value matches none of the 2 schemas of 'anyOf'",
                " /minProperties the object has 1 properties, fewer than 2",
            ])
    }

    @Test("all that was looked at counts for what is unevaluated, in branches that hold only")
    func evaluated() throws {
        let schema = """
            {"properties":{"a":true},"patternProperties":{"^p":true},
            "anyOf":[{"required":["x"],"properties":{"x":true,"b":true}},{"properties":{"c":true}}],
            "if":{"properties":{"kind":{"const":"k"}},"required":["kind"]},
            "then":{"properties":{"d":true}},"not":{"properties":{"e":true},"required":["never"]},
            "dependentSchemas":{"a":{"properties":{"f":true}}},"unevaluatedProperties":false}
            """
        func extra(_ instance: String) throws -> [Substring] {
            try violations(schema, instance, limit: 9).compactMap { $0.split(separator: " ").first }
        }
        #expect(try extra(#"{"a":1,"p1":1,"c":1,"f":1}"#) == [])
        #expect(try extra(#"{"b":1}"#) == ["/b"])
        #expect(try extra(#"{"x":1,"b":1,"c":1}"#) == [])
        #expect(try extra(#"{"kind":"k","d":1}"#) == [])
        #expect(try extra(#"{"kind":"j","d":1,"f":1}"#) == ["/kind", "/d", "/f"])
        #expect(try extra(#"{"e":1}"#) == ["/e"])
    }

    @Test("only a schema that holds for every item leaves no item unevaluated")
    func evaluatedItems() throws {
        let schema = #"""
            {"contains":{"type":"string"},"minContains":0,"allOf":[{"prefixItems":[true]}],
            "unevaluatedItems":{"const":9}}
            """#
        #expect(try violations(schema, #"[1,"a",9,"b"]"#) == [])
        #expect(
            try violations(schema, #"[1,"a",8]"#) == [
                "/2 /unevaluatedItems/const the value is not 9"
            ])
        let nested = #"{"allOf":[{"unevaluatedItems":true}],"unevaluatedItems":false}"#
        #expect(try violations(nested, "[1]") == [])
        let cousins = #"{"allOf":[{"items":true},{"unevaluatedItems":false}]}"#
        #expect(try violations(cousins, "[1]").count == 1)
    }

    @Test("items are equal as JSON Schema says, in short arrays and in long ones")
    func uniqueness() throws {
        let schema = #"{"uniqueItems":true}"#
        let different = [
            "1", #""1""#, "true", "null", "0", "false", "[]", "{}", "[1]", "[[1]]",
            #"{"a":1,"b":2}"#,
            #"{"a":1}"#, "[1,2]", "[2,1]", "1.5", "-1", #""""#, #"{"b":1,"a":2}"#,
            "100000000000000000001e-19",
        ]
        let equal = [
            ("1", "10e-1"), (#"{"a":1,"b":[2]}"#, #"{"b":[2.0],"a":1}"#), (#""A""#, #""\u0041""#),
            ("0", "-0.0"), ("[[1]]", "[[1.0]]"),
            ("18446744073709551615", "1.8446744073709551615e19"),
        ]
        for count in [2, 5, different.count] {
            let some = different.prefix(count)
            #expect(try isValid(schema, "[\(some.joined(separator: ","))]"))
            for (one, other) in equal {
                let filler = (0..<count).map { "\"filler\($0)\"" }.joined(separator: ",")
                #expect(try !isValid(schema, "[\(one),\(filler),\(other)]"), "\(one) \(other)")
            }
        }
    }
}
