internal import Events
internal import JSONSchema
internal import StreamCore

/// JSON written from a value of a topology file.
enum JSONText {
    /// The text; what JSON can't say is reported. Numbers keep the digits that the file gives them.
    static func encode(
        _ value: ConfigurationValue, _ configuration: inout Configuration
    ) -> [UInt8] {
        var buffer = ByteBuffer()
        append(value, to: &buffer, &configuration)
        return unsafe Array(buffer.bytes)
    }

    private static func append(
        _ value: ConfigurationValue, to buffer: inout ByteBuffer,
        _ configuration: inout Configuration
    ) {
        switch value.content {
        case .null: buffer.append("null")
        case .boolean(let boolean): buffer.append(boolean ? "true" : "false")
        case .integer(let integer): buffer.append(integer: integer)
        case .number(let number): append(number, value, to: &buffer, &configuration)
        case .string(let string): buffer.append(jsonString: string)
        case .list(let values):
            buffer.append("[")
            for (index, element) in values.enumerated() {
                if index > 0 { buffer.append(",") }
                append(element, to: &buffer, &configuration)
            }
            buffer.append("]")
        case .map(let entries):
            buffer.append("{")
            for (index, entry) in entries.enumerated() {
                if index > 0 { buffer.append(",") }
                buffer.append(jsonString: entry.key)
                buffer.append(":")
                append(entry.value, to: &buffer, &configuration)
            }
            buffer.append("}")
        }
    }

    private static func append(
        _ number: Double, _ value: ConfigurationValue, to buffer: inout ByteBuffer,
        _ configuration: inout Configuration
    ) {
        let text = Array(value.text.utf8)
        let isWhole = value.text.drop { $0 == "-" || $0 == "+" }.allSatisfy(\.isWholeNumber)
        if isWhole, Int64(value.text) == nil, UInt64(value.text) == nil {
            return configuration.report(
                "'\(value.text)' is a whole number of more than 64 bits", at: value.location,
                remedy: "write it as a text, in quotes, or with a decimal point")
        }
        if unsafe text.withUnsafeBytes({ unsafe DecimalText($0) != nil }), number.isFinite {
            unsafe text.withUnsafeBytes { unsafe buffer.append($0) }
        } else if number.isFinite {
            buffer.append(double: number)
        } else {
            configuration.report("JSON has no number '\(value.text)'", at: value.location)
        }
    }
}
