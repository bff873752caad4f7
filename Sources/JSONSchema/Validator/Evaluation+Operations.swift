internal import Events

extension Evaluation {
    /// Whether a value is as a schema says, without telling the sink.
    mutating func isValid(
        _ node: Int32, _ rule: Int32, _ frame: EvaluatedFrame = .none
    ) -> Bool {
        sink.mute()
        defer { sink.unmute() }
        return evaluate(node, rule, frame)
    }

    /// The same for a schema whose marks only count when the value is valid.
    private mutating func isValidBranch(
        _ node: Int32, _ rule: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        guard frame.isWanted else { return isValid(node, rule) }
        let branch = unsafe room.pushFrame(childCount: reader.childCount(of: node))
        let isValid = isValid(node, rule, branch)
        if isValid { unsafe room.merge(branch, into: frame) }
        unsafe room.popFrame(branch)
        return isValid
    }

    @inline(never)
    mutating func evaluateOperations(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        let first = unsafe rule.pointee.firstOperation
        for offset in unsafe 0..<rule.pointee.operationCount {
            let operation = tables.operations[first + offset]
            guard evaluate(operation, node, index, frame) else { return false }
        }
        return true
    }

    private mutating func evaluate(
        _ operation: Operation, _ node: Int32, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        switch operation.kind {
        case .allOf:
            for offset in 0..<operation.count {
                guard evaluate(node, branch(operation, offset), frame) else { return false }
            }
            return true
        case .anyOf: return evaluateAnyOf(operation, node, index, frame)
        case .oneOf: return evaluateOneOf(operation, node, index, frame)
        case .not:
            guard isValid(node, operation.subject) else { return !isExhausted }
            return sink.report(Finding(keyword: .not, node: node, rule: index), reader)
        case .conditional: return evaluateConditional(operation, node, frame)
        case .dynamicReference: return evaluate(node, target(of: operation), frame)
        case .dependentSchema:
            guard has(operation.subject, node) else { return true }
            return evaluate(node, branch(operation, 0), frame)
        case .dependentRequired: return evaluateDependentRequired(operation, node, index)
        }
    }

    private func branch(_ operation: Operation, _ offset: Int32) -> Int32 {
        tables.branches[operation.first + offset]
    }

    private mutating func evaluateAnyOf(
        _ operation: Operation, _ node: Int32, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        var isAny = false
        for offset in 0..<operation.count {
            if isValidBranch(node, branch(operation, offset), frame) { isAny = true }
            // All of them count for what is marked.
            if isAny, !frame.isWanted { return true }
        }
        if isAny || isExhausted { return !isExhausted }
        let finding = Finding(
            keyword: .anyOf, node: node, rule: index, detail: Int(operation.count))
        return sink.report(finding, reader)
    }

    private mutating func evaluateOneOf(
        _ operation: Operation, _ node: Int32, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        var matches = 0
        for offset in 0..<operation.count where matches < 2 {
            if isValidBranch(node, branch(operation, offset), frame) { matches += 1 }
        }
        if matches == 1 || isExhausted { return !isExhausted }
        let keyword: Finding.Keyword = matches == 0 ? .oneOf : .severalOfOneOf
        let finding = Finding(
            keyword: keyword, node: node, rule: index, detail: Int(operation.count))
        return sink.report(finding, reader)
    }

    private mutating func evaluateConditional(
        _ operation: Operation, _ node: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        let holds = isValidBranch(node, branch(operation, 0), frame)
        if isExhausted { return false }
        let chosen = branch(operation, holds ? 1 : 2)
        return chosen < 0 || evaluate(node, chosen, frame)
    }

    private mutating func has(_ name: Int32, _ node: Int32) -> Bool {
        guard reader.kindCode(of: node) == FieldValue.Kind.object.rawValue else { return false }
        steps -= Int(reader.childCount(of: node) >> 4)
        return unsafe reader.member(named: tables.memberName(name), of: node) >= 0
    }

    private mutating func evaluateDependentRequired(
        _ operation: Operation, _ node: Int32, _ index: Int32
    ) -> Bool {
        guard has(operation.subject, node) else { return true }
        for offset in 0..<operation.count {
            let name = branch(operation, offset)
            if has(name, node) { continue }
            guard steps > 0 else { return stop(node, index) }
            let finding = Finding(
                keyword: .dependentRequired, node: node, rule: index, detail: Int(name),
                cause: operation.subject)
            guard sink.report(finding, reader) else { return false }
        }
        return true
    }

    // MARK: The dynamic scope

    /// The rule of the outermost resource in scope that has the anchor.
    private mutating func target(of operation: Operation) -> Int32 {
        for resource in unsafe room.scope {
            steps -= Int(operation.count >> 4)
            for offset in stride(from: 0, to: operation.count, by: 2)
            where branch(operation, offset) == resource {
                return branch(operation, offset + 1)
            }
        }
        return operation.subject
    }

    // MARK: What no other keyword looked at

    /// Evaluates a rule whose resource matters, or that asks what the others looked at.
    @inline(never)
    mutating func evaluateInScope(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        var hasEntered = false
        if unsafe rule.pointee.applies.contains(.scope) {
            hasEntered = unsafe room.enter(rule.pointee.resource)
        }
        defer { if hasEntered { unsafe room.leave() } }
        let schema =
            switch reader.kindCode(of: node) {
            case FieldValue.Kind.object.rawValue: unsafe rule.pointee.unevaluatedProperties
            case FieldValue.Kind.array.rawValue: unsafe rule.pointee.unevaluatedItems
            default: Int32(-1)
            }
        guard schema >= 0 else {
            return unsafe evaluateKeywords(node, rule, index, frame)
        }
        let inner = unsafe room.pushFrame(childCount: reader.childCount(of: node))
        defer { unsafe room.popFrame(inner) }
        let before = sink.findingCount
        guard unsafe evaluateKeywords(node, rule, index, inner) else { return false }
        // After a violation the marks are not complete, and would blame what is right.
        if sink.findingCount == before, !evaluateUnevaluated(node, schema, index, inner) {
            return false
        }
        if frame.isWanted { unsafe room.markAll(in: frame) }
        return true
    }

    private mutating func evaluateUnevaluated(
        _ node: Int32, _ schema: Int32, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        let isObject = reader.kindCode(of: node) == FieldValue.Kind.object.rawValue
        var child = node + 1
        for ordinal in 0..<reader.childCount(of: node) {
            defer { child = reader.following(child) }
            if unsafe room.isMarked(ordinal, in: frame) { continue }
            if isObject {
                guard evaluateAdditional(child, schema, index, .unevaluatedProperties) else {
                    return false
                }
                continue
            }
            sink.enter(child, element: Int(ordinal), reader)
            if unsafe tables.rules.pointer(Int(schema)).pointee.types.isEmpty {
                let finding = Finding(keyword: .unevaluatedItems, node: child, rule: index)
                guard sink.report(finding, reader) else { return false }
            } else if !evaluate(child, schema) {
                return false
            }
            sink.leave()
        }
        return true
    }
}
