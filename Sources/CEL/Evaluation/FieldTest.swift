package import Events

/// A condition that asks one thing of one field, ready for who has looked the field up: whether it is
/// there, whether it is one of a few strings, or how it stands to a number.
///
/// It says what an evaluation of the condition says, in a tenth of the time. It refers to constants
/// of its expression and must not outlive it.
package struct FieldTest: BitwiseCopyable, @unchecked Sendable {
    fileprivate enum Question: BitwiseCopyable {
        case exists
        case isEqual, isNotEqual
        case isIn
        case isOrdered(Function)
    }

    fileprivate let question: Question
    /// A string, a list of strings or a number.
    fileprivate let constant: Operand

    /// What the condition comes to for a field's value; `nil` when an evaluation must say.
    package func decision(of value: FieldValue, in arena: EventArena) -> Decision? {
        if case .exists = question { return value.isMissing ? .notMet : .met }
        switch value.kind {
        case .missing: return .failed(.noSuchField)
        case .string: return unsafe decision(of: Text(arena.bytes(value.text)))
        case .integer, .decimal: return value.double.flatMap(decision(of:))
        default: return nil
        }
    }

    private func decision(of text: Text) -> Decision? {
        guard constant.kind == .string || constant.kind == .list else { return nil }
        switch question {
        case .isEqual: return text == constant.text ? .met : .notMet
        case .isNotEqual: return text == constant.text ? .notMet : .met
        case .isIn:
            let strings = constant.elements
            for index in 0..<strings.count where strings[index].text == text { return .met }
            return .notMet
        case .exists, .isOrdered: return nil
        }
    }

    private func decision(of number: Double) -> Decision? {
        guard case .isOrdered(let function) = question else { return nil }
        let limit = constant.double
        let isMet =
            switch function {
            case .less: number < limit
            case .lessOrEqual: number <= limit
            case .greater: number > limit
            default: number >= limit
            }
        return isMet ? .met : .notMet
    }
}

extension Expression {
    /// What the expression asks of single fields of a variable, when that is all that it does and all
    /// or any of it must hold.
    ///
    /// - Returns: the tests with their fields, and whether all must be met; `nil` for every other
    ///   expression.
    package func fieldTests(
        of variable: Variable
    ) -> (tests: [(path: FieldPath, test: FieldTest)], needsAll: Bool)? {
        let root = program.instructions[Int(program.root)]
        guard root.code == .and || root.code == .or else {
            return fieldTest(root, variable).map { ([$0], true) }
        }
        var tests: [(path: FieldPath, test: FieldTest)] = []
        for child in root.a..<root.a + root.b {
            let term = program.instructions[Int(program.children[Int(child)])]
            guard let test = fieldTest(term, variable) else { return nil }
            tests.append(test)
        }
        return (tests, root.code == .and)
    }

    /// The longest strings that are compared without counting what it costs.
    private static var longestString: Int32 { 1024 }

    private func fieldTest(
        _ instruction: Instruction, _ variable: Variable
    ) -> (path: FieldPath, test: FieldTest)? {
        if instruction.code == .hasField, Int(instruction.a) == variable.index {
            return (
                program.paths[Int(instruction.b)], FieldTest(question: .exists, constant: .null)
            )
        }
        guard instruction.code == .binary else { return nil }
        let left = program.instructions[Int(instruction.a)]
        let right = program.instructions[Int(instruction.b)]
        guard left.code == .field, Int(left.a) == variable.index, right.code == .constant else {
            return nil
        }
        let constant = program.constants[Int(right.a)]
        guard let question = Self.question(instruction.function, left.coercion, constant) else {
            return nil
        }
        return (program.paths[Int(left.b)], FieldTest(question: question, constant: constant))
    }

    private static func question(
        _ function: Function, _ coercion: Instruction.Coercion, _ constant: Operand
    ) -> FieldTest.Question? {
        switch (function, constant.kind) {
        case (.equal, .string) where coercion == .none && constant.count <= longestString:
            return .isEqual
        case (.notEqual, .string) where coercion == .none && constant.count <= longestString:
            return .isNotEqual
        case (.isIn, .list) where coercion == .none && constant.elements.count <= 16:
            let strings = constant.elements
            for index in 0..<strings.count
            where strings[index].kind != .string || strings[index].count > longestString {
                return nil
            }
            return .isIn
        case (.less, .double), (.lessOrEqual, .double), (.greater, .double),
            (.greaterOrEqual, .double):
            // With a number that is no integer, all numbers are compared as doubles.
            return coercion == .none || coercion == .double ? .isOrdered(function) : nil
        default: return nil
        }
    }
}
