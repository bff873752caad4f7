/// Where a schema or keyword stands: a document of the ``SchemaLibrary``, and a JSON pointer into
/// it.
struct SchemaPlace: Hashable {
    /// The document's number; 0 is the one that is compiled.
    let document: Int
    let pointer: String

    static func / (place: SchemaPlace, name: String) -> SchemaPlace {
        place.step(name.utf8)
    }

    func step(_ name: some Collection<UInt8>) -> SchemaPlace {
        SchemaPlace(document: document, pointer: pointer + JSONPointer.step(name))
    }

    // Strings are equal when they look the same; names in JSON are only when their bytes are.
    static func == (left: SchemaPlace, right: SchemaPlace) -> Bool {
        left.document == right.document && left.pointer.utf8.elementsEqual(right.pointer.utf8)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(document)
        for byte in pointer.utf8 { hasher.combine(byte) }
    }
}
