internal import ArgumentParser
internal import Events
internal import Foundation
internal import Linkage

/// A CSV file in memory.
struct CSVTable {
    private let file: String
    private let rows: [[String: String]]
    private let columns: [String]

    init(_ file: String) throws {
        self.file = file
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        } catch {
            throw Outcome.stop(error)
        }
        var rows: [[String: String]] = []
        var reader = CSVReader()
        var buffer = ByteBuffer()
        while true {
            buffer.removeAll()
            let outcome = unsafe bytes.withUnsafeBytes { unsafe reader.next(in: $0, into: &buffer) }
            guard let outcome else { break }
            switch outcome {
            case .failure(let failure, _):
                throw ValidationError("'\(file)': \(failure.reason)")
            case .row:
                let row = try JSONDecoder().decode(
                    [String: String].self, from: unsafe Data(buffer.bytes))
                rows.append(
                    Dictionary(
                        row.map {
                            ($0.trimmingCharacters(in: .whitespaces), $1)
                        }, uniquingKeysWith: { first, _ in first }))
            }
        }
        self.rows = rows
        columns = (rows.first.map { Array($0.keys) } ?? []).sorted()
        if rows.count < 2 { throw ValidationError("'\(file)' has no two rows to compare") }
    }

    func require(_ column: String) throws {
        if columns.contains(column) { return }
        throw ValidationError(
            "'\(file)' has no column '\(column)'; "
                + NearestName.remedy(for: column, known: columns))
    }

    func column(_ name: String) -> [String] { rows.map { $0[name] ?? "" } }

    /// What the records are called: the id column, else the number of the row.
    func names(idColumn: String?) -> [String] {
        idColumn.map(column) ?? rows.indices.map { "\($0 + 1)" }
    }

    func records(of fields: [LinkageField], idColumn: String?) throws -> LinkageRecords {
        let names = names(idColumn: idColumn)
        if Set(names).count < names.count, let idColumn {
            throw ValidationError("'\(file)': the column '\(idColumn)' names two records alike")
        }
        let values = rows.map { row in
            fields.map { field in
                row[field.name].flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
            }
        }
        return LinkageRecords(Array(zip(names, values)).map { ($0, $1) }, fields: fields)
    }

    /// All columns that tell records apart and together, with kinds by what most of their values look like.
    func guessedFields(except: [String]) -> [LinkageField] {
        columns.filter { !except.contains($0) }.compactMap { column in
            let values = self.column(column)
                .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            // What all have says nothing, and what each has for itself is a number of the row.
            let distinct = Set(values).count
            guard distinct > 1, distinct < values.count || values.count < rows.count else {
                return nil
            }
            return LinkageField(name: column, kind: Self.kind(of: values, in: column))
        }
    }

    private static func kind(of values: [String], in column: String) -> LinkageField.Kind {
        func most(_ isLike: (String) -> Bool) -> Bool {
            values.count(where: isLike) * 10 >= values.count * 8
        }
        if most({ $0.contains("@") }) { return .email }
        if most(isDay) { return .date }
        if most({ $0.contains(where: \.isNumber) && $0.count <= 20 }) { return .code }
        return column.lowercased().contains("name") ? .name : .text
    }

    private static func isDay(_ text: String) -> Bool {
        let digits = text.filter { $0 != "-" && $0 != "/" && $0 != "." }
        guard digits.count == 8, digits.allSatisfy(\.isNumber), let year = Int(digits.prefix(4)),
            let end = Int(digits.suffix(4))
        else { return false }
        return (1850...2100).contains(year) || (1850...2100).contains(end)
    }
}
