import Events
import Testing

@Suite struct RecordBatchTests {
    @Test("absent and empty parts differ")
    func tellsAbsentFromEmpty() {
        // given
        let batch = RecordBatch()
        batch.append(nil, key: nil, timestamp: -1)
        batch.append([], key: [], headers: [], timestamp: 7)
        let arena = EventArena()
        arena.attach(batch)
        // when
        let absent = arena.addEvent(record: 0)
        let empty = arena.addEvent(record: 1)
        // then
        #expect(absent.key.isAbsent && arena.isTombstone(absent))
        #expect(!empty.key.isAbsent && !arena.isTombstone(empty))
        #expect(empty.key == .empty || empty.key.count == 0)
        #expect(absent.timestamp == .distantPast)
        #expect(empty.timestamp == Timestamp(milliseconds: 7))
        #expect(arena.recordTimestamp(of: absent) == -1)
        #expect(arena.parse(empty, limits: .standard)?.code == .emptyValue)
    }

    @Test("records of borrowed memory are read in place")
    func borrows() {
        let json = #"{"a":1}"#
        let bytes = Array(("key" + json).utf8) + [UInt8](repeating: 0, count: ByteBuffer.padding)
        unsafe bytes.withUnsafeBytes { memory in
            let batch = RecordBatch()
            batch.topic = 3
            batch.partition = 9
            unsafe batch.borrow(
                bytes: UnsafeRawBufferPointer(rebasing: memory[..<(3 + json.utf8.count)]))
            batch.append(
                RecordBatch.Slot(
                    keyStart: 0, keyCount: 3, valueStart: 3, valueCount: Int32(json.utf8.count),
                    headersStart: 0, headersCount: 0, offset: 41, timestamp: 5))
            let arena = EventArena()
            arena.attach(batch)
            let event = arena.addEvent(record: 0)
            let value = arena.value(of: event, at: FieldPath(name: "a"))
            #expect(value.integer == 1)
            #expect(arena.text(event.key) == "key")
            #expect(arena.topic(of: event) == 3)
            #expect(arena.partition(of: event) == 9)
            #expect(arena.offset(of: event) == 41)
            #expect(unsafe arena.bytes(event.key).baseAddress == memory.baseAddress)
        }
    }

    @Test("a batch that was emptied takes other records")
    func startsAgain() {
        let batch = RecordBatch()
        batch.append([1, 2, 3])
        batch.removeAll()
        #expect(batch.count == 0)
        batch.append([4])
        #expect(batch.count == 1)
        #expect(unsafe Array(batch.bytes) == [4])
    }
}
