/// A compiled schema: flat tables that refer to each other by index. It never changes, so any
/// number of threads may read it.
///
/// The pointer is never written through after the program is made.
@safe
final class SchemaProgram: @unchecked Sendable {
    let tables: UnsafePointer<ProgramTables>
    /// Keeps the compiled patterns alive that the tables point to.
    let patterns: [Pattern]

    // What only messages need.
    let memberNames: [[UInt8]]
    let locations: [String]
    let constantTexts: [String]
    let numberTexts: [[UInt8]]

    init(_ builder: ProgramBuilder) {
        let memory = UnsafeMutablePointer<ProgramTables>.allocate(capacity: 1)
        unsafe memory.initialize(to: ProgramTables(builder))
        unsafe tables = UnsafePointer(memory)
        patterns = builder.patterns
        memberNames = builder.memberNames
        locations = builder.locations
        constantTexts = builder.constantTexts
        numberTexts = builder.numbers
    }

    deinit {
        unsafe tables.pointee.deallocate()
        unsafe tables.deallocate()
    }
}

/// The tables of a program, which are valid as long as the program is.
struct ProgramTables: Sendable {
    let rules: FrozenTable<Rule>
    let operations: FrozenTable<Operation>
    let branches: FrozenTable<Int32>
    let objects: FrozenTable<ObjectRule>
    let memberSlots: FrozenTable<MemberSlot>
    let nameBytes: FrozenTable<UInt8>
    let members: FrozenTable<MemberRule>
    let memberNames: FrozenTable<ByteSpan>
    let memberNameBytes: FrozenTable<UInt8>
    let patternMembers: FrozenTable<PatternMember>
    let arrays: FrozenTable<ArrayRule>
    let numberRules: FrozenTable<NumberRule>
    let numbers: FrozenTable<ByteSpan>
    let numberBytes: FrozenTable<UInt8>
    let divisors: FrozenTable<DecimalText.Divisor>
    let constantSets: FrozenTable<ConstantSet>
    let constants: FrozenTable<Constant>
    let constantBytes: FrozenTable<UInt8>
    let names: NameTables
    let patterns: FrozenTable<CompiledPattern>

    init(_ builder: ProgramBuilder) {
        var objects = builder.objects
        var slots = MemberSlots()
        for index in objects.indices { slots.add(builder, to: &objects[index]) }
        rules = FrozenTable(builder.rules)
        operations = FrozenTable(builder.operations)
        branches = FrozenTable(builder.branches)
        self.objects = FrozenTable(objects)
        memberSlots = FrozenTable(slots.slots)
        nameBytes = FrozenTable(slots.names)
        members = FrozenTable(builder.members)
        (memberNames, memberNameBytes) = ByteSpan.tables(of: builder.memberNames)
        patternMembers = FrozenTable(builder.patternMembers)
        arrays = FrozenTable(builder.arrays)
        numberRules = FrozenTable(builder.numberRules)
        (numbers, numberBytes) = ByteSpan.tables(of: builder.numbers)
        divisors = FrozenTable(builder.divisors)
        constantSets = FrozenTable(builder.constantSets)
        constants = FrozenTable(builder.constants)
        constantBytes = FrozenTable(builder.constantBytes)
        names = NameTables(builder.names)
        patterns = FrozenTable(builder.patterns.map(\.compiled))
    }

    func deallocate() {
        rules.deallocate()
        operations.deallocate()
        branches.deallocate()
        objects.deallocate()
        memberSlots.deallocate()
        nameBytes.deallocate()
        members.deallocate()
        memberNames.deallocate()
        memberNameBytes.deallocate()
        patternMembers.deallocate()
        arrays.deallocate()
        numberRules.deallocate()
        numbers.deallocate()
        numberBytes.deallocate()
        divisors.deallocate()
        constantSets.deallocate()
        constants.deallocate()
        constantBytes.deallocate()
        names.deallocate()
        patterns.deallocate()
    }

    func number(_ index: Int32) -> UnsafeRawBufferPointer {
        let span = numbers[index]
        return unsafe numberBytes.bytes(span.start, span.count)
    }

    func memberName(_ index: Int32) -> UnsafeRawBufferPointer {
        let span = memberNames[index]
        return unsafe memberNameBytes.bytes(span.start, span.count)
    }
}

/// Where one of several texts lies in a table of bytes.
struct ByteSpan: BitwiseCopyable, Sendable {
    let start: Int
    let count: Int

    static func tables(of texts: [[UInt8]]) -> (FrozenTable<ByteSpan>, FrozenTable<UInt8>) {
        var (spans, bytes): ([ByteSpan], [UInt8]) = ([], [])
        for text in texts {
            spans.append(ByteSpan(start: bytes.count, count: text.count))
            bytes += text
        }
        return (FrozenTable(spans), FrozenTable(bytes))
    }
}

/// The tables while they grow.
struct ProgramBuilder {
    var rules: [Rule] = []
    var operations: [Operation] = []
    var branches: [Int32] = []
    var objects: [ObjectRule] = []
    var members: [MemberRule] = []
    var patternMembers: [PatternMember] = []
    var arrays: [ArrayRule] = []
    var numberRules: [NumberRule] = []
    var constantSets: [ConstantSet] = []
    var constants: [Constant] = []
    var constantBytes: [UInt8] = []
    var names = NameTablesBuilder()
    var patterns: [Pattern] = []
    var numbers: [[UInt8]] = []
    var divisors: [DecimalText.Divisor] = []
    var memberNames: [[UInt8]] = []
    var locations: [String] = []
    var constantTexts: [String] = []

    /// Appends to a table and returns the new element's index.
    mutating func add<Element>(
        _ element: Element, to table: WritableKeyPath<ProgramBuilder, [Element]>
    ) -> Int32 {
        self[keyPath: table].append(element)
        return Int32(self[keyPath: table].count - 1)
    }

    /// Appends several elements to a table and returns the first one's index.
    mutating func addAll(_ list: [Int32]) -> Int32 {
        branches += list
        return Int32(branches.count - list.count)
    }
}
