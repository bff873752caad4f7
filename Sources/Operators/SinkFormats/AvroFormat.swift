internal import Avro
internal import Events
internal import StreamCore

/// Events as Avro values, behind the id of their schema or bare.
struct AvroFormat: SinkFormat {
    let encoder: AvroEncoder
    let frame: SchemaFrame?

    func makeEncoder() -> any RecordEncoder { Encoder(encoder: encoder, frame: frame) }

    private final class Encoder: RecordEncoder {
        private let encoder: AvroEncoder
        private let frame: SchemaFrame?
        private var identifier: Int32?

        init(encoder: AvroEncoder, frame: SchemaFrame?) {
            self.encoder = encoder
            self.frame = frame
        }

        func encode(
            _ event: Event, of arena: EventArena, into value: inout ByteBuffer
        ) throws(RecordEncodingError) {
            if let frame {
                let id = if let identifier { identifier } else { try frame.identifier() }
                identifier = id
                value.append(frameOf: id)
            }
            if let failure = encoder.encode(event, of: arena, into: &value) {
                throw .unfit(reason: "it is no value of the sink's schema: \(failure)")
            }
        }
    }
}
