extension EventArena {
    /// A new event that an operator made of its state: it comes from no record.
    public func addEvent(
        json: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer?, timestamp: Timestamp
    ) -> Event {
        let value = unsafe copy(json)
        let keyRange = unsafe key.map { unsafe copy($0) } ?? .absent
        origins.append(
            Origin(topic: -1, partition: -1, offset: -1, timestamp: -1, headers: .empty))
        documents.append(
            Document(
                raw: value, bytes: value, key: keyRange, origin: Int32(origins.count - 1)))
        return Event(slot: Int32(documents.count - 1), timestamp: timestamp, key: keyRange)
    }

    /// A new event without a value, which deletes its key from a compacted topic.
    public func addTombstone(key: UnsafeRawBufferPointer, timestamp: Timestamp) -> Event {
        let keyRange = unsafe copy(key)
        origins.append(
            Origin(topic: -1, partition: -1, offset: -1, timestamp: -1, headers: .empty))
        documents.append(
            Document(
                raw: .absent, bytes: .absent, key: keyRange, origin: Int32(origins.count - 1)))
        return Event(slot: Int32(documents.count - 1), timestamp: timestamp, key: keyRange)
    }

    /// Makes a field's value the record key: a string's text, a number or boolean as it is
    /// written. The key is removed when there is no such value.
    public func setKey(of event: inout Event, toValueAt path: FieldPath) {
        let value = value(of: event, at: path)
        event.key =
            switch value.kind {
            case .string: value.text
            case .integer, .unsignedInteger, .decimal, .boolean: value.raw
            case .missing, .null, .object, .array: .absent
            }
    }
}
