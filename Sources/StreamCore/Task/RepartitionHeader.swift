internal import Events

/// The first header of a record in a repartition topic: the watermark of the task that wrote it,
/// and where the event came from originally.
///
/// Layout: the writer's sub-topology (4 bytes) and partition (4), its watermark (8), origin
/// partition (4), origin offset (8), origin topic (the rest); little-endian.
enum RepartitionHeader {
    static let name: StaticString = "millrace.repartition"
    private static let originStart = 16
    private static let topicStart = 28

    struct Origin {
        let topic: String
        let partition: Int32
        let offset: Int64
    }

    /// Appends the header of `event`; `topics` are names by the index that events carry.
    static func write(
        _ event: Event, of arena: EventArena, writer: TaskIdentifier, topics: [[UInt8]],
        to headers: inout ByteBuffer
    ) {
        let known = unsafe value(in: arena.bytes(arena.headers(of: event)))
        let topic = Int(arena.topic(of: event))
        // An event that an operator made of its state comes from no topic.
        let hasTopic = unsafe known == nil && topics.indices.contains(topic)
        let size =
            unsafe known?.count ?? topicStart + (hasTopic ? topics[topic].count : 0)
        headers.append(littleEndian: UInt32(name.utf8CodeUnitCount))
        headers.append(name)
        headers.append(littleEndian: UInt32(size))
        headers.append(littleEndian: UInt32(writer.subtopology))
        headers.append(littleEndian: UInt32(bitPattern: writer.partition))
        headers.append(littleEndian: event.streamTime.milliseconds)
        if let known = unsafe known {
            unsafe headers.append(UnsafeRawBufferPointer(rebasing: known[originStart...]))
            return
        }
        headers.append(littleEndian: UInt32(bitPattern: arena.partition(of: event)))
        headers.append(littleEndian: arena.offset(of: event))
        if hasTopic { unsafe topics[topic].withUnsafeBytes { unsafe headers.append($0) } }
    }

    /// The writing task and its stream time when it wrote.
    static func read(
        _ headers: UnsafeRawBufferPointer
    ) -> (writer: TaskIdentifier, watermark: Timestamp)? {
        guard let value = unsafe value(in: headers) else { return nil }
        let writer = unsafe TaskIdentifier(
            subtopology: Int(load(UInt32.self, from: value, at: 0)),
            partition: load(Int32.self, from: value, at: 4))
        let watermark = unsafe load(Int64.self, from: value, at: 8)
        return (writer, Timestamp(milliseconds: watermark))
    }

    /// Where the event came from before it was repartitioned; `nil` for one that an operator made
    /// of its state.
    static func origin(in headers: UnsafeRawBufferPointer) -> Origin? {
        guard let value = unsafe value(in: headers), value.count > topicStart else { return nil }
        return unsafe Origin(
            topic: String(
                decoding: UnsafeRawBufferPointer(rebasing: value[topicStart...]), as: UTF8.self),
            partition: load(Int32.self, from: value, at: originStart),
            offset: load(Int64.self, from: value, at: originStart + 4))
    }

    private static func load<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type, from value: UnsafeRawBufferPointer, at offset: Int
    ) -> Number {
        unsafe Number(
            littleEndian: value.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// The bytes that this header takes at the start of `headers`; 0 when it is not there.
    static func size(in headers: UnsafeRawBufferPointer) -> Int {
        guard let value = unsafe value(in: headers) else { return 0 }
        return 4 + name.utf8CodeUnitCount + 4 + value.count
    }

    private static func value(in headers: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard headers.count > 0 else { return nil }
        var reader = unsafe RecordHeaders(headers)
        guard let first = reader.next(), unsafe first.name.elementsEqual(nameBytes),
            let value = unsafe first.value, value.count >= topicStart
        else { return nil }
        return unsafe value
    }

    private static var nameBytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    }
}

/// Reads back what a ``RepartitionWriter`` wrote: events that were parsed once, and are taken as
/// large and as deep as `parse` let them through.
final class RepartitionDecoder: RecordDecoder {
    private static let limits = ParseLimits(
        maximumBytes: ParseLimits.largestDocument, maximumDepth: ParseLimits.deepestNesting,
        duplicateKeys: .keepFirst)

    func decode(recordCount: Int, in arena: EventArena, into events: inout [Event]) {
        for index in 0..<recordCount {
            let event = arena.addEvent(record: index)
            _ = arena.parse(event, limits: Self.limits)
            events.append(event)
        }
    }
}

/// Takes what an operator's tasks sent each other as it is: bytes that only the operator can read.
final class FeedbackDecoder: RecordDecoder {
    func decode(recordCount: Int, in arena: EventArena, into events: inout [Event]) {
        for index in 0..<recordCount { events.append(arena.addEvent(record: index)) }
    }
}
