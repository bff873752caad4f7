internal import Events

/// What an evaluation tells of the violations that it meets.
///
/// The evaluation is compiled once for each sink: with ``Verdict`` all that follows costs
/// nothing, and one and the same code decides and explains.
protocol ViolationSink {
    /// Takes a violation; returns whether the evaluation should go on to find more.
    mutating func report(_ finding: Finding, _ reader: DocumentReader) -> Bool

    /// Takes a violation that ends the evaluation, also while muted.
    mutating func abort(_ finding: Finding, _ reader: DocumentReader)

    /// The evaluation goes into a member, or into the element at a position.
    mutating func enter(_ child: Int32, element: Int, _ reader: DocumentReader)
    mutating func leave()

    /// While it is muted, what fails is no violation: another schema may fit, or this one must
    /// not.
    mutating func mute()
    mutating func unmute()

    /// Whether the value is a member's name.
    var isAboutName: Bool { get set }

    /// The violations so far.
    var findingCount: Int { get }
}

/// A violation as plain data.
struct Finding: BitwiseCopyable {
    enum Keyword: UInt8, BitwiseCopyable {
        case falseSchema, type, enumeration, constant, pattern, patternLimit, format
        case minimumLength, maximumLength, minimum, maximum, exclusiveMinimum, exclusiveMaximum
        case multipleOf, minimumItems, maximumItems, minimumProperties, maximumProperties
        case required, additionalProperties, dependentRequired, unevaluatedProperties
        case unevaluatedItems, uniqueItems, contains, minimumContains, maximumContains
        case anyOf, oneOf, severalOfOneOf, not, tooDeep, tooManySteps
    }

    let keyword: Keyword
    let node: Int32
    /// The index of the rule.
    let rule: Int32
    /// A count that the value has, or the member that is missing, as the keyword has it.
    var detail = 0
    /// The name of the member that another one is missing for.
    var cause: Int32 = -1
}

/// The sink that only knows whether there was a violation; its evaluation ends with the first.
struct Verdict: ViolationSink {
    @inline(__always)
    mutating func report(_ finding: Finding, _ reader: DocumentReader) -> Bool { false }

    @inline(__always)
    mutating func abort(_ finding: Finding, _ reader: DocumentReader) {}

    @inline(__always)
    mutating func enter(_ child: Int32, element: Int, _ reader: DocumentReader) {}

    @inline(__always)
    mutating func leave() {}

    @inline(__always)
    mutating func mute() {}

    @inline(__always)
    mutating func unmute() {}

    @inline(__always)
    var isAboutName: Bool {
        get { false }
        set {}
    }

    @inline(__always)
    var findingCount: Int { 0 }
}
