import Avro
import Events

/// Decodes and encodes in one line.
struct AvroRig {
    let schema: AvroSchema

    init(_ schema: String, references: [(String, String)] = []) throws {
        self.schema = try AvroSchema(
            Array(schema.utf8),
            references: references.map { .init(name: $0.0, text: Array($0.1.utf8)) })
    }

    /// The JSON text of a value; `reader` is the schema to read as.
    func json(
        _ bytes: [UInt8], reader: AvroRig? = nil, maximumDepth: Int = 128,
        maximumBytes: Int = 8 << 20
    ) throws -> String {
        let plan = try DecodingPlan(writer: schema, reader: reader?.schema)
        let decoder = AvroDecoder(
            plan, maximumDepth: maximumDepth, maximumBytes: maximumBytes)
        var output = ByteBuffer()
        let failure = unsafe bytes.withUnsafeBytes { unsafe decoder.decode($0, into: &output) }
        if let failure { throw failure }
        return output.string
    }

    /// The value of an event.
    func avro(
        _ json: String, unknownFields: AvroEncoder.UnknownFields = .refuse
    ) throws -> [UInt8] {
        let encoder = AvroEncoder(try EncodingPlan(schema), unknownFields: unknownFields)
        let arena = EventArena()
        var json = json
        let event = json.withUTF8 {
            unsafe arena.addEvent(
                json: UnsafeRawBufferPointer($0), key: nil, timestamp: .distantPast)
        }
        var output = ByteBuffer()
        if let failure = encoder.encode(event, of: arena, into: &output) { throw failure }
        return unsafe Array(output.bytes)
    }

    /// The bytes that a record of one field `v` of this type is, for values that are no objects.
    static func field(_ type: String) throws -> AvroRig {
        try AvroRig(#"{"type":"record","name":"R","fields":[{"name":"v","type":\#(type)}]}"#)
    }
}

func bytes(hexadecimal text: some StringProtocol) -> [UInt8] {
    var result: [UInt8] = []
    var digits = text.utf8.makeIterator()
    while let high = digits.next(), let low = digits.next() {
        let text = String(decoding: [high, low], as: UTF8.self)
        result.append(UInt8(text, radix: 16) ?? 0)
    }
    return result
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
