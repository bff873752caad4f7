import Events
import Testing

@Suite struct OutputBatchTests {
    private static func bytes(_ part: UnsafeRawBufferPointer?) -> String? {
        unsafe part.map { unsafe String(decoding: $0, as: UTF8.self) }
    }

    private static func headers(of record: Int, in batch: OutputBatch) -> [String] {
        RecordHeadersTests.decoded(unsafe Array(batch.headers(of: record))).map(\.0)
    }

    @Test("an event is appended as it is now, with its key, headers and time")
    func appendsEvent() throws {
        // given
        let records = RecordBatch()
        records.append(Array(#"{"a":1}"#.utf8), key: Array("key".utf8), timestamp: 77)
        let arena = EventArena()
        arena.attach(records)
        var event = arena.addEvent(record: 0)
        arena.set(try FieldPath("b"), of: &event, to: true)
        arena.addHeader("added", value: "1", to: &event)
        // when
        let batch = OutputBatch()
        unsafe batch.append(event, of: arena, topic: 4)
        unsafe batch.append(event, of: arena, topic: 5, key: .absent, partition: 2)
        // then
        #expect(unsafe Self.bytes(batch.value(of: 0)) == #"{"a":1,"b":true}"#)
        #expect(unsafe Self.bytes(batch.key(of: 0)) == "key")
        #expect(Self.headers(of: 0, in: batch) == ["added"])
        #expect(batch.slots[0].topic == 4 && batch.slots[0].partition == -1)
        #expect(batch.slots[0].timestamp == 77)
        #expect(unsafe batch.key(of: 1) == nil)
        #expect(batch.slots[1].topic == 5 && batch.slots[1].partition == 2)
    }

    @Test("headers can be put in front of the event's, and the first ones left out")
    func replacesHeaders() {
        func encoded(_ name: String) -> [UInt8] {
            var buffer = ByteBuffer()
            unsafe Array(name.utf8).withUnsafeBytes {
                unsafe buffer.append(headerName: $0, value: nil)
            }
            return unsafe Array(buffer.bytes)
        }
        let records = RecordBatch()
        let first = encoded("first")
        records.append(Array("{}".utf8), headers: first + encoded("second"))
        let arena = EventArena()
        arena.attach(records)
        let event = arena.addEvent(record: 0)
        let batch = OutputBatch()
        unsafe encoded("new").withUnsafeBytes { new in
            unsafe batch.append(
                event, of: arena, topic: 0, firstHeaders: new, skippedHeaderBytes: first.count)
        }
        #expect(Self.headers(of: 0, in: batch) == ["new", "second"])
    }

    @Test("a tombstone has no value, and a time that is not known is left to the broker")
    func appendsTombstone() {
        let records = RecordBatch()
        records.append(nil, key: [], timestamp: -1)
        let arena = EventArena()
        arena.attach(records)
        let batch = OutputBatch()
        unsafe batch.append(arena.addEvent(record: 0), of: arena, topic: 0)
        #expect(batch.slots[0].valueCount == -1)
        #expect(unsafe batch.value(of: 0) == nil)
        #expect(unsafe Self.bytes(batch.key(of: 0)) == "")
        #expect(batch.slots[0].timestamp == -1)
        #expect(batch.slots[0].headersCount == 0)
    }

    @Test("records of parts, and of another batch, are copied")
    func copiesRecords() {
        let batch = OutputBatch()
        let key: [UInt8] = [1]
        unsafe key.withUnsafeBytes {
            unsafe batch.append(key: $0, value: nil, topic: 1, timestamp: 9)
        }
        let other = OutputBatch()
        other.append(batch, record: 0)
        batch.removeAll()
        #expect(batch.count == 0)
        #expect(other.count == 1)
        #expect(unsafe other.key(of: 0).map { unsafe Array($0) } == [1])
        #expect(other.slots[0].valueCount == -1 && other.slots[0].topic == 1)
    }
}
