import Events
import Testing

@Suite struct EventArenaRenderingTests {
    @Test("an event without changes renders byte for byte as it came", arguments: 0..<20)
    func isIdentical(seed: Int) {
        var random = RandomJSON(seed: UInt64(seed))
        for _ in 0..<50 {
            let json = random.text(of: random.object())
            let (arena, event) = EventArena.holding(json)
            #expect(arena.parse(event, limits: .standard) == nil)
            #expect(arena.rendered(event) == json)
        }
    }

    @Test("random changes give the tree with the same changes, in every branch", arguments: 0..<60)
    func agreesWithTree(seed: Int) {
        var random = RandomJSON(seed: UInt64(5_000 + seed))
        for _ in 0..<20 {
            var model = random.object()
            var (arena, event) = EventArena.holding(random.text(of: model))
            var branches = [(event, model)]
            for _ in 0..<Int.random(in: 1...12, using: &random.generator) {
                Self.changeAtRandom(&event, &model, in: arena, &random)
                branches.append((event, model))
            }
            for (event, model) in branches {
                Self.expect(event, is: model, in: arena, &random)
            }
            // settling changes how the event is held, not what it is
            for (event, model) in branches {
                var settled = event
                #expect(arena.settle(&settled))
                Self.expect(settled, is: model, in: arena, &random)
            }
        }
    }

    private static func changeAtRandom(
        _ event: inout Event, _ model: inout JSONModel, in arena: EventArena,
        _ random: inout RandomJSON
    ) {
        let path = random.path(in: model)
        switch Int.random(in: 0..<10, using: &random.generator) {
        case 0..<3:
            let isChanged = model.remove(path)
            #expect(arena.remove(path, of: &event) == isChanged, "remove \(path)")
        case 3..<5:
            let source = random.path(in: model)
            let copied = model.value(at: source)
            let isChanged = copied.map { model.set(path, to: $0) } ?? false
            let value = arena.value(of: event, at: source)
            #expect(arena.set(path, of: &event, toCopyOf: value) == isChanged)
        case 5..<8:
            let value = random.value(depth: 2)
            let isChanged = model.set(path, to: value)
            let json = random.text(of: value)
            #expect(arena.set(path, of: &event, toJSON: json) == isChanged, "set \(path)")
        case 8:
            let isChanged = model.set(path, to: .string("new \"text\"\u{2}"))
            #expect(arena.set(path, of: &event, toString: "new \"text\"\u{2}") == isChanged)
        default:
            let isChanged = model.set(path, to: .number("-17"))
            #expect(arena.set(path, of: &event, to: Int64(-17)) == isChanged)
        }
    }

    private static func expect(
        _ event: Event, is model: JSONModel, in arena: EventArena, _ random: inout RandomJSON
    ) {
        let text = arena.rendered(event)
        let (copy, copied) = EventArena.holding(text)
        #expect(copy.parse(copied, limits: .standard) == nil, "\(text)")
        let rendered = JSONModel(copy.root(of: copied), in: copy)
        #expect(rendered?.isSame(as: model) == true, "\(text) is not \(model)")
        for _ in 0..<4 {
            let path = random.path(in: model)
            let value = JSONModel(arena.value(of: event, at: path), in: arena)
            let expected = model.value(at: path)
            let isSame = value.map { found in expected.map { found.isSame(as: $0) } ?? false }
            #expect(isSame ?? (expected == nil), "\(path) of \(text)")
        }
    }

    @Test(
        "removing a member takes one comma with it",
        arguments: [
            ("a", #"{ "b" : 2 , "c":3 }"#), ("b", #"{ "a":1 , "c":3 }"#),
            ("c", #"{ "a":1 , "b" : 2 }"#),
        ])
    func removesComma(path: String, expected: String) throws {
        var (arena, event) = EventArena.holding(#"{ "a":1 , "b" : 2 , "c":3 }"#)
        #expect(arena.remove(try FieldPath(path), of: &event))
        #expect(arena.rendered(event) == expected)
    }

    @Test("removing all members leaves an empty object, to which others can be added")
    func removesAll() throws {
        var (arena, event) = EventArena.holding(#"{"a":1,"b":2}"#)
        arena.remove(try FieldPath("b"), of: &event)
        arena.remove(try FieldPath("a"), of: &event)
        #expect(arena.rendered(event) == "{}")
        arena.set(try FieldPath("c"), of: &event, to: true)
        #expect(arena.rendered(event) == #"{"c":true}"#)
    }

    @Test("new members come last, in the order in which they were set")
    func addsInOrder() throws {
        var (arena, event) = EventArena.holding("{\n  \"a\": 1\n}\n")
        arena.set(try FieldPath("z.y"), of: &event, to: Int64(1))
        arena.set(try FieldPath("m"), of: &event, to: 0.5)
        arena.set(try FieldPath("z.x"), of: &event, to: false)
        #expect(
            arena.rendered(event)
                == "{\n  \"a\": 1,\"z\":{\"y\":1,\"x\":false},\"m\":0.5\n}\n")
    }

    @Test("the rest of a document is not touched by a change")
    func leavesTheRest() throws {
        let json = #"{"id":9007199254740993,"price":19.990,"t":"é\/\u0041","x":{"y":[1, 2]}}"#
        var (arena, event) = EventArena.holding(json)
        arena.set(try FieldPath("x.y[1]"), of: &event, toString: "two")
        #expect(
            arena.rendered(event)
                == #"{"id":9007199254740993,"price":19.990,"t":"é\/\u0041","x":{"y":[1, "two"]}}"#)
    }

    @Test("a tombstone renders nothing")
    func rendersNoTombstone() {
        let (arena, events) = EventArena.holding([nil])
        #expect(arena.isTombstone(events[0]))
        #expect(arena.rendered(events[0]) == "")
        #expect(arena.parse(events[0], limits: .standard)?.code == .tombstone)
    }
}
