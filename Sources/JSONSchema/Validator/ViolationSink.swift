internal import Events

/// What an evaluation tells of the violations that it meets.
///
/// The evaluation is compiled once for each sink: with ``Verdict`` all that follows costs
/// nothing, and one and the same code decides and explains.
protocol ViolationSink {
    /// Takes a violation; returns whether the evaluation should go on to find more.
    mutating func report(_ finding: Finding) -> Bool

    /// The evaluation goes into a member, or into the element at `index`.
    mutating func enter(_ child: FieldValue, index: Int)
    mutating func leave()
}

/// A violation as plain data.
struct Finding: BitwiseCopyable {
    enum Keyword: UInt8, BitwiseCopyable {
        case falseSchema, type, enumeration, constant, pattern, patternLimit
        case minimumLength, maximumLength, minimum, maximum, exclusiveMinimum, exclusiveMaximum
        case multipleOf, minimumItems, maximumItems, minimumProperties, maximumProperties
        case required, additionalProperties
    }

    let keyword: Keyword
    let value: FieldValue
    /// The index of the rule.
    let rule: Int
    /// A count that the value has, or the member that is missing, as the keyword has it.
    var detail = 0
}

/// The sink that only knows whether there was a violation; its evaluation ends with the first.
struct Verdict: ViolationSink {
    @inline(__always)
    mutating func report(_ finding: Finding) -> Bool { false }

    @inline(__always)
    mutating func enter(_ child: FieldValue, index: Int) {}

    @inline(__always)
    mutating func leave() {}
}
