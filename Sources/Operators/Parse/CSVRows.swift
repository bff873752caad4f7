internal import Events

/// The rows of one record of CSV, as events that are still to be parsed.
final class CSVRows {
    enum Row {
        case document(Event, RecordReader.Place)
        case failure(Event, EventFailure)
    }

    private let settings: CSVSettings
    private let row: CSVRow
    /// The header row for records that have none.
    private let header: [UInt8]

    private var reader: CSVReader
    /// The header and a record behind it.
    private var headed = ByteBuffer()
    private var object = ByteBuffer()
    private var typed = ByteBuffer()

    private var rowCount = 0
    private var isAtEnd = false
    /// How far positions in `headed` are ahead of those in the record.
    private var shift = 0

    init(settings: CSVSettings) {
        self.settings = settings
        row = CSVRow(settings: settings)
        header = Self.header(of: settings)
        reader = CSVReader(delimiter: settings.delimiter)
    }

    private static func header(of settings: CSVSettings) -> [UInt8] {
        guard !settings.columns.isEmpty else { return [] }
        var bytes: [UInt8] = []
        for column in settings.columns {
            if !bytes.isEmpty { bytes.append(settings.delimiter) }
            bytes.append(UInt8(ascii: "\""))
            for byte in column.utf8 {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        return bytes + [UInt8(ascii: "\n")]
    }

    /// Goes to the start of a record.
    func begin(_ record: Event, in arena: EventArena) {
        reader.restart()
        rowCount = 0
        isAtEnd = false
        shift = 0
        guard !header.isEmpty else { return }
        headed.removeAll()
        unsafe header.withUnsafeBytes { unsafe headed.append($0) }
        let value = unsafe arena.bytes(arena.rawValue(of: record))
        // Behind a header a byte order mark would be content.
        let mark = unsafe value.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        unsafe headed.append(UnsafeRawBufferPointer(rebasing: value[mark...]))
        shift = header.count - mark
    }

    /// The next row of the record; `nil` behind the last one.
    func next(of record: Event, in arena: EventArena) -> Row? {
        guard !isAtEnd else { return nil }
        object.removeAll()
        // The arena's memory may move with each event, so its bytes are asked for again.
        let text = unsafe header.isEmpty ? arena.bytes(arena.rawValue(of: record)) : headed.bytes
        guard let outcome = unsafe reader.next(in: text, into: &object) else {
            return end(of: record)
        }
        rowCount += 1
        switch outcome {
        case .row(let range): return document(of: record, at: range, in: arena)
        case .failure(let failure, let range):
            return self.failure(failure, of: record, at: range, in: arena)
        }
    }

    /// A record without rows is a failure: its only row may be meant as one, and not as the header.
    private func end(of record: Event) -> Row? {
        isAtEnd = true
        guard rowCount == 0 else { return nil }
        if header.isEmpty, reader.columnCount > 0 {
            return .failure(
                record,
                EventFailure(
                    error: "no_rows",
                    reason: "there is a header and no row behind it; name the 'columns' in the "
                        + "topology when records have no header"))
        }
        let empty = ParseFailure(code: .emptyValue)
        return .failure(record, EventFailure(error: empty.code.name, reason: empty.reason))
    }

    private func document(of record: Event, at range: Range<Int>, in arena: EventArena) -> Row {
        let start = range.lowerBound - shift
        // The header, when it stands in the record, is row 1.
        let number = header.isEmpty ? rowCount + 1 : rowCount
        let place = RecordReader.Place(name: "row", number: number, start: start)
        guard row.isNeeded else {
            return .document(unsafe arena.addEvent(json: object.bytes, like: record), place)
        }
        typed.removeAll()
        if let mismatch = unsafe row.convert(object.bytes, into: &typed) {
            let event = arena.addEvent(part: start..<range.upperBound - shift, of: record)
            let reason = place.describing(mismatch.reason)
            return .failure(event, EventFailure(error: "wrong_type", reason: reason))
        }
        return .document(unsafe arena.addEvent(json: typed.bytes, like: record), place)
    }

    private func failure(
        _ failure: CSVFailure, of record: Event, at range: Range<Int>, in arena: EventArena
    ) -> Row {
        let isHeader = header.isEmpty && failure.row == 1
        let local = CSVFailure(
            code: failure.code, row: failure.row - (header.isEmpty ? 0 : 1),
            position: failure.position - shift)
        let bytes = range.lowerBound - shift..<range.upperBound - shift
        // Without a header nothing of the record can be read.
        let event = isHeader ? record : arena.addEvent(part: bytes, of: record)
        return .failure(event, EventFailure(error: local.code.name, reason: local.reason))
    }
}
