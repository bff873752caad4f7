/// A compiled schema: flat tables that refer to each other by index. It never changes, so any
/// number of threads may read it.
final class SchemaProgram: Sendable {
    let rules: FrozenTable<Rule>
    let objects: FrozenTable<ObjectRule>
    let members: FrozenTable<MemberRule>
    let numberRules: FrozenTable<NumberRule>
    let constantSets: FrozenTable<ConstantSet>
    let constants: FrozenTable<Constant>
    let constantBytes: FrozenTable<UInt8>
    let names: NameTables
    let patterns: [Pattern]
    let numbers: [[UInt8]]
    let divisors: FrozenTable<DecimalText.Divisor>

    // What only messages need.
    let memberNames: [[UInt8]]
    let pointers: [String]
    let constantTexts: [String]

    init(_ builder: borrowing ProgramBuilder) {
        rules = FrozenTable(builder.rules)
        objects = FrozenTable(builder.objects)
        members = FrozenTable(builder.members)
        numberRules = FrozenTable(builder.numberRules)
        constantSets = FrozenTable(builder.constantSets)
        constants = FrozenTable(builder.constants)
        constantBytes = FrozenTable(builder.constantBytes)
        names = NameTables(builder.names)
        patterns = builder.patterns
        numbers = builder.numbers
        divisors = FrozenTable(builder.divisors)
        memberNames = builder.memberNames
        pointers = builder.pointers
        constantTexts = builder.constantTexts
    }

    deinit {
        rules.deallocate()
        objects.deallocate()
        members.deallocate()
        numberRules.deallocate()
        constantSets.deallocate()
        constants.deallocate()
        constantBytes.deallocate()
        names.deallocate()
        divisors.deallocate()
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
    var names = NameTablesBuilder()
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
