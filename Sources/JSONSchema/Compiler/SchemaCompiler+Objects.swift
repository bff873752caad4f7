extension SchemaCompiler {
    private typealias Members = [(name: [UInt8], rule: MemberRule)]

    /// Compiles the keywords of objects, which share one table of names.
    mutating func compileObject(
        _ operands: [String: SchemaValue], into rule: inout Rule, of schema: Keyword
    ) {
        var object = ObjectRule()
        var isAsked = false
        if let operand = operands["minProperties"] {
            object.minimumProperties = count(operand, at: schema.place / "minProperties") ?? 0
            isAsked = true
        }
        if let operand = operands["maxProperties"] {
            object.maximumProperties = count(operand, at: schema.place / "maxProperties") ?? 0
            isAsked = true
        }
        if let operand = operands["propertyNames"] {
            object.propertyNames = self.schema(
                operand, at: schema.place / "propertyNames", in: schema.resource)
            isAsked = true
        }
        if let operand = operands["patternProperties"] {
            compilePatterns(operand, into: &object, of: schema)
            isAsked = true
        }
        if compileMembers(operands, into: &object, of: schema) { isAsked = true }
        if let operand = operands["additionalProperties"] {
            object.additional = self.schema(
                operand, at: schema.place / "additionalProperties", in: schema.resource)
            object.hasAdditional = true
            isAsked = true
        }
        guard isAsked else { return }
        rule.applies.insert(.objects)
        rule.object = builder.add(object, to: \.objects)
    }

    private mutating func compilePatterns(
        _ operand: SchemaValue, into object: inout ObjectRule, of schema: Keyword
    ) {
        let place = schema.place / "patternProperties"
        guard case .object(let schemas) = operand else {
            report(place, "'patternProperties' is an object of schemas, not \(operand.kindName)")
            return
        }
        var members: [PatternMember] = []
        for (name, value) in schemas {
            let rule = self.schema(value, at: place.step(name), in: schema.resource)
            let source = String(decoding: name, as: UTF8.self)
            guard let pattern = pattern(source, at: place.step(name)) else { continue }
            members.append(PatternMember(pattern: pattern, schema: rule))
        }
        object.firstPattern = Int32(builder.patternMembers.count)
        object.patternCount = Int32(members.count)
        builder.patternMembers += members
    }

    /// Compiles `properties` and `required`; returns whether there is a name.
    private mutating func compileMembers(
        _ operands: [String: SchemaValue], into object: inout ObjectRule, of schema: Keyword
    ) -> Bool {
        var members: Members = []
        var known: [[UInt8]: Int] = [:]
        if let operand = operands["properties"] {
            properties(operand, into: &members, of: schema)
            for (index, member) in members.enumerated() { known[member.name] = index }
        }
        if let operand = operands["required"] {
            for name in required(operand, at: schema.place / "required") {
                if let index = known[name] {
                    members[index].rule.isRequired = true
                } else {
                    known[name] = members.count
                    members.append((name, MemberRule(isRequired: true)))
                }
            }
        }
        object.firstMember = Int32(builder.members.count)
        object.memberCount = Int32(members.count)
        object.requiredCount = Int32(members.count { $0.rule.isRequired })
        for member in members {
            var rule = member.rule
            rule.name = builder.add(member.name, to: \.memberNames)
            builder.members.append(rule)
        }
        return !members.isEmpty
    }

    private mutating func properties(
        _ operand: SchemaValue, into members: inout Members, of schema: Keyword
    ) {
        let place = schema.place / "properties"
        guard case .object(let properties) = operand else {
            report(place, "'properties' is an object of schemas, not \(operand.kindName)")
            return
        }
        for (name, value) in properties {
            let rule = self.schema(value, at: place.step(name), in: schema.resource)
            members.append((name, MemberRule(schema: rule)))
        }
    }

    private mutating func required(
        _ operand: SchemaValue, at place: SchemaPlace
    ) -> [[UInt8]] {
        guard case .array = operand else {
            report(place, "'required' is a list of names, not \(operand.kindName)")
            return []
        }
        return names(operand, at: place)
    }
}
