internal import Events
internal import JSONSchema
internal import StreamCore

/// What a rule says, written so that the same rule gives the same bytes in a file and in a record.
enum CanonicalText {
    /// The first 16 digits of the SHA-256 of the value, its members in the order of their names.
    static func version(of value: ConfigurationValue) -> String {
        var buffer = ByteBuffer()
        append(value, to: &buffer)
        return String(SHA256.hexadecimal(of: unsafe Array(buffer.bytes)).prefix(16))
    }

    private static func append(_ value: ConfigurationValue, to buffer: inout ByteBuffer) {
        switch value.content {
        case .null: buffer.append("null")
        case .boolean(let boolean): buffer.append(boolean ? "true" : "false")
        case .integer(let integer): buffer.append(integer: integer)
        case .number(let number): buffer.append(double: number)
        case .string(let string): buffer.append(jsonString: string)
        case .list(let values):
            buffer.append("[")
            for value in values {
                append(value, to: &buffer)
                buffer.append(",")
            }
            buffer.append("]")
        case .map(let entries):
            buffer.append("{")
            for entry in entries.sorted(by: { $0.key < $1.key }) {
                buffer.append(jsonString: entry.key)
                buffer.append(":")
                append(entry.value, to: &buffer)
                buffer.append(",")
            }
            buffer.append("}")
        }
    }
}

extension ConfigurationValue {
    /// The settings that a JSON value of an event holds; `depth`: how deep it may be.
    init(_ value: FieldValue, in arena: EventArena, depth: Int = 16) {
        switch value.kind {
        case .missing, .null: self.init(.null, at: .none)
        case .boolean:
            self.init(.boolean(value.boolean == true), text: "\(value.boolean == true)", at: .none)
        case .integer:
            self.init(.integer(value.integer ?? 0), text: "\(value.integer ?? 0)", at: .none)
        case .unsignedInteger, .decimal:
            let text = unsafe String(decoding: arena.bytes(value.raw), as: UTF8.self)
            self.init(.number(value.double ?? 0), text: text, at: .none)
        case .string:
            let text = unsafe String(decoding: arena.bytes(value.text), as: UTF8.self)
            self.init(.string(text), text: text, at: .none)
        case .array, .object:
            var child = depth > 0 ? arena.firstChild(of: value) : .missing
            var values: [ConfigurationValue] = []
            var entries: [Entry] = []
            while !child.isMissing {
                let inner = ConfigurationValue(child, in: arena, depth: depth - 1)
                values.append(inner)
                if value.kind == .object {
                    let key = unsafe String(
                        decoding: arena.bytes(arena.key(of: child)), as: UTF8.self)
                    entries.append(Entry(key: key, keyLocation: .none, value: inner))
                }
                child = arena.nextSibling(of: child)
            }
            self.init(value.kind == .object ? .map(entries) : .list(values), at: .none)
        }
    }
}

extension Configuration {
    /// Reports the keys of a rule from a record that no rule has; files are checked when they are
    /// loaded.
    mutating func checkKeys(of value: ConfigurationValue, _ fields: [FieldSpec], in part: String) {
        guard let entries = value.entries else {
            return report("'\(part)' must be an object, not \(value.kindName)")
        }
        for entry in entries {
            guard let field = fields.first(where: { $0.name == entry.key }) else {
                report(
                    "unknown key '\(entry.key)' in '\(part)'",
                    remedy: NearestName.remedy(for: entry.key, known: fields.map(\.name)))
                continue
            }
            check(entry.value, is: field.kind, named: entry.key)
        }
        let keys = Set(entries.map(\.key))
        for field in fields where field.isRequired && !keys.contains(field.name) {
            report("'\(part)' needs '\(field.name)'")
        }
    }

    private mutating func check(
        _ value: ConfigurationValue, is kind: FieldSpec.Kind, named name: String
    ) {
        switch kind {
        case .object(let fields): checkKeys(of: value, fields, in: name)
        case .choice(let choices) where !choices.contains(value.text):
            report(
                "'\(name)' is not '\(value.text)'",
                remedy: NearestName.remedy(for: value.text, known: choices))
        case .integer(let range):
            if case .integer(let integer) = value.content, range.contains(integer) { return }
            report("'\(name)' must be an integer from \(range.lowerBound) to \(range.upperBound)")
        case .string, .expression, .choice, .duration:
            if !value.isScalar { report("'\(name)' must be text, not \(value.kindName)") }
        case .boolean:
            if case .boolean = value.content { return }
            report("'\(name)' must be true or false, not \(value.kindName)")
        default: break
        }
    }
}
