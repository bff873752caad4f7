internal import Events
internal import StreamCore

/// Events as rows of CSV, one a record, without a header and without a line end.
///
/// A missing field and null are empty, objects and arrays are JSON. Quotes stand around a field
/// that needs them, and around an empty string, which is not the same as nothing.
///
/// - Source: RFC 4180.
struct CSVFormat: SinkFormat {
    let columns: [FieldPath]
    let delimiter: UInt8

    func makeEncoder() -> any RecordEncoder { Encoder(format: self) }

    private final class Encoder: RecordEncoder {
        private let format: CSVFormat

        init(format: CSVFormat) { self.format = format }

        func encode(
            _ event: Event, of arena: EventArena, into row: inout ByteBuffer
        ) throws(RecordEncodingError) {
            guard !arena.root(of: event).isMissing else { throw .noObject }
            for (index, column) in format.columns.enumerated() {
                if index > 0 { row.append(format.delimiter) }
                let value = arena.value(of: event, at: column)
                if value.isMissingOrNull { continue }
                let text = value.kind == .string ? value.text : value.raw
                unsafe append(arena.bytes(text), to: &row)
            }
        }

        private func append(_ field: UnsafeRawBufferPointer, to row: inout ByteBuffer) {
            guard unsafe field.isEmpty || field.contains(where: isSpecial) else {
                unsafe row.append(field)
                return
            }
            row.append(UInt8(ascii: "\""))
            for index in 0..<field.count {
                let byte = unsafe field[index]
                if byte == UInt8(ascii: "\"") { row.append(byte) }
                row.append(byte)
            }
            row.append(UInt8(ascii: "\""))
        }

        private func isSpecial(_ byte: UInt8) -> Bool {
            byte == format.delimiter || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
                || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: " ")
        }
    }
}
