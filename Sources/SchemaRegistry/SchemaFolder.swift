internal import Foundation
public import StreamCore

/// A folder of schemas by id: `42.avsc` is an Avro schema, `42.schema.json` a JSON Schema, and
/// `42.registry.json` what a registry answered, with what the schema refers to.
///
/// It is a registry for tests and for runs without network, and the cache of a client.
public struct SchemaFolder: SchemaSource {
    private let path: String
    /// What registers and looks up are told that this is no registry to ask.
    private let remedy: String

    public init(path: String) {
        self.path = path
        remedy = "put it into '\(path)' as ID.avsc"
    }

    public func schema(id: Int32) throws(SchemaSourceError) -> RegisteredSchema? {
        if let text = try read("\(id).avsc") { return RegisteredSchema(kind: .avro, text: text) }
        if let text = try read("\(id).schema.json") {
            return RegisteredSchema(kind: .json, text: text)
        }
        guard let text = try read("\(id).registry.json") else { return nil }
        guard let kept = StoredSchema(text) else {
            throw SchemaSourceError("\(path)/\(id).registry.json is damaged; delete it")
        }
        return kept.registered
    }

    public func identifier(
        of schema: RegisteredSchema, subject: String, registers: Bool
    ) throws(SchemaSourceError) -> Int32 {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let ids = files.compactMap { $0.split(separator: ".").first.flatMap { Int32($0) } }
        for id in Set(ids).sorted() {
            if let known = try self.schema(id: id), known.isEquivalent(to: schema) { return id }
        }
        throw SchemaSourceError("the schema of '\(subject)' has no id here; \(remedy)")
    }

    /// Keeps a schema. A reader sees all of the file or nothing.
    func store(_ schema: RegisteredSchema, id: Int32) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        let file = URL(fileURLWithPath: path).appending(path: "\(id).registry.json")
        try StoredSchema(schema).bytes.write(to: file, options: .atomic)
    }

    private func read(_ name: String) throws(SchemaSourceError) -> [UInt8]? {
        let file = "\(path)/\(name)"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw SchemaSourceError("\(file) can't be read: \(error.localizedDescription)")
        }
    }
}
