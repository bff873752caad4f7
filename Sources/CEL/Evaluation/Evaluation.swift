public import Events

/// Evaluates expressions; holds the values of their variables, and the memory that one thread
/// needs for it, so that evaluating allocates nothing once that memory is there.
///
/// ```swift
/// let evaluation = Evaluation(declarations)
/// evaluation.bind(threshold, to: .double(0.4))
/// for record in records {
///     evaluation.bind(event, to: record, in: arena)
///     if try evaluation.boolean(of: rule) { ... }
/// }
/// ```
///
/// An evaluation that costs more than its limit ends with an error. A step costs one; what goes
/// through text, lists or memory costs one more for every sixteen bytes, and for every element.
@safe
public final class Evaluation {
    /// The cost at which an evaluation ends, unless another one is asked for.
    public static let standardCostLimit = 100_000

    /// The most that one evaluation may cost.
    public let costLimit: Int

    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) var memory = Memory()
    @safe @exclusivity(unchecked) var remainingCost = 0
    /// The values of loop variables, by slot.
    @safe @exclusivity(unchecked) var locals: [Operand] = []

    @safe @exclusivity(unchecked) var boundOperands: [Operand]
    @safe @exclusivity(unchecked) var boundEvents: [Event?]
    @safe @exclusivity(unchecked) var boundArenas: [EventArena?]
    @safe @exclusivity(unchecked) private var boundMemory: [Memory?]

    /// Results on their way into an event.
    @safe @exclusivity(unchecked) var json = ByteBuffer()

    /// Made when the first pattern is matched.
    @safe @exclusivity(unchecked) private var matcherIfNeeded: PatternMatcher?
    /// Patterns and time zones that were not known before an evaluation.
    @safe @exclusivity(unchecked) var patterns: [String: Pattern] = [:]
    @safe @exclusivity(unchecked) var zones: [String: ZoneOffsets] = [:]

    /// An evaluation of expressions that were compiled with these declarations.
    public init(_ declarations: Declarations, costLimit: Int = standardCostLimit) {
        self.costLimit = costLimit
        let count = declarations.entries.count
        boundOperands = [Operand](repeating: .error(.unbound, 0), count: count)
        boundEvents = [Event?](repeating: nil, count: count)
        boundArenas = [EventArena?](repeating: nil, count: count)
        boundMemory = [Memory?](repeating: nil, count: count)
    }

    var matcher: PatternMatcher {
        if let matcherIfNeeded { return matcherIfNeeded }
        let matcher = PatternMatcher()
        matcherIfNeeded = matcher
        return matcher
    }

    // MARK: Variables

    /// Gives a variable a value.
    public func bind(_ variable: Variable, to value: Value) {
        let memory = boundMemory[variable.index] ?? Memory()
        boundMemory[variable.index] = memory
        memory.removeAll()
        boundOperands[variable.index] = value.operand(in: memory)
        forgetEvent(of: variable)
    }

    /// Gives a variable an event as its value.
    ///
    /// Fields are looked up when the expression asks for them. The event must stay as it is until
    /// the variable is bound to something else or the last expression is evaluated.
    public func bind(_ variable: Variable, to event: Event, in arena: EventArena) {
        boundEvents[variable.index] = event
        if boundArenas[variable.index] !== arena { boundArenas[variable.index] = arena }
    }

    /// Takes a variable's value away; an expression that needs it has none then.
    public func unbind(_ variable: Variable) {
        boundOperands[variable.index] = .error(.unbound, 0)
        forgetEvent(of: variable)
    }

    private func forgetEvent(of variable: Variable) {
        boundEvents[variable.index] = nil
        boundArenas[variable.index] = nil
    }

    // MARK: Results

    /// The value of an expression.
    public func value(of expression: Expression) throws(EvaluationError) -> Value {
        value(of: try result(of: expression))
    }

    /// Whether a condition holds.
    public func boolean(of expression: Expression) throws(EvaluationError) -> Bool {
        let result = try result(of: expression)
        guard result.kind == .boolean else {
            throw EvaluationError(.wrongResult, at: 0, of: expression)
        }
        return result.boolean
    }

    /// Whether a condition holds, or why that can't be said; for where errors are to be expected and
    /// nobody reads their text.
    public func decision(of condition: Expression) -> Decision {
        let result = operand(of: condition.program)
        switch result.kind {
        case .boolean: return result.boolean ? .met : .notMet
        case .error: return .failed(result.reason)
        case .unknown: return .failed(.unknown)
        default: return .failed(.wrongResult)
        }
    }

    /// The number that an expression gives, of any of the three types of numbers.
    public func double(of expression: Expression) throws(EvaluationError) -> Double {
        let result = try result(of: expression)
        switch result.kind {
        case .double: return result.double
        case .integer: return Double(result.integer)
        case .unsignedInteger: return Double(result.unsignedInteger)
        default: throw EvaluationError(.wrongResult, at: 0, of: expression)
        }
    }

    /// What the last evaluation cost.
    public var lastCost: Int { costLimit - max(remainingCost, 0) }

    /// The result, valid until the next evaluation.
    func result(of expression: Expression) throws(EvaluationError) -> Operand {
        let program = expression.program
        let result = operand(of: program)
        switch result.kind {
        case .error:
            let instruction = program.instructions[Int(result.failedInstruction)]
            throw EvaluationError(
                result.reason, at: Int(instruction.offset), of: expression, result)
        case .unknown: throw EvaluationError(.unknown, at: 0, of: expression)
        default: return result
        }
    }

    func operand(of program: Program) -> Operand {
        precondition(
            program.variableCount <= boundOperands.count,
            "an expression with other declarations than the evaluation's")
        memory.removeAll()
        remainingCost = costLimit
        while locals.count < program.slotCount { locals.append(.null) }
        let result = evaluate(program.root, program)
        // What was absorbed by `||` may have been an evaluation that went too far.
        return remainingCost < 0 ? .error(.costLimit, program.root) : result
    }

    /// Pays for work that grows with its input.
    ///
    /// - Returns: false when there is no more to pay with; the result no longer matters then.
    @discardableResult
    func charge(_ cost: Int) -> Bool {
        remainingCost &-= cost
        return remainingCost >= 0
    }

    /// Pays for going through text.
    func charge(bytes: Int) { charge(bytes / 16) }
}
