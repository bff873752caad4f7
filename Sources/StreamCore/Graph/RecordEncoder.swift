public import Events

/// How a sink writes the values of its records, when it is not JSON as events are.
public protocol SinkFormat: Sendable {
    func makeEncoder() -> any RecordEncoder
}

/// Writes events as the values of records, for one task.
public protocol RecordEncoder: AnyObject {
    /// Appends the event as it is now. After an error what was appended is thrown away.
    func encode(
        _ event: Event, of arena: EventArena, into value: inout ByteBuffer
    ) throws(RecordEncodingError)
}

/// Why an event could not be written.
public enum RecordEncodingError: Error, Hashable, Sendable {
    /// The event does not fit the sink's format.
    case unfit(reason: String)
    /// Something that the format needs gave no answer: not the event's fault.
    case unavailable(reason: String)
}

/// What a sink does with an event that does not fit its format.
public enum SinkErrorPolicy: Hashable, Sendable {
    /// The task stops.
    case fail
    /// The event is counted and forgotten.
    case drop
    /// It goes to the topic of another sink, as it came, with the reason in its headers.
    case deadLetter(topic: String)
}
