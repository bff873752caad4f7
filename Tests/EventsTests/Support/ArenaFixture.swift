import Events

extension EventArena {
    /// A batch of these values, attached to a fresh arena.
    static func holding(_ values: [String?]) -> (EventArena, [Event]) {
        let batch = RecordBatch()
        for (offset, value) in values.enumerated() {
            batch.append(value.map { Array($0.utf8) }, offset: Int64(offset))
        }
        let arena = EventArena()
        arena.attach(batch)
        return (arena, values.indices.map { arena.addEvent(record: $0) })
    }

    static func holding(_ value: String) -> (EventArena, Event) {
        let (arena, events) = holding([value])
        return (arena, events[0])
    }

    static func holding(bytes: [UInt8]) -> (EventArena, Event) {
        let batch = RecordBatch()
        batch.append(bytes, offset: 0)
        let arena = EventArena()
        arena.attach(batch)
        return (arena, arena.addEvent(record: 0))
    }

    func rendered(_ event: Event) -> String {
        String(decoding: renderedBytes(event), as: UTF8.self)
    }

    func renderedBytes(_ event: Event) -> [UInt8] {
        var buffer = ByteBuffer()
        render(event, into: &buffer)
        return unsafe Array(buffer.bytes)
    }

    func text(_ range: ByteRange) -> String {
        unsafe String(decoding: bytes(range), as: UTF8.self)
    }

    func text(of event: Event, at path: String) throws -> String? {
        let value = value(of: event, at: try FieldPath(path))
        return value.isMissing ? nil : text(value.kind == .string ? value.text : value.raw)
    }

    @discardableResult
    func set(_ path: FieldPath, of event: inout Event, toJSON json: String) -> Bool {
        let bytes = Array(json.utf8)
        return unsafe bytes.withUnsafeBytes { unsafe set(path, of: &event, toJSON: $0) }
    }
}

extension RecordBatch {
    func append(
        _ value: [UInt8]?, key: [UInt8]? = nil, headers: [UInt8]? = nil, offset: Int64 = 0,
        timestamp: Int64 = 0
    ) {
        unsafe append(
            key: key?.span.bytes, value: value?.span.bytes, headers: headers?.span.bytes,
            offset: offset, timestamp: timestamp)
    }
}
