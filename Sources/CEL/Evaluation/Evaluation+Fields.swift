internal import Events

extension Evaluation {
    // MARK: Variables and the fields of events

    func variable(
        _ variable: Int, _ coercion: Instruction.Coercion, _ index: Int32
    ) -> Operand {
        if let arena = boundArenas[variable], let event = boundEvents[variable] {
            return operand(arena.root(of: event), of: variable)
        }
        let operand = boundOperands[variable]
        return operand.kind == .error ? .error(operand.reason, index) : operand
    }

    func field(_ instruction: Instruction, _ index: Int32, _ program: Program) -> Operand {
        let variable = Int(instruction.a)
        guard let arena = boundArenas[variable], let event = boundEvents[variable] else {
            return evaluate(instruction.c, program)
        }
        let value = arena.value(of: event, at: program.paths[Int(instruction.b)])
        if value.isMissing { return .error(.noSuchField, index) }
        return coerced(operand(value, of: variable), instruction.coercion, index)
    }

    /// A field of an event is there when all of the way to it is.
    func hasField(_ instruction: Instruction, _ program: Program) -> Operand {
        let variable = Int(instruction.a)
        guard let arena = boundArenas[variable], let event = boundEvents[variable] else {
            return evaluate(instruction.c, program)
        }
        return Operand(
            !arena.value(of: event, at: program.paths[Int(instruction.b)]).isMissing)
    }

    func optionalField(
        _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        let variable = Int(instruction.a)
        guard let arena = boundArenas[variable], let event = boundEvents[variable] else {
            return evaluate(instruction.c, program)
        }
        let value = arena.value(of: event, at: program.paths[Int(instruction.b)])
        if value.isMissing { return .emptyOptional }
        let content = coerced(operand(value, of: variable), instruction.coercion, index)
        return content.isAbnormal ? content : Operand(optional: memory.element(content))
    }

    /// The value of a field, which is there; containers are looked into when they need to be.
    func operand(_ value: FieldValue, of variable: Int) -> Operand {
        switch value.kind {
        case .missing, .null: return .null
        case .boolean: return Operand(value.boolean ?? false)
        case .integer: return Operand(value.integer ?? 0)
        case .unsignedInteger: return Operand(value.unsignedInteger ?? 0)
        case .decimal: return Operand(value.double ?? 0)
        case .string:
            guard let arena = boundArenas[variable] else { return .null }
            return unsafe Operand(string: Text(arena.bytes(value.text)))
        case .object, .array:
            return memory.field(FieldReference(value: value, variable: Int32(variable)))
        }
    }

    func coerced(
        _ operand: Operand, _ coercion: Instruction.Coercion, _ index: Int32
    ) -> Operand {
        switch (coercion, operand.kind) {
        case (.none, _): return operand
        case (.double, .integer): return Operand(Double(operand.integer))
        case (.double, .unsignedInteger): return Operand(Double(operand.unsignedInteger))
        case (.integer, .double):
            return Int64(exactly: operand.double).map { Operand($0) } ?? operand
        case (.unsignedInteger, .integer):
            return UInt64(exactly: operand.integer).map { Operand($0) } ?? operand
        case (.timestamp, .string): return converted(operand, .toTimestamp, index)
        case (.duration, .string): return converted(operand, .toDuration, index)
        default: return operand
        }
    }

    // MARK: Steps

    func select(_ instruction: Instruction, _ index: Int32, _ program: Program) -> Operand {
        let operand = evaluate(instruction.a, program)
        if operand.isAbnormal { return operand }
        let name = program.constants[Int(instruction.b)]
        switch instruction.code {
        case .hasSelect:
            let field = part(of: operand, name, index)
            if field.kind == .error {
                return field.reason == .noSuchField ? .false : field
            }
            return operand.kind == .optional ? Operand(field.content != nil) : .true
        case .optionalSelect: return optionalPart(of: operand, name, index)
        default: return coerced(part(of: operand, name, index), instruction.coercion, index)
        }
    }

    func element(_ instruction: Instruction, _ index: Int32, _ program: Program) -> Operand {
        let operand = evaluate(instruction.a, program)
        let position = evaluate(instruction.b, program)
        if operand.isAbnormal || position.isAbnormal { return .decisive(operand, position) }
        return instruction.code == .optionalIndex
            ? optionalPart(of: operand, position, index)
            : coerced(part(of: operand, position, index), instruction.coercion, index)
    }

    /// A field of a map or an element of a list, or why there is none. Of an optional it is
    /// optional.
    private func part(of container: Operand, _ key: Operand, _ index: Int32) -> Operand {
        switch container.kind {
        case .map:
            guard let position = find(key, in: container.entries) else {
                return .error(.noSuchField, index)
            }
            return container.entries[position + 1]
        case .list:
            guard key.isNumber else { return .error(.noSuchOverload, index) }
            guard let position = Self.position(key), position < Int(container.count) else {
                return .error(.indexOutOfRange, index)
            }
            return container.elements[position]
        case .field: return part(of: container.field, key, index)
        case .optional: return optionalPart(of: container, key, index)
        default: return .error(.noSuchOverload, index)
        }
    }

    private func part(of container: FieldReference, _ key: Operand, _ index: Int32) -> Operand {
        let variable = Int(container.variable)
        guard let arena = boundArenas[variable] else { return .error(.unbound, index) }
        let found: FieldValue
        if container.value.kind == .object {
            guard key.kind == .string else { return .error(.noSuchField, index) }
            found = unsafe arena.member(named: key.text.bytes, of: container.value)
        } else {
            guard key.isNumber else { return .error(.noSuchOverload, index) }
            guard let position = Self.position(key) else { return .error(.indexOutOfRange, index) }
            charge(min(position, arena.childCount(of: container.value)))
            found = arena.element(at: position, of: container.value)
        }
        if found.isMissing {
            return .error(
                container.value.kind == .object ? .noSuchField : .indexOutOfRange, index)
        }
        return operand(found, of: variable)
    }

    /// The same as an optional, which is empty where there is no such part.
    private func optionalPart(of container: Operand, _ key: Operand, _ index: Int32) -> Operand {
        var inner = container
        if container.kind == .optional {
            guard let content = container.content else { return .emptyOptional }
            inner = content
        }
        let part = part(of: inner, key, index)
        if part.kind == .error {
            let isAbsence = part.reason == .noSuchField || part.reason == .indexOutOfRange
            return isAbsence ? .emptyOptional : .error(.noSuchField, index)
        }
        return part.kind == .optional ? part : Operand(optional: memory.element(part))
    }

    /// A number as the position in a list, when it is a whole one and not negative.
    private static func position(_ key: Operand) -> Int? {
        switch key.kind {
        case .integer: key.integer >= 0 ? Int(key.integer) : nil
        case .unsignedInteger: Int(exactly: key.unsignedInteger)
        case .double: Int(exactly: key.double).flatMap { $0 >= 0 ? $0 : nil }
        default: nil
        }
    }

    // MARK: Whole containers

    /// The elements of a list, or the keys and values of a map by turns; `nil` for other kinds.
    func contents(of operand: Operand) -> Elements? {
        switch operand.kind {
        case .list: operand.elements
        case .map: operand.entries
        case .field: contents(of: operand.field)
        default: nil
        }
    }

    private func contents(of container: FieldReference) -> Elements? {
        let variable = Int(container.variable)
        guard let arena = boundArenas[variable] else { return nil }
        let isObject = container.value.kind == .object
        let count = arena.childCount(of: container.value)
        guard charge(2 * count) else { return .empty }
        let elements = memory.elements(isObject ? 2 * count : count)
        guard count > 0 else { return elements }
        var child = arena.firstChild(of: container.value)
        for position in 0..<count {
            if isObject {
                elements[2 * position] = unsafe Operand(
                    string: Text(arena.bytes(arena.key(of: child))))
                elements[2 * position + 1] = self.operand(child, of: variable)
            } else {
                elements[position] = self.operand(child, of: variable)
            }
            child = arena.nextSibling(of: child)
        }
        return elements
    }

    /// Whether it is a map, or an object of an event.
    static func isMap(_ operand: Operand) -> Bool {
        operand.kind == .map || (operand.kind == .field && operand.field.value.kind == .object)
    }

    /// Whether it is a list, or an array of an event.
    static func isList(_ operand: Operand) -> Bool {
        operand.kind == .list || (operand.kind == .field && operand.field.value.kind == .array)
    }

    /// Where a key is among keys and values by turns.
    func find(_ key: Operand, in entries: Elements) -> Int? {
        charge(entries.count / 16)
        for position in stride(from: 0, to: entries.count, by: 2)
        where isEqual(entries[position], key) {
            return position
        }
        return nil
    }
}
