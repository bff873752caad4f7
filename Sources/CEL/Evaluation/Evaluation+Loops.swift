extension Evaluation {
    func binding(_ instruction: Instruction, _ index: Int32, _ program: Program) -> Operand {
        var value = evaluate(instruction.a, program)
        if value.isAbnormal { return value }
        if instruction.code != .bind {
            guard value.kind == .optional else { return .error(.noSuchOverload, index) }
            guard let content = value.content else { return .emptyOptional }
            value = content
        }
        locals[Int(instruction.b)] = value
        let result = evaluate(instruction.c, program)
        if result.isAbnormal || instruction.code == .bind { return result }
        if instruction.code == .optionalMap { return Operand(optional: memory.element(result)) }
        return result.kind == .optional ? result : .error(.noSuchOverload, index)
    }

    func loop(_ instruction: Instruction, _ index: Int32, _ program: Program) -> Operand {
        let range = evaluate(instruction.a, program)
        if range.isAbnormal { return range }
        guard let elements = contents(of: range) else { return .error(.noSuchOverload, index) }
        let plan = program.loops[Int(instruction.b)]
        let passes = LoopPasses(elements, isMap: Self.isMap(range), plan)
        switch plan.kind {
        case .all, .exists: return decision(passes, plan, index, program)
        case .existsOne: return existsOne(passes, plan, index, program)
        case .map, .filter: return list(passes, plan, index, program)
        case .transformMap: return map(passes, plan, index, program)
        }
    }

    /// Sets the loop variables to the element of a pass.
    private func enter(_ pass: Int, of passes: LoopPasses, _ plan: LoopPlan) {
        locals[plan.slot] = passes.first(pass)
        if plan.hasTwoVariables { locals[plan.slot + 1] = passes.second(pass) }
    }

    /// `all` and `exists` are `&&` and `||` over the elements, and absorb errors as those do.
    private func decision(
        _ passes: LoopPasses, _ plan: LoopPlan, _ index: Int32, _ program: Program
    ) -> Operand {
        let isAll = plan.kind == .all
        var pending: Operand?
        for pass in 0..<passes.count {
            enter(pass, of: passes, plan)
            let term = evaluate(plan.condition, program)
            if isAll ? term.isFalse : term.isTrue { return Operand(!isAll) }
            if !(isAll ? term.isTrue : term.isFalse) {
                pending = undecided(term, after: pending, index)
            }
            if remainingCost < 0 { break }
        }
        return pending ?? Operand(isAll)
    }

    private func existsOne(
        _ passes: LoopPasses, _ plan: LoopPlan, _ index: Int32, _ program: Program
    ) -> Operand {
        var count = 0
        for pass in 0..<passes.count {
            enter(pass, of: passes, plan)
            let term = evaluate(plan.condition, program)
            if term.isAbnormal { return term }
            guard term.kind == .boolean else { return .error(.noSuchOverload, index) }
            if term.boolean { count += 1 }
        }
        return Operand(count == 1)
    }

    /// Whether a pass counts; an operand that is no boolean says why that isn't known.
    private func isTaken(_ plan: LoopPlan, _ index: Int32, _ program: Program) -> Operand {
        guard plan.condition >= 0 else { return .true }
        let term = evaluate(plan.condition, program)
        return term.kind == .boolean || term.isAbnormal ? term : .error(.noSuchOverload, index)
    }

    private func list(
        _ passes: LoopPasses, _ plan: LoopPlan, _ index: Int32, _ program: Program
    ) -> Operand {
        guard charge(passes.count) else { return .error(.costLimit, index) }
        let elements = memory.elements(passes.count)
        var count = 0
        for pass in 0..<passes.count {
            enter(pass, of: passes, plan)
            let taken = isTaken(plan, index, program)
            if taken.isAbnormal { return taken }
            guard taken.boolean else { continue }
            let element =
                plan.kind == .filter ? passes.first(pass) : evaluate(plan.result, program)
            if element.isAbnormal { return element }
            elements[count] = element
            count += 1
        }
        return Operand(list: elements.prefix(count))
    }

    private func map(
        _ passes: LoopPasses, _ plan: LoopPlan, _ index: Int32, _ program: Program
    ) -> Operand {
        guard charge(2 * passes.count) else { return .error(.costLimit, index) }
        let entries = memory.elements(2 * passes.count)
        var count = 0
        for pass in 0..<passes.count {
            enter(pass, of: passes, plan)
            let taken = isTaken(plan, index, program)
            if taken.isAbnormal { return taken }
            guard taken.boolean else { continue }
            let value = evaluate(plan.result, program)
            if value.isAbnormal { return value }
            entries[count] = passes.first(pass)
            entries[count + 1] = value
            count += 2
        }
        return Operand(map: entries.prefix(count))
    }
}

/// What the variables of a loop are, pass by pass.
private struct LoopPasses {
    private let elements: Elements
    private let isMap: Bool
    private let hasTwoVariables: Bool
    let count: Int

    init(_ elements: Elements, isMap: Bool, _ plan: LoopPlan) {
        self.elements = elements
        self.isMap = isMap
        hasTwoVariables = plan.hasTwoVariables
        count = isMap ? elements.count / 2 : elements.count
    }

    /// A key of a map; of a list an element, or its index when there are two variables.
    func first(_ pass: Int) -> Operand {
        if isMap { return elements[2 * pass] }
        return hasTwoVariables ? Operand(Int64(pass)) : elements[pass]
    }

    func second(_ pass: Int) -> Operand {
        isMap ? elements[2 * pass + 1] : elements[pass]
    }
}
