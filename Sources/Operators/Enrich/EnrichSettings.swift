internal import Events
internal import StreamCore

/// The settings of an `enrich` operator.
struct EnrichSettings: Sendable {
    /// What becomes of an event that the table has no row for.
    enum OnMissing: String, CaseIterable {
        /// It goes on as it came.
        case pass
        /// It goes on, and its output field is `null`.
        case tag
        /// It goes to `.rejected`.
        case refuse
    }

    let name: String
    let storeName: String
    let key: LookupKey
    let columns: RowColumns
    let output: FieldPath
    let onMissing: OnMissing
    let lineage: FieldPath?
    /// The table of the file; without one the rows come as the input `table`.
    let table: ReferenceTable?
    let file: String?

    /// Reads the settings and the file; `nil` when something is wrong, which is then reported.
    init?(_ configuration: inout Configuration) {
        name = configuration.name
        storeName = "\(configuration.name).table"
        key = LookupKey(field: configuration.fieldPath("key"))
        columns = RowColumns(configuration)
        output = configuration.fieldPath("output") ?? FieldPath(name: "reference")
        onMissing = configuration.choice("on_missing", default: .pass)
        lineage = configuration.fieldPath("lineage")
        let file = configuration.string("file")
        self.file = file
        if let file {
            table = Self.table(file, columns, &configuration)
        } else {
            table = nil
        }
        for setting in ["file_key", "format", "delimiter", "types", "empty", "lineage"]
        where file == nil {
            guard let found = configuration.value[setting] else { continue }
            configuration.report(
                "'\(setting)' is only for a table from a file", at: found.location,
                remedy: "name the 'file', or remove it")
        }
        guard configuration.diagnostics.isEmpty else { return nil }
    }

    private static func table(
        _ file: String, _ columns: RowColumns, _ configuration: inout Configuration
    ) -> ReferenceTable? {
        let location = configuration.value["file"]?.location
        let format =
            configuration.has("format")
            ? configuration.choice("format", default: TableFormat.csv) : format(of: file)
        guard let format else {
            configuration.report(
                "the format of '\(file)' can't be told from its name", at: location,
                remedy: "add 'format: csv', 'json' or 'ndjson'")
            return nil
        }
        guard let key = configuration.fieldPath("file_key") else {
            if !configuration.has("file_key") {
                configuration.report(
                    "'file_key' is missing", at: location,
                    remedy: "name the column of '\(file)' that holds the key")
            }
            return nil
        }
        guard let csv = csv(&configuration) else { return nil }
        do {
            let text = try configuration.readFile(file)
            return try ReferenceTable(text, format: format, csv: csv, key: key, columns: columns)
        } catch let problem as ReferenceTable.Problem {
            configuration.report(
                "the table '\(file)' can't be used: \(problem.message)", at: location)
        } catch {
            configuration.report("the table '\(file)' can't be read: \(error)", at: location)
        }
        return nil
    }

    private static func format(of file: String) -> TableFormat? {
        if file.hasSuffix(".csv") || file.hasSuffix(".tsv") { return .csv }
        if file.hasSuffix(".json") { return .json }
        return file.hasSuffix(".ndjson") || file.hasSuffix(".jsonl") ? .ndjson : nil
    }

    /// `parse` knows the same settings, but its `columns` are others.
    private static func csv(_ configuration: inout Configuration) -> CSVSettings? {
        let names = ["delimiter", "types", "empty"]
        let entries = (configuration.value.entries ?? []).filter { names.contains($0.key) }
        var nested = Configuration(
            name: configuration.name,
            value: ConfigurationValue(.map(entries), at: configuration.value.location),
            readFile: configuration.readFile)
        let settings = CSVSettings(&nested)
        configuration.absorb(nested)
        return nested.diagnostics.isEmpty ? settings : nil
    }
}
