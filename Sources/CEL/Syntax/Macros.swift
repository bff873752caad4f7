extension Parser {
    /// What a macro means; `nil` when the call is an ordinary one.
    func macro(
        _ name: String, target: Syntax?, _ arguments: [Syntax], at start: Int
    ) throws(SyntaxError) -> Syntax? {
        guard hasMacros else { return nil }
        guard let target else {
            return name == "has" ? try presence(arguments, at: start) : nil
        }
        switch (name, arguments.count) {
        case ("bind", 3) where target.qualifiedName?.name == "cel":
            return try binding(
                .bind, arguments[0], of: arguments[1], body: arguments[2], at: start)
        case ("optMap", 2):
            return try binding(
                .optionalMap, arguments[0], of: target, body: arguments[1], at: start)
        case ("optFlatMap", 2):
            return try binding(
                .optionalFlatMap, arguments[0], of: target, body: arguments[1], at: start)
        default: return try loop(name, over: target, arguments, at: start)
        }
    }

    private func presence(
        _ arguments: [Syntax], at start: Int
    ) throws(SyntaxError) -> Syntax {
        guard arguments.count == 1, case .select(var selection) = arguments[0].kind,
            !selection.isTest
        else {
            throw SyntaxError(
                "has() asks for a field", at: start, remedy: "write has(event.field)")
        }
        selection.isTest = true
        return try syntax(
            .select(selection), at: arguments[0].offset, of: [selection.operand])
    }

    private func binding(
        _ kind: Syntax.Binding.Kind, _ variable: Syntax, of value: Syntax, body: Syntax,
        at start: Int
    ) throws(SyntaxError) -> Syntax {
        let name = try self.variable(variable)
        return try syntax(
            .binding(.init(kind: kind, variable: name, value: value, body: body)), at: start,
            of: [value, body])
    }

    private func loop(
        _ name: String, over range: Syntax, _ arguments: [Syntax], at start: Int
    ) throws(SyntaxError) -> Syntax? {
        let kind: Syntax.Loop.Kind
        var variableCount = 1
        var conditionAt: Int? = 1
        var resultAt: Int?
        switch (name, arguments.count) {
        case ("all", 2): kind = .all
        case ("exists", 2): kind = .exists
        case ("exists_one", 2), ("existsOne", 2): kind = .existsOne
        case ("filter", 2): kind = .filter
        case ("map", 2): (kind, conditionAt, resultAt) = (.map, nil, 1)
        case ("map", 3): (kind, resultAt) = (.map, 2)
        case ("all", 3): (kind, variableCount, conditionAt) = (.all, 2, 2)
        case ("exists", 3): (kind, variableCount, conditionAt) = (.exists, 2, 2)
        case ("exists_one", 3), ("existsOne", 3):
            (kind, variableCount, conditionAt) = (.existsOne, 2, 2)
        case ("transformList", 3):
            (kind, variableCount, conditionAt, resultAt) = (.map, 2, nil, 2)
        case ("transformList", 4):
            (kind, variableCount, conditionAt, resultAt) = (.map, 2, 2, 3)
        case ("transformMap", 3):
            (kind, variableCount, conditionAt, resultAt) = (.transformMap, 2, nil, 2)
        case ("transformMap", 4):
            (kind, variableCount, conditionAt, resultAt) = (.transformMap, 2, 2, 3)
        default: return nil
        }
        var variables: [String] = []
        for argument in arguments.prefix(variableCount) {
            variables.append(try variable(argument))
        }
        guard Set(variables).count == variables.count else {
            throw SyntaxError("the two variables have one name", at: arguments[1].offset)
        }
        let parts = [range] + arguments.dropFirst(variableCount)
        return try syntax(
            .loop(
                .init(
                    kind: kind, range: range, variables: variables,
                    condition: conditionAt.map { arguments[$0] },
                    result: resultAt.map { arguments[$0] })),
            at: start, of: parts)
    }

    private func variable(_ syntax: Syntax) throws(SyntaxError) -> String {
        guard case .name(let name, isAbsolute: false) = syntax.kind else {
            throw SyntaxError(
                "the name of a variable is needed here", at: syntax.offset,
                remedy: "write for example items.exists(item, item.price > 10.0)")
        }
        return name
    }
}
