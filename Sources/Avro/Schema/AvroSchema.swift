/// An Avro schema, read once: its types in a table, which refer to each other by index.
///
/// ```swift
/// let schema = try AvroSchema(text)
/// let decoder = AvroDecoder(try DecodingPlan(writer: schema))
/// ```
///
/// - Source: Apache Avro 1.12, specification.
package struct AvroSchema: Sendable {
    /// The types, in the order in which they were met.
    let types: [SchemaType]
    /// The index of the schema's own type.
    let root: Int

    /// A schema that is named by others, for which it is read first.
    package struct Reference: Sendable {
        package let name: String
        package let text: [UInt8]

        package init(name: String, text: [UInt8]) {
            self.name = name
            self.text = text
        }
    }

    /// Reads a schema; `references` are read before it and may refer to those in front of them.
    package init(
        _ text: [UInt8], references: [Reference] = []
    ) throws(AvroSchemaProblem) {
        var reader = SchemaReader()
        for reference in references {
            do {
                _ = try reader.read(SchemaTree(reference.text))
            } catch {
                throw AvroSchemaProblem(
                    "the schema '\(reference.name)', to which it refers: \(error.message)",
                    at: error.place)
            }
        }
        root = try reader.read(SchemaTree(text))
        types = try reader.finish()
    }

    init(types: [SchemaType], root: Int) {
        self.types = types
        self.root = root
    }
}

/// One type of a schema.
struct SchemaType: Sendable {
    enum Kind: Sendable, Equatable {
        case null, boolean, int, long, float, double, bytes, string
        case record, enumeration, array, map, union
        case fixed(Int)
    }

    struct Field: Sendable {
        let name: String
        let aliases: [String]
        let type: Int
        let defaultValue: SchemaTree?
    }

    var kind: Kind
    /// With its namespace; empty for types that have no name.
    var name = ""
    /// With their namespaces.
    var aliases: [String] = []
    var fields: [Field] = []
    var symbols: [String] = []
    /// What an unknown symbol is read as.
    var symbolDefault: String?
    /// What an array or a map holds.
    var items = -1
    var branches: [Int] = []
    var logical: LogicalType?

    /// The name without its namespace.
    var shortName: Substring { Self.shortName(of: name) }

    static func shortName(of name: String) -> Substring {
        name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? name[...]
    }

    /// What it is, for messages.
    var title: String {
        switch kind {
        case .null: "null"
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .bytes: "bytes"
        case .string: "string"
        case .record: "record '\(name)'"
        case .enumeration: "enum '\(name)'"
        case .array: "array"
        case .map: "map"
        case .union: "union"
        case .fixed: "fixed '\(name)'"
        }
    }
}

/// What a value means beyond its bytes.
enum LogicalType: Sendable, Equatable {
    case decimal(precision: Int, scale: Int)
    case uuid
    case date
    /// A time of day, in units of which a second has so many.
    case time(perSecond: Int64)
    /// A point in time; a local one has no zone.
    case timestamp(perSecond: Int64, isLocal: Bool)
}
