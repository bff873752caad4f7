import Events
import Foundation
import Testing

@Suite struct EventArenaReadingTests {
    @Test("values at random paths equal those that Foundation reads", arguments: 0..<40)
    func agreesWithFoundation(seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed))
        for _ in 0..<50 {
            // given
            let model = random.object()
            let json = random.text(of: model)
            let parsed = try JSONSerialization.jsonObject(with: Data(json.utf8))
            let (arena, event) = EventArena.holding(json)
            #expect(arena.parse(event, limits: .standard) == nil)
            for _ in 0..<20 {
                // when
                let path = random.path(in: model)
                let value = arena.value(of: event, at: path)
                // then
                let expected = Self.value(in: parsed, at: path.components[...])
                #expect(
                    Self.isSame(value, in: arena, as: expected), "\(path) in \(json)")
            }
        }
    }

    @Test("where a name stood in one document says nothing of the next", arguments: 0..<20)
    func manyDocuments(seed: Int) throws {
        var random = RandomJSON(seed: UInt64(2_000 + seed))
        let arena = EventArena()
        for _ in 0..<200 {
            let model = random.object()
            let json = Array(random.text(of: model).utf8)
            let event = unsafe json.withUnsafeBytes {
                unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
            }
            for _ in 0..<10 {
                let path = random.path(in: model)
                let value = arena.value(of: event, at: path)
                let found = value.isMissing ? nil : JSONModel(value, in: arena)
                #expect(found == model.value(at: path), "\(path), seed \(seed)")
            }
        }
    }

    @Test("an object that an operator wrote reads as any other", arguments: 0..<40)
    func writtenObjects(seed: Int) {
        var random = RandomJSON(seed: UInt64(3_000 + seed))
        let place = FieldPath(name: "w")
        for _ in 0..<100 {
            let model = random.object()
            let json = Array(random.text(of: model).utf8)
            let below = random.path(in: model)
            let path = FieldPath(place.components + below.components)
            let (arena, event) = EventArena.holding("{}")
            var (written, set) = (event, event)
            unsafe json.withUnsafeBytes { json in
                unsafe arena.set(place, of: &written, toCopyOf: arena.value(ofWritten: json))
                unsafe arena.set(place, of: &set, toJSON: json)
            }
            let (found, expected) = (
                arena.value(of: written, at: path), arena.value(of: set, at: path)
            )
            #expect(found.kind == expected.kind, "\(below), seed \(seed)")
            #expect(arena.text(found.raw) == arena.text(expected.raw))
            #expect(arena.text(found.text) == arena.text(expected.text))
            #expect(found.double == expected.double && found.boolean == expected.boolean)
        }
    }

    @Test("walking all children gives the document that was written", arguments: 0..<40)
    func walksChildren(seed: Int) throws {
        var random = RandomJSON(seed: UInt64(1_000 + seed))
        for _ in 0..<50 {
            let model = random.object()
            let (arena, event) = EventArena.holding(random.text(of: model))
            #expect(JSONModel(arena.root(of: event), in: arena) == model)
        }
    }

    @Test("members and elements are found by name and index")
    func findsChildren() {
        // given
        let (arena, event) = EventArena.holding(#"{"a":[10,20],"":"empty","\u0062":1}"#)
        let root = arena.root(of: event)
        let name: [UInt8] = [0x62]
        // when
        let array = arena.firstChild(of: root)
        let escaped = unsafe name.withUnsafeBytes { unsafe arena.member(named: $0, of: root) }
        let empty = unsafe arena.member(
            named: UnsafeRawBufferPointer(start: nil, count: 0), of: root)
        // then
        #expect(arena.childCount(of: root) == 3)
        #expect(arena.text(arena.element(at: 1, of: array).raw) == "20")
        #expect(arena.element(at: 2, of: array).isMissing)
        #expect(arena.element(at: -1, of: array).isMissing)
        #expect(escaped.integer == 1)
        #expect(arena.text(empty.text) == "empty")
    }

    @Test("a number keeps its digits and says what it is")
    func keepsNumbers() throws {
        let json = #"""
            {"id":9223372036854775807,"big":18446744073709551615,"low":-9223372036854775808,
             "price":19.990,"tiny":1E-7,"zero":-0,"huge":123456789012345678.25}
            """#
        let (arena, event) = EventArena.holding(json)
        func value(_ name: String) -> FieldValue {
            arena.value(of: event, at: FieldPath(name: name))
        }
        #expect(value("id").integer == .max)
        #expect(value("id").unsignedInteger == nil)
        #expect(value("big").kind == .unsignedInteger)
        #expect(value("big").unsignedInteger == .max)
        #expect(value("big").integer == nil)
        #expect(value("big").double == 18446744073709551615.0)
        #expect(value("low").integer == .min)
        #expect(value("price").kind == .decimal)
        #expect(arena.text(value("price").raw) == "19.990")
        #expect(value("price").double == 19.99)
        #expect(arena.text(value("tiny").raw) == "1E-7")
        #expect(value("zero").integer == 0)
        #expect(arena.text(value("zero").raw) == "-0")
        #expect(arena.text(value("huge").raw) == "123456789012345678.25")
    }

    @Test("an event that cannot be parsed has no values and renders as it came")
    func toleratesUnparseable() throws {
        var (arena, event) = EventArena.holding(#"{"a":"#)
        #expect(try arena.text(of: event, at: "a") == nil)
        #expect(arena.root(of: event).isMissing)
        #expect(!arena.settle(&event))
        #expect(!arena.set(FieldPath(name: "b"), of: &event, to: true))
        #expect(!arena.remove(FieldPath(name: "a"), of: &event))
        #expect(arena.rendered(event) == #"{"a":"#)
        // then: the failure is still told afterwards
        #expect(arena.parse(event, limits: .standard)?.code == .truncated)
    }

    @Test("a copy of a field's bytes stays readable while the arena grows")
    func keepsBytesWhileGrowing() throws {
        // given
        var (arena, event) = EventArena.holding(#"{"a":"x\ny"}"#)
        let text = unsafe arena.bytes(arena.value(of: event, at: try FieldPath("a")).text)
        // when: more is set than the first memory holds
        for number in 0..<2_000 {
            arena.set(FieldPath(name: "n\(number % 7)"), of: &event, to: Int64(number))
        }
        // then
        #expect(unsafe String(decoding: text, as: UTF8.self) == "x\ny")
    }

    // MARK: Foundation

    private static func value(in node: Any?, at path: ArraySlice<FieldPath.Component>) -> Any? {
        guard let step = path.first else { return node }
        switch step {
        case .name(let name):
            guard let object = node as? [String: Any] else { return nil }
            return value(in: object[name], at: path.dropFirst())
        case .index(let index):
            guard let array = node as? [Any], array.indices.contains(index) else { return nil }
            return value(in: array[index], at: path.dropFirst())
        }
    }

    private static func isSame(
        _ value: FieldValue, in arena: EventArena, as expected: Any?
    ) -> Bool {
        switch value.kind {
        case .missing: expected == nil
        case .null: expected is NSNull
        case .boolean: (expected as? Bool) == value.boolean
        case .integer: (expected as? NSNumber)?.int64Value == value.integer
        case .unsignedInteger: (expected as? NSNumber)?.uint64Value == value.unsignedInteger
        case .decimal: (expected as? NSNumber)?.doubleValue == value.double
        case .string: (expected as? String) == arena.text(value.text)
        case .array: (expected as? [Any])?.count == arena.childCount(of: value)
        case .object: (expected as? [String: Any])?.count == arena.childCount(of: value)
        }
    }
}
