internal import StreamCore

/// The settings of operators that read CSV, which mean the same in each.
enum CSVFields {
    static let delimiter = FieldSpec(
        "delimiter", .string, default: "','", "CSV: the character between fields, or 'tab'.")

    static let types = FieldSpec(
        "types", .map(key: "a column", .choice(CSVColumnType.allCases.map(\.rawValue))),
        "CSV: what columns hold; without a type it is text.")

    static let empty = FieldSpec(
        "empty", .choice(CSVSettings.EmptyPolicy.allCases.map(\.rawValue)), default: "absent",
        "CSV: an empty field is left out, becomes null, or stays an empty string.")
}
