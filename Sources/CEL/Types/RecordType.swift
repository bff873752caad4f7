/// An object with known fields: what a JSON Schema says of an event or of a part of it.
///
/// ```swift
/// let page = RecordType(name: "page", fields: ["url": .string, "title": .string])
/// let event = RecordType(name: "event", fields: ["page": .record(page), "amount": .double])
/// ```
public final class RecordType: Hashable, Sendable {
    /// The name that messages call it by, such as `event.page`.
    public let name: String
    /// The types of the fields.
    public let fields: [String: ValueType]
    /// Whether there may be other fields, which are then dynamic.
    public let isOpen: Bool

    /// An object with these fields.
    public init(name: String, fields: [String: ValueType], isOpen: Bool = false) {
        self.name = name
        self.fields = fields
        self.isOpen = isOpen
    }

    /// The same object with more fields, such as those that operators add to an event.
    public func adding(_ more: [String: ValueType]) -> RecordType {
        RecordType(name: name, fields: fields.merging(more) { $1 }, isOpen: isOpen)
    }

    /// Whether both have the same name and fields.
    public static func == (left: RecordType, right: RecordType) -> Bool {
        left === right
            || (left.name == right.name && left.isOpen == right.isOpen
                && left.fields == right.fields)
    }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}
