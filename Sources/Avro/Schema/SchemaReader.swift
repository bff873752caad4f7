/// Reads schemas into a table of types; those read later may name types of those before.
struct SchemaReader {
    /// More types than any schema of people has.
    private static let mostTypes = 50_000

    private var types: [SchemaType] = []
    private var named: [String: Int] = [:]
    /// Where the reader is, for messages.
    private var place: [String] = []

    /// The index of the type that a schema describes.
    mutating func read(_ tree: SchemaTree) throws(AvroSchemaProblem) -> Int {
        place = []
        return try type(tree, namespace: "")
    }

    /// All types, once defaults can be checked against them.
    func finish() throws(AvroSchemaProblem) -> [SchemaType] {
        var defaults = DefaultValue(types: types)
        for type in types {
            for field in type.fields {
                guard let value = field.defaultValue else { continue }
                do {
                    _ = try defaults.bytes(of: value, as: field.type)
                } catch {
                    throw AvroSchemaProblem(
                        "the default is no value of its type: \(error.message)",
                        at: "\(type.name).\(field.name)")
                }
            }
        }
        return types
    }

    private func problem(_ message: String) -> AvroSchemaProblem {
        AvroSchemaProblem(message, at: place.joined(separator: "."))
    }

    private mutating func add(_ type: SchemaType) throws(AvroSchemaProblem) -> Int {
        guard types.count < Self.mostTypes else {
            throw problem("it has more than \(Self.mostTypes) types")
        }
        types.append(type)
        return types.count - 1
    }

    // MARK: Types

    private mutating func type(
        _ tree: SchemaTree, namespace: String
    ) throws(AvroSchemaProblem) -> Int {
        switch tree {
        case .string(let name): return try type(named: name, namespace: namespace)
        case .array(let branches): return try union(branches, namespace: namespace)
        case .object: return try definition(tree, namespace: namespace)
        default: throw problem("a type is a name, an object or an array, not \(tree.kindName)")
        }
    }

    private static let primitives: [String: SchemaType.Kind] = [
        "null": .null, "boolean": .boolean, "int": .int, "long": .long, "float": .float,
        "double": .double, "bytes": .bytes, "string": .string,
    ]

    private mutating func type(
        named name: String, namespace: String
    ) throws(AvroSchemaProblem) -> Int {
        if let kind = Self.primitives[name] { return try add(SchemaType(kind: kind)) }
        let full = Self.fullName(name, namespace: namespace)
        if let known = named[full] ?? named[name] { return known }
        throw problem("there is no type '\(full)'")
    }

    private mutating func union(
        _ branches: [SchemaTree], namespace: String
    ) throws(AvroSchemaProblem) -> Int {
        let index = try add(SchemaType(kind: .union))
        var found: Set<String> = []
        for branch in branches {
            let branch = try type(branch, namespace: namespace)
            let type = types[branch]
            if type.kind == .union { throw problem("a union stands directly in a union") }
            guard found.insert(type.title).inserted else {
                throw problem("a union has \(type.title) twice")
            }
            types[index].branches.append(branch)
        }
        if branches.isEmpty { throw problem("a union has no types") }
        return index
    }

    private mutating func definition(
        _ tree: SchemaTree, namespace: String
    ) throws(AvroSchemaProblem) -> Int {
        guard let kind = tree["type"] else { throw problem("an object has no 'type'") }
        guard case .string(let word) = kind else { return try type(kind, namespace: namespace) }
        switch word {
        case "record", "error": return try record(tree, namespace: namespace)
        case "enum": return try enumeration(tree, namespace: namespace)
        case "fixed": return try fixed(tree, namespace: namespace)
        case "array", "map":
            let part = word == "array" ? "items" : "values"
            guard let items = tree[part] else { throw problem("\(word) has no '\(part)'") }
            let index = try add(SchemaType(kind: word == "array" ? .array : .map))
            types[index].items = try type(items, namespace: namespace)
            return index
        default:
            guard let kind = Self.primitives[word] else {
                return try type(named: word, namespace: namespace)
            }
            var type = SchemaType(kind: kind)
            type.logical = LogicalType(tree, of: kind)
            return try add(type)
        }
    }

    // MARK: Types with names

    private mutating func record(
        _ tree: SchemaTree, namespace: String
    ) throws(AvroSchemaProblem) -> Int {
        let (index, inner) = try addNamed(tree, kind: .record, namespace: namespace)
        guard case .array(let fields)? = tree["fields"] else {
            throw problem("the record '\(types[index].name)' has no 'fields'")
        }
        place.append(types[index].name)
        var names: Set<String> = []
        for tree in fields {
            guard let name = tree["name"]?.string, Self.isName(name) else {
                throw problem("a field has no 'name', or one that is none")
            }
            place.append(name)
            guard names.insert(name).inserted else { throw problem("the field is there twice") }
            guard let fieldType = tree["type"] else { throw problem("the field has no 'type'") }
            let type = try type(fieldType, namespace: inner)
            types[index].fields.append(
                SchemaType.Field(
                    name: name, aliases: Self.strings(tree["aliases"]), type: type,
                    defaultValue: tree["default"]))
            place.removeLast()
        }
        place.removeLast()
        return index
    }

    private mutating func enumeration(
        _ tree: SchemaTree, namespace: String
    ) throws(AvroSchemaProblem) -> Int {
        let (index, _) = try addNamed(tree, kind: .enumeration, namespace: namespace)
        let name = types[index].name
        guard case .array(let symbols)? = tree["symbols"] else {
            throw problem("the enum '\(name)' has no 'symbols'")
        }
        let texts = symbols.compactMap(\.string)
        guard texts.count == symbols.count, Set(texts).count == texts.count,
            texts.allSatisfy(Self.isName)
        else { throw problem("the symbols of the enum '\(name)' are not names, each once") }
        types[index].symbols = texts
        if let value = tree["default"] {
            guard let symbol = value.string, texts.contains(symbol) else {
                throw problem("the default of the enum '\(name)' is none of its symbols")
            }
            types[index].symbolDefault = symbol
        }
        return index
    }

    private mutating func fixed(
        _ tree: SchemaTree, namespace: String
    ) throws(AvroSchemaProblem) -> Int {
        guard let size = tree["size"]?.integer, (0...Int64(Int32.max)).contains(size) else {
            throw problem("a fixed has no 'size', or one that is none")
        }
        let kind = SchemaType.Kind.fixed(Int(size))
        let (index, _) = try addNamed(tree, kind: kind, namespace: namespace)
        types[index].logical = LogicalType(tree, of: kind)
        return index
    }

    /// Adds a named type before what it holds is read, so that it can hold itself. Returns the
    /// namespace of what is inside, too.
    private mutating func addNamed(
        _ tree: SchemaTree, kind: SchemaType.Kind, namespace: String
    ) throws(AvroSchemaProblem) -> (index: Int, namespace: String) {
        guard let name = tree["name"]?.string, !name.isEmpty else {
            throw problem("a type that needs a 'name' has none")
        }
        let own = name.contains(".") ? "" : tree["namespace"]?.string ?? namespace
        let full = Self.fullName(name, namespace: own)
        guard full.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isName)
        else { throw problem("'\(full)' is no name: use letters, digits and '_'") }
        guard named[full] == nil, Self.primitives[full] == nil else {
            throw problem("the name '\(full)' is given twice")
        }
        var type = SchemaType(kind: kind)
        type.name = full
        let space = full.lastIndex(of: ".").map { String(full[..<$0]) } ?? ""
        type.aliases = Self.strings(tree["aliases"]).map { Self.fullName($0, namespace: space) }
        let index = try add(type)
        named[full] = index
        return (index, space)
    }

    private static func fullName(_ name: String, namespace: String) -> String {
        name.contains(".") || namespace.isEmpty ? name : "\(namespace).\(name)"
    }

    private static func strings(_ tree: SchemaTree?) -> [String] {
        guard case .array(let values)? = tree else { return [] }
        return values.compactMap(\.string)
    }

    private static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first)
        else { return false }
        return text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

extension LogicalType {
    /// What a definition says of the meaning of its values. One that does not go with the type, or
    /// is not known, means nothing, as the specification says.
    init?(_ tree: SchemaTree, of kind: SchemaType.Kind) {
        switch (tree["logicalType"]?.string, kind) {
        case ("decimal", .bytes), ("decimal", .fixed):
            let scale = tree["scale"]?.integer ?? 0
            guard let precision = tree["precision"]?.integer, (1...2000).contains(precision),
                (0...precision).contains(scale)
            else { return nil }
            self = .decimal(precision: Int(precision), scale: Int(scale))
        case ("uuid", .string), ("uuid", .fixed(16)): self = .uuid
        case ("date", .int): self = .date
        case ("time-millis", .int): self = .time(perSecond: 1_000)
        case ("time-micros", .long): self = .time(perSecond: 1_000_000)
        case ("timestamp-millis", .long): self = .timestamp(perSecond: 1_000, isLocal: false)
        case ("timestamp-micros", .long): self = .timestamp(perSecond: 1_000_000, isLocal: false)
        case ("timestamp-nanos", .long):
            self = .timestamp(perSecond: 1_000_000_000, isLocal: false)
        case ("local-timestamp-millis", .long): self = .timestamp(perSecond: 1_000, isLocal: true)
        case ("local-timestamp-micros", .long):
            self = .timestamp(perSecond: 1_000_000, isLocal: true)
        case ("local-timestamp-nanos", .long):
            self = .timestamp(perSecond: 1_000_000_000, isLocal: true)
        default: return nil
        }
    }
}
