import JSONSchema
import Testing

@Suite("References")
struct ReferenceTests {
    private func registry(_ files: [String: String]) throws -> SchemaRegistry {
        var registry = SchemaRegistry()
        for (address, text) in files { try registry.add(Array(text.utf8), at: address) }
        return registry
    }

    @Test(
        "a reference that leads nowhere says why",
        arguments: [
            (
                #"{"$ref":"other.json#/a"}"#,
                "/$ref: 'other.json#/a' leads nowhere: there is no schema 'other.json'; add its "
                    + "file to the schemas that may be referred to"
            ),
            (
                ##"{"$ref":"#anchor"}"##,
                "/$ref: '#anchor' leads nowhere: there is no anchor 'anchor'; write "
                    + "'#/$defs/name', or name the schema with '$anchor'"
            ),
            (
                ##"{"$ref":"#/$defs/b","$defs":{"a":{}}}"##,
                "/$ref: '#/$defs/b' leads nowhere: there is no schema at '#/$defs/b'"
            ),
            (
                ##"{"allOf":[{"$ref":"#/allOf/01"}]}"##,
                "/allOf/0/$ref: '#/allOf/01' leads nowhere: there is no schema at '#/allOf/01'"
            ),
            (
                ##"{"$ref":"#/title","title":"t"}"##,
                "/$ref: '#/title' leads nowhere: there is no schema at '#/title'"
            ),
            (##"{"$ref":"#%zz"}"##, "/$ref: '#%zz' leads nowhere: '#%zz' is not a reference"),
            (#"{"$ref":1}"#, "/$ref: a string is needed here, not a number"),
        ])
    func nowhere(schema: String, expected: String) {
        #expect(problems(schema) == [expected])
    }

    @Test("a reference never leads back to itself in place")
    func circles() {
        let remedy = "a schema may only contain itself inside 'properties' or 'items'"
        let circle = ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##
        #expect(
            problems(circle) == [
                "/$defs/a/$ref: the reference leads back to itself; \(remedy)",
                "/$defs/b/$ref: the reference leads back to itself; \(remedy)",
            ])
        for keyword in ["allOf", "anyOf", "oneOf"] {
            #expect(
                problems("{\"\(keyword)\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]}") == [
                    "/\(keyword)/1/$ref: the reference leads back to itself; \(remedy)"
                ])
        }
        for keyword in ["not", "if"] {
            #expect(
                problems("{\"\(keyword)\":{\"$ref\":\"#\"}}") == [
                    "/\(keyword)/$ref: the reference leads back to itself; \(remedy)"
                ])
        }
        #expect(problems(##"{"properties":{"a":{"not":{"$ref":"#"}}}}"##) == [])
    }

    @Test("anchors and addresses inside the file are found, but not in data")
    func anchors() throws {
        let schema = ##"""
            {"$id":"https://example.com/s","properties":{"a":{"$ref":"#here"},"b":{"$ref":"inner"},
            "c":{"$ref":"inner#here"}},"$defs":{"x":{"$anchor":"here","type":"string"},
            "y":{"$id":"inner","type":"integer","$defs":{"z":{"$anchor":"here","type":"null"}}}},
            "enum":[{"$anchor":"here"}],"not":{"const":{"$id":"inner"}}}
            """##.replacing(#""enum":[{"$anchor":"here"}],"#, with: "")
        #expect(try violations(schema, #"{"a":"x","b":1,"c":null}"#) == [])
        #expect(
            try violations(schema, #"{"a":1,"b":"x","c":1}"#, limit: 9) == [
                "/a /$defs/x/type expected string, found integer",
                "/b /$defs/y/type expected integer, found string",
                "/c /$defs/y/$defs/z/type expected null, found integer",
            ])
        #expect(
            problems(#"{"$defs":{"a":{"$id":"x:y"},"b":{"$id":"x:y"}}}"#) == [
                "/$defs/b: the address 'x:y' is that of the schema at '/$defs/a', too; give each "
                    + "schema its own '$id'"
            ])
    }

    @Test("files of the registry are found by their address and their '$id'")
    func files() throws {
        let registry = try registry([
            "https://example.com/parts/list.json":
                #"{"items":{"$ref":"../item.json"},"$defs":{"n":{"$ref":"/number"}}}"#,
            "https://example.com/item.json": #"{"type":"string"}"#,
            "file.json": #"{"$id":"https://example.com/number","minimum":3}"#,
        ])
        let schema = ##"""
            {"$id":"https://example.com/main","properties":{
            "list":{"$ref":"parts/list.json"},"n":{"$ref":"parts/list.json#/$defs/n"}}}
            """##
        #expect(try violations(schema, #"{"list":["a"],"n":3}"#, registry: registry) == [])
        #expect(
            try violations(schema, #"{"list":["a",1],"n":2}"#, limit: 9, registry: registry) == [
                "/list/1 https://example.com/item.json#/type expected string, found integer",
                "/n https://example.com/number#/minimum the number is less than 3",
            ])
        // The same file by either of its addresses.
        let both = #"{"allOf":[{"$ref":"file.json"},{"$ref":"https://example.com/number"}]}"#
        #expect(problems(both, registry: registry) == [])
        #expect(problems(schema).count == 2)
        var empty = SchemaRegistry()
        #expect(throws: SchemaProblem.self) { try empty.add(Array("{}".utf8)) }
        #expect(throws: SchemaProblem.self) { try empty.add(Array("{".utf8), at: "x") }
    }

    @Test("a mistake in a file that is referred to has its address")
    func mistakes() throws {
        let registry = try registry(["other.json": #"{"$defs":{"a":{"type":"strin"}}}"#])
        let found = problems(##"{"$ref":"other.json#/$defs/a"}"##, registry: registry)
        #expect(
            found.count == 1
                && found[0].hasPrefix("other.json#/$defs/a/type: there is no type 'strin'"))
        // What is not referred to is not looked at.
        #expect(problems(##"{"$ref":"other.json#/$defs"}"##, registry: registry) != [])
        #expect(problems(##"{"$ref":"other.json"}"##, registry: registry) == [])
    }

    @Test("a dynamic reference leads to the outermost schema that has the anchor")
    func dynamic() throws {
        let registry = try registry([
            "tree": #"""
            {"$id":"tree","$dynamicAnchor":"node","properties":{"v":true,
            "children":{"items":{"$dynamicRef":"#node"}}}}
            """#
        ])
        let strict =
            #"{"$id":"strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false}"#
        let instance = #"{"children":[{"v":1,"children":[{"w":1}]}]}"#
        #expect(try violations(#"{"$ref":"tree"}"#, instance, registry: registry) == [])
        #expect(
            try violations(strict, instance, registry: registry) == [
                "/children/0/children/0/w /unevaluatedProperties the property is not allowed"
            ])
    }

    @Test(
        "the metaschema says what a schema may be",
        arguments: [
            (#"{"type":"string","items":{"minLength":1}}"#, true), ("true", true), ("1", false),
            (#"{"type":"strin"}"#, false), (#"{"items":{"minLength":-1}}"#, false),
            (#"{"properties":{"a":{"allOf":[]}}}"#, false), (##"{"$anchor":"#a"}"##, false),
            (#"{"required":["a","a"]}"#, false), (#"{"dependencies":{"a":["b"]}}"#, true),
            (#"{"$vocabulary":{"x:y":1}}"#, false), (#"{"unevaluatedItems":1}"#, false),
            (#"{"contentSchema":{"if":{"title":1}}}"#, false), (#"{"format":1}"#, false),
        ])
    func metaschema(schema: String, isValid: Bool) throws {
        let found = try violations(
            #"{"$ref":"https://json-schema.org/draft/2020-12/schema"}"#, schema)
        #expect(found.isEmpty == isValid, "\(found)")
    }

    @Test("a dialect decides which keywords there are")
    func dialects() throws {
        func dialect(_ vocabularies: [String]) throws -> SchemaRegistry {
            let listed = vocabularies.map {
                let prefix = $0.contains(":") ? "" : "https://json-schema.org/draft/2020-12/vocab/"
                return "\"\(prefix)\($0)\":true"
            }
            return try registry([
                "https://example.com/d": "{\"$vocabulary\":{\(listed.joined(separator: ","))}}"
            ])
        }
        let schema = #"{"$schema":"https://example.com/d","type":"string","format":"date"}"#
        let core = try dialect(["core", "applicator"])
        #expect(try violations(schema, "1", registry: core) == [])
        let all = try dialect(["core", "validation", "format-assertion"])
        #expect(
            try violations(schema, "1", registry: all) == [
                " /type expected string, found integer"
            ])
        #expect(
            try violations(schema, #""x""#, registry: all) == [
                " /format the string is not of the format 'date'"
            ])
        let unknown = try dialect(["core", "urn:mine"])
        #expect(
            problems(schema, registry: unknown) == [
                "/$schema: the dialect 'https://example.com/d' needs the vocabulary 'urn:mine', "
                    + "which is not known; write the schema for "
                    + "'https://json-schema.org/draft/2020-12/schema'"
            ])
    }
}
