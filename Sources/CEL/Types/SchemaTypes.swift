internal import Events

extension ValueType {
    /// The type that a JSON Schema gives to a value, or `nil` when the text is no JSON object.
    ///
    /// An object with `properties` becomes a record with these fields; that other fields are
    /// allowed has to be said with `additionalProperties`, or else the checker takes them for
    /// misspelt. A `number` is a double, an `integer` an int, and what may be `null` is nullable.
    /// What a schema leaves open is dynamic.
    ///
    /// - Parameters:
    ///   - schema: The text of the schema. It is read for its types only, so whether it is valid
    ///     otherwise makes no difference.
    ///   - name: What messages call the value, such as `event`.
    public init?(jsonSchema schema: [UInt8], name: String) {
        let arena = EventArena()
        let event = unsafe schema.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        guard arena.parse(event, limits: .standard) == nil else { return nil }
        let types = SchemaTypes(arena: arena, root: arena.root(of: event))
        self = types.type(of: types.root, name: name, depth: 0)
    }
}

/// Reads types from one schema.
private struct SchemaTypes {
    /// A schema that refers to itself ends in something dynamic.
    private static let largestDepth = 8
    /// Keywords with schemas of which some apply to the same value.
    private static let alternatives = ["allOf", "anyOf", "oneOf", "then", "else"]
    /// Keywords that may lead to more fields.
    private static let unread = ["$dynamicRef", "dependentSchemas"]

    let arena: EventArena
    let root: FieldValue

    func type(of schema: FieldValue, name: String, depth: Int) -> ValueType {
        guard schema.kind == .object, depth < Self.largestDepth else { return .dynamic }
        // What stands beside a reference may name more fields.
        let others = Self.alternatives + Self.unread + ["properties"]
        if let target = target(of: schema), others.allSatisfy({ member($0, of: schema).isMissing })
        {
            return type(of: target, name: name, depth: depth + 1)
        }
        var kinds = self.kinds(of: schema)
        let mayBeNull = kinds.remove("null") != nil
        let type = type(of: schema, kinds, name: name, depth: depth)
        return mayBeNull && type != .dynamic ? .nullable(type) : type
    }

    private func type(
        of schema: FieldValue, _ kinds: Set<String>, name: String, depth: Int
    ) -> ValueType {
        switch kinds {
        case ["string"]: .string
        case ["boolean"]: .boolean
        case ["integer"]: .integer
        case ["number"], ["integer", "number"]: .double
        case ["array"]:
            .list(type(of: member("items", of: schema), name: "\(name)[]", depth: depth + 1))
        case ["object"]: object(schema, name: name, depth: depth)
        default: .dynamic
        }
    }

    private func object(_ schema: FieldValue, name: String, depth: Int) -> ValueType {
        var fields: [String: ValueType] = [:]
        let hasMore = !addFields(of: schema, to: &fields, name: name, depth: depth)
        let others = member("additionalProperties", of: schema)
        if fields.isEmpty {
            return .map(.string, type(of: others, name: "\(name)[]", depth: depth + 1))
        }
        let isOpen =
            hasMore || others.boolean == true || others.kind == .object
            || !member("patternProperties", of: schema).isMissing
        return .record(RecordType(name: name, fields: fields, isOpen: isOpen))
    }

    /// Adds the fields that an object may have by any of the schemas that apply to it.
    ///
    /// - Returns: false when there are more: by a schema in another file, or by other means that
    ///   lead to fields that are not read here.
    private func addFields(
        of schema: FieldValue, to fields: inout [String: ValueType], name: String, depth: Int
    ) -> Bool {
        guard schema.kind == .object else { return !schema.isMissing }
        guard depth < Self.largestDepth else { return false }
        var areAll = Self.unread.allSatisfy { member($0, of: schema).isMissing }
        if let target = target(of: schema) {
            areAll = addFields(of: target, to: &fields, name: name, depth: depth + 1) && areAll
        }
        for property in children(of: member("properties", of: schema)) {
            let field = text(arena.key(of: property))
            let type = type(of: property, name: "\(name).\(field)", depth: depth + 1)
            fields[field] = fields[field].map { $0 == type ? type : .dynamic } ?? type
        }
        for keyword in Self.alternatives {
            let part = member(keyword, of: schema)
            if part.isMissing { continue }
            for choice in part.kind == .array ? children(of: part) : [part] {
                areAll = addFields(of: choice, to: &fields, name: name, depth: depth + 1) && areAll
            }
        }
        return areAll
    }

    /// What kinds of JSON values a schema allows; empty when it doesn't say.
    private func kinds(of schema: FieldValue) -> Set<String> {
        let type = member("type", of: schema)
        if type.kind == .string { return [text(type.text)] }
        if type.kind == .array { return Set(children(of: type).map { text($0.text) }) }
        let values = member("enum", of: schema)
        if values.kind == .array { return Set(children(of: values).map(kind)) }
        let constant = member("const", of: schema)
        if !constant.isMissing { return [kind(of: constant)] }
        if !member("properties", of: schema).isMissing { return ["object"] }
        if !member("items", of: schema).isMissing { return ["array"] }
        return []
    }

    private func kind(of value: FieldValue) -> String {
        switch value.kind {
        case .missing, .null: "null"
        case .boolean: "boolean"
        case .integer, .unsignedInteger: "integer"
        case .decimal: "number"
        case .string: "string"
        case .object: "object"
        case .array: "array"
        }
    }

    // MARK: Reading

    /// The schema that `$ref` points at, within this one.
    private func target(of schema: FieldValue) -> FieldValue? {
        let reference = member("$ref", of: schema)
        guard reference.kind == .string else { return nil }
        let pointer = text(reference.text)
        guard pointer.hasPrefix("#") else { return .missing }
        var target = root
        for token in pointer.dropFirst().split(separator: "/") {
            let name = token.replacing("~1", with: "/").replacing("~0", with: "~")
            target = member(String(name), of: target)
        }
        return target
    }

    private func member(_ name: String, of value: FieldValue) -> FieldValue {
        var name = name
        return name.withUTF8 { unsafe arena.member(named: UnsafeRawBufferPointer($0), of: value) }
    }

    private func children(of value: FieldValue) -> [FieldValue] {
        var children: [FieldValue] = []
        var child = arena.firstChild(of: value)
        while !child.isMissing {
            children.append(child)
            child = arena.nextSibling(of: child)
        }
        return children
    }

    private func text(_ range: ByteRange) -> String {
        unsafe String(decoding: arena.bytes(range), as: UTF8.self)
    }
}
