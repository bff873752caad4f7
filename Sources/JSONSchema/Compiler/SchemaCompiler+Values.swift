extension SchemaCompiler {
    mutating func compileType(_ keyword: Keyword, into rule: inout Rule) {
        var types = TypeSet.none
        let listed: [SchemaValue]
        if case .array(let several) = keyword.operand {
            listed = several
        } else {
            listed = [keyword.operand]
        }
        for name in listed {
            guard let known = TypeSet.names.first(where: { $0.name == name.string }) else {
                report(
                    keyword.place, "there is no type '\(name.string ?? name.kindName)'",
                    remedy: "known are \(TypeSet.names.map(\.name).joined(separator: ", "))")
                return
            }
            types.formUnion(known.types)
        }
        guard !types.isEmpty else {
            report(keyword.place, "'type' needs a type")
            return
        }
        rule.types = types
    }

    mutating func compileString(_ keyword: Keyword, into rule: inout Rule) {
        rule.applies.insert(.strings)
        switch keyword.name {
        case "minLength": rule.minimumLength = count(keyword.operand, at: keyword.place) ?? 0
        case "maxLength": rule.maximumLength = count(keyword.operand, at: keyword.place) ?? 0
        default:
            guard let source = string(keyword) else { return }
            rule.pattern = pattern(source, at: keyword.place) ?? -1
        }
    }

    /// The index of a compiled pattern.
    mutating func pattern(_ source: String, at place: SchemaPlace) -> Int32? {
        do {
            return builder.add(try Pattern(source), to: \.patterns)
        } catch {
            report(place, "the pattern '\(source)' is refused: \(error.sentence)")
            return nil
        }
    }
}

// MARK: - Arrays

extension SchemaCompiler {
    /// Compiles the keywords of arrays, of which some change what others mean.
    mutating func compileArray(
        _ operands: [String: SchemaValue], into rule: inout Rule, of schema: Keyword
    ) {
        var array = ArrayRule()
        var isAsked = false
        func place(_ name: String) -> SchemaPlace { schema.place / name }
        if let operand = operands["minItems"] {
            array.minimumItems = count(operand, at: place("minItems")) ?? 0
            isAsked = true
        }
        if let operand = operands["maxItems"] {
            array.maximumItems = count(operand, at: place("maxItems")) ?? 0
            isAsked = true
        }
        if let operand = operands["items"] {
            array.items = self.schema(operand, at: place("items"), in: schema.resource)
            isAsked = true
        }
        if let operand = operands["prefixItems"] {
            compilePrefix(operand, into: &array, at: place("prefixItems"), schema.resource)
            isAsked = true
        }
        if let operand = operands["uniqueItems"] {
            array.isUnique = boolean(operand, at: place("uniqueItems"))
            isAsked = isAsked || array.isUnique
        }
        if compileContains(operands, into: &array, of: schema) { isAsked = true }
        guard isAsked else { return }
        rule.applies.insert(.arrays)
        rule.array = builder.add(array, to: \.arrays)
    }

    private mutating func compilePrefix(
        _ operand: SchemaValue, into array: inout ArrayRule, at place: SchemaPlace, _ resource: Int
    ) {
        guard case .array(let schemas) = operand, !schemas.isEmpty else {
            report(place, "'prefixItems' is a list of schemas, at least one")
            return
        }
        let rules = schemas.enumerated().map { index, value in
            schema(value, at: place / "\(index)", in: resource)
        }
        array.firstPrefix = builder.addAll(rules)
        array.prefixCount = Int32(rules.count)
    }

    /// Compiles `contains` with its numbers, which mean nothing without it.
    private mutating func compileContains(
        _ operands: [String: SchemaValue], into array: inout ArrayRule, of schema: Keyword
    ) -> Bool {
        let least = operands["minContains"].map { count($0, at: schema.place / "minContains") }
        let most = operands["maxContains"].map { count($0, at: schema.place / "maxContains") }
        guard let operand = operands["contains"] else { return false }
        array.contains = self.schema(operand, at: schema.place / "contains", in: schema.resource)
        array.minimumMatches = (least ?? 1) ?? 1
        array.maximumMatches = (most ?? .max) ?? .max
        return true
    }

    private mutating func boolean(_ operand: SchemaValue, at place: SchemaPlace) -> Bool {
        if case .boolean(let value) = operand { return value }
        report(place, "true or false is needed here, not \(operand.kindName)")
        return false
    }
}
