/// Which types of a writer's schema can be read as which of a reader's.
///
/// - Source: Apache Avro 1.12, specification, "Schema Resolution".
struct SchemaMatch {
    let writer: AvroSchema
    let reader: AvroSchema

    /// Whether two types, neither of them a union, go together as far as can be seen from outside.
    func matches(_ written: Int, _ wanted: Int) -> Bool {
        let (from, to) = (writer.types[written], reader.types[wanted])
        switch (from.kind, to.kind) {
        case (.record, .record), (.enumeration, .enumeration): return isNamed(from, as: to)
        case (.fixed(let size), .fixed(let other)): return size == other && isNamed(from, as: to)
        case (.int, .long), (.int, .float), (.int, .double), (.long, .float), (.long, .double),
            (.float, .double), (.string, .bytes), (.bytes, .string):
            return true
        default: return from.kind == to.kind
        }
    }

    private func isNamed(_ from: SchemaType, as to: SchemaType) -> Bool {
        from.name == to.name || from.shortName == to.shortName
            || to.aliases.contains {
                $0 == from.name || SchemaType.shortName(of: $0) == from.shortName
            }
    }

    /// The branch of a reader's union that takes a written type: the same type before one that it
    /// can become.
    func branch(for written: Int, in wanted: Int) -> Int? {
        let branches = reader.types[wanted].branches
        let from = writer.types[written]
        return branches.first {
            reader.types[$0].kind == from.kind && reader.types[$0].name == from.name
        }
            ?? branches.first { reader.types[$0].kind == from.kind && matches(written, $0) }
            ?? branches.first { matches(written, $0) }
    }

    /// The writer's field that a reader's field is read from.
    func field(for wanted: SchemaType.Field, in written: Int) -> Int? {
        let fields = writer.types[written].fields
        return fields.firstIndex { $0.name == wanted.name }
            ?? fields.firstIndex { wanted.aliases.contains($0.name) }
    }
}
