internal import Events
internal import JSONSchema

/// What the fields of a column are, beside text.
enum CSVColumnType: String, CaseIterable, Sendable {
    case string, integer, number, boolean, timestamp

    /// A column that has a type.
    struct Named: Sendable {
        let name: String
        let type: CSVColumnType
        /// The name as a JSON string, without its quotes, as rows are compared with it.
        let encodedName: [UInt8]

        init(name: String, type: CSVColumnType) {
            self.name = name
            self.type = type
            var buffer = ByteBuffer()
            buffer.append(jsonString: name)
            encodedName = unsafe Array(buffer.bytes.dropFirst().dropLast())
        }
    }

    /// Appends the value that a field's text means; false, and nothing, when it means none.
    func append(_ field: UnsafeRawBufferPointer, to output: inout ByteBuffer) -> Bool {
        let text = unsafe Self.trimmed(field)
        switch self {
        case .string:
            output.append(UInt8(ascii: "\""))
            unsafe output.append(field)
            output.append(UInt8(ascii: "\""))
        case .integer:
            guard let integer = unsafe Self.integer(text) else { return false }
            output.append(integer: integer)
        case .number:
            // The digits stay as they are: 19.90 is an amount.
            guard unsafe DecimalText(text) != nil else { return false }
            unsafe output.append(text)
        case .boolean:
            guard let boolean = unsafe Self.boolean(text) else { return false }
            output.append(boolean ? "true" : "false")
        case .timestamp:
            guard let time = unsafe TimestampFormat.automatic.read(text: text) else { return false }
            output.append(UInt8(ascii: "\""))
            output.append(iso8601: time)
            output.append(UInt8(ascii: "\""))
        }
        return true
    }

    /// What a field should have been, for messages.
    var sentence: String {
        switch self {
        case .string: "text"
        case .integer: "a whole number of 64 bits"
        case .number: "a number"
        case .boolean: "true or false"
        case .timestamp: "a timestamp"
        }
    }

    /// A whole number; zeros in front and a plus sign are taken.
    static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard let first = unsafe text.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let isSigned = isNegative || first == UInt8(ascii: "+")
        guard text.count > (isSigned ? 1 : 0) else { return nil }
        var value: Int64 = 0
        for index in (isSigned ? 1 : 0)..<text.count {
            let digit = unsafe text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(Int64(digit))
                : product.addingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// `true` and `false` in any case, `1` and `0`.
    static func boolean(_ text: UnsafeRawBufferPointer) -> Bool? {
        if unsafe isWord(text, "true") || isWord(text, "1") { return true }
        if unsafe isWord(text, "false") || isWord(text, "0") { return false }
        return nil
    }

    private static func isWord(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<text.count {
            // All letters of the words differ from their capitals in this one bit.
            guard unsafe text[index] | 0x20 == word.utf8Start[index] | 0x20 else { return false }
        }
        return true
    }

    private static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, text.count)
        while start < end, unsafe text[start] == UInt8(ascii: " ") { start += 1 }
        while end > start, unsafe text[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return unsafe UnsafeRawBufferPointer(rebasing: text[start..<end])
    }
}
