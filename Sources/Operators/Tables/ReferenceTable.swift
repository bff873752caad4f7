internal import Crypto
internal import Events
internal import StreamCore

/// The rows of a table file by their keys: read once, shared by all tasks.
///
/// All keys and rows lie in one array of bytes; a hash table of indices with open addressing finds
/// them without allocating.
final class ReferenceTable: Sendable {
    private struct Entry {
        var keyStart: Int
        var rowStart: Int
        var end: Int
    }

    /// The first 16 hexadecimal digits of the file's SHA-256.
    let version: String
    private let bytes: [UInt8]
    private let entries: [Entry]
    /// Indices into the entries, or -1; a power of two of them, at least a half of them free.
    private let slots: [Int32]

    var rowCount: Int { entries.count }

    /// Why a file is no table.
    struct Problem: Error {
        let message: String
    }

    /// Reads CSV with a header, a JSON array of objects, or a JSON object a line.
    init(
        _ text: [UInt8], format: TableFormat, csv: CSVSettings, key: FieldPath, columns: RowColumns
    ) throws(Problem) {
        var building = Building(key: key, columns: columns)
        building.unseen += columns.names ?? []
        switch format {
        case .csv:
            building.unseen += csv.types.map(\.name)
            try Self.readCSV(text, csv, into: &building)
        case .json: try Self.readJSON(text, into: &building)
        case .ndjson: try Self.readLines(text, into: &building)
        }
        if !building.entries.isEmpty, let name = building.unseen.first {
            throw Problem(
                message: "no row has a column '\(name)'; "
                    + NearestName.remedy(for: name, known: building.known))
        }
        bytes = unsafe Array(building.output.bytes)
        (entries, slots) = try Self.index(building.entries, in: bytes)
        var buffer = ByteBuffer()
        for byte in SHA256.hash(data: text).prefix(8) {
            for digit in [byte >> 4, byte & 15] {
                buffer.append(
                    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
        version = unsafe String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// Calls `body` with the row of a key, when there is one.
    func withRow<Result>(
        of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        unsafe bytes.withUnsafeBytes { bytes in
            var slot = unsafe Self.hash(key) & (slots.count - 1)
            while slots[slot] >= 0 {
                let entry = entries[Int(slots[slot])]
                let found = unsafe UnsafeRawBufferPointer(
                    rebasing: bytes[entry.keyStart..<entry.rowStart])
                if unsafe ByteText.areEqual(found, key) {
                    return unsafe body(
                        UnsafeRawBufferPointer(rebasing: bytes[entry.rowStart..<entry.end]))
                }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    /// FNV-1a of 64 bits, its halves folded.
    private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<key.count { hash = (hash ^ UInt64(unsafe key[index])) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7FFF_FFFF)
    }

    private static func index(
        _ entries: [Entry], in bytes: [UInt8]
    ) throws(Problem) -> ([Entry], [Int32]) {
        var count = 8
        while count < entries.count * 2 { count *= 2 }
        var slots = [Int32](repeating: -1, count: count)
        for (index, entry) in entries.enumerated() {
            let key = bytes[entry.keyStart..<entry.rowStart]
            var slot = unsafe key.withUnsafeBytes { unsafe hash($0) } & (count - 1)
            while slots[slot] >= 0 {
                let other = entries[Int(slots[slot])]
                if bytes[other.keyStart..<other.rowStart] == key {
                    throw Problem(
                        message: "rows \(slots[slot] + 1) and \(index + 1) have the same key "
                            + "'\(String(decoding: key.prefix(64), as: UTF8.self))'")
                }
                slot = (slot + 1) & (count - 1)
            }
            slots[slot] = Int32(index)
        }
        return (entries, slots)
    }

    // MARK: Reading

    private struct Building: ~Copyable {
        let key: LookupKey
        let columns: RowColumns
        var output = ByteBuffer()
        var entries: [Entry] = []
        /// Columns that the settings name and no row has had yet.
        var unseen: [String] = []
        /// The columns of the first row.
        private(set) var known: [String] = []

        init(key: FieldPath, columns: RowColumns) {
            self.key = LookupKey(field: key)
            self.columns = columns
        }

        mutating func note(columnsOf row: Event, in arena: EventArena) {
            if known.isEmpty {
                let row = ConfigurationValue(arena.root(of: row), in: arena)
                known = (row.entries ?? []).map(\.key)
            }
            unseen.removeAll { !arena.value(of: row, at: FieldPath(name: $0)).isMissing }
        }

        mutating func add(_ row: Event, in arena: EventArena) throws(Problem) {
            let number = entries.count + 1
            if let failure = arena.parse(row, limits: .standard) {
                throw Problem(
                    message: "row \(number) is not JSON: \(arena.describe(failure, of: row))")
            }
            let text = key.text(of: row, in: arena)
            guard !text.isAbsent else {
                throw Problem(
                    message: "row \(number) has no key in '\(key.field.map { "\($0)" } ?? "")'")
            }
            let keyStart = output.count
            unsafe output.append(arena.bytes(text))
            let rowStart = output.count
            guard columns.append(row, in: arena, to: &output) else {
                throw Problem(message: "row \(number) is no object")
            }
            if !unseen.isEmpty { note(columnsOf: row, in: arena) }
            entries.append(Entry(keyStart: keyStart, rowStart: rowStart, end: output.count))
        }
    }

    private static func readCSV(
        _ text: [UInt8], _ settings: CSVSettings, into building: inout Building
    ) throws(Problem) {
        let arena = EventArena()
        var reader = CSVReader(delimiter: settings.delimiter)
        let rows = CSVRow(settings: settings)
        var row = ByteBuffer()
        var typed = ByteBuffer()
        while true {
            row.removeAll()
            let outcome = unsafe text.withUnsafeBytes { unsafe reader.next(in: $0, into: &row) }
            guard let outcome else { return }
            if case .failure(let failure, _) = outcome {
                throw Problem(message: "\(failure)")
            }
            if building.entries.isEmpty {
                // Before what is empty is left out.
                arena.reset()
                let event = unsafe arena.addEvent(
                    json: row.bytes, key: nil, timestamp: .distantPast)
                if arena.parse(event, limits: .standard) == nil {
                    building.note(columnsOf: event, in: arena)
                }
            }
            typed.removeAll()
            if let mismatch = unsafe rows.convert(row.bytes, into: &typed) {
                throw Problem(message: "row \(building.entries.count + 1): \(mismatch.reason)")
            }
            arena.reset()
            let event = unsafe arena.addEvent(
                json: typed.bytes, key: nil, timestamp: .distantPast)
            try building.add(event, in: arena)
        }
    }

    private static func readLines(
        _ text: [UInt8], into building: inout Building
    ) throws(Problem) {
        let arena = EventArena()
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if line.allSatisfy({ $0 <= UInt8(ascii: " ") }) { continue }
            arena.reset()
            let event = unsafe line.withUnsafeBytes {
                unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
            }
            try building.add(event, in: arena)
        }
    }

    private static func readJSON(
        _ text: [UInt8], into building: inout Building
    ) throws(Problem) {
        guard text.first(where: { $0 > UInt8(ascii: " ") }) == UInt8(ascii: "[") else {
            throw Problem(message: "it is no array of objects")
        }
        let (arena, rowArena) = (EventArena(), EventArena())
        // What an arena holds is an object.
        let head = Array("{\"rows\":".utf8)
        let event = unsafe (head + text + [UInt8(ascii: "}")]).withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        let limits = ParseLimits(
            maximumBytes: ParseLimits.largestDocument, maximumDepth: 1024,
            duplicateKeys: .keepFirst)
        if let failure = arena.parse(event, limits: limits) {
            let reason = arena.describe(failure, of: event)
            throw Problem(message: "it is not JSON: \(reason)")
        }
        var value = arena.firstChild(of: arena.value(of: event, at: FieldPath(name: "rows")))
        while !value.isMissing {
            guard value.kind == .object else {
                throw Problem(message: "row \(building.entries.count + 1) is no object")
            }
            rowArena.reset()
            let row = unsafe rowArena.addEvent(
                json: arena.bytes(value.raw), key: nil, timestamp: .distantPast)
            try building.add(row, in: rowArena)
            value = arena.nextSibling(of: value)
        }
    }
}

/// How the file of a table is written.
enum TableFormat: String, CaseIterable {
    case csv, json, ndjson
}
