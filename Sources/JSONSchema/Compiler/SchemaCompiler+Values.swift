extension SchemaCompiler {
    mutating func compileType(
        _ operand: SchemaValue, into rule: inout Rule, at pointer: String
    ) {
        var types = TypeSet.none
        let listed: [SchemaValue]
        if case .array(let several) = operand { listed = several } else { listed = [operand] }
        for name in listed {
            guard let known = TypeSet.names.first(where: { $0.name == name.string }) else {
                report(
                    pointer, "there is no type '\(name.string ?? name.kindName)'",
                    remedy: "known are \(TypeSet.names.map(\.name).joined(separator: ", "))")
                return
            }
            types.formUnion(known.types)
        }
        guard !types.isEmpty else {
            report(pointer, "'type' needs a type")
            return
        }
        rule.types = types
    }

    mutating func compileString(
        _ keyword: String, _ operand: SchemaValue, into rule: inout Rule, at pointer: String
    ) {
        rule.applies.insert(.strings)
        switch keyword {
        case "minLength": rule.minimumLength = count(operand, at: pointer) ?? 0
        case "maxLength": rule.maximumLength = count(operand, at: pointer) ?? 0
        default:
            guard let source = string(operand, at: pointer) else { return }
            do {
                rule.pattern = builder.add(try Pattern(source), to: \.patterns)
            } catch {
                report(pointer, "the pattern '\(source)' is refused: \(error.sentence)")
            }
        }
    }

    mutating func compileArray(
        _ keyword: String, _ operand: SchemaValue, into rule: inout Rule, at pointer: String
    ) {
        rule.applies.insert(.arrays)
        switch keyword {
        case "minItems": rule.minimumItems = count(operand, at: pointer) ?? 0
        case "maxItems": rule.maximumItems = count(operand, at: pointer) ?? 0
        default: rule.items = schema(operand, at: pointer)
        }
    }

    mutating func compileObjectSize(
        _ keyword: String, _ operand: SchemaValue, into rule: inout Rule, at pointer: String
    ) {
        rule.applies.insert(.objects)
        let count = count(operand, at: pointer) ?? 0
        if keyword == "minProperties" {
            rule.minimumProperties = count
        } else {
            rule.maximumProperties = count
        }
    }
}

// MARK: - Objects

extension SchemaCompiler {
    /// Compiles `properties`, `required` and `additionalProperties`, which share one table of
    /// names.
    mutating func compileObject(
        _ keywords: [(name: [UInt8], value: SchemaValue)], into rule: inout Rule,
        at pointer: String
    ) {
        func operand(_ keyword: String) -> SchemaValue? {
            keywords.first { $0.name.elementsEqual(keyword.utf8) }?.value
        }
        var members: [(name: [UInt8], rule: MemberRule)] = []
        properties(operand("properties"), into: &members, at: pointer + "/properties")
        required(operand("required"), into: &members, at: pointer + "/required")
        let additional = operand("additionalProperties").map {
            schema($0, at: pointer + "/additionalProperties")
        }
        guard !members.isEmpty || additional != nil else { return }
        rule.applies.insert(.objects)
        var object = ObjectRule()
        object.names = builder.names.add(members.map(\.name))
        object.firstMember = builder.members.count
        object.memberCount = members.count
        object.requiredCount = members.count { $0.rule.isRequired }
        object.additional = additional ?? -1
        for member in members {
            var memberRule = member.rule
            memberRule.name = builder.add(member.name, to: \.memberNames)
            builder.members.append(memberRule)
        }
        rule.object = builder.add(object, to: \.objects)
    }

    private mutating func properties(
        _ operand: SchemaValue?, into members: inout [(name: [UInt8], rule: MemberRule)],
        at pointer: String
    ) {
        guard let operand else { return }
        guard case .object(let properties) = operand else {
            report(pointer, "'properties' is an object of schemas, not \(operand.kindName)")
            return
        }
        for (name, value) in properties {
            let schema = schema(value, at: pointer + JSONPointer.step(name))
            members.append((name, MemberRule(schema: schema)))
        }
    }

    private mutating func required(
        _ operand: SchemaValue?, into members: inout [(name: [UInt8], rule: MemberRule)],
        at pointer: String
    ) {
        guard let operand else { return }
        guard case .array(let names) = operand else {
            report(pointer, "'required' is a list of names, not \(operand.kindName)")
            return
        }
        for (index, value) in names.enumerated() {
            guard case .string(let name) = value else {
                report("\(pointer)/\(index)", "a name is needed here, not \(value.kindName)")
                continue
            }
            if let known = members.firstIndex(where: { $0.name == name }) {
                members[known].rule.isRequired = true
            } else {
                members.append((name, MemberRule(isRequired: true)))
            }
        }
    }
}
