internal import Events
internal import StreamCore

/// Events as lines of JSON, one a record, each with its line end: values that are put one behind
/// the other are a file of newline-delimited JSON.
struct NDJSONFormat: SinkFormat {
    func makeEncoder() -> any RecordEncoder { Encoder() }

    private final class Encoder: RecordEncoder {
        func encode(
            _ event: Event, of arena: EventArena, into value: inout ByteBuffer
        ) throws(RecordEncodingError) {
            guard !arena.root(of: event).isMissing else { throw .noObject }
            let start = value.count
            arena.render(event, into: &value)
            value.endJSONLine(from: start)
        }
    }
}

extension RecordEncodingError {
    static let noObject = RecordEncodingError.unfit(reason: "the event is no JSON object")
}
