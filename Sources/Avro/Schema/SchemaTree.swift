internal import Events

/// JSON as a tree: for schemas, which are read once.
indirect enum SchemaTree: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// Any other number, with its digits as they are written.
    case number(String)
    case string(String)
    case array([SchemaTree])
    case object([Member])

    struct Member: Sendable {
        let name: String
        let value: SchemaTree
    }

    /// Reads a document of any kind.
    init(_ text: [UInt8]) throws(AvroSchemaProblem) {
        var document = ByteBuffer(capacity: text.count + 16)
        document.append(Self.prefix)
        unsafe text.withUnsafeBytes { unsafe document.append($0) }
        document.append("}")
        let arena = EventArena()
        let event = unsafe arena.addEvent(
            json: document.bytes, key: nil, timestamp: .distantPast)
        if let failure = arena.parse(event, limits: .standard) {
            let place = failure.position - Self.prefix.utf8CodeUnitCount
            let local = ParseFailure(code: failure.code, position: max(place, -1))
            throw AvroSchemaProblem("it is no JSON: \(local.reason)", at: "")
        }
        self.init(arena.firstChild(of: arena.root(of: event)), in: arena)
    }

    private static var prefix: StaticString { "{\"schema\":" }

    private init(_ value: FieldValue, in arena: EventArena) {
        switch value.kind {
        case .missing, .null: self = .null
        case .boolean: self = .boolean(value.boolean ?? false)
        case .integer: self = .integer(value.integer ?? 0)
        case .unsignedInteger, .decimal: self = .number(Self.text(value.raw, arena))
        case .string: self = .string(Self.text(value.text, arena))
        case .array: self = .array(Self.children(of: value, in: arena).map { .init($0, in: arena) })
        case .object:
            self = .object(
                Self.children(of: value, in: arena).map {
                    Member(
                        name: Self.text(arena.key(of: $0), arena), value: .init($0, in: arena))
                })
        }
    }

    private static func text(_ range: ByteRange, _ arena: EventArena) -> String {
        unsafe String(decoding: arena.bytes(range), as: UTF8.self)
    }

    private static func children(of value: FieldValue, in arena: EventArena) -> [FieldValue] {
        var children: [FieldValue] = []
        var child = arena.firstChild(of: value)
        while !child.isMissing {
            children.append(child)
            child = arena.nextSibling(of: child)
        }
        return children
    }

    /// The member of an object with a name.
    subscript(name: String) -> SchemaTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var string: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    var integer: Int64? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    /// What it is, for messages.
    var kindName: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
