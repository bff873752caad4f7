internal import Events

/// A JSON value that came out of a topology under test; its numbers are as they were written.
indirect enum OutputValue {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([OutputValue])
    case object([(name: String, value: OutputValue)])

    /// `nil` when `text` is not JSON.
    init?(json text: String) {
        // The parser takes objects only, so the value is read as a member of one.
        let batch = RecordBatch()
        let document = Array(#"{"value":\#(text)}"#.utf8)
        unsafe batch.append(
            key: nil, value: document.span.bytes, headers: RawSpan(), offset: 0, timestamp: 0)
        let arena = EventArena()
        arena.attach(batch)
        let event = arena.addEvent(record: 0)
        guard arena.parse(event, limits: ParseLimits(duplicateKeys: .keepFirst)) == nil else {
            return nil
        }
        let root = arena.root(of: event)
        guard arena.childCount(of: root) == 1 else { return nil }
        self.init(arena.firstChild(of: root), in: arena)
    }

    private init(_ value: FieldValue, in arena: EventArena) {
        switch value.kind {
        case .string: self = .string(Self.text(value.text, in: arena))
        case .array: self = .array(Self.children(of: value, in: arena).map(\.value))
        case .object: self = .object(Self.children(of: value, in: arena))
        default:
            switch Self.text(value.raw, in: arena) {
            case "true": self = .boolean(true)
            case "false": self = .boolean(false)
            case "null": self = .null
            case let number: self = .number(number)
            }
        }
    }

    private static func children(
        of value: FieldValue, in arena: EventArena
    ) -> [(name: String, value: OutputValue)] {
        var children: [(name: String, value: OutputValue)] = []
        var child = arena.firstChild(of: value)
        while child.kind != .missing {
            let name = text(arena.key(of: child), in: arena)
            children.append((name, OutputValue(child, in: arena)))
            child = arena.nextSibling(of: child)
        }
        return children
    }

    private static func text(_ range: ByteRange, in arena: EventArena) -> String {
        unsafe String(decoding: arena.bytes(range), as: UTF8.self)
    }

    /// The member of an object of that name.
    subscript(name: String) -> OutputValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The value as JSON on one line.
    var json: String {
        switch self {
        case .null: "null"
        case .boolean(let boolean): boolean ? "true" : "false"
        case .number(let number): number
        case .string(let string): JSONText.quoted(string)
        case .array(let values): "[" + values.map(\.json).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.map { "\(JSONText.quoted($0.name)):\($0.value.json)" }
                .joined(separator: ",") + "}"
        }
    }
}
