internal import Events
internal import JSONSchema

/// What `convert` makes of a field's value.
enum FieldConversion: Hashable, Sendable {
    case integer
    case number
    case string
    case boolean
    case timestamp(TimestampFormat)

    /// The words of topology files.
    static let words: [(name: String, conversion: FieldConversion)] = [
        ("integer", .integer), ("number", .number), ("string", .string), ("boolean", .boolean),
        ("timestamp", .timestamp(.automatic)), ("timestamp:iso8601", .timestamp(.iso8601)),
        ("timestamp:epoch_seconds", .timestamp(.epochSeconds)),
        ("timestamp:epoch_milliseconds", .timestamp(.epochMilliseconds)),
    ]

    /// What came of a value.
    enum Outcome {
        /// The value was there already, in another form, or the field isn't there or is null.
        case done
        /// The value can't be converted.
        case impossible
        /// The event has no place for it.
        case notSettable
    }

    /// What the value should be, for messages.
    var sentence: String {
        switch self {
        case .integer: "a whole number of 64 bits"
        case .number: "a number"
        case .string: "a string"
        case .boolean: "true or false"
        case .timestamp(.automatic): "a timestamp"
        case .timestamp(.iso8601): "an ISO 8601 timestamp"
        case .timestamp(.epochSeconds): "a timestamp in seconds since 1970"
        case .timestamp(.epochMilliseconds): "a timestamp in milliseconds since 1970"
        }
    }

    /// Converts the field; a missing one and `null` stay as they are.
    func apply(
        to path: FieldPath, of event: inout Event, in arena: EventArena,
        scratch: inout ByteBuffer
    ) -> Outcome {
        let value = arena.value(of: event, at: path)
        if value.isMissingOrNull { return .done }
        switch self {
        case .integer: return toInteger(value, path, &event, arena)
        case .number: return toNumber(value, path, &event, arena, &scratch)
        case .string: return toString(value, path, &event, arena, &scratch)
        case .boolean: return toBoolean(value, path, &event, arena)
        case .timestamp(let format):
            guard let time = format.read(value, in: arena) else { return .impossible }
            return Self.outcome(arena.set(path, of: &event, to: time))
        }
    }

    private static func outcome(_ isSet: Bool) -> Outcome { isSet ? .done : .notSettable }

    private func toInteger(
        _ value: FieldValue, _ path: FieldPath, _ event: inout Event, _ arena: EventArena
    ) -> Outcome {
        let integer: Int64?
        switch value.kind {
        case .integer, .unsignedInteger: return .done
        case .decimal: integer = unsafe DecimalText(arena.bytes(value.raw))?.integer
        case .string:
            let text = unsafe arena.bytes(value.text)
            integer = unsafe CSVColumnType.integer(text) ?? DecimalText(text)?.integer
        default: integer = nil
        }
        guard let integer else { return .impossible }
        return Self.outcome(arena.set(path, of: &event, to: integer))
    }

    private func toNumber(
        _ value: FieldValue, _ path: FieldPath, _ event: inout Event, _ arena: EventArena,
        _ scratch: inout ByteBuffer
    ) -> Outcome {
        if value.isNumber { return .done }
        guard value.kind == .string, unsafe DecimalText(arena.bytes(value.text)) != nil else {
            return .impossible
        }
        // The digits stay as they are: 19.90 is an amount.
        scratch.removeAll()
        unsafe scratch.append(arena.bytes(value.text))
        return Self.outcome(unsafe arena.set(path, of: &event, toJSON: scratch.bytes))
    }

    private func toString(
        _ value: FieldValue, _ path: FieldPath, _ event: inout Event, _ arena: EventArena,
        _ scratch: inout ByteBuffer
    ) -> Outcome {
        switch value.kind {
        case .string: return .done
        case .integer, .unsignedInteger, .decimal, .boolean:
            scratch.removeAll()
            unsafe scratch.append(arena.bytes(value.raw))
            return Self.outcome(unsafe arena.set(path, of: &event, toString: scratch.bytes))
        default: return .impossible
        }
    }

    private func toBoolean(
        _ value: FieldValue, _ path: FieldPath, _ event: inout Event, _ arena: EventArena
    ) -> Outcome {
        let boolean: Bool?
        switch value.kind {
        case .boolean: return .done
        case .integer: boolean = value.integer == 1 ? true : value.integer == 0 ? false : nil
        case .string: boolean = unsafe CSVColumnType.boolean(arena.bytes(value.text))
        default: boolean = nil
        }
        guard let boolean else { return .impossible }
        return Self.outcome(arena.set(path, of: &event, to: boolean))
    }
}
