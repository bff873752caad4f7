internal import Events
internal import StreamCore

/// What stands in front of framed values, and where its id comes from.
struct SchemaFrame: Sendable {
    let source: any SchemaSource
    let schema: RegisteredSchema
    let subject: String
    let registers: Bool

    /// The id, which is asked for when the first event is written.
    func identifier() throws(RecordEncodingError) -> Int32 {
        do {
            return try source.identifier(of: schema, subject: subject, registers: registers)
        } catch {
            throw .unavailable(reason: "the schema of '\(subject)': \(error.reason)")
        }
    }
}

extension ByteBuffer {
    mutating func append(frameOf id: Int32) {
        append(UInt8(0))
        append(littleEndian: UInt32(bitPattern: id).byteSwapped)
    }
}

/// Events as they are, behind the id of their JSON Schema.
struct FramedJSONFormat: SinkFormat {
    let frame: SchemaFrame

    func makeEncoder() -> any RecordEncoder { Encoder(frame: frame) }

    private final class Encoder: RecordEncoder {
        private let frame: SchemaFrame
        private var identifier: Int32?

        init(frame: SchemaFrame) { self.frame = frame }

        func encode(
            _ event: Event, of arena: EventArena, into value: inout ByteBuffer
        ) throws(RecordEncodingError) {
            let id = if let identifier { identifier } else { try frame.identifier() }
            identifier = id
            value.append(frameOf: id)
            arena.render(event, into: &value)
        }
    }
}
