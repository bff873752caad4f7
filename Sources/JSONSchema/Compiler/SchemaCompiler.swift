/// Compiles a schema document, or says everything that is wrong with it.
struct SchemaCompiler {
    /// What a keyword that takes a value of one kind reads.
    typealias Reading<Result> = (SchemaValue) -> Result?

    var builder = ProgramBuilder()
    private(set) var problems: [SchemaProblem] = []
    /// Rules by the pointer of their schema.
    private var rules: [String: Int32] = [:]
    private var references: [Reference] = []

    private struct Reference {
        let rule: Int32
        let target: String
        /// The pointer of the keyword.
        let pointer: String
    }

    /// The program whose rule 0 is the document.
    static func compile(_ document: SchemaValue) throws(SchemaProblems) -> SchemaProgram {
        var compiler = SchemaCompiler()
        _ = compiler.schema(document, at: "")
        compiler.resolveReferences()
        guard compiler.problems.isEmpty else { throw SchemaProblems(compiler.problems) }
        return SchemaProgram(compiler.builder)
    }

    /// Compiles one schema and those inside it; returns the index of its rule.
    mutating func schema(_ value: SchemaValue, at pointer: String) -> Int32 {
        let index = builder.add(Rule(), to: \.rules)
        rules[pointer] = index
        var rule = Rule()
        rule.location = builder.add(pointer, to: \.pointers)
        switch value {
        case .boolean(true): break
        case .boolean(false): rule.types = .none
        case .object(let keywords):
            for (name, operand) in keywords {
                let keyword = String(decoding: name, as: UTF8.self)
                apply(
                    keyword, operand, to: &rule, index: index,
                    at: pointer + JSONPointer.step(name))
            }
            compileObject(keywords, into: &rule, at: pointer)
        default:
            report(pointer, "a schema is an object, true or false, not \(value.kindName)")
        }
        builder.rules[Int(index)] = rule
        return index
    }

    private mutating func apply(
        _ keyword: String, _ operand: SchemaValue, to rule: inout Rule, index: Int32,
        at pointer: String
    ) {
        switch keyword {
        case "$ref":
            guard let target = string(operand, at: pointer) else { return }
            references.append(Reference(rule: index, target: target, pointer: pointer))
            rule.applies.insert(.anything)
        case "$defs": compileDefinitions(operand, at: pointer)
        case "$schema", "$id": checkIdentifier(keyword, operand, at: pointer)
        case "type": compileType(operand, into: &rule, at: pointer)
        case "enum", "const": compileConstants(keyword, operand, into: &rule, at: pointer)
        case "pattern", "minLength", "maxLength":
            compileString(keyword, operand, into: &rule, at: pointer)
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
            compileNumber(keyword, operand, into: &rule, at: pointer)
        case "items", "minItems", "maxItems":
            compileArray(keyword, operand, into: &rule, at: pointer)
        case "properties", "required", "additionalProperties":
            break  // They work together; see `compileObject`.
        case "minProperties", "maxProperties":
            compileObjectSize(keyword, operand, into: &rule, at: pointer)
        default: checkWithoutEffect(keyword, operand, at: pointer)
        }
    }

    private mutating func compileDefinitions(_ operand: SchemaValue, at pointer: String) {
        guard case .object(let definitions) = operand else {
            report(pointer, "'$defs' is an object of schemas, not \(operand.kindName)")
            return
        }
        for (name, definition) in definitions {
            _ = schema(definition, at: pointer + JSONPointer.step(name))
        }
    }

    // MARK: References

    private mutating func resolveReferences() {
        for reference in references {
            guard let target = resolve(reference) else { continue }
            builder.rules[Int(reference.rule)].reference = target
        }
        for reference in references where isCircular(from: reference.rule) {
            report(
                reference.pointer, "the reference leads back to itself",
                remedy: "a schema may only contain itself inside 'properties' or 'items'")
        }
    }

    private mutating func resolve(_ reference: Reference) -> Int32? {
        guard reference.target.hasPrefix("#") else {
            report(
                reference.pointer, "'\(reference.target)' leads out of the file",
                remedy: "copy the schema under '$defs' and write '#/$defs/name'",
                unsupportedKeyword: "$ref")
            return nil
        }
        guard let pointer = JSONPointer.decode(fragment: reference.target.dropFirst()) else {
            report(reference.pointer, "'\(reference.target)' is not a reference")
            return nil
        }
        guard pointer.isEmpty || pointer.hasPrefix("/") else {
            report(
                reference.pointer, "'\(reference.target)' refers to an anchor",
                remedy: "write '#/$defs/name'", unsupportedKeyword: "$ref")
            return nil
        }
        guard let rule = rules[pointer] else {
            report(reference.pointer, "there is no schema at '\(reference.target)'")
            return nil
        }
        return rule
    }

    private func isCircular(from start: Int32) -> Bool {
        var rule = builder.rules[Int(start)].reference
        for _ in builder.rules.indices where rule >= 0 {
            if rule == start { return true }
            rule = builder.rules[Int(rule)].reference
        }
        return false
    }

    // MARK: Reporting

    mutating func report(
        _ pointer: String, _ message: String, remedy: String? = nil,
        unsupportedKeyword: String? = nil
    ) {
        problems.append(
            SchemaProblem(
                pointer: pointer, message, remedy: remedy, unsupportedKeyword: unsupportedKeyword))
    }

    mutating func string(_ operand: SchemaValue, at pointer: String) -> String? {
        if let string = operand.string { return string }
        report(pointer, "a string is needed here, not \(operand.kindName)")
        return nil
    }

    mutating func count(_ operand: SchemaValue, at pointer: String) -> Int? {
        if let count = operand.count { return count }
        report(pointer, "a whole number that is not negative is needed here")
        return nil
    }
}
