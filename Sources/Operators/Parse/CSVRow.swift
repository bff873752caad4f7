internal import Events

/// Gives the values of a row the types of their columns.
///
/// The row is a flat JSON object of strings, as `CSVReader` writes it, so it is read byte by byte
/// without being indexed.
struct CSVRow {
    /// A field that is not what its column should hold.
    struct Mismatch {
        let column: CSVColumnType.Named
        let field: String

        var reason: String {
            "the column '\(column.name)' should hold \(column.type.sentence), not '\(field)'"
        }
    }

    private static let shownBytes = 24

    let settings: CSVSettings

    /// Whether rows are to be written anew at all.
    var isNeeded: Bool { !settings.types.isEmpty || settings.empty != .keep }

    /// Appends the typed row to `output`, which must be thrown away after a mismatch.
    func convert(_ row: UnsafeRawBufferPointer, into output: inout ByteBuffer) -> Mismatch? {
        let start = output.count
        var position = 1
        while position < row.count - 1 {
            let name = unsafe Self.string(in: row, at: position)
            // The name's quote and a colon stand between them.
            let field = unsafe Self.string(in: row, at: name.upperBound + 2)
            position = field.upperBound + 2
            if field.isEmpty, settings.empty == .absent { continue }
            output.append(UInt8(ascii: output.count == start ? "{" : ","))
            let quotedName = unsafe row[(name.lowerBound - 1)...name.upperBound]
            unsafe output.append(UnsafeRawBufferPointer(rebasing: quotedName))
            output.append(UInt8(ascii: ":"))
            if let mismatch = unsafe append(row, name, field, to: &output) { return mismatch }
        }
        output.append(output.count == start ? "{}" : "}")
        return nil
    }

    private func append(
        _ row: UnsafeRawBufferPointer, _ name: Range<Int>, _ field: Range<Int>,
        to output: inout ByteBuffer
    ) -> Mismatch? {
        if field.isEmpty, settings.empty == .null {
            output.append("null")
            return nil
        }
        let text = unsafe UnsafeRawBufferPointer(rebasing: row[field])
        for column in settings.types where column.encodedName.count == name.count {
            guard unsafe column.encodedName.elementsEqual(row[name]) else { continue }
            if unsafe column.type.append(text, to: &output) { return nil }
            let shown = unsafe String(decoding: text.prefix(Self.shownBytes), as: UTF8.self)
            return Mismatch(column: column, field: shown)
        }
        _ = unsafe CSVColumnType.string.append(text, to: &output)
        return nil
    }

    /// What stands between the quote at `quote` and the one that ends its string.
    private static func string(in row: UnsafeRawBufferPointer, at quote: Int) -> Range<Int> {
        var end = quote + 1
        while unsafe row[end] != UInt8(ascii: "\"") {
            end += unsafe row[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        return quote + 1..<end
    }
}
