/// Reads CSV with a header row, and writes each row as a JSON object of strings.
///
/// RFC 4180: fields may be quoted, a doubled quote stands for one, quoted fields may hold
/// delimiters and line ends; rows end with CR LF, LF or CR. Blank lines are skipped, and so is a
/// byte order mark. A quote inside an unquoted field is an ordinary character, text after a closing
/// quote is a failure: this is what Python's `csv` does when it is strict.
///
/// The text is passed to every call, because it may move while events are added to the arena
/// that it lies in.
///
/// ```swift
/// var reader = CSVReader()
/// while let row = reader.next(in: text, into: &buffer) { ... buffer.removeAll() }
/// ```
public struct CSVReader: ~Copyable {
    /// What a row came to.
    public enum Outcome: Sendable {
        /// The row's object was appended. The range is the row in the text.
        case row(Range<Int>)

        /// Nothing was appended. The range is what was skipped of the text.
        case failure(CSVFailure, Range<Int>)
    }

    private let delimiter: UInt8
    private var position = 0
    private var row = 0
    private var hasHeader = false

    /// The columns' names as they stand in an object, `"name":`, one after the other.
    private var names = ByteBuffer()
    private var nameEnds: [Int] = []

    /// A field whose doubled quotes are resolved.
    private var field = ByteBuffer()

    /// A reader at the start of a text.
    public init(delimiter: UInt8 = UInt8(ascii: ",")) {
        self.delimiter = delimiter
    }

    /// The number of columns, once the header was read.
    public var columnCount: Int { nameEnds.count }

    /// Goes to the start of another text, with a header of its own.
    public mutating func restart() {
        position = 0
        row = 0
        hasHeader = false
        names.removeAll()
        nameEnds.removeAll(keepingCapacity: true)
    }

    /// Appends the next row to `output`; `nil` after the last one.
    ///
    /// A row that fails is skipped, up to the next line end or, for a quote without end, to the
    /// end of the text. After a failure in the header there are no rows.
    public mutating func next(
        in text: UnsafeRawBufferPointer, into output: inout ByteBuffer
    ) -> Outcome? {
        if !hasHeader {
            hasHeader = true
            if unsafe text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
            guard unsafe skipBlankLines(in: text) else { return nil }
            if let failure = unsafe readHeader(in: text) {
                let start = failure.position
                position = text.count
                return unsafe .failure(failure, start..<max(start, text.count))
            }
        }
        guard unsafe skipBlankLines(in: text) else { return nil }
        return unsafe readRow(in: text, into: &output)
    }

    // MARK: Rows

    private mutating func readRow(
        in text: UnsafeRawBufferPointer, into output: inout ByteBuffer
    ) -> Outcome {
        let start = position
        let outputStart = output.count
        row += 1
        do throws(CSVFailure) {
            try unsafe writeFields(in: text, into: &output)
            return .row(start..<position)
        } catch {
            output.truncate(to: outputStart)
            if error.code == .textAfterQuote { unsafe skipLine(in: text) }
            return .failure(error, start..<position)
        }
    }

    private mutating func writeFields(
        in text: UnsafeRawBufferPointer, into output: inout ByteBuffer
    ) throws(CSVFailure) {
        let start = position
        var column = 0
        output.append(UInt8(ascii: "{"))
        repeat {
            let range = try unsafe readField(in: text)
            if column < nameEnds.count {
                if column > 0 { output.append(UInt8(ascii: ",")) }
                unsafe output.append(name(of: column))
                unsafe output.append(jsonString: content(of: range, in: text))
            }
            column += 1
        } while unsafe takeDelimiter(in: text)
        output.append(UInt8(ascii: "}"))
        let end = position
        unsafe takeLineEnd(in: text)
        guard column == nameEnds.count else {
            let code = CSVFailure.Code.wrongColumnCount(expected: nameEnds.count, found: column)
            throw CSVFailure(code: code, row: row, position: start)
        }
        if let invalid = unsafe Self.firstInvalid(in: text, start..<end) {
            throw CSVFailure(code: .invalidUTF8, row: row, position: invalid)
        }
    }

    private mutating func readHeader(in text: UnsafeRawBufferPointer) -> CSVFailure? {
        let start = position
        row = 1
        do throws(CSVFailure) {
            repeat {
                let fieldStart = position
                let range = try unsafe readField(in: text)
                try unsafe addColumn(content(of: range, in: text), at: fieldStart)
            } while unsafe takeDelimiter(in: text)
        } catch {
            return error
        }
        let end = position
        unsafe takeLineEnd(in: text)
        return unsafe Self.firstInvalid(in: text, start..<end).map {
            CSVFailure(code: .invalidUTF8, row: row, position: $0)
        }
    }

    private mutating func addColumn(
        _ name: UnsafeRawBufferPointer, at position: Int
    ) throws(CSVFailure) {
        guard unsafe !name.isEmpty else {
            throw CSVFailure(code: .unnamedColumn, row: row, position: position)
        }
        let start = names.count
        unsafe names.append(jsonString: name)
        names.append(UInt8(ascii: ":"))
        let added = unsafe UnsafeRawBufferPointer(rebasing: names.bytes[start...])
        for column in nameEnds.indices {
            if unsafe added.elementsEqual(self.name(of: column)) {
                throw CSVFailure(code: .duplicateColumn, row: row, position: position)
            }
        }
        nameEnds.append(names.count)
    }

    private func name(of column: Int) -> UnsafeRawBufferPointer {
        let start = column == 0 ? 0 : nameEnds[column - 1]
        return unsafe UnsafeRawBufferPointer(rebasing: names.bytes[start..<nameEnds[column]])
    }

    // MARK: Fields

    /// Where a field's content stands.
    private enum Field {
        case inText(Range<Int>)
        /// In `field`, because it has doubled quotes.
        case resolved
    }

    private func content(of field: Field, in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer
    {
        switch field {
        case .inText(let range): unsafe UnsafeRawBufferPointer(rebasing: text[range])
        case .resolved: unsafe self.field.bytes
        }
    }

    private mutating func readField(in text: UnsafeRawBufferPointer) throws(CSVFailure) -> Field {
        if position < text.count, unsafe text[position] == UInt8(ascii: "\"") {
            return try unsafe readQuotedField(in: text)
        }
        let start = position
        while position < text.count {
            let byte = unsafe text[position]
            if byte == delimiter || Self.isLineEnd(byte) { break }
            position += 1
        }
        return .inText(start..<position)
    }

    private mutating func readQuotedField(
        in text: UnsafeRawBufferPointer
    ) throws(CSVFailure) -> Field {
        let quote = position
        var isResolved = false
        var start = quote + 1
        position = start
        field.removeAll()
        while position < text.count {
            guard unsafe text[position] == UInt8(ascii: "\"") else {
                position += 1
                continue
            }
            let end = position
            position += 1
            if position < text.count, unsafe text[position] == UInt8(ascii: "\"") {
                // The first of two quotes is content, the second one is not.
                isResolved = true
                unsafe field.append(UnsafeRawBufferPointer(rebasing: text[start...end]))
                position += 1
                start = position
                continue
            }
            try unsafe expectEndOfField(in: text)
            guard isResolved else { return .inText(start..<end) }
            unsafe field.append(UnsafeRawBufferPointer(rebasing: text[start..<end]))
            return .resolved
        }
        throw CSVFailure(code: .unclosedQuote, row: row, position: quote)
    }

    private func expectEndOfField(in text: UnsafeRawBufferPointer) throws(CSVFailure) {
        guard position < text.count else { return }
        let byte = unsafe text[position]
        guard byte == delimiter || Self.isLineEnd(byte) else {
            throw CSVFailure(code: .textAfterQuote, row: row, position: position)
        }
    }

    // MARK: Bytes

    private mutating func takeDelimiter(in text: UnsafeRawBufferPointer) -> Bool {
        guard position < text.count, unsafe text[position] == delimiter else { return false }
        position += 1
        return true
    }

    private mutating func takeLineEnd(in text: UnsafeRawBufferPointer) {
        guard position < text.count else { return }
        let isReturn = unsafe text[position] == UInt8(ascii: "\r")
        position += 1
        if isReturn, position < text.count, unsafe text[position] == UInt8(ascii: "\n") {
            position += 1
        }
    }

    private mutating func skipLine(in text: UnsafeRawBufferPointer) {
        while position < text.count, unsafe !Self.isLineEnd(text[position]) { position += 1 }
        unsafe takeLineEnd(in: text)
    }

    /// Goes to the next row; false when there is none.
    private mutating func skipBlankLines(in text: UnsafeRawBufferPointer) -> Bool {
        while position < text.count, unsafe Self.isLineEnd(text[position]) { position += 1 }
        return position < text.count
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    /// The first byte of a range that is not UTF-8.
    private static func firstInvalid(
        in text: UnsafeRawBufferPointer, _ range: Range<Int>
    ) -> Int? {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: text[range])
        if unsafe ByteBuffer.isUTF8(bytes) { return nil }
        var position = 0
        while position < bytes.count, let length = unsafe bytes.utf8Length(at: position) {
            position += length
        }
        return range.lowerBound + position
    }
}
