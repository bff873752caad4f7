internal import Events
internal import StreamCore

/// Which fields of a table's row are kept; all of them when none are named.
struct RowColumns: Sendable {
    let names: [String]?
    private let columns: [(path: FieldPath, label: [UInt8])]?

    init(_ names: [String]?) {
        self.names = names
        columns = names.map { names in
            names.map { name in
                var label = ByteBuffer()
                label.append(jsonString: name)
                label.append(":")
                return (FieldPath(name: name), unsafe Array(label.bytes))
            }
        }
    }

    /// Those that a setting names.
    init(_ configuration: Configuration) {
        self.init(
            configuration.has("columns") ? configuration.values("columns").map(\.text) : nil)
    }

    /// Appends the row as an object; a column that it does not have is left out. False when the
    /// event is no object.
    func append(_ row: Event, in arena: EventArena, to output: inout ByteBuffer) -> Bool {
        let root = arena.root(of: row)
        guard root.kind == .object else { return false }
        guard let columns else {
            unsafe output.append(arena.bytes(root.raw))
            return true
        }
        let start = output.count
        for (path, label) in columns {
            let value = arena.value(of: row, at: path)
            if value.isMissing { continue }
            output.append(UInt8(ascii: output.count == start ? "{" : ","))
            unsafe label.withUnsafeBytes { unsafe output.append($0) }
            unsafe output.append(arena.bytes(value.raw))
        }
        output.append(output.count == start ? "{}" : "}")
        return true
    }
}

/// The text by which rows are looked up: that of a field, or the record key.
struct LookupKey: Sendable {
    /// `nil` is the record key.
    let field: FieldPath?

    /// A string's text, a number or a boolean as it is written; absent for everything else.
    func text(of event: Event, in arena: EventArena) -> ByteRange {
        guard let field else { return event.key }
        let value = arena.value(of: event, at: field)
        switch value.kind {
        case .string: return value.text
        case .integer, .unsignedInteger, .decimal, .boolean: return value.raw
        case .missing, .null, .object, .array: return .absent
        }
    }

    /// Why an event has none.
    var missingReason: String {
        field.map { "the field '\($0)' has no value to look up" }
            ?? "the record has no key to look up"
    }
}
