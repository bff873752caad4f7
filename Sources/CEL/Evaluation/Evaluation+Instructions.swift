internal import Events

extension Evaluation {
    /// The result of an instruction.
    func evaluate(_ index: Int32, _ program: Program) -> Operand {
        remainingCost &-= 1
        guard remainingCost >= 0 else { return .error(.costLimit, index) }
        let instruction = program.instructions[Int(index)]
        switch instruction.code {
        case .constant: return program.constants[Int(instruction.a)]
        case .field: return field(instruction, index, program)
        case .binary: return binary(instruction, index, program)
        case .and: return conjunction(instruction, index, program)
        case .or: return disjunction(instruction, index, program)
        case .unary:
            let operand = evaluate(instruction.a, program)
            if operand.isAbnormal { return operand }
            let result = unary(instruction.function, operand, index)
            return result.kind == .error ? result.about(operand.plainKind) : result
        case .local:
            return coerced(locals[Int(instruction.a)], instruction.coercion, index)
        case .conditional:
            let condition = evaluate(instruction.a, program)
            if condition.isTrue { return evaluate(instruction.b, program) }
            if condition.isFalse { return evaluate(instruction.c, program) }
            return condition.isAbnormal ? condition : .error(.noSuchOverload, index)
        case .hasField: return hasField(instruction, program)
        case .variable: return variable(Int(instruction.a), instruction.coercion, index)
        case .failure:
            return .error(FailureReason(rawValue: UInt8(instruction.a)) ?? .undeclared, index)
        default: return evaluateRarer(instruction, index, program)
        }
    }

    private func evaluateRarer(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        switch instruction.code {
        case .optionalField: return optionalField(instruction, index, program)
        case .select, .optionalSelect, .hasSelect: return select(instruction, index, program)
        case .index, .optionalIndex: return element(instruction, index, program)
        case .list: return list(instruction, index, program)
        case .map: return map(instruction, index, program)
        case .call: return call(instruction, index, program)
        case .matches:
            let operand = evaluate(instruction.a, program)
            if operand.isAbnormal { return operand }
            guard operand.kind == .string else { return .error(.noSuchOverload, index) }
            return matches(operand.text, program.patterns[Int(instruction.b)], index)
        case .zoned:
            let operand = evaluate(instruction.a, program)
            if operand.isAbnormal { return operand }
            let zone = program.zones[Int(instruction.b)]
            return timePart(instruction.function, operand, zone, index)
        case .loop: return loop(instruction, index, program)
        case .bind, .optionalMap, .optionalFlatMap: return binding(instruction, index, program)
        default: preconditionFailure("instruction \(instruction.code) is not evaluated here")
        }
    }

    // MARK: Logic

    /// One false term decides, whatever the others are; else what is no condition does.
    private func conjunction(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        var pending: Operand?
        for child in instruction.a..<instruction.a + instruction.b {
            let term = evaluate(program.children[Int(child)], program)
            if term.isFalse { return .false }
            if !term.isTrue { pending = undecided(term, after: pending, index) }
        }
        return pending ?? .true
    }

    private func disjunction(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        var pending: Operand?
        for child in instruction.a..<instruction.a + instruction.b {
            let term = evaluate(program.children[Int(child)], program)
            if term.isTrue { return .true }
            if !term.isFalse { pending = undecided(term, after: pending, index) }
        }
        return pending ?? .false
    }

    func undecided(_ term: Operand, after pending: Operand?, _ index: Int32) -> Operand {
        let term = term.isAbnormal ? term : .error(.noSuchOverload, index)
        guard let pending else { return term }
        return .decisive(pending, term)
    }

    // MARK: Calls

    private func binary(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        let left = evaluate(instruction.a, program)
        if instruction.function == .or || instruction.function == .orValue {
            return alternative(left, instruction, index, program)
        }
        let right = evaluate(instruction.b, program)
        if left.isAbnormal || right.isAbnormal { return .decisive(left, right) }
        let result = binary(instruction.function, left, right, index)
        return result.kind == .error
            ? result.about(left.plainKind, right.plainKind) : result
    }

    func binary(
        _ function: Function, _ left: Operand, _ right: Operand, _ index: Int32
    ) -> Operand {
        switch function {
        case .equal: return Operand(isEqual(left, right))
        case .notEqual: return Operand(!isEqual(left, right))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            return ordered(function, left, right, index)
        case .add: return sum(left, right, index)
        case .subtract: return difference(left, right, index)
        case .multiply, .divide, .remainder: return product(function, left, right, index)
        case .isIn: return isIn(left, right, index)
        case .startsWith, .endsWith, .contains, .matches, .charAt, .indexOf, .lastIndexOf,
            .split, .substring, .join, .format, .bucket:
            return text(function, left, right, index)
        case .bitAnd, .bitOr, .bitXor, .bitShiftLeft, .bitShiftRight:
            return bits(function, left, right, index)
        case .truncate: return truncated(left, to: right, index)
        default: return zoned(function, left, right, index)
        }
    }

    func unary(_ function: Function, _ operand: Operand, _ index: Int32) -> Operand {
        switch function {
        case .not:
            return operand.kind == .boolean
                ? Operand(!operand.boolean) : .error(.noSuchOverload, index)
        case .negate: return negated(operand, index)
        case .size: return size(of: operand, index)
        case .toInteger, .toUnsigned, .toDouble, .toString, .toBytes, .toBoolean, .toTimestamp,
            .toDuration:
            return converted(operand, function, index)
        case .toType: return Operand(type: Self.typeName(of: operand))
        case .toDynamic: return operand
        case .optionalOf, .optionalOfNonZero, .hasValue, .value:
            return optional(function, operand, index)
        case .lowerASCII, .upperASCII, .lower, .upper, .trim, .reverse, .quote, .join:
            return text(function, operand, index)
        case .toBase64, .fromBase64: return base64(function, operand, index)
        case .fullYear, .month, .date, .dayOfMonth, .dayOfWeek, .dayOfYear, .hours, .minutes,
            .seconds, .milliseconds:
            return timePart(function, operand, nil, index)
        default: return number(function, operand, index)
        }
    }

    private func call(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        let arguments = memory.elements(Int(instruction.b))
        var abnormal: Operand?
        for position in 0..<arguments.count {
            let child = program.children[Int(instruction.a) + position]
            let argument = evaluate(child, program)
            if argument.isAbnormal {
                abnormal = abnormal.map { .decisive($0, argument) } ?? argument
            }
            arguments[position] = argument
        }
        if let abnormal { return abnormal }
        switch instruction.function {
        case .optionalNone: return .emptyOptional
        case .indexOf, .lastIndexOf, .replace, .split, .substring:
            return text(instruction.function, arguments, index)
        default: return .error(.noSuchOverload, index)
        }
    }

    // MARK: Lists and maps

    private func list(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        let elements = memory.elements(Int(instruction.b))
        var count = 0
        for position in 0..<elements.count {
            let child = program.children[Int(instruction.a) + position]
            var element = evaluate(child < 0 ? ~child : child, program)
            if element.isAbnormal { return element }
            if child < 0 {
                guard element.kind == .optional else { return .error(.noSuchOverload, index) }
                guard let content = element.content else { continue }
                element = content
            }
            elements[count] = element
            count += 1
        }
        return Operand(list: elements.prefix(count))
    }

    private func map(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        let entries = memory.elements(Int(instruction.b))
        var count = 0
        for position in stride(from: 0, to: entries.count, by: 2) {
            let key = evaluate(program.children[Int(instruction.a) + position], program)
            if key.isAbnormal { return key }
            switch key.kind {
            case .boolean, .integer, .unsignedInteger, .string: break
            default: return .error(.invalidKey, index)
            }
            let child = program.children[Int(instruction.a) + position + 1]
            var value = evaluate(child < 0 ? ~child : child, program)
            if value.isAbnormal { return value }
            if find(key, in: entries.prefix(count)) != nil { return .error(.duplicateKey, index) }
            if child < 0 {
                guard value.kind == .optional else { return .error(.noSuchOverload, index) }
                guard let content = value.content else { continue }
                value = content
            }
            entries[count] = key
            entries[count + 1] = value
            count += 2
        }
        return Operand(map: entries.prefix(count))
    }
}
