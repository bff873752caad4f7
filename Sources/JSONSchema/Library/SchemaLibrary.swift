/// The documents that one compilation knows, and the schema resources in them: what has an
/// address of its own.
struct SchemaLibrary {
    /// A schema with an address. Its anchors are those up to the next resource inside it.
    struct Resource {
        /// The address without a fragment; empty for a document that has none.
        let address: URIReference
        let place: SchemaPlace
        let value: SchemaValue
        var vocabularies: Vocabularies
        var anchors: [String: SchemaPlace] = [:]
        var dynamicAnchors: [String: SchemaPlace] = [:]
    }

    struct Document {
        /// How messages call it; empty for the document that is compiled.
        let name: String
        /// Whether it is one of the draft's own metaschemas.
        let isBuiltIn: Bool
    }

    /// What a reference leads to.
    struct Target {
        let place: SchemaPlace
        let value: SchemaValue
        let resource: Int
    }

    private let registry: SchemaRegistry
    private(set) var documents: [Document] = []
    private(set) var resources: [Resource] = []
    private(set) var problems: [(place: SchemaPlace, message: String, remedy: String)] = []
    private var addresses: [String: Int] = [:]
    /// The resources of the files of the registry that are here.
    private var files: [Int: Int] = [:]
    private var resourcePlaces: [SchemaPlace: Int] = [:]
    /// The schemas that stand where schemas may stand.
    private var schemas: [SchemaPlace: (value: SchemaValue, resource: Int)] = [:]
    /// Metaschemas whose vocabularies are being read, so that one that describes itself ends.
    private var openMetaschemas: Set<String> = []

    init(_ document: SchemaValue, registry: SchemaRegistry) {
        self.registry = registry
        add(document, address: "", isBuiltIn: false)
    }

    /// The resource that a schema belongs to, when one starts at its place.
    func resource(at place: SchemaPlace) -> Int? { resourcePlaces[place] }

    private mutating func report(_ place: SchemaPlace, _ message: String, remedy: String) {
        problems.append((place, message, remedy))
    }

    // MARK: Adding

    private mutating func add(_ root: SchemaValue, address: String, isBuiltIn: Bool) {
        documents.append(Document(name: address, isBuiltIn: isBuiltIn))
        let place = SchemaPlace(document: documents.count - 1, pointer: "")
        var resource = Resource(
            address: URIReference(address), place: place, value: root, vocabularies: .standard)
        if let identifier = identifier(of: root, at: place) {
            resource = Resource(
                address: identifier.resolved(against: resource.address), place: place, value: root,
                vocabularies: .standard)
        }
        let index = register(resource)
        addresses[address] = index
        scan(root, at: place, in: index, isRoot: true)
    }

    private mutating func register(_ resource: Resource) -> Int {
        let index = resources.count
        resources.append(resource)
        let address = resource.address.document
        if let known = addresses[address], !address.isEmpty {
            report(
                resource.place,
                "the address '\(address)' is that of the schema at "
                    + "'\(resources[known].place.pointer)', too",
                remedy: "give each schema its own '$id'")
        }
        if addresses[address] == nil || resource.place.pointer.isEmpty {
            addresses[address] = index
        }
        resourcePlaces[resource.place] = index
        if let dialect = resource.value.member("$schema")?.string {
            resources[index].vocabularies = vocabularies(of: dialect, at: resource.place)
        }
        return index
    }

    private mutating func identifier(of value: SchemaValue, at place: SchemaPlace) -> URIReference?
    {
        guard let text = value.member("$id")?.string else { return nil }
        let reference = URIReference(text)
        if let fragment = reference.fragment, !fragment.isEmpty {
            report(
                place / "$id", "'$id' has no fragment",
                remedy: "write '$anchor' for a name in a file")
            return nil
        }
        return reference
    }

    /// Finds the resources and anchors in a schema. Only where schemas may stand: an `$id` in the
    /// values of an `enum` is data.
    private mutating func scan(
        _ value: SchemaValue, at place: SchemaPlace, in resource: Int, isRoot: Bool = false
    ) {
        guard case .object(let keywords) = value else {
            schemas[place] = (value, resource)
            return
        }
        var resource = resource
        if !isRoot, let identifier = identifier(of: value, at: place) {
            let address = identifier.resolved(against: resources[resource].address)
            resource = register(
                Resource(
                    address: address, place: place, value: value,
                    vocabularies: resources[resource].vocabularies))
        }
        schemas[place] = (value, resource)
        if let name = value.member("$anchor")?.string {
            resources[resource].anchors[name] = place
        }
        if let name = value.member("$dynamicAnchor")?.string {
            resources[resource].anchors[name] = place
            resources[resource].dynamicAnchors[name] = place
        }
        var inner: [(SchemaValue, SchemaPlace)] = []
        SubschemaKeywords.forEach(in: keywords, at: place) { inner.append(($0, $1)) }
        for (value, place) in inner { scan(value, at: place, in: resource) }
    }

    // MARK: Finding

    /// The resource with an address, read from the registry or the draft's own when it is not
    /// here yet.
    mutating func resource(_ address: String) -> Int? {
        if let known = addresses[address] { return known }
        if let file = registry.file(at: address) {
            if let known = files[file.number] {
                addresses[address] = known
            } else {
                files[file.number] = resources.count
                add(file.document, address: address, isBuiltIn: false)
            }
        } else if let document = Metaschema.document(at: address) {
            add(document, address: address, isBuiltIn: true)
        }
        return addresses[address]
    }

    /// The schema that a reference leads to.
    ///
    /// - Throws: why it leads nowhere.
    mutating func target(
        of reference: String, from resource: Int
    ) throws(ReferenceError) -> Target {
        let resolved = URIReference(reference).resolved(against: resources[resource].address)
        guard let found = self.resource(resolved.document) else {
            throw ReferenceError(
                "there is no schema '\(resolved.document)'",
                remedy: "add its file to the schemas that may be referred to")
        }
        guard let fragment = JSONPointer.decode(fragment: (resolved.fragment ?? "")[...]) else {
            throw ReferenceError("'\(reference)' is not a reference")
        }
        if fragment.isEmpty || fragment.hasPrefix("/") {
            guard let target = target(fragment, in: found) else {
                throw ReferenceError("there is no schema at '\(reference)'")
            }
            return target
        }
        guard let place = resources[found].anchors[fragment] else {
            throw ReferenceError(
                "there is no anchor '\(fragment)'",
                remedy: "write '#/$defs/name', or name the schema with '$anchor'")
        }
        return target(at: place)
    }

    /// The schema at a place that is known to hold one.
    func target(at place: SchemaPlace) -> Target {
        guard let found = schemas[place] else {
            preconditionFailure("the schema at \(place) was there and is not any more")
        }
        return Target(place: place, value: found.value, resource: found.resource)
    }

    private func target(_ pointer: String, in resource: Int) -> Target? {
        let found = resources[resource]
        let place = SchemaPlace(
            document: found.place.document, pointer: found.place.pointer + pointer)
        if let known = schemas[place] {
            return Target(place: place, value: known.value, resource: known.resource)
        }
        let target = walk(
            pointer, from: Target(place: found.place, value: found.value, resource: resource))
        switch target?.value {
        case .object, .boolean: return target
        default: return nil
        }
    }

    private func walk(_ pointer: String, from start: Target) -> Target? {
        var target = start
        for step in JSONPointer.steps(of: pointer) {
            let next: SchemaValue?
            switch target.value {
            case .object(let members): next = members.first { $0.name == step }?.value
            case .array(let elements):
                next = JSONPointer.index(step).flatMap {
                    $0 < elements.count ? elements[$0] : nil
                }
            default: next = nil
            }
            guard let next else { return nil }
            let place = target.place.step(step)
            target = Target(
                place: place, value: next, resource: resourcePlaces[place] ?? target.resource)
        }
        return target
    }

    // MARK: Dialects

    private mutating func vocabularies(of dialect: String, at place: SchemaPlace) -> Vocabularies {
        let address = URIReference(dialect).document
        if address == Metaschema.dialect || openMetaschemas.contains(address) { return .standard }
        openMetaschemas.insert(address)
        defer { openMetaschemas.remove(address) }
        guard let metaschema = resource(address) else {
            report(
                place / "$schema", "the dialect '\(dialect)' is not supported",
                remedy: "write the schema for '\(Metaschema.dialect)'")
            return .standard
        }
        guard case .object(let listed)? = resources[metaschema].value.member("$vocabulary") else {
            return .standard
        }
        var vocabularies = Vocabularies.core
        for (name, isRequired) in listed {
            let uri = String(decoding: name, as: UTF8.self)
            if let known = Vocabularies.named(uri) {
                vocabularies.insert(known)
            } else if case .boolean(true) = isRequired {
                report(
                    place / "$schema",
                    "the dialect '\(dialect)' needs the vocabulary '\(uri)', which is not known",
                    remedy: "write the schema for '\(Metaschema.dialect)'")
            }
        }
        return vocabularies
    }
}

/// Why a reference leads nowhere.
struct ReferenceError: Error {
    let message: String
    let remedy: String?

    init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }
}
