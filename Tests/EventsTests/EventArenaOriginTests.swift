import Events
import Testing

@Suite struct EventArenaOriginTests {
    private static func source() -> (EventArena, Event) {
        let batch = RecordBatch()
        batch.topic = 2
        batch.partition = 7
        var headers = ByteBuffer()
        Self.append("trace", "abc", to: &headers)
        batch.append(
            Array(#"{"a":1,"t":"x\ty"}"#.utf8), key: Array("key".utf8),
            headers: unsafe Array(headers.bytes), offset: 99, timestamp: 1_000)
        let arena = EventArena()
        arena.attach(batch)
        return (arena, arena.addEvent(record: 0))
    }

    private static func append(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
        unsafe Array(name.utf8).withUnsafeBytes { name in
            unsafe Array(value.utf8).withUnsafeBytes { value in
                unsafe buffer.append(headerName: name, value: value)
            }
        }
    }

    private static func headers(of event: Event, in arena: EventArena) -> [String] {
        var buffer = ByteBuffer()
        arena.renderHeaders(of: event, into: &buffer)
        return RecordHeadersTests.decoded(unsafe Array(buffer.bytes)).map { name, value in
            "\(name)=\(value.map { String(decoding: $0, as: UTF8.self) } ?? "null")"
        }
    }

    @Test("a derived event has its own value and the parent's origin")
    func derives() throws {
        var (arena, parent) = Self.source()
        parent.sequence = 5
        parent.streamTime = Timestamp(milliseconds: 4)
        arena.addHeader("added", value: "1", to: &parent)
        arena.set(try FieldPath("a"), of: &parent, to: Int64(2))
        // when
        let json = Array(#"{"line":1}"#.utf8)
        let derived = unsafe json.withUnsafeBytes { unsafe arena.addEvent(json: $0, like: parent) }
        let unkeyed = unsafe json.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, like: parent, key: .absent)
        }
        // then
        #expect(arena.rendered(derived) == #"{"line":1}"#)
        #expect(try arena.text(of: derived, at: "line") == "1")
        #expect(arena.topic(of: derived) == 2)
        #expect(arena.partition(of: derived) == 7)
        #expect(arena.offset(of: derived) == 99)
        #expect(derived.sequence == 5 && derived.streamTime.milliseconds == 4)
        #expect(arena.text(derived.key) == "key")
        #expect(unkeyed.key.isAbsent)
        #expect(Self.headers(of: derived, in: arena) == ["trace=abc", "added=1"])
    }

    @Test("an event that an operator made comes from no record")
    func makes() {
        let arena = EventArena()
        let json = Array("{}".utf8)
        let event = unsafe json.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: Timestamp(milliseconds: 3))
        }
        #expect(arena.topic(of: event) == -1)
        #expect(event.key.isAbsent)
        #expect(arena.rendered(event) == "{}")
        #expect(Self.headers(of: event, in: arena) == [])
    }

    @Test("the key is set, removed, or taken from a field")
    func setsKey() throws {
        var (arena, event) = Self.source()
        arena.setKey(of: &event, toValueAt: try FieldPath("t"))
        #expect(arena.text(event.key) == "x\ty")
        arena.setKey(of: &event, toValueAt: try FieldPath("a"))
        #expect(arena.text(event.key) == "1")
        arena.setKey(of: &event, toValueAt: try FieldPath("missing"))
        #expect(event.key.isAbsent)
        unsafe Array("new".utf8).withUnsafeBytes { unsafe arena.setKey(of: &event, to: $0) }
        #expect(arena.text(event.key) == "new")
        unsafe arena.setKey(of: &event, to: nil)
        #expect(event.key.isAbsent)
    }

    @Test("a failed event is written as it came, with headers that say why and where")
    func fails() throws {
        var (arena, event) = Self.source()
        arena.set(try FieldPath("a"), of: &event, to: Int64(2))
        unsafe arena.setKey(of: &event, to: nil)
        arena.addHeader("added", value: "1", to: &event)
        arena.settle(&event)
        // when
        var failed = event
        arena.fail(&failed, operatorName: "valid", error: "type", reason: "a is no text")
        // then
        #expect(arena.rendered(failed) == #"{"a":1,"t":"x\ty"}"#)
        #expect(arena.text(failed.key) == "key")
        #expect(try arena.text(of: failed, at: "a") == "1")
        #expect(
            Self.headers(of: failed, in: arena) == [
                "trace=abc", "millrace.operator=valid", "millrace.error=type",
                "millrace.reason=a is no text", "millrace.partition=7", "millrace.offset=99",
                "millrace.timestamp=1000",
            ])
        // and the other branch goes on
        #expect(try arena.text(of: event, at: "a") == "2")
    }

    @Test("a tombstone can fail, and stays a tombstone")
    func failsTombstone() {
        var (arena, events) = EventArena.holding([nil])
        arena.fail(&events[0], operatorName: "parsed", error: "tombstone", reason: "no value")
        #expect(arena.isTombstone(events[0]))
        #expect(arena.rawValue(of: events[0]).isAbsent)
    }

    @Test("headers are added behind the record's, in order, and null stays null")
    func addsHeaders() throws {
        var (arena, event) = Self.source()
        arena.addHeader("one", value: "1", to: &event)
        arena.set(try FieldPath("b"), of: &event, to: true)
        unsafe arena.addHeader("two", value: nil, to: &event)
        arena.settle(&event)
        arena.addHeader("three", value: "", to: &event)
        #expect(
            Self.headers(of: event, in: arena) == ["trace=abc", "one=1", "two=null", "three="])
        #expect(arena.rendered(event) == #"{"a":1,"t":"x\ty","b":true}"#)
    }

    @Test(
        "an adopted event is whole in its new arena, and independent of the old one",
        arguments: [
            false, true,
        ])
    func adopts(isChanged: Bool) throws {
        // given
        var (source, event) = Self.source()
        #expect(source.parse(event, limits: .standard) == nil)
        event.sequence = 11
        if isChanged {
            source.set(try FieldPath("b.c"), of: &event, toString: "é\n")
            unsafe source.addHeader("added", value: nil, to: &event)
            source.setKey(of: &event, toValueAt: try FieldPath("t"))
        }
        // when
        let (arena, _) = EventArena.holding(#"{"other":true}"#)
        let adopted = arena.adopt(event, from: source)
        source.reset()
        // then
        let value = #"{"a":1,"t":"x\ty""# + (isChanged ? #","b":{"c":"é\n"}}"# : "}")
        #expect(arena.rendered(adopted) == value)
        #expect(try arena.text(of: adopted, at: "t") == "x\ty")
        #expect(try arena.text(of: adopted, at: "b.c") == (isChanged ? "é\n" : nil))
        #expect(arena.text(adopted.key) == (isChanged ? "x\ty" : "key"))
        #expect(arena.offset(of: adopted) == 99 && adopted.sequence == 11)
        #expect(
            Self.headers(of: adopted, in: arena)
                == ["trace=abc"] + (isChanged ? ["added=null"] : []))
        // and its original bytes came along
        var failed = adopted
        arena.fail(&failed, operatorName: "o", error: "e", reason: "r")
        #expect(arena.rendered(failed) == #"{"a":1,"t":"x\ty"}"#)
        #expect(arena.text(failed.key) == "key")
    }

    @Test("random events survive adoption", arguments: 0..<10)
    func adoptsRandomEvents(seed: Int) {
        var random = RandomJSON(seed: UInt64(seed))
        let target = EventArena()
        for _ in 0..<50 {
            let model = random.object()
            let (arena, event) = EventArena.holding(random.text(of: model))
            if random.generator.chance(70) { _ = arena.parse(event, limits: .standard) }
            let adopted = target.adopt(event, from: arena)
            #expect(JSONModel(target.root(of: adopted), in: target) == model)
        }
    }

    @Test("an arena that was reset starts again")
    func resets() throws {
        let (arena, event) = EventArena.holding(#"{"a":1}"#)
        #expect(try arena.text(of: event, at: "a") == "1")
        arena.reset()
        #expect(arena.byteCount == 0)
        let batch = RecordBatch()
        batch.append(Array(#"{"a":2}"#.utf8))
        arena.attach(batch)
        #expect(try arena.text(of: arena.addEvent(record: 0), at: "a") == "2")
    }

    @Test("a decoder's failure is remembered until the arena is reset")
    func remembersFailures() {
        let (arena, events) = EventArena.holding(["x", "{}"])
        let failure = EventFailure(error: "unexpected_byte", reason: "not JSON at byte 0")
        arena.markFailed(events[0], failure)
        #expect(arena.failure(of: events[0]) == failure)
        #expect(arena.failure(of: events[1]) == nil)
        #expect(failure.description == "unexpected_byte: not JSON at byte 0")
    }
}
