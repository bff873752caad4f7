/// One step of a program. Its operands are the results of other steps, which it names by number.
struct Instruction: BitwiseCopyable {
    enum Code: UInt8, BitwiseCopyable {
        /// `a`: a constant.
        case constant
        /// `a`: a variable.
        case variable
        /// `a`: the slot of a loop variable.
        case local
        /// `a`: a variable, `b`: a path in it, `c`: the same by single steps, for a variable that
        /// is no event.
        case field, hasField, optionalField
        /// `a`: an operand, `b`: the constant with the field's name.
        case select, hasSelect, optionalSelect
        /// `a`: an operand, `b`: the index.
        case index, optionalIndex
        /// `a`: the first of its children, `b`: how many; an optional one is `~child`.
        case list
        /// Likewise, keys and values by turns; an optional value is `~child`.
        case map
        /// `a`: the first of its children, `b`: how many.
        case and, or
        /// `a`: the condition, `b` and `c`: the values.
        case conditional
        /// `a` and `b`: the arguments.
        case unary, binary
        /// `a`: the first of its children, `b`: how many.
        case call
        /// `a`: a string, `b`: a compiled pattern.
        case matches
        /// `a`: a timestamp, `b`: a time zone.
        case zoned
        /// `a`: what it goes over, `b`: a loop.
        case loop
        /// `a`: a value, `b`: a slot, `c`: the body.
        case bind, optionalMap, optionalFlatMap
        /// `a`: a reason.
        case failure
    }

    /// What a value that was read from an event is turned into, because its type says so: JSON
    /// has only one kind of numbers, and no timestamps.
    enum Coercion: UInt8, BitwiseCopyable {
        case none, integer, unsignedInteger, double, timestamp, duration
    }

    var code: Code
    var function = Function.toDynamic
    var coercion = Coercion.none
    var a: Int32 = 0
    var b: Int32 = 0
    var c: Int32 = 0
    /// Where it is in the text of the expression.
    var offset: Int32
}

/// What a loop does with each element.
struct LoopPlan {
    var kind: Syntax.Loop.Kind
    /// The slot of the first variable; the second one's is the next.
    var slot: Int
    var hasTwoVariables: Bool
    /// The instruction of the condition; -1 when there is none.
    var condition: Int32
    /// The instruction of what `map` makes; -1 when there is none.
    var result: Int32
}
