/// A compiled schema: flat tables that refer to each other by index. It never changes, so any
/// number of threads may read it.
final class SchemaProgram: Sendable {
    let rules: [Rule]
    let objects: [ObjectRule]
    let members: [MemberRule]
    let numberRules: [NumberRule]
    let constantSets: [ConstantSet]
    let constants: [Constant]
    let constantBytes: [UInt8]
    let names: NameTables
    let patterns: [Pattern]
    let numbers: [[UInt8]]
    let divisors: [DecimalText.Divisor]

    // What only messages need.
    let memberNames: [[UInt8]]
    let pointers: [String]
    let constantTexts: [String]

    init(_ builder: borrowing ProgramBuilder) {
        rules = builder.rules
        objects = builder.objects
        members = builder.members
        numberRules = builder.numberRules
        constantSets = builder.constantSets
        constants = builder.constants
        constantBytes = builder.constantBytes
        names = builder.names
        patterns = builder.patterns
        numbers = builder.numbers
        divisors = builder.divisors
        memberNames = builder.memberNames
        pointers = builder.pointers
        constantTexts = builder.constantTexts
    }
}

/// The tables while they grow.
struct ProgramBuilder {
    var rules: [Rule] = []
    var objects: [ObjectRule] = []
    var members: [MemberRule] = []
    var numberRules: [NumberRule] = []
    var constantSets: [ConstantSet] = []
    var constants: [Constant] = []
    var constantBytes: [UInt8] = []
    var names = NameTables()
    var patterns: [Pattern] = []
    var numbers: [[UInt8]] = []
    var divisors: [DecimalText.Divisor] = []
    var memberNames: [[UInt8]] = []
    var pointers: [String] = []
    var constantTexts: [String] = []

    /// Appends to a table and returns the new element's index.
    mutating func add<Element>(
        _ element: Element, to table: WritableKeyPath<ProgramBuilder, [Element]>
    ) -> Int32 {
        self[keyPath: table].append(element)
        return Int32(self[keyPath: table].count - 1)
    }
}
