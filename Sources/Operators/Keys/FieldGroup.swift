internal import Events
internal import Sketches
internal import StreamCore

/// By the values of which fields events belong together; without fields, by the record key.
///
/// The first field decides in which task an event is handled, so it must have a value; another
/// may be missing, which is a value too: null. A text and a number are different values, and
/// numbers are what they are written as: `1` is not `1.0`.
///
/// As bytes each value is a byte for its kind, its length and its text, so no two groups have the
/// same bytes.
struct FieldGroup: Sendable {
    /// What a value is, in the bytes.
    private enum Kind {
        static let text: UInt8 = 0x73
        /// A number, a boolean or null, as JSON writes it.
        static let json: UInt8 = 0x6A
    }

    /// Why an event belongs to no group.
    enum Absence: Equatable {
        case recordKey
        case value(FieldPath)
        case isContainer(FieldPath)

        /// What to tell of it, without a full stop.
        func reason(to purpose: String) -> String {
            switch self {
            case .recordKey: "the record has no key to \(purpose)"
            case .value(let path): "the field '\(path)' has no value to \(purpose)"
            case .isContainer(let path):
                "the field '\(path)' is an object or an array; name a field inside it to \(purpose)"
            }
        }
    }

    let fields: [FieldPath]

    init(_ fields: [FieldPath]) { self.fields = fields }

    /// The fields that a setting names; problems are reported.
    init(_ configuration: inout Configuration, setting: String) {
        var fields: [FieldPath] = []
        for value in configuration.values(setting) {
            guard let field = configuration.fieldPath(of: value, named: setting) else { continue }
            if fields.contains(field) {
                configuration.report("'\(setting)' names '\(field)' twice", at: value.location)
            }
            fields.append(field)
        }
        self.fields = fields
    }

    var stateKey: StateKey { fields.first.map { .field($0) } ?? .recordKey }

    /// In words, for the definition of a store.
    var description: String {
        fields.isEmpty
            ? "by the record key" : "by " + fields.map(\.description).joined(separator: ", ")
    }

    // MARK: Writing

    /// Appends the event's values; returns why there are none.
    func append(
        of event: Event, in arena: EventArena, to buffer: inout ByteBuffer
    ) -> Absence? {
        guard !fields.isEmpty else {
            guard !event.key.isAbsent else { return .recordKey }
            unsafe Self.append(Kind.text, arena.bytes(event.key), to: &buffer)
            return nil
        }
        for index in fields.indices {
            let value = arena.value(of: event, at: fields[index])
            switch value.kind {
            case .string where value.text.count > 0 || index > 0:
                unsafe Self.append(Kind.text, arena.bytes(value.text), to: &buffer)
            case .integer, .unsignedInteger, .decimal, .boolean:
                unsafe Self.append(Kind.json, arena.bytes(value.raw), to: &buffer)
            case .object, .array: return .isContainer(fields[index])
            case .missing, .null, .string:
                guard index > 0 else { return .value(fields[index]) }
                buffer.append(Kind.json)
                buffer.append(variable: 4)
                buffer.append("null")
            }
        }
        return nil
    }

    private static func append(
        _ kind: UInt8, _ bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) {
        buffer.append(kind)
        buffer.append(variable: UInt64(bytes.count))
        unsafe buffer.append(bytes)
    }

    // MARK: Reading

    /// Writes the members of a JSON object, without braces, that name the group: each field with
    /// its value, or `"key"` with the record key.
    func writeMembers(
        of bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) throws(SketchError) {
        var reader = unsafe SketchReader(bytes)
        if fields.isEmpty {
            buffer.append("\"key\":")
            return try Self.writeValue(from: &reader, to: &buffer)
        }
        buffer.append("\"group\":{")
        for index in fields.indices {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: fields[index].description)
            buffer.append(UInt8(ascii: ":"))
            try Self.writeValue(from: &reader, to: &buffer)
        }
        buffer.append(UInt8(ascii: "}"))
    }

    /// Writes the key of records that are about the group: the value itself, or a JSON array of
    /// several.
    func writeRecordKey(
        of bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) throws(SketchError) {
        var reader = unsafe SketchReader(bytes)
        guard fields.count > 1 else {
            return unsafe buffer.append(try Self.value(from: &reader).text)
        }
        buffer.append(UInt8(ascii: "["))
        for index in fields.indices {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            try Self.writeValue(from: &reader, to: &buffer)
        }
        buffer.append(UInt8(ascii: "]"))
    }

    /// The text of the first value, by which the state is partitioned.
    static func partitionText(
        of bytes: UnsafeRawBufferPointer
    ) throws(SketchError) -> UnsafeRawBufferPointer {
        var reader = unsafe SketchReader(bytes)
        return unsafe try value(from: &reader).text
    }

    private static func writeValue(
        from reader: inout SketchReader, to buffer: inout ByteBuffer
    ) throws(SketchError) {
        let (kind, text) = unsafe try value(from: &reader)
        if kind == Kind.text {
            unsafe buffer.append(jsonString: text)
        } else {
            unsafe buffer.append(text)
        }
    }

    private static func value(
        from reader: inout SketchReader
    ) throws(SketchError) -> (kind: UInt8, text: UnsafeRawBufferPointer) {
        let kind = try reader.byte()
        let count = try reader.count(ofSize: 1, atMost: .max)
        return unsafe (kind, try reader.take(count))
    }
}
