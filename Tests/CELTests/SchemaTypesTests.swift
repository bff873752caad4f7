import CEL
import Testing

@Suite("Types from JSON Schemas")
struct SchemaTypesTests {
    private func type(_ schema: String) throws -> ValueType {
        try #require(ValueType(jsonSchema: Array(schema.utf8), name: "event"))
    }

    @Test(
        "a schema's types are those of the language",
        arguments: [
            (#"{"type":"string"}"#, "string"), (#"{"type":"integer"}"#, "int"),
            (#"{"type":"number"}"#, "double"), (#"{"type":["integer","number"]}"#, "double"),
            (#"{"type":"boolean"}"#, "bool"), (#"{"type":["string","null"]}"#, "string or null"),
            (#"{"type":["string","integer"]}"#, "dyn"), (#"{"enum":["a","b"]}"#, "string"),
            (#"{"enum":["a",null]}"#, "string or null"), (#"{"const":1}"#, "int"), ("{}", "dyn"),
            (#"{"type":"array","items":{"type":"string"}}"#, "list(string)"),
            (#"{"type":"array"}"#, "list(dyn)"), (#"{"type":"object"}"#, "map(string, dyn)"),
            (#"{"type":"object","additionalProperties":{"type":"integer"}}"#, "map(string, int)"),
            (#"{"properties":{"a":{}}}"#, "event"),
            (##"{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"boolean"}}}"##, "bool"),
            (##"{"$ref":"#"}"##, "dyn"), (#"{"$ref":"https://example.org/x"}"#, "dyn"),
        ])
    func types(schema: String, expected: String) throws {
        #expect(try type(schema).description == expected)
    }

    @Test("fields of objects, of lists of objects and of alternatives are known")
    func fields() throws {
        let type = try type(
            ##"""
            {"type":"object","properties":{"id":{"type":"string"},
            "page":{"type":"object","properties":{"url":{"type":"string"}}},
            "items":{"type":"array","items":{"$ref":"#/$defs/item"}},
            "labels":{"type":"object","properties":{"a":{}},"additionalProperties":true}},
            "oneOf":[{"properties":{"amount":{"type":"number"}}},
            {"properties":{"amount":{"type":"number"},"id":{"type":"integer"}}}],
            "$defs":{"item":{"properties":{"price":{"type":"number"}}}}}
            """##)
        let rig = EventRig(type: type)
        #expect(
            rig.problems(
                "event.page.url == 'x' && event.items[0].price > 1.0 && event.amount > 1.0") == [])
        #expect(rig.problems("event.labels.b == 1 && event.id == dyn(1)") == [])
        #expect(
            rig.problems("event.page.ulr == 'x'")
                == ["1:12: event.page has no field 'ulr'; did you mean 'url'?"])
        #expect(
            rig.problems("event.items.all(i, i.prize > 1.0)")
                == ["1:22: event.items[] has no field 'prize'; did you mean 'price'?"])
    }

    @Test("a field that the schema doesn't name is reached through dyn, in one look-up")
    func escape() throws {
        let rig = EventRig()
        #expect(rig.problems("event.profile_id == 'x'").count == 1)
        #expect(try rig.value("dyn(event).extra.a.b[0] == 1") == .boolean(true))
        #expect(rig.evaluation.lastCost == 3)
    }

    @Test("fields that operators add can be declared")
    func added() throws {
        guard case .record(let record) = EventRig.eventType else { return }
        let rig = EventRig(type: .record(record.adding(["profile_id": .string])))
        #expect(rig.problems("event.profile_id == 'x' && event.channel == 'web'") == [])
    }

    @Test(
        "a schema that leads to fields which are not read leaves the record open",
        arguments: [
            (#""allOf":[{"$ref":"other.json"}]"#, true), (#""$ref":"other.json""#, true),
            (##""$ref":"#/$defs/b""##, true), (##""allOf":[{"$ref":"#/$defs/a"}]"##, false),
            (##""$ref":"#/$defs/a""##, false), (#""$dynamicRef":"other.json""#, true),
            (#""dependentSchemas":{"a":{"properties":{"x":{}}}}"#, true),
            (#""if":true,"then":true"#, false),
        ])
    func moreFields(member: String, isOpen: Bool) throws {
        let text = """
            {"type":"object","properties":{"a":{"type":"string"}},\(member),
            "$defs":{"a":{"properties":{"c":{"type":"integer"}}}}}
            """
        let type = try #require(ValueType(jsonSchema: Array(text.utf8), name: "event"))
        let rig = EventRig(type: type)
        #expect(rig.problems("event.a == 'x'") == [])
        #expect(rig.problems("event.b == 1").isEmpty == isOpen)
        #expect(rig.problems("event.c == 1").isEmpty == (isOpen || member.contains("$defs/a")))
    }

    @Test("text that is no JSON object has no type")
    func noSchema() {
        #expect(ValueType(jsonSchema: Array("{".utf8), name: "event") == nil)
    }
}
