extension EventArena {
    /// Makes the bytes of `batch` the arena's input, without copying them.
    ///
    /// The batch must stay as it is until the arena is reset.
    ///
    /// - Precondition: no batch is attached.
    public func attach(_ batch: RecordBatch) {
        precondition(self.batch == nil, "an arena takes one batch; reset it before the next")
        self.batch = batch
        unsafe input = batch.bytes
    }

    /// The event of one record of the attached batch, not parsed yet.
    ///
    /// Its timestamp is the record's own, or ``Timestamp/distantPast`` when it has none.
    public func addEvent(record index: Int) -> Event {
        guard let batch else { preconditionFailure("attach a batch before adding its records") }
        let slot = batch.slots[index]
        let value = Self.inputRange(slot.valueStart, slot.valueCount)
        let key = Self.inputRange(slot.keyStart, slot.keyCount)
        origins.append(
            Origin(
                topic: batch.topic, partition: batch.partition, offset: slot.offset,
                timestamp: slot.timestamp,
                headers: Self.inputRange(slot.headersStart, slot.headersCount)))
        documents.append(
            Document(raw: value, bytes: value, key: key, origin: Int32(origins.count - 1)))
        let timestamp =
            slot.timestamp == -1 ? .distantPast : Timestamp(milliseconds: slot.timestamp)
        return Event(slot: Int32(documents.count - 1), timestamp: timestamp, key: key)
    }

    /// A new event with the given value, for example one line of a record of many lines.
    ///
    /// It has the parent's topic, partition, offset, headers, times and sequence.
    ///
    /// - Parameters:
    ///   - json: The value, which is copied; it is parsed at the first read.
    ///   - parent: The event that it was made from.
    ///   - key: The key in this arena; `nil` takes the parent's.
    /// - Returns: The event.
    public func addEvent(
        json: UnsafeRawBufferPointer, like parent: Event, key: ByteRange? = nil
    ) -> Event {
        let value = unsafe copy(json)
        let key = key ?? parent.key
        documents.append(
            Document(raw: value, bytes: value, key: key, origin: document(of: parent).origin))
        var event = parent
        event.slot = Int32(documents.count - 1)
        event.overlay = headersOnly(parent.overlay)
        event.key = key
        return event
    }

    /// Makes JSON the text that an event is read from, in place of its value, which stays what
    /// ``rawValue(of:)`` gives and what a dead letter carries. The text is copied.
    public func setText(of event: Event, toJSON json: UnsafeRawBufferPointer) {
        setText(of: event, to: unsafe copy(json))
    }

    /// Makes the rest of an event's value, from `offset` on, the text that it is read from.
    public func setText(of event: Event, toValueFrom offset: Int) {
        let raw = rawValue(of: event)
        setText(of: event, to: raw.part(offset, max(raw.count - offset, 0)))
    }

    private func setText(of event: Event, to text: ByteRange) {
        documents[Int(event.slot)].bytes = text
        documents[Int(event.slot)].firstNode = Document.notParsed
    }

    /// Whether the event's value is indexed.
    public func isParsed(_ event: Event) -> Bool { document(of: event).firstNode >= 0 }

    /// The topic that the event's record came from, as an index into the topic table.
    public func topic(of event: Event) -> Int32 { origin(of: event).topic }

    /// The partition that the event's record came from.
    public func partition(of event: Event) -> Int32 { origin(of: event).partition }

    /// The offset of the event's record.
    public func offset(of event: Event) -> Int64 { origin(of: event).offset }

    /// The record's own timestamp in milliseconds since 1970; -1 when it has none.
    public func recordTimestamp(of event: Event) -> Int64 { origin(of: event).timestamp }

    /// The record's headers as they came, in the form of ``RecordHeaders``.
    public func headers(of event: Event) -> ByteRange { origin(of: event).headers }

    /// Whether the record has no value.
    public func isTombstone(_ event: Event) -> Bool { document(of: event).raw.isAbsent }

    /// The value as it came, whatever was set since; absent for a tombstone.
    public func rawValue(of event: Event) -> ByteRange { document(of: event).raw }

    func document(of event: Event) -> Document { documents[Int(event.slot)] }

    func origin(of event: Event) -> Origin { origins[Int(document(of: event).origin)] }

    private static func inputRange(_ start: UInt32, _ count: Int32) -> ByteRange {
        count < 0 ? .absent : .input(Int(start), Int(count))
    }
}
