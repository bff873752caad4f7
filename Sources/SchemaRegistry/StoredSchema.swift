internal import Foundation
internal import StreamCore

/// A schema as one file.
struct StoredSchema: Codable {
    struct Reference: Codable {
        var name: String
        var schema: String
    }

    var schemaType: String
    var schema: String
    var references: [Reference]

    init(_ schema: RegisteredSchema) {
        schemaType = schema.kind.rawValue
        self.schema = String(decoding: schema.text, as: UTF8.self)
        references = schema.references.map {
            Reference(name: $0.name, schema: String(decoding: $0.text, as: UTF8.self))
        }
    }

    init?(_ bytes: [UInt8]) {
        guard let kept = try? JSONDecoder().decode(StoredSchema.self, from: Data(bytes)),
            RegisteredSchema.Kind(rawValue: kept.schemaType) != nil
        else { return nil }
        self = kept
    }

    var bytes: Data {
        get throws { try JSONEncoder().encode(self) }
    }

    var registered: RegisteredSchema {
        RegisteredSchema(
            kind: RegisteredSchema.Kind(rawValue: schemaType) ?? .avro, text: Array(schema.utf8),
            references: references.map { .init(name: $0.name, text: Array($0.schema.utf8)) })
    }
}

extension RegisteredSchema {
    /// Whether two schemas are one document, however they are laid out.
    func isEquivalent(to other: RegisteredSchema) -> Bool {
        kind == other.kind && Self.normalised(text) == Self.normalised(other.text)
    }

    private static func normalised(_ text: [UInt8]) -> Data {
        let value = try? JSONSerialization.jsonObject(
            with: Data(text), options: .fragmentsAllowed)
        let sorted: JSONSerialization.WritingOptions = [.sortedKeys, .fragmentsAllowed]
        return value.flatMap { try? JSONSerialization.data(withJSONObject: $0, options: sorted) }
            ?? Data(text)
    }
}
