internal import Events

/// Writes events to a sink's topic.
struct SinkWriter {
    let topic: Int32
    /// The field whose value becomes the key of the records.
    let key: FieldPath?

    func write(_ events: [Event], from arena: EventArena, into output: OutputBatch) {
        for event in events {
            var written = event
            if let key { arena.setKey(of: &written, toValueAt: key) }
            let skipped = unsafe RepartitionHeader.size(
                in: arena.bytes(arena.headers(of: event)))
            unsafe output.append(written, of: arena, topic: topic, skippedHeaderBytes: skipped)
        }
    }
}

/// Writes events to a repartition topic, keyed anew, with what the reading task needs to know.
struct RepartitionWriter {
    private let topic: Int32
    private let key: StateKey
    private let writer: TaskIdentifier
    /// Topic names by the index that events carry.
    private let topics: [[UInt8]]

    init(topic: Int32, key: StateKey, writer: TaskIdentifier, topics: [String]) {
        self.topic = topic
        self.key = key
        self.writer = writer
        self.topics = topics.map { Array($0.utf8) }
    }

    func write(_ events: [Event], from arena: EventArena, into output: OutputBatch) {
        guard !events.isEmpty else { return }
        var header = ByteBuffer()
        for event in events {
            var written = event
            if case .field(let path) = key { arena.setKey(of: &written, toValueAt: path) }
            header.removeAll()
            RepartitionHeader.write(event, of: arena, writer: writer, topics: topics, to: &header)
            let skipped = unsafe RepartitionHeader.size(
                in: arena.bytes(arena.headers(of: event)))
            unsafe output.append(
                written, of: arena, topic: topic, firstHeaders: header.bytes,
                skippedHeaderBytes: skipped)
        }
    }
}
