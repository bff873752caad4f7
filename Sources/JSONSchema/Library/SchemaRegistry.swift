/// The schema files that a schema may refer to, by their addresses. Nothing is ever fetched.
///
/// ```swift
/// var registry = SchemaRegistry()
/// try registry.add(text, at: "https://example.com/address.json")
/// let schema = try Schema(main, registry: registry)
/// ```
///
/// The metaschemas of draft 2020-12 are known without.
public struct SchemaRegistry: Sendable {
    /// A file, and which one it is: it may have two addresses.
    struct File: Sendable {
        let number: Int
        let document: SchemaValue
    }

    private var files: [String: File] = [:]
    private var count = 0

    /// A registry without files.
    public init() {}

    /// Adds a file under its `$id`, when it has one, and under an address: what `$ref` says, once
    /// it is resolved.
    ///
    /// - Throws: that the text is not JSON, or that there is no address at all.
    public mutating func add(
        _ text: [UInt8], at address: String? = nil
    ) throws(SchemaProblem) {
        let document = try SchemaValue.parse(text)
        let identifier = document.member("$id")?.string
        guard address != nil || identifier != nil else {
            throw SchemaProblem(
                pointer: "", "the schema has no '$id', so nothing can refer to it",
                remedy: "give it one")
        }
        let file = File(number: count, document: document)
        count += 1
        let base = URIReference(address ?? "")
        if address != nil { files[base.document] = file }
        if let identifier {
            files[URIReference(identifier).resolved(against: base).document] = file
        }
    }

    func file(at address: String) -> File? { files[address] }
}
