internal import Events

extension Checker {
    /// Names of types, and what they are called as values.
    static let typeNames: [String: String] = [
        "bool": "bool", "int": "int", "uint": "uint", "double": "double", "string": "string",
        "bytes": "bytes", "list": "list", "map": "map", "null_type": "null_type", "type": "type",
        "optional_type": "optional_type",
        "google.protobuf.Timestamp": "google.protobuf.Timestamp",
        "google.protobuf.Duration": "google.protobuf.Duration",
    ]

    private static let types: [String: ValueType] = [
        "bool": .boolean, "int": .integer, "uint": .unsignedInteger, "double": .double,
        "string": .string, "bytes": .bytes, "list": .list(.dynamic),
        "map": .map(.dynamic, .dynamic), "null_type": .null, "type": .type(.dynamic),
        "optional_type": .optional(.dynamic), "google.protobuf.Timestamp": .timestamp,
        "google.protobuf.Duration": .duration,
    ]

    mutating func checkName(
        _ name: String, isAbsolute: Bool, _ syntax: Syntax
    ) -> ValueType {
        if let type = resolve(name, isAbsolute: isAbsolute, syntax) { return type }
        syntax.meaning = .failure(.undeclared)
        let known = declarations.entries.map(\.name) + locals.map(\.name)
        report(
            "nothing is called '\(name)' here", at: syntax.offset,
            remedy: NearestName.remedy(for: name, known: known))
        return .dynamic
    }

    /// What a name means, which may have dots; `nil` when it means nothing.
    private mutating func resolve(
        _ name: String, isAbsolute: Bool, _ syntax: Syntax
    ) -> ValueType? {
        if !isAbsolute, let local = locals.last(where: { $0.name == name }) {
            syntax.meaning = .local(local.slot)
            return local.type
        }
        for candidate in declarations.candidates(for: name, isAbsolute: isAbsolute) {
            if let index = declarations.index(of: candidate) {
                syntax.meaning = .variable(index)
                return declarations.entries[index].type
            }
            if let typeName = Self.typeNames[candidate] {
                syntax.meaning = .type(typeName)
                return .type(Self.types[candidate] ?? .dynamic)
            }
            if candidate == "google.protobuf.NullValue.NULL_VALUE" {
                syntax.meaning = .constant(.integer(0))
                return .integer
            }
        }
        return nil
    }

    /// Whether a chain of names starts with the variable of a loop.
    private func startsWithLocal(_ syntax: Syntax, isAbsolute: Bool) -> Bool {
        guard !isAbsolute, let first = syntax.firstName else { return false }
        return locals.contains { $0.name == first }
    }

    // MARK: Fields

    mutating func checkSelection(_ selection: Syntax.Selection, _ syntax: Syntax) -> ValueType {
        if let (name, isAbsolute) = syntax.qualifiedName,
            !startsWithLocal(syntax, isAbsolute: isAbsolute),
            let type = resolve(name, isAbsolute: isAbsolute, syntax)
        {
            return type
        }
        let operand = check(selection.operand)
        // One problem is enough: what has no meaning has no fields, either.
        if case .failure = selection.operand.meaning { return .dynamic }
        let type = fieldType(of: operand, selection.field, syntax)
        if selection.isTest { return .boolean }
        guard selection.isOptional else { return type }
        if case .optional = type { return type }
        return .optional(type)
    }

    private mutating func fieldType(
        of operand: ValueType, _ field: String, _ syntax: Syntax
    ) -> ValueType {
        switch operand {
        case .dynamic, .parameter: return .dynamic
        case .nullable(let content): return fieldType(of: content, field, syntax)
        case .optional(let content):
            let type = fieldType(of: substitution.resolved(content), field, syntax)
            if case .optional = type { return type }
            return .optional(type)
        case .map(let key, let value):
            if !substitution.isAssignable(.string, to: key) {
                report("the keys of this map are \(key), not strings", at: syntax.offset)
            }
            return substitution.resolved(value)
        case .record(let record):
            if let type = record.fields[field] { return type }
            if !record.isOpen {
                report(
                    "\(record.name) has no field '\(field)'", at: syntax.offset,
                    remedy: NearestName.remedy(for: field, known: record.fields.keys))
            }
            return .dynamic
        default:
            report("\(operand) has no fields, so no '\(field)'", at: syntax.offset)
            return .dynamic
        }
    }

    // MARK: Indexing

    mutating func checkIndex(
        _ operand: Syntax, _ index: Syntax, isOptional: Bool, _ syntax: Syntax
    ) -> ValueType {
        let container = check(operand)
        let position = check(index)
        let type = elementType(of: container, at: position, index, syntax)
        guard isOptional else { return type }
        if case .optional = type { return type }
        return .optional(type)
    }

    private mutating func elementType(
        of container: ValueType, at position: ValueType, _ index: Syntax, _ syntax: Syntax
    ) -> ValueType {
        switch container {
        case .dynamic, .parameter: return .dynamic
        case .nullable(let content): return elementType(of: content, at: position, index, syntax)
        case .optional(let content):
            let type = elementType(
                of: substitution.resolved(content), at: position, index, syntax)
            if case .optional = type { return type }
            return .optional(type)
        case .list(let element):
            if !substitution.isAssignable(position, to: .integer) {
                report("the index of a list is an int, not \(position)", at: index.offset)
            }
            return substitution.resolved(element)
        case .map(let key, let value):
            if !substitution.isAssignable(position, to: key), !(position.isNumber && key.isNumber) {
                report("the keys of this map are \(key), not \(position)", at: index.offset)
            }
            return substitution.resolved(value)
        case .record:
            if case .constant(.string(let name)) = index.kind {
                return fieldType(of: container, String(decoding: name, as: UTF8.self), index)
            }
            if !substitution.isAssignable(position, to: .string) {
                report("the name of a field is a string, not \(position)", at: index.offset)
            }
            return .dynamic
        default:
            report("\(container) has no elements", at: syntax.offset)
            return .dynamic
        }
    }
}
