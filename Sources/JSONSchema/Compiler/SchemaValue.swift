internal import Events

/// A JSON value of a schema document, as a tree. Only the compiler looks at it.
indirect enum SchemaValue: Sendable {
    case null
    case boolean(Bool)
    /// The number's text: schemas are compared exactly.
    case number([UInt8])
    case string([UInt8])
    case array([SchemaValue])
    case object([(name: [UInt8], value: SchemaValue)])

    /// What the value is, for messages.
    var kindName: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The text of a string that is compared with other text, never with data.
    var string: String? {
        guard case .string(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of a member of an object.
    func member(_ name: String) -> SchemaValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// A whole number that is not negative; 2.0 is one.
    var count: Int? {
        guard case .number(let text) = self else { return nil }
        return unsafe text.withUnsafeBytes { bytes in
            unsafe DecimalText(bytes)?.integer.flatMap { $0 >= 0 ? Int($0) : nil }
        }
    }
}

extension SchemaValue {
    private static let prefix = Array("{\"schema\":".utf8)
    private static let limits = ParseLimits(maximumBytes: 16 << 20, maximumDepth: 256)
    /// The most that the pointers of all values may have together; they are kept for messages.
    private static let longestPointers = 256 << 20

    /// Reads a document of any kind.
    ///
    /// An arena takes only objects at the top, and a schema may be `true`; so the document is
    /// read as the member of an object.
    static func parse(_ text: [UInt8]) throws(SchemaProblem) -> SchemaValue {
        let arena = EventArena()
        let wrapped = prefix + text + [UInt8(ascii: "}")]
        let event = unsafe wrapped.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        if let failure = arena.parse(event, limits: limits) {
            throw SchemaProblem(
                pointer: "", "the file is not JSON: \(place(of: failure, in: text))")
        }
        let root = arena.root(of: event)
        guard arena.childCount(of: root) == 1 else {
            throw SchemaProblem(pointer: "", "the file is not one JSON value")
        }
        let document = read(arena.firstChild(of: root), in: arena)
        guard document.pointerBytes(below: 0) <= longestPointers else {
            throw SchemaProblem(
                pointer: "", "the names in the schema are too long for how deep they are nested")
        }
        return document
    }

    /// The bytes of the JSON pointers to all values inside this one, as far as they are short
    /// enough.
    private func pointerBytes(below length: Int) -> Int {
        var sum = length
        switch self {
        case .array(let elements):
            for element in elements where sum <= Self.longestPointers {
                sum += element.pointerBytes(below: length + 8)
            }
        case .object(let members):
            for (name, value) in members where sum <= Self.longestPointers {
                sum += value.pointerBytes(below: length + name.count + 1)
            }
        default: break
        }
        return sum
    }

    private static func place(of failure: ParseFailure, in text: [UInt8]) -> String {
        let position = failure.position - prefix.count
        guard failure.position >= 0, position <= text.count else { return failure.reason }
        let before = text[..<max(position, 0)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
        let sentence = ParseFailure(code: failure.code).reason
        return "\(sentence) at line \(line), column \(column)"
    }

    private static func read(_ value: FieldValue, in arena: EventArena) -> SchemaValue {
        switch value.kind {
        case .missing, .null: return .null
        case .boolean: return .boolean(value.boolean == true)
        case .integer, .unsignedInteger, .decimal:
            return .number(unsafe Array(arena.bytes(value.raw)))
        case .string: return .string(unsafe Array(arena.bytes(value.text)))
        case .array: return .array(children(of: value, in: arena).map { read($0, in: arena) })
        case .object:
            return .object(
                children(of: value, in: arena).map {
                    (unsafe Array(arena.bytes(arena.key(of: $0))), read($0, in: arena))
                })
        }
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
}
