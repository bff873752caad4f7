internal import Events

extension Evaluation {
    mutating func evaluateObject(_ value: FieldValue, _ rule: Rule, _ index: Int) -> Bool {
        let count = arena.childCount(of: value)
        if count < rule.minimumProperties || count > rule.maximumProperties {
            let keyword: Finding.Keyword =
                count < rule.minimumProperties ? .minimumProperties : .maximumProperties
            let finding = Finding(keyword: keyword, value: value, rule: index, detail: count)
            guard sink.report(finding) else { return false }
        }
        guard rule.object >= 0 else { return true }
        return evaluateMembers(value, program.objects[Int(rule.object)], index)
    }

    /// Goes through the members once. An index never holds two members of one name, so counting
    /// the required ones that are there tells whether all are.
    private mutating func evaluateMembers(
        _ value: FieldValue, _ object: ObjectRule, _ index: Int
    ) -> Bool {
        var requiredCount = 0
        var child = ChildCursor(of: value, in: arena)
        while child.next() {
            let known = unsafe program.names.find(child.key, in: object.names)
            var schema = object.additional
            var isAdditional = true
            if known >= 0 {
                let member = program.members[object.firstMember + known]
                if member.isRequired { requiredCount += 1 }
                if member.schema >= 0 {
                    schema = member.schema
                    isAdditional = false
                }
            }
            if schema < 0 || isType(child.kind, allThatIsAskedBy: schema) { continue }
            if child.kind == .string, isLength(child.textCount, allThatIsAskedBy: schema) {
                continue
            }
            if !evaluateMember(child.value, schema, isAdditional, index) { return false }
        }
        return requiredCount == object.requiredCount || reportMissing(value, object, index)
    }

    /// Whether a schema asks for a type only, and the kind is of that type.
    @inline(__always)
    private func isType(_ kind: FieldValue.Kind, allThatIsAskedBy schema: Int32) -> Bool {
        let rule = program.rules[Int(schema)]
        return rule.applies.isEmpty && rule.types.isSuperset(of: TypeSet(kind))
    }

    /// Whether a schema asks of a string for its length only, and so many bytes have it: a
    /// character takes one to four bytes.
    @inline(__always)
    private func isLength(_ byteCount: Int, allThatIsAskedBy schema: Int32) -> Bool {
        let rule = program.rules[Int(schema)]
        return rule.types.isSuperset(of: .string) && rule.pattern < 0
            && !rule.applies.contains(.anything)
            && byteCount <= rule.maximumLength && (byteCount + 3) / 4 >= rule.minimumLength
    }

    private mutating func evaluateMember(
        _ child: FieldValue, _ schema: Int32, _ isAdditional: Bool, _ index: Int
    ) -> Bool {
        sink.enter(child, index: -1)
        if isAdditional, program.rules[Int(schema)].types.isEmpty {
            let finding = Finding(keyword: .additionalProperties, value: child, rule: index)
            guard sink.report(finding) else { return false }
        } else if !evaluate(child, Int(schema)) {
            return false
        }
        sink.leave()
        return true
    }

    private mutating func reportMissing(
        _ value: FieldValue, _ object: ObjectRule, _ index: Int
    ) -> Bool {
        for offset in 0..<object.memberCount {
            let member = program.members[object.firstMember + offset]
            guard member.isRequired else { continue }
            let name = program.memberNames[Int(member.name)]
            let found = unsafe name.withUnsafeBytes { unsafe arena.member(named: $0, of: value) }
            if found.isMissing {
                let finding = Finding(
                    keyword: .required, value: value, rule: index, detail: Int(member.name))
                guard sink.report(finding) else { return false }
            }
        }
        return true
    }
}
