internal import Events

/// A chain of fields from a variable on, which one look-up can follow.
private struct FieldChain {
    var variable: Int
    var components: [FieldPath.Component]
    /// Whether one of the fields is asked for with `?`.
    var isOptional: Bool

    /// `nil` when the syntax is no such chain.
    init?(_ syntax: Syntax) {
        if case .variable(let index) = syntax.meaning {
            self.init(variable: index, components: [], isOptional: false)
            return
        }
        // dyn(...) changes what the checker knows, not what the value is.
        if case .function(.toDynamic, let arguments) = syntax.meaning {
            self.init(arguments[0])
            return
        }
        let component: FieldPath.Component
        let operand: Syntax
        let isOptional: Bool
        switch syntax.kind {
        case .select(let selection) where !selection.isTest:
            component = .name(selection.field)
            (operand, isOptional) = (selection.operand, selection.isOptional)
        case .index(let container, let index, let isOptionalIndex):
            (operand, isOptional) = (container, isOptionalIndex)
            switch index.kind {
            case .constant(.string(let name)):
                component = .name(String(decoding: name, as: UTF8.self))
            case .constant(.integer(let position)) where (0...1_000_000).contains(position):
                component = .index(Int(position))
            default: return nil
            }
        default: return nil
        }
        guard case .itself = syntax.meaning, let head = FieldChain(operand),
            head.components.count < FieldPath.maximumComponents
        else { return nil }
        self.init(
            variable: head.variable, components: head.components + [component],
            isOptional: head.isOptional || isOptional)
    }

    private init(variable: Int, components: [FieldPath.Component], isOptional: Bool) {
        self.variable = variable
        self.components = components
        self.isOptional = isOptional
    }
}

extension Emitter {
    mutating func emitSelection(_ selection: Syntax.Selection, _ syntax: Syntax) -> Int32 {
        let offset = Int32(syntax.offset)
        // The steps come last, so that the operand of a chain is not emitted as a chain again.
        if selection.isTest {
            var field = selection
            field.isTest = false
            let plain = Syntax(.select(field), at: syntax.offset)
            let steps = emitStep(.hasSelect, selection, at: offset)
            return chain(plain, .hasField, steps, syntax.type) ?? steps
        }
        let steps = emitStep(
            selection.isOptional ? .optionalSelect : .select, selection, at: offset)
        parts.instructions[Int(steps)].coercion = Self.coercion(to: syntax.type)
        return chain(syntax, .field, steps, syntax.type)
            ?? fold(steps, [parts.instructions[Int(steps)].a])
    }

    private mutating func emitStep(
        _ code: Instruction.Code, _ selection: Syntax.Selection, at offset: Int32
    ) -> Int32 {
        let name = parts.add(Operand(string: parts.memory.text(selection.field)))
        return add(code, a: emit(selection.operand), b: name, at: offset)
    }

    mutating func emitIndex(
        _ operand: Syntax, _ index: Syntax, isOptional: Bool, _ syntax: Syntax
    ) -> Int32 {
        let (container, position) = (emit(operand), emit(index))
        let steps = add(
            isOptional ? .optionalIndex : .index, a: container, b: position,
            at: Int32(syntax.offset))
        parts.instructions[Int(steps)].coercion = Self.coercion(to: syntax.type)
        return chain(syntax, .field, steps, syntax.type) ?? fold(steps, [container, position])
    }

    /// The one look-up that a chain of fields takes; `nil` when it is no chain from a variable.
    private mutating func chain(
        _ syntax: Syntax, _ code: Instruction.Code, _ steps: Int32, _ type: ValueType
    ) -> Int32? {
        guard let chain = FieldChain(syntax), !chain.components.isEmpty else { return nil }
        let code = code == .field && chain.isOptional ? .optionalField : code
        let path = parts.add(path: FieldPath(chain.components))
        let field = add(
            code, a: Int32(chain.variable), b: path, c: steps, at: Int32(syntax.offset))
        if code != .hasField {
            var content = type
            if code == .optionalField, case .optional(let held) = type { content = held }
            parts.instructions[Int(field)].coercion = Self.coercion(to: content)
        }
        return field
    }
}
