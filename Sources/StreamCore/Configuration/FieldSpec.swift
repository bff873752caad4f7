/// One setting of an operator, source or other part of a topology file.
///
/// The spec is the single description of a setting: the loader checks a file against it, the
/// JSON Schema of the file format and the reference pages are generated from it.
public struct FieldSpec: Sendable {
    public indirect enum Kind: Sendable {
        case boolean
        case integer(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case string
        /// `500ms`, `30s`, `10m`, `24h`, `7d`; zero only where `allowsZero`.
        case duration(allowsZero: Bool)
        /// `64KiB`, `8MiB`, `1GB`; in bytes.
        case size
        /// `page.url`, `items[0].sku`.
        case fieldPath
        case choice([String])
        /// A file, relative to the topology file.
        case file
        /// Any JSON value written in YAML.
        case json
        /// An expression over the event, as text.
        case expression
        /// A condition over the event: an expression that is true or false, as text, or a map with
        /// tests of fields (see the `filter` operator).
        case condition
        case list(Kind)
        /// One value, or a list of such values.
        case oneOrMore(Kind)
        /// A map with free keys; `key` says what they are.
        case map(key: String, Kind)
        case object([FieldSpec])
    }

    public let name: String
    public let kind: Kind
    public let isRequired: Bool
    /// The default as it would be written in the file.
    public let defaultText: String?
    public let summary: String

    public init(
        _ name: String, _ kind: Kind, required: Bool = false, default defaultText: String? = nil,
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.isRequired = required
        self.defaultText = defaultText
        self.summary = summary
    }
}
