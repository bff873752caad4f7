internal import Events
internal import JSONSchema

/// Converts values of another type than their schema says, where nothing is lost.
///
/// | from | to | when |
/// |---|---|---|
/// | string | integer, number | the whole text is a JSON number |
/// | string | boolean | `true` or `false` |
/// | string | null | it is empty |
/// | number, boolean | string | always: its text as it is written |
struct Coercion: ~Copyable {
    /// The conversions are told in JSON: an array of `{"path", "from", "to"}`.
    private(set) var record = ByteBuffer()
    private var text = ByteBuffer()

    /// Converts what it can of what the violations tell, below the `part` of the event that was
    /// validated; returns how many values that were.
    mutating func apply(
        _ violations: [Violation], below part: FieldPath?, to event: inout Event,
        in arena: EventArena
    ) -> Int {
        var count = 0
        for violation in violations where !violation.expectedTypes.isEmpty {
            guard
                let path = Self.path(violation.instanceSteps, below: part, of: event, in: arena)
            else { continue }
            let value = arena.value(of: event, at: path)
            var changed = event
            guard prepareText(of: value, for: violation.expectedTypes, in: arena),
                unsafe arena.set(path, of: &changed, toJSON: text.bytes),
                let type = Self.type(
                    of: arena.value(of: changed, at: path), among: violation.expectedTypes)
            else { continue }
            event = changed
            note(violation.instancePath, from: value.kind, to: type)
            count += 1
        }
        return count
    }

    mutating func begin() { record.removeAll() }

    /// Ends the array of conversions.
    mutating func finishRecord() { record.append("]") }

    private mutating func note(_ pointer: String, from kind: FieldValue.Kind, to type: String) {
        record.append(record.count == 0 ? "[" : ",")
        record.append("{\"path\":")
        record.append(jsonString: pointer)
        record.append(",\"from\":")
        record.append(jsonString: Self.typeName(kind))
        record.append(",\"to\":")
        record.append(jsonString: type)
        record.append("}")
    }

    private static func typeName(_ kind: FieldValue.Kind) -> String {
        switch kind {
        case .integer, .unsignedInteger, .decimal: "number"
        case .boolean: "boolean"
        case .string: "string"
        case .null: "null"
        case .missing, .object, .array: "\(kind)"
        }
    }

    /// Puts the JSON text that the value may be written as into `text`, when there is one.
    private mutating func prepareText(
        of value: FieldValue, for types: [String], in arena: EventArena
    ) -> Bool {
        text.removeAll()
        switch value.kind {
        case .string:
            let content = unsafe arena.bytes(value.text)
            guard let first = unsafe content.first, let last = unsafe content.last else {
                text.append("null")
                return true
            }
            // White space around a number is JSON, but no number. And a text that says null is one.
            guard !Self.isSpace(first), !Self.isSpace(last), first != UInt8(ascii: "n") else {
                return false
            }
            unsafe text.append(content)
            return true
        case .integer, .unsignedInteger, .decimal, .boolean:
            guard types.contains("string") else { return false }
            text.append("\"")
            unsafe text.append(arena.bytes(value.raw))
            text.append("\"")
            return true
        case .missing, .null, .object, .array: return false
        }
    }

    /// Which of the types the converted value has.
    private static func type(of value: FieldValue, among types: [String]) -> String? {
        let kind = typeName(value.kind)
        return types.first { $0 == kind || $0 == "integer" && kind == "number" }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte <= UInt8(ascii: " ") }

    /// The path of a value; which steps are positions only the event tells.
    private static func path(
        _ steps: [String], below part: FieldPath?, of event: Event, in arena: EventArena
    ) -> FieldPath? {
        var components = part?.components ?? []
        var value =
            part.map { arena.value(of: event, at: $0) } ?? arena.root(of: event)
        for step in steps {
            if value.kind == .array {
                guard let position = Int(step) else { return nil }
                components.append(.index(position))
            } else {
                components.append(.name(step))
            }
            guard components.count <= FieldPath.maximumComponents else { return nil }
            value = arena.value(of: event, at: FieldPath(components))
        }
        return components.isEmpty ? nil : FieldPath(components)
    }
}
