import Events
import Testing

@Suite struct EventArenaWritingTests {
    @Test("what is set is read back by kind, before and after settling")
    func readsBack() throws {
        var (arena, event) = EventArena.holding("{}")
        arena.set(try FieldPath("text"), of: &event, toString: "a \"b\" ü")
        arena.set(try FieldPath("plain"), of: &event, toString: "plain")
        arena.set(try FieldPath("integer"), of: &event, to: Int64.min)
        arena.set(try FieldPath("decimal"), of: &event, to: 2.0)
        arena.set(try FieldPath("boolean"), of: &event, to: true)
        arena.set(try FieldPath("time"), of: &event, to: Timestamp(milliseconds: 0))
        arena.set(try FieldPath("object"), of: &event, toJSON: #"{"x":[1,{"y":"z\n"}]}"#)
        arena.setToNull(try FieldPath("none"), of: &event)
        for isSettled in [false, true] {
            if isSettled { #expect(arena.settle(&event)) }
            func value(_ path: String) -> FieldValue {
                arena.value(of: event, at: try! FieldPath(path))
            }
            #expect(arena.text(value("text").text) == "a \"b\" ü")
            #expect(arena.text(value("text").raw) == #""a \"b\" ü""#)
            #expect(arena.text(value("plain").text) == "plain")
            #expect(value("integer").integer == .min)
            #expect(value("decimal").double == 2)
            #expect(value("decimal").kind == .decimal)
            #expect(value("boolean").boolean == true)
            #expect(arena.text(value("time").text) == "1970-01-01T00:00:00.000Z")
            #expect(value("none").kind == .null)
            #expect(value("none").isMissingOrNull && !value("none").isMissing)
            #expect(arena.text(value("object.x[1].y").text) == "z\n")
            #expect(value("object.x[2]").isMissing)
            #expect(arena.childCount(of: value("object.x")) == 2)
        }
        let expected =
            #"{"text":"a \"b\" ü","plain":"plain","integer":-9223372036854775808,"decimal":2.0,"#
            + #""boolean":true,"time":"1970-01-01T00:00:00.000Z","object":{"x":[1,{"y":"z\n"}]},"#
            + #""none":null}"#
        #expect(arena.rendered(event) == expected)
    }

    @Test("branches do not see each other's changes")
    func separatesBranches() throws {
        var (arena, event) = EventArena.holding(#"{"a":1,"b":{"c":2}}"#)
        arena.set(try FieldPath("common"), of: &event, to: true)
        var left = event
        var right = event
        arena.set(try FieldPath("a"), of: &left, toString: "left")
        arena.remove(try FieldPath("b.c"), of: &right)
        arena.set(try FieldPath("b.d"), of: &left, to: Int64(3))
        #expect(arena.rendered(event) == #"{"a":1,"b":{"c":2},"common":true}"#)
        #expect(arena.rendered(left) == #"{"a":"left","b":{"c":2,"d":3},"common":true}"#)
        #expect(arena.rendered(right) == #"{"a":1,"b":{},"common":true}"#)
    }

    @Test(
        "a path through what is there or missing makes objects, never array elements",
        arguments: [
            ("x.y.z", #"{"a":1,"o":{"p":2},"l":[1,{"m":2}],"x":{"y":{"z":true}}}"#),
            ("a.b", #"{"a":{"b":true},"o":{"p":2},"l":[1,{"m":2}]}"#),
            ("o.p.q", #"{"a":1,"o":{"p":{"q":true}},"l":[1,{"m":2}]}"#),
            ("o.q", #"{"a":1,"o":{"p":2,"q":true},"l":[1,{"m":2}]}"#),
            ("l[0]", #"{"a":1,"o":{"p":2},"l":[true,{"m":2}]}"#),
            ("l[0].n", #"{"a":1,"o":{"p":2},"l":[{"n":true},{"m":2}]}"#),
            ("l[1].n", #"{"a":1,"o":{"p":2},"l":[1,{"m":2,"n":true}]}"#),
            ("l[2]", nil), ("l.x", nil), ("l[1].m[0]", nil), ("a[0]", nil), ("x[0]", nil),
            ("x.y[0].z", nil), ("o[0]", nil), ("l[0][0]", nil),
        ] as [(String, String?)])
    func followsRules(path: String, expected: String?) throws {
        let json = #"{"a":1,"o":{"p":2},"l":[1,{"m":2}]}"#
        var (arena, event) = EventArena.holding(json)
        let isChanged = arena.set(try FieldPath(path), of: &event, to: true)
        #expect(isChanged == (expected != nil))
        #expect(arena.rendered(event) == expected ?? json)
    }

    @Test("a later change of a container hides earlier ones inside it, and takes later ones")
    func ordersNestedChanges() throws {
        var (arena, event) = EventArena.holding(#"{"s":{"x":1}}"#)
        arena.set(try FieldPath("s.y"), of: &event, to: Int64(2))
        arena.set(try FieldPath("s"), of: &event, toJSON: #"{"new":1}"#)
        #expect(arena.rendered(event) == #"{"s":{"new":1}}"#)
        arena.set(try FieldPath("s.z"), of: &event, to: Int64(3))
        #expect(arena.rendered(event) == #"{"s":{"new":1,"z":3}}"#)
        #expect(try arena.text(of: event, at: "s") == #"{"new":1,"z":3}"#)
        #expect(try arena.text(of: event, at: "s.y") == nil)
        arena.remove(try FieldPath("s.new"), of: &event)
        arena.set(try FieldPath("s.new"), of: &event, to: false)
        #expect(arena.rendered(event) == #"{"s":{"new":false,"z":3}}"#)
    }

    @Test("elements after a removed one move up")
    func removesElements() throws {
        var (arena, event) = EventArena.holding(#"{"l":[ 0 , 1, 2 ,3 ]}"#)
        arena.set(try FieldPath("l[1]"), of: &event, toString: "one")
        #expect(arena.remove(try FieldPath("l[0]"), of: &event))
        #expect(try arena.text(of: event, at: "l[0]") == "one")
        #expect(arena.remove(try FieldPath("l[2]"), of: &event))
        #expect(!arena.remove(try FieldPath("l[2]"), of: &event))
        #expect(arena.rendered(event) == #"{"l":[ "one", 2 ]}"#)
    }

    @Test("what is not JSON is not set")
    func refusesInvalidJSON() throws {
        var (arena, event) = EventArena.holding("{}")
        for text in ["", " ", "{", "tru", "1 2", "{\"a\":1,\"a\":2}", "\"\\x\"", "01"] {
            #expect(!arena.set(try FieldPath("a"), of: &event, toJSON: text))
        }
        #expect(arena.rendered(event) == "{}")
        for text in ["1", " true ", "\"s\"", "[]", "null", "1.50"] {
            #expect(arena.set(try FieldPath("a"), of: &event, toJSON: text))
            #expect(arena.rendered(event) == "{\"a\":\(text.filter { $0 != " " })}")
        }
    }

    @Test("a copied value keeps its digits and escapes, and a missing one changes nothing")
    func copiesExactly() throws {
        var (arena, event) = EventArena.holding(#"{"a":1.50e+1,"b":"\u0041\/","c":{"d":[ 1 ]}}"#)
        for name in ["a", "b", "c"] {
            let value = arena.value(of: event, at: FieldPath(name: name))
            arena.set(FieldPath([.name("copy"), .name(name)]), of: &event, toCopyOf: value)
        }
        #expect(!arena.set(try FieldPath("e"), of: &event, toCopyOf: .missing))
        #expect(
            try arena.text(of: event, at: "copy")
                == #"{"a":1.50e+1,"b":"\u0041\/","c":{"d":[ 1 ]}}"#)
        #expect(try arena.text(of: event, at: "copy.b") == "A/")
        #expect(try arena.text(of: event, at: "copy.c.d[0]") == "1")
    }

    @Test("text that is not UTF-8 is repaired, so that the event stays valid")
    func repairsText() throws {
        var (arena, event) = EventArena.holding("{}")
        let bytes: [UInt8] = [0x61, 0xFF, 0x62, 0x22]
        let path = try FieldPath("a")
        unsafe bytes.withUnsafeBytes { _ = unsafe arena.set(path, of: &event, toString: $0) }
        #expect(arena.rendered(event) == "{\"a\":\"a\u{FFFD}b\\\"\"}")
        #expect(try arena.text(of: event, at: "a") == "a\u{FFFD}b\"")
        #expect(arena.settle(&event))
    }

    @Test("hundreds of changes of one event stay correct")
    func takesManyChanges() throws {
        var (arena, event) = EventArena.holding(#"{"n":0}"#)
        for number in 0..<500 {
            arena.set(FieldPath([.name("n\(number % 150)")]), of: &event, to: Int64(number))
        }
        for number in 0..<150 {
            let expected = number < 50 ? 450 + number : 300 + number
            #expect(try arena.text(of: event, at: "n\(number)") == "\(expected)")
        }
    }

    @Test("an event that is copied into itself without end stops growing, and does not trap")
    func stopsGrowing() throws {
        var (arena, event) = EventArena.holding(#"{"a":"\#("x".repeated(1_000))"}"#)
        var changed = 0
        for number in 0..<40 {
            let root = arena.root(of: event)
            if arena.set(FieldPath(name: "copy\(number)"), of: &event, toCopyOf: root) {
                changed += 1
            }
        }
        #expect(changed < 40)
        #expect(arena.renderedBytes(event).count <= 128 << 20)
    }
}
