/// Finds out what the names of an expression mean and which types its parts have.
///
/// Types that don't fit are problems of a strict check. Without it they are left to the
/// evaluation, and names that mean nothing become errors there.
struct Checker {
    struct Local {
        let name: String
        let type: ValueType
        let slot: Int
    }

    let declarations: Declarations
    let isStrict: Bool
    let functions = FunctionTable.standard

    var substitution = Substitution()
    var locals: [Local] = []
    private(set) var slotCount = 0
    private(set) var problems: [SyntaxError] = []

    init(_ declarations: Declarations, isStrict: Bool) {
        self.declarations = declarations
        self.isStrict = isStrict
    }

    /// The type of the whole expression.
    mutating func resultType(of syntax: Syntax) -> ValueType {
        let type = check(syntax)
        return substitution.resolved(type, isFinal: true)
    }

    @discardableResult
    mutating func check(_ syntax: Syntax) -> ValueType {
        let type = substitution.resolved(typed(syntax))
        syntax.type = type
        return type
    }

    private mutating func typed(_ syntax: Syntax) -> ValueType {
        switch syntax.kind {
        case .constant(let constant): return Self.type(of: constant)
        case .name(let name, let isAbsolute):
            return checkName(name, isAbsolute: isAbsolute, syntax)
        case .select(let selection): return checkSelection(selection, syntax)
        case .index(let operand, let index, let isOptional):
            return checkIndex(operand, index, isOptional: isOptional, syntax)
        case .call(let name, let target, let arguments):
            return checkCall(name, target: target, arguments, syntax)
        case .list(let elements): return checkList(elements)
        case .map(let entries): return checkMap(entries)
        case .message(let name, let fields): return checkMessage(name, fields, syntax)
        case .loop(let loop): return checkLoop(loop, syntax)
        case .binding(let binding): return checkBinding(binding, syntax)
        }
    }

    private static func type(of constant: Syntax.Constant) -> ValueType {
        switch constant {
        case .null: .null
        case .boolean: .boolean
        case .integer: .integer
        case .unsignedInteger: .unsignedInteger
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        }
    }

    // MARK: Lists and maps

    private mutating func checkList(_ elements: [Syntax.Element]) -> ValueType {
        var joined: ValueType?
        for element in elements {
            let type = element.isOptional ? checkOptional(element.value) : check(element.value)
            joined = joined.map { substitution.joined(type, $0) } ?? type
        }
        return .list(joined ?? substitution.freshParameter())
    }

    private mutating func checkMap(_ entries: [Syntax.Entry]) -> ValueType {
        var keys: ValueType?
        var values: ValueType?
        for entry in entries {
            let key = check(entry.key)
            let value = entry.isOptional ? checkOptional(entry.value) : check(entry.value)
            keys = keys.map { substitution.joined(key, $0) } ?? key
            values = values.map { substitution.joined(value, $0) } ?? value
            switch key.withoutNull {
            case .dynamic, .parameter, .boolean, .integer, .unsignedInteger, .string: break
            default:
                report(
                    "a key of a map is a bool, int, uint or string, not \(key)",
                    at: entry.key.offset)
            }
        }
        return .map(
            keys ?? substitution.freshParameter(), values ?? substitution.freshParameter())
    }

    /// Checks what stands behind a `?`, and returns what the optional holds.
    private mutating func checkOptional(_ syntax: Syntax) -> ValueType {
        let type = check(syntax)
        let content = substitution.freshParameter()
        if !substitution.isAssignable(type, to: .optional(content)) {
            report(
                "behind '?' an optional value is needed, not \(type)", at: syntax.offset,
                remedy: "leave the '?' out")
        }
        return substitution.resolved(content)
    }

    // MARK: Loops and bindings

    private mutating func checkLoop(_ loop: Syntax.Loop, _ syntax: Syntax) -> ValueType {
        let range = check(loop.range)
        let (first, second) = variableTypes(over: range, count: loop.variables.count, loop)
        syntax.meaning = .slots(locals.count)
        push(loop.variables[0], first)
        if loop.variables.count == 2 { push(loop.variables[1], second) }
        if let condition = loop.condition {
            let type = check(condition)
            if !substitution.isAssignable(type, to: .boolean) {
                report("a condition is needed here, not \(type)", at: condition.offset)
            }
        }
        let result = loop.result.map { check($0) }
        locals.removeLast(loop.variables.count)
        switch loop.kind {
        case .all, .exists, .existsOne: return .boolean
        case .filter: return .list(first)
        case .map: return .list(result ?? .dynamic)
        case .transformMap: return .map(first, result ?? .dynamic)
        }
    }

    /// The types of the variables of a loop.
    private mutating func variableTypes(
        over range: ValueType, count: Int, _ loop: Syntax.Loop
    ) -> (ValueType, ValueType) {
        switch range.withoutNull {
        case .list(let element): return count == 1 ? (element, .dynamic) : (.integer, element)
        case .map(let key, let value): return (key, value)
        case .record: return (.string, .dynamic)
        case .dynamic: return (.dynamic, .dynamic)
        case .parameter:
            _ = substitution.isAssignable(range, to: .dynamic)
            return (.dynamic, .dynamic)
        default:
            report(
                "a loop goes over a list or a map, not over \(range)", at: loop.range.offset)
            return (.dynamic, .dynamic)
        }
    }

    private mutating func checkBinding(
        _ binding: Syntax.Binding, _ syntax: Syntax
    ) -> ValueType {
        var type = check(binding.value)
        if binding.kind != .bind {
            let content = substitution.freshParameter()
            if !substitution.isAssignable(type, to: .optional(content)) {
                report("an optional value is needed here, not \(type)", at: binding.value.offset)
            }
            type = substitution.resolved(content)
        }
        syntax.meaning = .slots(locals.count)
        push(binding.variable, type)
        let result = check(binding.body)
        locals.removeLast()
        switch binding.kind {
        case .bind: return result
        case .optionalMap: return .optional(result)
        case .optionalFlatMap:
            let optional = ValueType.optional(substitution.freshParameter())
            if !substitution.isAssignable(result, to: optional) {
                report("an optional value is needed here, not \(result)", at: binding.body.offset)
            }
            return substitution.resolved(optional)
        }
    }

    private mutating func push(_ name: String, _ type: ValueType) {
        locals.append(Local(name: name, type: type, slot: locals.count))
        slotCount = max(slotCount, locals.count)
    }

    // MARK: Problems

    mutating func report(_ message: String, at offset: Int, remedy: String? = nil) {
        guard isStrict else { return }
        problems.append(SyntaxError(message, at: offset, remedy: remedy))
    }
}
