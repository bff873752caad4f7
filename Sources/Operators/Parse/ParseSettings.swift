internal import Events
internal import StreamCore

/// The settings of a `parse` operator.
struct ParseSettings: Sendable {
    enum Format: String, CaseIterable {
        case json, ndjson, csv, avro
    }

    var format: Format
    var limits: ParseLimits
    var csv: CSVSettings
    /// Whether a record without a value is an event without fields, and no failure.
    var passesTombstones: Bool
    var schemas: ParseSchemas

    /// Reads the settings; what is wrong with them is reported.
    init(_ configuration: inout Configuration) {
        format = configuration.choice("format", default: .json)
        let duplicates: DuplicateKeyPolicy = configuration.choice(
            "duplicate_keys", default: .reject)
        let depth = configuration.integer("max_depth", default: 128)
        limits = ParseLimits(
            maximumBytes: configuration.size("max_bytes", default: 8 << 20),
            maximumDepth: Int(clamping: depth),
            duplicateKeys: duplicates == .reject ? .reject : .keepFirst)
        csv = CSVSettings(&configuration)
        let tombstones: TombstonePolicy = configuration.choice("tombstones", default: .refuse)
        passesTombstones = tombstones == .pass
        schemas = ParseSchemas(&configuration, format: format)
        guard format != .csv else { return }
        for key in CSVSettings.keys {
            guard let found = configuration.value[key] else { continue }
            configuration.report(
                "'\(key)' is only for 'format: csv'", at: found.location,
                remedy: "remove it, or set the format")
        }
    }

    enum TombstonePolicy: String, CaseIterable {
        case refuse, pass
    }

    private enum DuplicateKeyPolicy: String, CaseIterable {
        case reject
        case keepFirst = "keep_first"
    }
}

/// How CSV is read.
struct CSVSettings: Sendable {
    static let keys = ["delimiter", "columns", "types", "empty"]

    /// What an empty field becomes.
    enum EmptyPolicy: String, CaseIterable {
        /// The field is left out.
        case absent
        case null
        /// An empty string; in a column of another type it is a failure.
        case keep
    }

    var delimiter: UInt8
    /// The names when the first row is no header.
    var columns: [String]
    var types: [CSVColumnType.Named]
    var empty: EmptyPolicy

    init(_ configuration: inout Configuration) {
        delimiter = Self.delimiter(&configuration)
        columns = configuration.values("columns").map(\.text)
        types = Self.types(&configuration)
        empty = configuration.choice("empty", default: .absent)
        checkColumns(&configuration)
    }

    static func delimiter(_ configuration: inout Configuration) -> UInt8 {
        guard let text = configuration.string("delimiter") else { return UInt8(ascii: ",") }
        if text == "tab" { return UInt8(ascii: "\t") }
        let forbidden: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80,
            !forbidden.contains(byte)
        else {
            configuration.report(
                "'\(text)' can't separate fields", at: configuration.value["delimiter"]?.location,
                remedy: "write one ASCII character such as ';', or tab")
            return UInt8(ascii: ",")
        }
        return byte
    }

    private static func types(_ configuration: inout Configuration) -> [CSVColumnType.Named] {
        guard let types = configuration.value["types"] else { return [] }
        return (types.entries ?? []).compactMap { entry in
            guard let type = CSVColumnType(rawValue: entry.value.text) else {
                configuration.report(
                    "there is no type '\(entry.value.text)'", at: entry.value.location,
                    remedy: NearestName.remedy(
                        for: entry.value.text, known: CSVColumnType.allCases.map(\.rawValue)))
                return nil
            }
            return CSVColumnType.Named(name: entry.key, type: type)
        }
    }

    private func checkColumns(_ configuration: inout Configuration) {
        guard configuration.has("columns") else { return }
        let location = configuration.value["columns"]?.location
        if columns.isEmpty || columns.contains("") {
            configuration.report("'columns' needs a name for each column", at: location)
        }
        if Set(columns.map { Array($0.utf8) }).count < columns.count {
            configuration.report("'columns' has a name twice", at: location)
        }
        for entry in configuration.value["types"]?.entries ?? []
        where !columns.contains(entry.key) {
            configuration.report(
                "there is no column '\(entry.key)'", at: entry.keyLocation,
                remedy: NearestName.remedy(for: entry.key, known: columns))
        }
    }
}

extension Configuration {
    /// A setting that takes one of some words.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, default fallback: Choice
    ) -> Choice {
        guard let text = string(key) else { return fallback }
        if let choice = Choice(rawValue: text) { return choice }
        report(
            "'\(key)' can't be '\(text)'", at: value[key]?.location,
            remedy: NearestName.remedy(for: text, known: Choice.allCases.map(\.rawValue)))
        return fallback
    }
}
