internal import Events

/// Makes a program of checked syntax.
///
/// What depends on constants alone is evaluated here, once. What is wrong with a constant pattern,
/// timestamp, duration or time zone is a problem of a strict compilation.
struct Emitter {
    let isStrict: Bool
    var parts = ProgramParts()
    private(set) var problems: [SyntaxError] = []
    private let evaluation = Evaluation(Declarations(), costLimit: 1_000_000)
    /// What may still be spent on computing constants, so that a short text can't become a large
    /// program.
    private var foldingBudget = 2_000_000

    init(isStrict: Bool) {
        self.isStrict = isStrict
    }

    /// Adds the instructions of a part of the expression; returns the one with its result.
    mutating func emit(_ syntax: Syntax) -> Int32 {
        if let special = emitMeaning(syntax) { return special }
        let offset = Int32(syntax.offset)
        switch syntax.kind {
        case .constant(let constant): return emit(constant, at: offset)
        case .name: return add(.failure, a: Int32(FailureReason.undeclared.rawValue), at: offset)
        case .select(let selection): return emitSelection(selection, syntax)
        case .index(let operand, let index, let isOptional):
            return emitIndex(operand, index, isOptional: isOptional, syntax)
        case .call(let name, _, let arguments): return emitConnective(name, arguments, syntax)
        case .list(let elements):
            let values = elements.map { element in
                element.isOptional ? ~emit(element.value) : emit(element.value)
            }
            return fold(add(.list, children: values, at: offset), values)
        case .map(let entries):
            let values = entries.flatMap { entry in
                let key = emit(entry.key)
                let value = emit(entry.value)
                return [key, entry.isOptional ? ~value : value]
            }
            return fold(add(.map, children: values, at: offset), values)
        case .message: return add(.failure, a: 0, at: offset)
        case .loop(let loop): return emitLoop(loop, syntax)
        case .binding(let binding): return emitBinding(binding, syntax)
        }
    }

    private mutating func emitMeaning(_ syntax: Syntax) -> Int32? {
        let offset = Int32(syntax.offset)
        switch syntax.meaning {
        case .itself, .slots: return nil
        case .variable(let index):
            return add(.variable, a: Int32(index), at: offset)
        case .local(let slot):
            let local = add(.local, a: Int32(slot), at: offset)
            parts.instructions[Int(local)].coercion = Self.coercion(to: syntax.type)
            return local
        case .type(let name):
            let type = parts.add(Operand(type: parts.memory.text(name)))
            return add(.constant, a: type, at: offset)
        case .constant(let constant): return emit(constant, at: offset)
        case .function(let function, let arguments):
            return emitCall(function, arguments, syntax)
        case .replaced(let replacement): return emit(replacement)
        case .failure(let reason):
            return add(.failure, a: Int32(reason.rawValue), at: offset)
        }
    }

    private mutating func emit(_ constant: Syntax.Constant, at offset: Int32) -> Int32 {
        let memory = parts.memory
        let operand: Operand =
            switch constant {
            case .null: .null
            case .boolean(let value): Operand(value)
            case .integer(let value): Operand(value)
            case .unsignedInteger(let value): Operand(value)
            case .double(let value): Operand(value)
            case .string(let text): Operand(string: memory.text(text))
            case .bytes(let bytes): Operand(bytes: memory.text(bytes))
            }
        return add(.constant, a: parts.add(operand), at: offset)
    }

    // MARK: Calls

    private mutating func emitConnective(
        _ name: String, _ arguments: [Syntax], _ syntax: Syntax
    ) -> Int32 {
        let offset = Int32(syntax.offset)
        let values = arguments.map { emit($0) }
        switch name {
        case "_&&_": return fold(add(.and, children: values, at: offset), values)
        case "_||_": return fold(add(.or, children: values, at: offset), values)
        default:
            return add(.conditional, a: values[0], b: values[1], c: values[2], at: offset)
        }
    }

    private mutating func emitCall(
        _ function: Function, _ arguments: [Syntax], _ syntax: Syntax
    ) -> Int32 {
        let offset = Int32(syntax.offset)
        if let special = emitPrepared(function, arguments, at: offset) { return special }
        let values = arguments.map { emit($0) }
        if function == .toDynamic { return values[0] }
        let call: Int32
        switch values.count {
        case 1: call = add(.unary, a: values[0], at: offset)
        case 2: call = add(.binary, a: values[0], b: values[1], at: offset)
        default: call = add(.call, children: values, at: offset)
        }
        parts.instructions[Int(call)].function = function
        let folded = fold(call, values)
        checkConstant(function, arguments, folded)
        return folded
    }

    /// Calls with a constant that takes work to read: a pattern, a time zone.
    private mutating func emitPrepared(
        _ function: Function, _ arguments: [Syntax], at offset: Int32
    ) -> Int32? {
        guard arguments.count == 2, case .constant(.string(let bytes)) = arguments[1].kind else {
            return nil
        }
        switch function {
        case .matches:
            do {
                parts.patterns.append(try Pattern(String(decoding: bytes, as: UTF8.self)))
            } catch {
                report(error.sentence, at: arguments[1].offset)
                return add(
                    .failure, a: Int32(FailureReason.invalidPattern.rawValue), at: offset)
            }
            let operand = emit(arguments[0])
            let call = add(
                .matches, a: operand, b: Int32(parts.patterns.count - 1), at: offset)
            return fold(call, [operand])
        case .fullYear, .month, .date, .dayOfMonth, .dayOfWeek, .dayOfYear, .hours, .minutes,
            .seconds, .milliseconds:
            guard let zone = ZoneOffsets(parts.memory.text(bytes)) else {
                report(
                    "there is no time zone '\(String(decoding: bytes, as: UTF8.self))'",
                    at: arguments[1].offset,
                    remedy: "write a name such as 'Europe/Berlin', or an offset such as '+02:00'")
                return add(.failure, a: Int32(FailureReason.invalidZone.rawValue), at: offset)
            }
            parts.zones.append(zone)
            let operand = emit(arguments[0])
            let call = add(.zoned, a: operand, b: Int32(parts.zones.count - 1), at: offset)
            parts.instructions[Int(call)].function = function
            return call
        default: return nil
        }
    }

    /// A constant that can't be converted is found here and not by the first event.
    private mutating func checkConstant(
        _ function: Function, _ arguments: [Syntax], _ call: Int32
    ) {
        guard function == .toTimestamp || function == .toDuration,
            parts.instructions[Int(call)].code != .constant,
            case .constant(.string(let text)) = arguments[0].kind
        else { return }
        let isTimestamp = function == .toTimestamp
        report(
            "'\(String(decoding: text, as: UTF8.self))' is no "
                + (isTimestamp ? "timestamp" : "duration"),
            at: arguments[0].offset,
            remedy: isTimestamp
                ? "write it like 2024-03-13T10:21:14Z, between the years 1 and 9999"
                : "write it like 1h30m, 45s or 200ms; at most 292 years")
    }

    // MARK: Loops and bindings

    private mutating func emitLoop(_ loop: Syntax.Loop, _ syntax: Syntax) -> Int32 {
        guard case .slots(let slot) = syntax.meaning else {
            preconditionFailure("a loop without slots; it was not checked")
        }
        let range = emit(loop.range)
        let plan = LoopPlan(
            kind: loop.kind, slot: slot, hasTwoVariables: loop.variables.count == 2,
            condition: loop.condition.map { emit($0) } ?? -1,
            result: loop.result.map { emit($0) } ?? -1)
        parts.loops.append(plan)
        return add(
            .loop, a: range, b: Int32(parts.loops.count - 1), at: Int32(syntax.offset))
    }

    private mutating func emitBinding(_ binding: Syntax.Binding, _ syntax: Syntax) -> Int32 {
        guard case .slots(let slot) = syntax.meaning else {
            preconditionFailure("a binding without a slot; it was not checked")
        }
        let code: Instruction.Code =
            switch binding.kind {
            case .bind: .bind
            case .optionalMap: .optionalMap
            case .optionalFlatMap: .optionalFlatMap
            }
        let value = emit(binding.value)
        let body = emit(binding.body)
        return add(code, a: value, b: Int32(slot), c: body, at: Int32(syntax.offset))
    }

    // MARK: Adding

    mutating func add(
        _ code: Instruction.Code, a: Int32 = 0, b: Int32 = 0, c: Int32 = 0, at offset: Int32
    ) -> Int32 {
        parts.instructions.append(Instruction(code: code, a: a, b: b, c: c, offset: offset))
        return Int32(parts.instructions.count - 1)
    }

    private mutating func add(
        _ code: Instruction.Code, children: [Int32], at offset: Int32
    ) -> Int32 {
        add(code, a: parts.add(children: children), b: Int32(children.count), at: offset)
    }

    /// Replaces an instruction by its result when all it depends on is constant and it has one.
    mutating func fold(_ index: Int32, _ operands: [Int32]) -> Int32 {
        let isConstant = operands.allSatisfy {
            parts.instructions[Int($0 < 0 ? ~$0 : $0)].code == .constant
        }
        guard isConstant, foldingBudget > 0 else { return index }
        let program = Program(parts, root: index)
        let result = evaluation.operand(of: program)
        foldingBudget -= evaluation.lastCost
        guard !result.isAbnormal else { return index }
        let offset = parts.instructions[Int(index)].offset
        return add(.constant, a: parts.add(parts.memory.copy(result)), at: offset)
    }

    mutating func report(_ message: String, at offset: Int, remedy: String? = nil) {
        guard isStrict else { return }
        problems.append(SyntaxError(message, at: offset, remedy: remedy))
    }

    static func coercion(to type: ValueType) -> Instruction.Coercion {
        switch type.withoutNull {
        case .integer: .integer
        case .unsignedInteger: .unsignedInteger
        case .double: .double
        case .timestamp: .timestamp
        case .duration: .duration
        default: .none
        }
    }
}
