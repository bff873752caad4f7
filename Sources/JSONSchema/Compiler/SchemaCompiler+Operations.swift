extension SchemaCompiler {
    mutating func compileSeveral(_ keyword: Keyword) {
        guard case .array(let schemas) = keyword.operand, !schemas.isEmpty else {
            report(keyword.place, "'\(keyword.name)' is a list of schemas, at least one")
            return
        }
        let rules = schemas.enumerated().map { index, value in
            inPlaceSchema(value, at: keyword.place / "\(index)", of: keyword)
        }
        let kind: Operation.Kind =
            switch keyword.name {
            case "allOf": .allOf
            case "anyOf": .anyOf
            default: .oneOf
            }
        add(
            Operation(kind: kind, first: builder.addAll(rules), count: Int32(rules.count)),
            to: keyword.rule)
    }

    mutating func compileNot(_ keyword: Keyword) {
        let rule = inPlaceSchema(keyword.operand, at: keyword.place, of: keyword)
        add(Operation(kind: .not, subject: rule), to: keyword.rule)
    }

    /// Compiles `if`, `then` and `else`. Without `if` the others say nothing, but what is in them
    /// is compiled all the same, since it may be referred to.
    mutating func compileConditional(_ operands: [String: SchemaValue], of schema: Keyword) {
        let rules = ["if", "then", "else"].map { name in
            operands[name].map { inPlaceSchema($0, at: schema.place / name, of: schema) } ?? -1
        }
        guard rules[0] >= 0 else { return }
        add(
            Operation(kind: .conditional, first: builder.addAll(rules), count: 3),
            to: schema.rule)
    }

    mutating func compileDependentSchemas(_ keyword: Keyword) {
        guard case .object(let schemas) = keyword.operand else {
            report(
                keyword.place,
                "'\(keyword.name)' is an object of schemas, not \(keyword.operand.kindName)")
            return
        }
        for (name, value) in schemas { compileDependentSchema(name, value, of: keyword) }
    }

    private mutating func compileDependentSchema(
        _ name: [UInt8], _ value: SchemaValue, of keyword: Keyword
    ) {
        let rule = inPlaceSchema(value, at: keyword.place.step(name), of: keyword)
        add(
            Operation(
                kind: .dependentSchema, first: builder.addAll([rule]), count: 1,
                subject: builder.add(name, to: \.memberNames)),
            to: keyword.rule)
    }

    mutating func compileDependentRequired(_ keyword: Keyword) {
        guard case .object(let lists) = keyword.operand else {
            report(
                keyword.place,
                "'\(keyword.name)' is an object of lists, not \(keyword.operand.kindName)")
            return
        }
        for (name, value) in lists { compileDependentNames(name, value, of: keyword) }
    }

    private mutating func compileDependentNames(
        _ name: [UInt8], _ value: SchemaValue, of keyword: Keyword
    ) {
        let needed = names(value, at: keyword.place.step(name)).map {
            builder.add($0, to: \.memberNames)
        }
        add(
            Operation(
                kind: .dependentRequired, first: builder.addAll(needed),
                count: Int32(needed.count), subject: builder.add(name, to: \.memberNames)),
            to: keyword.rule)
    }

    /// What older drafts called `dependentSchemas` and `dependentRequired`.
    mutating func compileDependencies(_ keyword: Keyword) {
        guard case .object(let dependencies) = keyword.operand else { return }
        for (name, value) in dependencies {
            if case .array = value {
                compileDependentNames(name, value, of: keyword)
            } else {
                compileDependentSchema(name, value, of: keyword)
            }
        }
    }

    mutating func compileUnevaluated(_ keyword: Keyword, into rule: inout Rule) {
        let schema = schema(keyword.operand, at: keyword.place, in: keyword.resource)
        rule.applies.insert(.unevaluated)
        if keyword.name == "unevaluatedItems" {
            rule.unevaluatedItems = schema
        } else {
            rule.unevaluatedProperties = schema
        }
    }

    /// A list of names of members.
    mutating func names(_ operand: SchemaValue, at place: SchemaPlace) -> [[UInt8]] {
        guard case .array(let values) = operand else {
            report(place, "a list of names is needed here, not \(operand.kindName)")
            return []
        }
        return values.enumerated().compactMap { index, value in
            guard case .string(let name) = value else {
                report(place / "\(index)", "a name is needed here, not \(value.kindName)")
                return nil
            }
            return name
        }
    }
}
