public import Events

/// An expression that was checked and compiled: a rule, a filter or a mapping.
///
/// It can be shared between threads; each evaluates it with an ``Evaluation`` of its own.
///
/// ```swift
/// let rule = try Expression.compile("event.amount > 100.0", declarations)
/// evaluation.bind(event, to: record, in: arena)
/// if try evaluation.boolean(of: rule) { ... }
/// ```
public final class Expression: Sendable {
    /// The text as it was written.
    public let text: String
    /// The type of its result.
    public let resultType: ValueType
    let program: Program

    /// Checks and compiles an expression.
    ///
    /// - Throws: all that is wrong with it, with line, column and what to do about it.
    public static func compile(
        _ text: String, _ declarations: Declarations
    ) throws(ExpressionProblems) -> Expression {
        try compile(text, declarations, isStrict: true, hasMacros: true)
    }

    /// Compiles an expression whose result must be of a type, or of none that is known.
    ///
    /// - Throws: all that is wrong with it, with line, column and what to do about it.
    public static func compile(
        _ text: String, _ declarations: Declarations, resultType: ValueType
    ) throws(ExpressionProblems) -> Expression {
        let expression = try compile(text, declarations)
        var substitution = Substitution()
        guard substitution.isAssignable(expression.resultType, to: resultType) else {
            throw ExpressionProblems(
                [SyntaxError("a \(resultType) is needed, not \(expression.resultType)", at: 0)],
                of: text)
        }
        return expression
    }

    /// Compiles an expression; without a strict check, what does not fit becomes an error when it
    /// is evaluated.
    package static func compile(
        _ text: String, _ declarations: Declarations, isStrict: Bool, hasMacros: Bool
    ) throws(ExpressionProblems) -> Expression {
        let syntax: Syntax
        do {
            syntax = try Parser.parse(Array(text.utf8), hasMacros: hasMacros)
        } catch {
            throw ExpressionProblems([error], of: text)
        }
        var checker = Checker(declarations, isStrict: isStrict)
        let type = checker.resultType(of: syntax)
        guard checker.problems.isEmpty else {
            throw ExpressionProblems(checker.problems, of: text)
        }
        var emitter = Emitter(isStrict: isStrict)
        let root = emitter.emit(syntax)
        guard emitter.problems.isEmpty else {
            throw ExpressionProblems(emitter.problems, of: text)
        }
        return Expression(
            text: text, resultType: type,
            program: Program(
                emitter.parts, root: root, slotCount: checker.slotCount,
                variableCount: declarations.entries.count))
    }

    /// The variables that the result may depend on.
    public var variables: Set<Variable> {
        let codes: Set<Instruction.Code> = [.variable, .field, .hasField, .optionalField]
        return Set(
            program.instructions.filter { codes.contains($0.code) }
                .map { Variable(index: Int($0.a)) })
    }

    /// The field of a variable that the expression is, when it is nothing else: without the field
    /// it has no value.
    public func field(of variable: Variable) -> FieldPath? {
        let root = program.instructions[Int(program.root)]
        guard root.code == .field, Int(root.a) == variable.index else { return nil }
        return program.paths[Int(root.b)]
    }

    /// The fields of a variable that the result may depend on, those in loops over its lists left
    /// out; `nil` when it may depend on all of the variable.
    public func fields(of variable: Variable) -> Set<FieldPath>? {
        var fields: Set<FieldPath> = []
        var steps: Set<Int32> = []
        for (index, instruction) in program.instructions.enumerated().reversed() {
            guard !steps.contains(Int32(index)) else {
                // The steps of a chain are for variables that are no events.
                switch instruction.code {
                case .select, .hasSelect, .optionalSelect, .index, .optionalIndex:
                    steps.insert(instruction.a)
                case .field, .hasField, .optionalField: steps.insert(instruction.c)
                default: break
                }
                continue
            }
            switch instruction.code {
            case .field, .hasField, .optionalField:
                steps.insert(instruction.c)
                if Int(instruction.a) == variable.index {
                    fields.insert(program.paths[Int(instruction.b)])
                }
            case .variable where Int(instruction.a) == variable.index: return nil
            default: break
            }
        }
        return fields
    }

    /// The names of all functions, operators left out.
    package static var functionNames: [String] {
        FunctionTable.standard.overloads.keys.filter { $0.first?.isLetter == true }.sorted()
    }

    private init(text: String, resultType: ValueType, program: Program) {
        self.text = text
        self.resultType = resultType
        self.program = program
    }
}
