import Events
import Testing

@Suite("Reading the index in place")
struct DocumentReaderTests {
    @Test("a reader sees what the values of the arena say", arguments: 0..<40)
    func agrees(seed: Int) throws {
        var random = RandomJSON(seed: UInt64(2_000 + seed))
        for _ in 0..<25 {
            let (arena, event) = EventArena.holding(random.text(of: random.object()))
            let reader = try #require(arena.reader(of: event))
            var seen = 0
            compare(arena.root(of: event), 0, arena, reader, &seen)
            #expect(seen == reader.nodeCount(of: 0))
        }
    }

    private func compare(
        _ value: FieldValue, _ node: Int32, _ arena: EventArena, _ reader: DocumentReader,
        _ seen: inout Int
    ) {
        seen += 1
        #expect(reader.kindCode(of: node) == value.kind.rawValue)
        #expect(unsafe Array(reader.rawBytes(of: node)) == Array(arena.bytes(value.raw)))
        if value.kind == .string {
            #expect(unsafe Array(reader.textBytes(of: node)) == Array(arena.bytes(value.text)))
            #expect(reader.textCount(of: node) == value.text.count)
        }
        if let integer = value.integer {
            #expect(reader.payload(of: node) == UInt64(bitPattern: integer))
        }
        guard value.kind == .object || value.kind == .array else { return }
        #expect(Int(reader.childCount(of: node)) == arena.childCount(of: value))
        var child = arena.firstChild(of: value)
        var next = node + 1
        while !child.isMissing {
            if value.kind == .object {
                let name = unsafe arena.bytes(arena.key(of: child))
                #expect(unsafe Array(reader.nameBytes(of: next)) == Array(name))
                #expect(unsafe reader.nameHash(of: next) == DocumentReader.hash(of: name))
                #expect(unsafe reader.member(named: name, of: node) == next)
            }
            compare(child, next, arena, reader, &seen)
            child = arena.nextSibling(of: child)
            next = reader.following(next)
        }
    }

    @Test("a value that an operator set alone can be read, too")
    func setValues() throws {
        let (arena, start) = EventArena.holding(#"{"a":1}"#)
        var event = start
        arena.set(try FieldPath("b"), of: &event, toString: "x\"y")
        let value = arena.value(of: event, at: try FieldPath("b"))
        let (reader, node) = try #require(arena.reader(of: value))
        #expect(unsafe Array(reader.textBytes(of: node)) == Array("x\"y".utf8))
        #expect(arena.reader(of: FieldValue.missing) == nil)
    }

    @Test("a name is read as a string")
    func names() throws {
        let (arena, event) = EventArena.holding(#"{"pl\u0061in":1,"":2}"#)
        let reader = try #require(arena.reader(of: event))
        let room = NameNode()
        let name = room.reader(ofName: 1, in: reader)
        #expect(name.kindCode(of: 0) == FieldValue.Kind.string.rawValue)
        #expect(unsafe Array(name.textBytes(of: 0)) == Array("plain".utf8))
        #expect(room.reader(ofName: 2, in: reader).textCount(of: 0) == 0)
    }
}
