internal import Events

/// Writes events to a sink's topic.
final class SinkWriter {
    let name: String
    let topic: Int32
    /// The field whose value becomes the key of the records.
    let key: FieldPath?
    /// How values are written; `nil` is JSON as events are.
    private let encoder: (any RecordEncoder)?
    private let policy: SinkErrorPolicy
    /// Where what does not fit goes; -1 when it goes nowhere.
    private let deadLetterTopic: Int32
    private let failureHeaders: FailureHeaders

    init(_ sink: Topology.Sink, topic: Int, headers: FailureHeaders) {
        name = sink.topic
        self.topic = Int32(topic)
        key = sink.key
        encoder = sink.format?.makeEncoder()
        policy = sink.errorPolicy
        failureHeaders = headers
        if case .deadLetter(let name) = sink.errorPolicy {
            deadLetterTopic = Int32(headers.topics.firstIndex(of: name) ?? topic)
        } else {
            deadLetterTopic = -1
        }
    }

    func write(
        _ events: [Event], from arena: EventArena, into output: OutputBatch
    ) throws(OperatorError) {
        if let encoder {
            try write(events, with: encoder, from: arena, into: output)
            return
        }
        for event in events { append(event, to: topic, of: arena, into: output) }
    }

    private func append(
        _ event: Event, to topic: Int32, of arena: EventArena, into output: OutputBatch
    ) {
        var written = event
        if let key { arena.setKey(of: &written, toValueAt: key) }
        let skipped = skippedHeaders(of: event, in: arena)
        unsafe output.append(written, of: arena, topic: topic, skippedHeaderBytes: skipped)
    }

    private func skippedHeaders(of event: Event, in arena: EventArena) -> Int {
        unsafe RepartitionHeader.size(in: arena.bytes(arena.headers(of: event)))
    }

    private func write(
        _ events: [Event], with encoder: any RecordEncoder, from arena: EventArena,
        into output: OutputBatch
    ) throws(OperatorError) {
        var value = ByteBuffer()
        for event in events {
            // A tombstone is one in every format.
            guard !arena.isTombstone(event) else {
                append(event, to: topic, of: arena, into: output)
                continue
            }
            value.removeAll()
            do {
                try encoder.encode(event, of: arena, into: &value)
            } catch {
                try refuse(event, error, from: arena, into: output)
                continue
            }
            var written = event
            if let key { arena.setKey(of: &written, toValueAt: key) }
            unsafe output.append(
                written, of: arena, value: value.bytes, topic: topic,
                skippedHeaderBytes: skippedHeaders(of: event, in: arena))
        }
    }

    private func refuse(
        _ event: Event, _ error: RecordEncodingError, from arena: EventArena,
        into output: OutputBatch
    ) throws(OperatorError) {
        switch (error, policy) {
        case (.unavailable(let reason), _): throw .unavailable(reason: reason)
        case (.unfit(let reason), .fail): throw .refusedRecord(reason: reason)
        case (.unfit, .drop): break
        case (.unfit(let reason), .deadLetter):
            var failed = event
            failureHeaders.attach(
                to: &failed, in: arena, operatorName: name, error: "not_encodable", reason: reason)
            let skipped = skippedHeaders(of: failed, in: arena)
            unsafe output.append(
                failed, of: arena, topic: deadLetterTopic, skippedHeaderBytes: skipped)
        }
    }
}

/// Writes events to a repartition topic, keyed anew, with what the reading task needs to know.
struct RepartitionWriter {
    private let topic: Int32
    private let key: StateKey
    /// Of a key that an operator makes.
    private let makeKey: DerivedKey.Maker?
    private let writer: TaskIdentifier
    /// Topic names by the index that events carry.
    private let topics: [[UInt8]]

    init(topic: Int32, key: StateKey, writer: TaskIdentifier, topics: [String]) {
        self.topic = topic
        self.key = key
        if case .derived(let key) = key { makeKey = key.makeMaker() } else { makeKey = nil }
        self.writer = writer
        self.topics = topics.map { Array($0.utf8) }
    }

    func write(_ events: [Event], from arena: EventArena, into output: OutputBatch) {
        guard !events.isEmpty else { return }
        var header = ByteBuffer()
        var derived = ByteBuffer()
        for event in events {
            var written = event
            if case .field(let path) = key { arena.setKey(of: &written, toValueAt: path) }
            if let makeKey {
                derived.removeAll()
                makeKey(event, arena, &derived)
                if !derived.isEmpty { unsafe arena.setKey(of: &written, to: derived.bytes) }
            }
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
